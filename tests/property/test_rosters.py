"""Rosters: membership is what the register says, and nobody's consent is made by changing who is asked."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tacit.acts import (
    BodyConstituted,
    CharterDeposited,
    ConsensusPerceived,
    Content,
    Deadline,
    DecisionAdopted,
    PositionDeclared,
    QuestionPut,
    ReferenceAllotted,
    RosterAdmitted,
    RosterRemoved,
    SilenceBroken,
    SilenceExtended,
    SilencePassed,
    SilenceSet,
    TextCirculated,
    Version,
)
from tacit.ids import ORGANISATION
from tacit.record import Entry
from tacit.rules import evaluate
from tacit.testing import COUNCIL, OFFICE, World
from tests.property import plays
from tests.property.test_fold import play

PLAYS = settings(max_examples=max(20, settings.default.max_examples // 4) if settings.default else 20)
Changed = RosterAdmitted | RosterRemoved


def rosters(entries: list[Entry]) -> dict[str, set[str]]:
    """Who sits where, by the acts of the register alone."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        match entry.act.content:
            case CharterDeposited() as charter:
                found |= {body.body: set(body.members) for body in charter.bodies}
            case BodyConstituted() as made:
                found[made.body] = set(made.members)
            case RosterAdmitted() as admitted:
                found[admitted.body] |= set(admitted.states)
            case RosterRemoved() as removed:
                found[removed.body] -= set(removed.states)
            case _:
                pass
    return found


def changes(world: World, body: str | None, since: int, until: int) -> list[int]:
    """The entries in between, neither included, that changed the roster of a body."""
    return [
        index
        for index in range(since + 1, until)
        if isinstance(content := world.entries[index].act.content, Changed) and content.body == body
    ]


@PLAYS
@given(data=st.data())
def test_members_are_who_the_register_says_and_only_they_speak(data: DataObject) -> None:
    world = play(data)
    for index, entry in enumerate(world.entries):
        header = entry.act.header
        if header.body is not None and header.state != ORGANISATION:
            assert header.state in rosters(world.entries[:index])[header.body]

    assert {name: set(body.members) for name, body in world.state.bodies.items()} == rosters(world.entries)
    for body in world.state.bodies.values():
        assert set() == set(body.removed) & set(body.members)
        assert len(set(body.members)) == len(body.members) > 0


@PLAYS
@given(data=st.data())
def test_only_members_stand_in_the_way_of_consensus(data: DataObject) -> None:
    world = contested(data)
    for body in world.state.bodies.values():
        for text in body.texts:
            judged = evaluate(world.state, body.body, text, "IN_MEETING")

            assert {*judged.blockers, *judged.qualifiers, *judged.undeclared} <= set(body.members)


def contested(data: DataObject) -> World:
    """A text on which the question is put, one under silence, and a roster that changes at any time in between."""
    world = World(("XAA", "XBB", "XCC"), ruleset="nato-like-2")
    versions = [_circulate(world, reference) for reference in plays.REFERENCES]
    shown = Deadline(world.now + timedelta(seconds=60), "Europe/Brussels", "10:00 Brussels")
    silence = world.organ("chair", SilenceSet(version=versions[0], deadline=shown)).leaf.act
    world.organ("chair", QuestionPut(version=versions[1], window_s=0))
    for _ in range(data.draw(st.integers(4, 14))):
        world.wait(data.draw(st.sampled_from([0.0, 0.0, 1.0, 40.0])))
        state, office, content = data.draw(st.sampled_from(_moves(world, versions, silence)))
        plays.try_to_record(world, world.compose(world.author(state, office), content))
    return world


def _circulate(world: World, reference: str) -> Version:
    world.organ("secretariat", ReferenceAllotted(reference=reference, subject="Draft"))
    circulated = TextCirculated(reference=reference, title="Draft", paragraphs=2)
    entry = world.organ("secretariat", circulated, text=plays.TEXT)
    return Version(entry.leaf.act, entry.act.header.detached or "")


def _moves(world: World, versions: list[Version], silence: str) -> list[tuple[str, str, Content]]:
    """Who could say what next."""
    council = world.state.bodies[COUNCIL]
    held, asked = council.silences[silence], council.texts[versions[1].text].question
    later = Deadline(held.deadline.at + timedelta(seconds=30), "Europe/Brussels", "10:01 Brussels")
    question = asked.question if asked else plays.NOBODY
    basis = asked.perceived or plays.NOBODY if asked else plays.NOBODY
    decided = DecisionAdopted(version=versions[1], mode="IN_MEETING", basis=basis, effective_at=world.now, clauses=())
    objects = PositionDeclared(version=versions[1], scope="text", stance="OBJECTS", condition="", statement="")
    chair: list[Content] = [
        SilenceExtended(silence=silence, deadline=later, reason=""),
        QuestionPut(version=versions[1], window_s=0),
        ConsensusPerceived(question=question),
        decided,
        *(RosterRemoved(body=COUNCIL, states=(state,), basis=None, reason="") for state in ("XBB", "XCC")),
        *(RosterAdmitted(body=COUNCIL, states=(state,), basis=None, reason="") for state in ("XBB", "XCC")),
    ]
    passed = SilencePassed(silence=silence, deadline=held.deadline.at)
    breaks = SilenceBroken(silence=silence, kind="SUBSTANCE", reason="")
    return [
        *((ORGANISATION, "chair", content) for content in chair),
        (ORGANISATION, "timekeeper", passed),
        (ORGANISATION, "timekeeper", passed),
        ("XCC", OFFICE, breaks),
        ("XCC", OFFICE, objects),
    ]


@PLAYS
@given(data=st.data())
def test_no_silence_passes_and_no_question_is_decided_across_a_change_of_the_roster(data: DataObject) -> None:
    world = contested(data)
    begun: dict[str, int] = {}
    for index, entry in enumerate(world.entries):
        body = entry.act.header.body
        match entry.act.content:
            case SilenceSet() | QuestionPut():
                begun[entry.leaf.act] = index
            case SilenceExtended() as extended:
                begun[extended.silence] = index
            case SilencePassed() as passed:
                across = changes(world, body, begun[passed.silence], index)
                assert [] == [at for at in across if world.entries[at].leaf.received_at <= passed.deadline]
            case ConsensusPerceived() as perceived:
                assert [] == changes(world, body, begun[perceived.question], index)
                begun[entry.leaf.act] = index
            case DecisionAdopted() as decided if decided.mode == "IN_MEETING":
                assert [] == changes(world, body, begun[decided.basis], index)
            case _:
                pass


@PLAYS
@given(data=st.data())
def test_what_was_said_before_a_removal_stays_valid(data: DataObject) -> None:
    """A break counts, whatever became of the one who broke."""
    world = contested(data)
    for entry in world.entries:
        content, header = entry.act.content, entry.act.header
        if isinstance(content, SilenceBroken):
            silence = world.state.bodies[header.body or ""].silences[content.silence]
            assert header.state in silence.breakers + silence.late
