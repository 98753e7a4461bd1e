"""What the board shows of a record: the state of play with its past, silences, and acts in words."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import msgspec
import pytest

from tacit.acts import (
    Deadline,
    PositionDeclared,
    ReferenceAllotted,
    RevisionIssued,
    SilenceBroken,
    SilenceSet,
    TextCirculated,
    Version,
)
from tacit.acts.position import Stance
from tacit.record import Entry
from tacit.rules import apply_bytes
from tacit.rules.state import Tally
from tacit.testing import World
from tacit_services.gateway.board import ACTS_SHOWN_MAX, Board
from tacit_services.gateway.board_view import (
    AcknowledgementView,
    ActView,
    ChannelView,
    HeadView,
    PositionView,
    SilenceView,
    TextView,
)
from tests.conformance.generate.stage import called_for, counted, overdue

T = TypeVar("T")


class Shown:
    """A world with a board beside it."""

    def __init__(self) -> None:
        self.world = World()
        self.board = Board(self.world.state)
        self._seen = 0

    def section(self, name: str, kind: type[T]) -> T:
        for entry, effects in list(zip(self.world.entries, self.world.effects, strict=True))[self._seen :]:
            self.board.watch(entry.leaf.index, entry, effects)
        self._seen = len(self.world.entries)
        return msgspec.json.decode(self.board.sections()[name], type=kind)

    def text(self) -> Version:
        reference = "CC-M(2026)0001"
        self.world.organ("secretariat", ReferenceAllotted(reference=reference, subject="s"))
        content = TextCirculated(reference=reference, title="A statement", paragraphs=2)
        return version(self.world.organ("secretariat", content, text=b"t"))

    def declare(self, state: str, text: Version, stance: Stance, scope: str = "text") -> Entry:
        content = PositionDeclared(version=text, scope=scope, stance=stance, condition="", statement="")
        return self.world.say(state, content)


def version(entry: Entry) -> Version:
    return Version(entry.leaf.act, entry.act.header.detached or "")


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_the_head_says_that_it_is_an_exercise(shown: Shown) -> None:
    head = shown.section("head", HeadView)

    assert ("exercise", True, shown.world.organisation) == (head.purpose, head.in_force, head.organisation)


def test_the_head_says_who_there_is_and_what_the_rules_make_of_a_stance(shown: Shown) -> None:
    head = shown.section("head", HeadView)

    assert shown.world.states == head.founders
    assert [("council", shown.world.states)] == [(body.body, body.members) for body in head.bodies]
    assert ("blocks", "qualifies", "undeclared") == tuple(
        head.weights[stance] for stance in ("OBJECTS", "ABSTAINS", "UNDECLARED")
    )
    assert "JOINS" not in head.weights
    assert head.counts is None


@pytest.mark.parametrize(("stage", "status"), [(called_for, "OPEN"), (overdue, "OVERDUE")])
def test_receipts_that_are_missing_are_shown_with_who_has_not_given_one(
    stage: Callable[[], World], status: str
) -> None:
    world = stage()
    (view,) = msgspec.json.decode(Board(world.state).sections()["acknowledgements"], type=list[AcknowledgementView])

    assert ("READ", status, world.states) == (view.kind, view.status, view.missing)


def test_a_body_that_counts_is_shown_with_its_counts() -> None:
    world = counted()
    board = Board(world.state)
    head = msgspec.json.decode(board.sections()["head"], type=HeadView)
    (text,) = msgspec.json.decode(board.sections()["texts"], type=list[TextView])

    assert {"JOINS": "yes", "OBJECTS": "no", "ABSTAINS": "abstain"} == head.counts
    assert ("COUNTED", Tally(1, 1, 0), ()) == (text.status, text.tally, text.positions)


def test_crisis_channels_are_shown_with_their_level(shown: Shown) -> None:
    assert [ChannelView("council", "east", "East", "ROUTINE")] == shown.section("channels", list[ChannelView])


def test_a_position_is_shown_with_the_one_before(shown: Shown) -> None:
    text = shown.text()
    shown.declare("XAA", text, "RESERVES_SUBSTANTIVE")
    moved = shown.declare("XAA", text, "JOINS")
    held = shown.declare("XBB", text, "OBJECTS", "para:2")
    (view,) = shown.section("texts", list[TextView])

    assert [
        PositionView("XBB", "para:2", "OBJECTS", None, held.leaf.index, held.leaf.received_at, "blocks"),
        PositionView("XCC", "text", "UNDECLARED", None, None, None, "undeclared"),
        PositionView("XAA", "text", "JOINS", "RESERVES_SUBSTANTIVE", moved.leaf.index, moved.leaf.received_at, "joins"),
    ] == list(view.positions)
    assert "no" == view.result


def test_positions_die_with_their_version(shown: Shown) -> None:
    text = shown.text()
    shown.declare("XAA", text, "JOINS")
    revised = RevisionIssued(supersedes=text.text, revision=1, paragraphs=2, reason="")
    shown.world.organ("secretariat", revised, text=b"r")
    (view,) = shown.section("texts", list[TextView])

    assert "CC-M(2026)0001-REV1" == view.reference
    assert {"UNDECLARED"} == {row.stance for row in view.positions}


def test_a_silence_is_shown_while_it_runs_and_after_it_broke(shown: Shown) -> None:
    text, at = shown.text(), shown.world.now + timedelta(minutes=10)
    content = SilenceSet(version=text, deadline=Deadline(at, "Europe/Brussels", "10:10 Brussels"))
    silence = shown.world.organ("chair", content).leaf.act
    (running,) = shown.section("silences", list[SilenceView])
    shown.world.say("XBB", SilenceBroken(silence=silence, kind="SUBSTANCE", reason=""))
    (broken,) = shown.section("silences", list[SilenceView])

    assert ("RUNNING", at, "10:10 Brussels", ()) == (
        running.status, running.deadline, running.shown, running.breakers,
    )  # fmt: skip
    assert ("BROKEN", ("XBB",)) == (broken.status, broken.breakers)


def test_the_latest_acts_come_first_in_words_and_are_bounded(shown: Shown) -> None:
    text = shown.text()
    for round_ in range(ACTS_SHOWN_MAX):
        shown.declare("XAA", text, "JOINS" if round_ % 2 else "CAN_ACCEPT")
    acts = shown.section("acts", list[ActView])

    assert ACTS_SHOWN_MAX == len(acts)
    assert shown.world.entries[-1].leaf.index == acts[0].index
    assert "declares JOINS on CC-M(2026)0001" == acts[0].words


def test_what_cannot_be_read_is_shown_as_that(shown: Shown) -> None:
    shown.section("acts", list[ActView])
    entry, effects = apply_bytes(shown.world.state, b"junk")
    shown.board.watch(shown.world.state.size - 1, entry, effects)
    (latest, *_) = msgspec.json.decode(shown.board.sections()["acts"], type=list[ActView])

    assert ("an entry that cannot be read", None) == (latest.words, latest.at)
    assert latest.effects[0].startswith("void: record.leaf")


def test_sections_are_made_once_for_a_size(shown: Shown) -> None:
    shown.section("acts", list[ActView])

    assert shown.board.sections() is shown.board.sections()


def test_no_text_of_a_message_or_draft_is_in_any_section(shown: Shown) -> None:
    text = shown.text()
    shown.declare("XAA", text, "JOINS")
    shown.section("acts", list[ActView])
    everything = b"".join(bytes(part) for part in shown.board.sections().values())

    assert text.wording.encode() not in everything
