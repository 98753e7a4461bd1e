"""Plays: what the members of a small organisation may say next, sensible or not, drawn against what has been said.

Contents come from their types; only what points at something (a text, a silence, a deadline) is drawn from the state,
so that acts are admitted often enough to lead somewhere and refused often enough to be worth refusing.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any, Final

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy
from msgspec import inspect, structs

from tacit import envelope
from tacit.acts import (
    AcknowledgementGiven,
    AcknowledgementOverdue,
    AcknowledgementRequested,
    Act,
    BodyConstituted,
    ChannelOpened,
    CharterAccepted,
    CharterDeposited,
    ConsensusPerceived,
    ConsultationConcluded,
    ConsultationConvened,
    ConsultationJoined,
    ConsultationRequested,
    Content,
    CredentialEnrolled,
    CredentialRevoked,
    Deadline,
    DecisionAdopted,
    DeliveryRecorded,
    EvidenceLodged,
    ExportRecorded,
    ExtensionRefused,
    ExtensionRequested,
    ItemReferred,
    ItemTakenUp,
    MessagePosted,
    OfficeAccredited,
    PositionDeclared,
    QuestionPut,
    ReferenceAllotted,
    ReferredConsultation,
    ReferredText,
    RegistrarTerm,
    RevisionIssued,
    RosterAdmitted,
    RosterRemoved,
    SilenceBroken,
    SilenceExtended,
    SilencePassed,
    SilenceSet,
    SilenceVoided,
    SilenceWithdrawn,
    TextCirculated,
    Version,
    tag,
)
from tacit.compose import Author, Composed, sign
from tacit.errors import RefusedError
from tacit.founding import compose_acceptance, enrolment
from tacit.ids import ORGANISATION, ROOT, ActId
from tacit.record import Entry, encode_entry
from tacit.rules.state import Body
from tacit.testing import COUNCIL, EAST, OFFICE, World, signer_for
from tests.property import proofs, strategies

TEXT: Final = b"1. The council agrees."
REFERENCES: Final = ("CC-M(2026)0001", "CC-M(2026)0002")
COMMITTEE: Final = "committee"
OTHER_OFFICES: Final = ("deputy", "duty-officer")
LEAPS_S: Final = (0.0, 0.000001, 0.7, 5.0, 29.0, 61.0, 700.0)
NOBODY: Final = "f" * 64

_ORGANS: Final = {"chair", "secretariat", "registrar", "timekeeper"}


_SILENCES: Final = (
    SilenceExtended,
    ExtensionRequested,
    ExtensionRefused,
    SilenceBroken,
    SilenceWithdrawn,
    SilencePassed,
    EvidenceLodged,
)
_TEXTS: Final = (PositionDeclared, SilenceSet, SilenceSet, QuestionPut, RevisionIssued)
_QUESTIONS: Final = (ConsensusPerceived, DecisionAdopted)
_PASSED: Final = (DecisionAdopted, SilenceBroken, EvidenceLodged, SilenceVoided)
_CONSULTATIONS: Final = (ConsultationJoined, ConsultationConvened, ConsultationConcluded)
_RECEIPTS: Final = (AcknowledgementGiven, AcknowledgementGiven, DeliveryRecorded, AcknowledgementOverdue)
_ALWAYS: Final = (
    AcknowledgementRequested,
    ExportRecorded,
    RosterAdmitted,
    RosterRemoved,
    ItemReferred,
    ItemTakenUp,
    ConsultationRequested,
    ReferenceAllotted,
    TextCirculated,
    RegistrarTerm,
    CredentialEnrolled,
    CredentialRevoked,
    OfficeAccredited,
    MessagePosted,
)


def begin(witnesses: tuple[str, ...] = ("XAA", "XBB")) -> World:
    """A world of two members, each with a witness, with one circulated text, and a committee of the first of them."""
    world = World(("XAA", "XBB"), ruleset="nato-like-2", witnesses=witnesses)
    world.organ("secretariat", ReferenceAllotted(reference=REFERENCES[0], subject="Draft"))
    circulated = TextCirculated(reference=REFERENCES[0], title="Draft", paragraphs=2)
    world.organ("secretariat", circulated, text=TEXT)
    world.organ("secretariat", BodyConstituted(body=COMMITTEE, title="Committee", members=("XAA",), basis=None))
    world.place = (COMMITTEE, EAST)
    world.organ("chair", ChannelOpened(title="East", kind="standing"))
    world.place = (COUNCIL, EAST)
    return world


def room(world: World) -> Body:
    """The body in which the world speaks now."""
    return world.state.bodies[world.place[0]]


def enter(data: DataObject, world: World) -> None:
    """Go on in one of the two bodies."""
    world.place = (data.draw(st.sampled_from([COUNCIL, COUNCIL, COMMITTEE])), EAST)


def said(world: World) -> SearchStrategy[ActId]:
    """Something that was said in the council, or nothing that ever was."""
    council = room(world)
    known = [*council.texts, *council.silences, *council.consultations, *council.questions, *council.decisions]
    asked = [request for silence in council.silences.values() for request in silence.requests]
    perceived = [text.question.perceived for text in council.texts.values() if text.question]
    passed = [silence.passed_by for silence in council.silences.values()]
    receipts = [*council.acknowledgements]
    return st.sampled_from([*known, *receipts, *asked, *filter(None, perceived), *filter(None, passed), NOBODY])


def _among(world: World, rooms: str) -> SearchStrategy[ActId]:
    known = list(getattr(room(world), rooms))
    return st.sampled_from(known) if known else said(world)


def _version(world: World) -> SearchStrategy[Version]:
    texts = list(room(world).texts.values())
    real = [Version(text.text, text.wording) for text in texts]
    open_ = [Version(text.text, text.wording) for text in texts if text.status in {"NEGOTIATING", "UNDER_SILENCE"}]
    return st.sampled_from([*open_ * 5, *real, Version(NOBODY, NOBODY)])


def _deadline(world: World) -> SearchStrategy[Deadline]:
    ahead = st.sampled_from([60, 60, 600, 1, 0, -1, 366 * 86_400 + 1])
    shown = st.sampled_from(["10:00 Brussels", "10:00 Brussels", "10:00 Brussels", "noon"])
    return st.builds(
        lambda s, words: Deadline(world.now + timedelta(seconds=s), "Europe/Brussels", words), ahead, shown
    )


def _instant(world: World) -> SearchStrategy[Any]:  # instants that mean something here
    council = room(world)
    known = [silence.deadline.at for silence in council.silences.values()]
    known += [asked.deadline.at for asked in council.acknowledgements.values()]
    return st.sampled_from([world.now, world.state.last_received_at, *known, *known])


def _acknowledged(world: World) -> SearchStrategy[ActId]:
    """Mostly what somebody is to acknowledge."""
    asked = [each.act for each in room(world).acknowledgements.values()]
    return st.sampled_from(asked) | said(world) if asked else said(world)


def _missing(world: World) -> SearchStrategy[tuple[str, ...]]:
    asked = room(world).acknowledgements.values()
    return st.sampled_from([world.states, *(tuple(each.missing) for each in asked)])


def _some_states(world: World) -> SearchStrategy[tuple[str, ...]]:
    return st.sampled_from([world.states, world.states[:1], world.states[1:], world.states[1:], (*world.states, "XZZ")])


POINTERS: Final[dict[str, Callable[[World], SearchStrategy[Any]]]] = {
    "version": _version,
    "deadline": _deadline,
    "at": _instant,
    "effective_at": _instant,
    "unavailable_since": lambda world: st.sampled_from([world.state.last_received_at, world.now]),
    "silence": lambda world: _among(world, "silences"),
    "consultation": lambda world: _among(world, "consultations"),
    "question": lambda world: _among(world, "questions"),
    "supersedes": lambda world: _among(world, "texts"),
    "basis": said,
    "request": lambda world: _among(world, "acknowledgements") | said(world),
    "act": _acknowledged,
    "item": said,
    "to": lambda _: st.sampled_from([COUNCIL, COMMITTEE, COMMITTEE]),
    "addressees": _some_states,
    "members": _some_states,
    "body": lambda _: st.sampled_from([COUNCIL, COMMITTEE, COMMITTEE, "cabinet"]),
    "states": _some_states,
    "missing": _missing,
    "first": lambda world: st.integers(0, world.state.size),
    "last": lambda world: st.integers(0, world.state.size),
    "decisions": lambda world: st.lists(_among(world, "decisions"), max_size=1).map(tuple),
    "reference": lambda _: st.sampled_from(REFERENCES),
    "scope": lambda _: st.sampled_from(["text", "para:1", "para:9"]),
    "stance": lambda _: st.sampled_from(["UNDECLARED", "OBJECTS", "CAN_ACCEPT", "CAN_ACCEPT_IF", "RESERVES_SCRUTINY"]),
    "condition": lambda _: st.sampled_from(["", "", "if paragraph 1 stands"]),
    "paragraphs": lambda _: st.just(2),
    "revision": lambda _: st.integers(1, 2),
    "window_s": lambda _: st.sampled_from([0, 5]),
    "term": lambda world: st.sampled_from([world.state.term + 1, world.state.term + 1, world.state.term]),
    "reason": lambda _: st.just(""),
    "evidence": proofs.lodged_before,
    "credential": lambda world: st.sampled_from(list(world.state.credentials)),
    "office": lambda _: st.sampled_from([OFFICE, *OTHER_OFFICES]),
    "state": lambda world: st.sampled_from([*world.states, ORGANISATION, "XZZ"]),
}


def contents(world: World, cls: type[msgspec.Struct]) -> SearchStrategy[Any]:
    """Contents of one type that fit what has been said so far."""
    if cls is CredentialEnrolled:
        return _enrolments(world)
    if cls is ItemTakenUp:
        return _taken_up(world)
    if cls is EvidenceLodged:
        return proofs.evidence(world, _among(world, "silences"))
    pointed = {name: pointer(world) for name, pointer in _pointers(cls).items()}
    return st.builds(cls, **_plain_fields(cls), **pointed)


@cache
def _fields(cls: type[msgspec.Struct]) -> dict[str, inspect.Field]:
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    return {field.name: field for field in info.fields}


@cache
def _pointers(cls: type[msgspec.Struct]) -> dict[str, Callable[[World], SearchStrategy[Any]]]:
    """The fields of a content that point at something said before."""
    # A word that is not a pointer everywhere: the ground of a consultation, the reason of a term.
    told = {RegistrarTerm: {"reason"}, ConsultationRequested: {"basis"}}.get(cls, set())
    pointers = {name: POINTERS[name] for name in _fields(cls) if name in POINTERS and name not in told}
    # A clock that has run out is named by its instant alone.
    return pointers | ({"deadline": _instant} if cls in {SilencePassed, AcknowledgementOverdue} else {})


@cache
def _plain_fields(cls: type[msgspec.Struct]) -> dict[str, SearchStrategy[Any]]:
    fields = {name: field for name, field in _fields(cls).items() if name not in _pointers(cls)}
    plain = {name: strategies.of(field.type) for name, field in fields.items()}
    return plain | {"reason": st.just("take-over")} if cls is RegistrarTerm else plain


def _taken_up(world: World) -> SearchStrategy[ItemTakenUp]:
    """What the other body has, referred or not: no rule looks there."""
    other = COUNCIL if world.place[0] == COMMITTEE else COMMITTEE
    texts = [
        ReferredText(version=Version(each.text, each.wording), reference=each.reference, revision=0, title=each.title)
        for each in world.state.bodies[other].texts.values()
    ]
    asked = ReferredConsultation(
        consultation=NOBODY, basis="Article 4", subject="Overflights", invoking=("XAA",), threatened=()
    )
    return st.builds(
        ItemTakenUp,
        source=st.sampled_from([other, other, other, world.place[0]]),
        referral=st.sampled_from([NOBODY, *(entry.leaf.act for entry in world.entries[-2:])]),
        text=st.sampled_from([None, *texts]),
        consultation=st.sampled_from([None, asked]),
    )


def _enrolments(world: World) -> SearchStrategy[CredentialEnrolled]:
    held = [office.credential for office in world.state.offices.values()]
    return st.builds(
        lambda state, office, name, replaces: enrolment(
            world.organisation, state, office, signer_for(f"{state}/{name}"), replaces
        ),
        st.sampled_from(world.states),
        st.sampled_from([OFFICE, *OTHER_OFFICES]),
        st.sampled_from([OFFICE, *OTHER_OFFICES]),
        st.sampled_from([None, *held]),
    )


def speakers(world: World, content: Content) -> SearchStrategy[tuple[str, str]]:
    """State and office: mostly one that the rule-set allows, sometimes anybody."""
    roles = set(world.state.rules.who.get(tag(content), ()))
    members = [(state, OFFICE) for state in world.states]
    right: list[tuple[str, str]] = [(ORGANISATION, role) for role in sorted(roles & _ORGANS)]
    right += members if roles & {"member", "delegation"} else []
    right += [(state, ROOT) for state in world.states] if "root" in roles else []
    anybody = [*members, *((ORGANISATION, organ) for organ in sorted(_ORGANS))]
    return st.integers(0, 9).flatmap(lambda die: st.sampled_from(anybody if die == 9 or not right else right))


def timely(world: World) -> list[type[msgspec.Struct]]:
    """The types of act that have something to be about."""
    council = room(world)
    rooms = {
        _SILENCES: any(silence.status == "RUNNING" for silence in council.silences.values()),
        _TEXTS: any(text.status == "NEGOTIATING" for text in council.texts.values()),
        _QUESTIONS: any(text.question for text in council.texts.values()),
        _PASSED: any(silence.passed_by for silence in council.silences.values()),
        _CONSULTATIONS: bool(council.consultations),
        _RECEIPTS: any(each.status == "OPEN" for each in council.acknowledgements.values()),
    }
    return [cls for room, open_ in rooms.items() if open_ for cls in room] + list(_ALWAYS)


HEADER_FAULTS: Final[list[dict[str, object]]] = [
    {"organisation": NOBODY},
    {"body": None},
    {"body": "committee"},
    {"channel": "west"},
    {"channel": None},
    {"credential": NOBODY},
    {"capacity": "proxy"},
    {"capacity": "chair"},
    {"on_behalf_of": ("XAA",)},
    {"number": 1},
    {"number": 99},
    {"previous": NOBODY},
    {"office": "deputy"},
    {"state": "XZZ"},
    {"detached": None},
    {"releaser": NOBODY},
]


def attempt(data: DataObject, world: World) -> Composed:
    """Draw what somebody tries to say now."""
    enter(data, world)
    spoken = [cls for cls in strategies.CONTENTS if cls not in {CharterDeposited, CharterAccepted}]
    die = data.draw(st.integers(0, 29))
    if die == 29:
        state = data.draw(st.sampled_from(world.states))
        return compose_acceptance(world.organisation, state, signer_for(f"{state}/{ROOT}"), world.window())
    cls = data.draw(st.sampled_from(spoken if die > 25 else timely(world)))
    content = data.draw(contents(world, cls))
    state, office = data.draw(speakers(world, content))
    composed = compose(world, world.author(state, office), content)
    return faulty(data, world.author(state, office), proofs.after_its_own(world, composed))


def compose(world: World, author: Author, content: Content) -> Composed:
    """Compose as the world does, also for an author whom it does not know."""
    known = author.signer.credential in world.state.credentials
    speaker = author if known else world.author(world.states[0])
    composed = world.compose(speaker, content, text=TEXT, references=tuple(room(world).items)[-1:])
    if known:
        return composed
    header = structs.replace(composed.act.header, state=author.state, office=author.office)
    return sign(Act(header, content), author.signer)


def faulty(data: DataObject, author: Author, composed: Composed) -> Composed:
    """One time in eight, break something in the header and sign it again."""
    if data.draw(st.integers(0, 7)) != 7:
        return composed
    fault: dict[str, Any] = data.draw(st.sampled_from(HEADER_FAULTS))
    return sign(Act(structs.replace(composed.act.header, **fault), composed.act.content), author.signer)


def stored(entry: Entry) -> bytes:
    """The bytes that the stream holds for an entry."""
    return encode_entry(entry.leaf, envelope.encode(entry.envelope))


def wait(data: DataObject, world: World) -> None:
    """Let a while pass: nothing, an instant, or long enough for a deadline."""
    world.wait(data.draw(st.sampled_from(LEAPS_S)))


def try_to_record(world: World, composed: Composed) -> RefusedError | None:
    """Record it, or give back why not."""
    try:
        world.record(composed)
    except RefusedError as error:
        return error
    return None
