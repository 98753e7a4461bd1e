"""The profile holds of every format: one value, one encoding, one error."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit import profile
from tacit.errors import RefusedError, Rule
from tacit.limits import NESTING_MAX
from tests.property.formats import FORMATS, VOCABULARY, Format, write

every_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)

PROFILE_RULES = {rule for rule in Rule if rule.startswith("profile.")} | {Rule.UNKNOWN_ACT, Rule.PAYLOAD_TYPE}
FEW = settings(max_examples=max(10, settings.default.max_examples // 5) if settings.default else 10)


def refusal(form: Format, raw: bytes) -> Rule | None:
    """The rule by which a format refuses bytes, or None. Any other error fails the test."""
    try:
        form.read(raw)
    except RefusedError as error:
        if error.rule not in PROFILE_RULES:
            raise
        return error.rule
    return None


@pytest.mark.parametrize("form", [*FORMATS, *VOCABULARY], ids=lambda form: form.name)
@FEW
@given(data=st.data())
def test_a_value_read_from_its_bytes_is_the_same_value(form: Format, data: st.DataObject) -> None:
    value = data.draw(form.values)
    raw = write(value)

    assert value == form.read(raw)
    assert raw == write(form.read(raw))


@every_format
@given(data=st.data())
def test_one_changed_byte_is_refused_or_says_something_else(form: Format, data: st.DataObject) -> None:
    value = data.draw(form.values)
    raw = write(value)
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = bytes([data.draw(st.integers(0, 255))])
    end = data.draw(st.sampled_from([at, at + 1]))
    changed = raw[:at] + data.draw(st.sampled_from([byte, b""])) + raw[end:]
    if changed == raw or refusal(form, changed) is not None:
        return

    assert value != form.read(changed)
    assert changed == write(form.read(changed))


@every_format
@FEW
@given(raw=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_noise_is_refused(form: Format, raw: bytes) -> None:
    assert refusal(form, raw) is not None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


@every_format
@FEW
@given(value=json_values)
def test_any_json_of_another_shape_is_refused(form: Format, value: object) -> None:
    assert refusal(form, json.dumps(value).encode()) is not None


@every_format
@FEW
@given(data=st.data())
def test_a_member_put_at_random_is_refused_by_its_place(form: Format, data: st.DataObject) -> None:
    plain = json.loads(write(data.draw(form.values)))
    key = data.draw(st.sampled_from(sorted(plain)))
    plain[key] = data.draw(json_values)
    raw = json.dumps(plain, separators=(",", ":"), ensure_ascii=False).encode()

    assert refusal(form, raw) is not None or raw == write(form.read(raw))


@every_format
@FEW
@given(data=st.data())
def test_white_space_anywhere_is_refused(form: Format, data: st.DataObject) -> None:
    raw = write(data.draw(form.values))
    space = data.draw(st.sampled_from([" ", "\n", "\t", "\r"]))
    separators = data.draw(st.sampled_from([(space + ",", ":"), ("," + space, ":"), (",", ":" + space)]))
    pretty = json.dumps(json.loads(raw), ensure_ascii=False, separators=separators).encode()

    assert Rule.NOT_CANONICAL == refusal(form, raw + space.encode())
    assert Rule.NOT_CANONICAL == refusal(form, space.encode() + raw)
    assert raw == pretty or Rule.NOT_CANONICAL == refusal(form, pretty)


@every_format
@FEW
@given(data=st.data())
def test_fields_in_another_order_are_refused(form: Format, data: st.DataObject) -> None:
    plain = json.loads(write(data.draw(form.values)))
    order = data.draw(st.permutations(list(plain)))
    if order == list(plain):
        return
    shuffled = json.dumps({key: plain[key] for key in order}, separators=(",", ":"), ensure_ascii=False)

    assert Rule.NOT_CANONICAL == refusal(form, shuffled.encode())


@every_format
@FEW
@given(data=st.data())
def test_a_missing_field_is_named(form: Format, data: st.DataObject) -> None:
    plain = json.loads(write(data.draw(form.values)))
    key = data.draw(st.sampled_from([key for key in plain if key not in {"answer", "type"}]))
    del plain[key]

    assert Rule.MISSING_FIELD == refusal(form, json.dumps(plain).encode())


@every_format
@FEW
@given(data=st.data())
def test_an_unknown_field_is_named(form: Format, data: st.DataObject) -> None:
    plain = json.loads(write(data.draw(form.values)))
    plain[data.draw(st.text(max_size=9).filter(lambda key: key not in plain))] = 1

    assert Rule.UNKNOWN_FIELD == refusal(form, json.dumps(plain, ensure_ascii=False).encode())


@every_format
@FEW
@given(data=st.data())
def test_a_repeated_key_is_refused(form: Format, data: st.DataObject) -> None:
    raw = write(data.draw(form.values)).decode()
    key = data.draw(st.sampled_from(list(json.loads(raw))))
    again = json.dumps({key: json.loads(raw)[key]}, ensure_ascii=False, separators=(",", ":"))

    assert Rule.DUPLICATE_KEY == refusal(form, (raw[:-1] + "," + again[1:]).encode())


@every_format
@FEW
@given(data=st.data())
def test_an_escape_that_is_not_needed_is_refused(form: Format, data: st.DataObject) -> None:
    raw = write(data.draw(form.values)).decode()
    key = data.draw(st.sampled_from(list(json.loads(raw))))
    escaped = raw.replace(f'"{key}"', f'"\\u{ord(key[0]):04x}{key[1:]}"', 1)

    assert Rule.NOT_CANONICAL == refusal(form, escaped.encode())


@every_format
@FEW
@given(depth=st.integers(NESTING_MAX + 1, 80), bracket=st.sampled_from(["[]", "{}"]), closed=st.booleans())
def test_deep_nesting_is_refused_as_such(form: Format, depth: int, bracket: str, *, closed: bool) -> None:
    opening = '{"a":' if bracket == "{}" else "["
    raw = opening * depth + ("1" + bracket[1] * depth if closed else "")

    assert Rule.TOO_DEEP == refusal(form, raw.encode())


@given(text=st.text(st.sampled_from('[]{}"\\a'), max_size=60) | st.text(max_size=20), deep=st.integers(0, 20))
def test_depth_is_counted_as_a_reader_counts_it(text: str, deep: int) -> None:
    """Character by character, as the page says it: brackets within strings do not count."""
    whole = "[" * deep + text
    depth = deepest = 0
    quoted = escaped = False
    for char in whole:
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = char == "\\", char != '"'
        elif char == '"':
            quoted = True
        elif char in "[]{}":
            depth += 1 if char in "[{" else -1
            deepest = max(deepest, depth)

    assert (deepest > NESTING_MAX) == profile._too_deep(whole)
