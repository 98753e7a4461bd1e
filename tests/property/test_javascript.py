"""Another language needs no canonicaliser: `JSON.stringify(JSON.parse(text))` gives the signed bytes back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tacit import acts, profile
from tacit.submission import Unavailable
from tests.property import strategies
from tests.property.javascript import same_in_javascript


@settings(max_examples=3)
@given(many=st.lists(strategies.any_act(), min_size=10, max_size=30))
def test_javascript_writes_the_same_bytes(many: list[acts.Act]) -> None:
    assert [True] * len(many) == same_in_javascript([acts.encode(act) for act in many])


def test_javascript_writes_every_character_alike() -> None:
    codes = (*range(0x300), *range(0x2000, 0x2100), *range(0xFE00, 0x1_0000), 0x1F54A, 0x10FFFF)
    texts = [profile.encode(Unavailable(chr(code))) for code in codes]

    assert [True] * len(texts) == same_in_javascript(texts)
