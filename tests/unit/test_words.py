"""Acts in words."""

from typing import get_args

import msgspec
import pytest

from tacit.acts import Content, tag
from tacit.record import decode_entry
from tacit.rules import apply, catalogue, genesis
from tacit.testing import World
from tacit.words import QUOTED_CHARS_MAX, describe, describe_author, describe_effect, quote
from tests.unit.cli.files import record_of

ZERO = "0" * 64


def sentences(name: str) -> list[str]:
    state = genesis(catalogue())
    said = []
    for raw in record_of(name):
        entry = decode_entry(raw)
        effects = [describe_effect(each, state) for each in apply(state, entry)]
        said.append(
            " ".join(
                filter(None, (describe_author(entry.act.header), describe(entry.act, state), *effects)),
            )
        )
    return said


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("deadline", "secretariat sets a silence on CC-M(2025)0012 until 10:00 Brussels"),
        ("deadline", "XEE requests more time on CC-M(2025)0012"),
        ("deadline", "chair refuses more time on CC-M(2025)0012"),
        ("deadline", "timekeeper states that the silence on CC-M(2025)0012 has passed"),
        ("article4-2022", "POL (root key) accepts the charter"),
        ("article4-2022", 'POL requests consultation under Article 4: "The attack on Ukraine"'),
        ("article4-2022", "EST joins the request of POL"),
        ("article4-2022", "XCC declares RESERVES_SUBSTANTIVE on CC-M(2022)0031, paragraph 4"),
        (
            "article4-2022",
            "XCC declares CAN_ACCEPT on CC-M(2022)0031, paragraph 4 before: RESERVES_SUBSTANTIVE",
        ),
        ("article4-2022", "chair concludes the consultation on the request of POL: DECISION"),
    ],
)
def test_an_act_is_told_in_the_words_of_the_field(name: str, sentence: str) -> None:
    assert sentence in sentences(name)


def test_a_late_objection_says_how_late_and_that_it_has_no_effect() -> None:
    assert (
        "XEE breaks the silence on CC-M(2025)0012 (TIMING) late objection, 0.700 s after the deadline"
        in (sentences("deadline")[-1])
    )


def test_every_act_of_the_vocabulary_has_words_even_where_nothing_is_known_of_what_it_names() -> None:
    world = World()
    header = world.compose(world.author("XAA"), decode_entry(record_of("deadline")[0]).act.content).act.header
    for kind in get_args(Content):
        content = msgspec.convert(example(kind), Content)
        words = describe(msgspec.structs.replace(world.entries[0].act, header=header, content=content), world.state)

        assert words
        assert tag(content) not in words


def example(kind: type[msgspec.Struct]) -> dict[str, object]:
    """Any value that fits each field, by the kinds of fields that contents have."""
    tagged = str(kind.__struct_config__.tag)
    return {"type": tagged} | {name: EXAMPLES[tagged, name] if (tagged, name) in EXAMPLES else EXAMPLES["", name]
            for name in kind.__struct_fields__}  # fmt: skip


KEY = {"purpose": "sign", "algorithm": "ed25519", "key": b"\1" * 32}
SIGNATURE = {"keyid": "0" * 16, "sig": b"\1" * 64}
ENVELOPE = {"payload": b"{}", "payloadType": "other", "signatures": [SIGNATURE]}
VERSION = {"text": ZERO, "wording": ZERO}
AT = "2026-11-23T09:00:00Z"
EXAMPLES: dict[tuple[str, str], object] = {
    ("silence.passed.v1", "deadline"): AT,
    ("channel.opened.v1", "kind"): "crisis",
    ("acknowledgement.requested.v1", "kind"): "READ",
    ("acknowledgement.given.v1", "kind"): "READ",
    ("acknowledgement.overdue.v1", "deadline"): AT,
} | {
    ("", name): value
    for name, value in {
        "name": "Own", "purpose": "exercise", "suite": "ed25519", "engine": "1", "quorum": 0, "witnesses": [],
        "ruleset": {"name": "x", "version": 1, "sha256": ZERO}, "founders": [{"state": "XAA", "root": ZERO}],
        "services": [{"office": "chair", "keys": [KEY], "possession": [SIGNATURE]}], "keys": [KEY],
        "bodies": [{"body": "council", "title": "Council", "members": ["XAA"]}], "possession": [SIGNATURE],
        "state": "XAA", "office": "deputy", "title": "Title", "commits": True, "replaces": None, "credential": ZERO,
        "reason": "", "compromised_since": AT, "term": 2, "unavailable_since": AT, "subject": "Subject",
        "in_reply_to": None, "level": "CRISIS", "basis": ZERO, "threatened": [], "consultation": ZERO,
        "meeting": "regular", "at": AT, "outcome": "NOTED", "decisions": [], "reference": "CC-M(2026)0001",
        "paragraphs": 1, "supersedes": ZERO, "revision": 1, "version": VERSION, "scope": "text", "stance": "JOINS",
        "condition": "", "statement": "", "silence": ZERO, "request": ZERO, "kind": "TIMING", "window_s": 0,
        "deadline": {"at": AT, "zone": "UTC", "shown": "09:00 UTC"}, "question": ZERO, "mode": "SILENCE",
        "effective_at": AT, "clauses": [], "yes": 1, "no": 0, "abstain": 0,
        "first": 0, "last": 9, "format": "HTML", "sha256": ZERO, "withheld": 0, "act": ZERO, "addressees": ["XAA"],
        "states": ["XAA"], "means": "by hand", "missing": ["XAA"],
        "body": "council", "members": ["XAA"], "item": ZERO, "to": "committee", "source": "council", "referral": ZERO,
        "evidence": ZERO, "envelope": ENVELOPE, "attestations": [ENVELOPE], "receipt": None,
        "ground": "BREAK_HELD_BACK",
    }.items()
}  # fmt: skip
EXAMPLES["item.taken_up.v1", "consultation"] = None
EXAMPLES["item.taken_up.v1", "text"] = {
    "version": VERSION,
    "reference": "CC-M(2026)0001",
    "revision": 1,
    "title": "Title",
}
for roster in ("body.constituted.v1", "roster.admitted.v1", "roster.removed.v1"):
    EXAMPLES[roster, "basis"] = None
EXAMPLES["charter.deposited.v1", "root"] = EXAMPLES["charter.accepted.v1", "root"] = [KEY]
EXAMPLES["registrar.term.v1", "reason"] = "take-over"


def test_what_an_author_wrote_cannot_command_a_terminal() -> None:
    assert "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}" == quote("\x1b[31mred\u202e")


def test_what_an_author_wrote_stays_on_one_short_line() -> None:
    assert "a\N{REPLACEMENT CHARACTER}b" == quote("a\nb")
    assert QUOTED_CHARS_MAX == len(quote("x" * 500))
