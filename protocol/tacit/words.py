"""Acts and effects in the words of the field, for people: one place, so that log, page and terminal say the same.

Pure. What an author wrote (titles, reasons) is quoted with everything removed that a terminal could take for a command.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, assert_never

from tacit.acts import (
    AcknowledgementContent,
    AcknowledgementGiven,
    AcknowledgementOverdue,
    AcknowledgementRequested,
    Act,
    BodyConstituted,
    ChannelContent,
    ChannelOpened,
    CharterAccepted,
    CharterDeposited,
    ConsensusPerceived,
    ConsultationConcluded,
    ConsultationContent,
    ConsultationConvened,
    ConsultationJoined,
    ConsultationRequested,
    Content,
    CredentialEnrolled,
    CredentialRevoked,
    DecisionAdopted,
    DecisionContent,
    DeliveryRecorded,
    ExportRecorded,
    ExtensionRefused,
    ExtensionRequested,
    FoundingContent,
    Header,
    LevelRaised,
    MessagePosted,
    OfficeAccredited,
    PositionDeclared,
    QuestionPut,
    ReferenceAllotted,
    RegistrarTerm,
    RegistryContent,
    RevisionIssued,
    RosterAdmitted,
    RosterContent,
    RosterRemoved,
    SilenceBroken,
    SilenceContent,
    SilenceExtended,
    SilencePassed,
    SilenceSet,
    SilenceWithdrawn,
    TallyRecorded,
    TextCirculated,
    TextContent,
)
from tacit.ids import ORGANISATION, ActId, StateCode
from tacit.rules.effects import (
    AcknowledgementComplete,
    AcknowledgementExcused,
    CharterInForce,
    DeadlineJeopardised,
    Effect,
    EntryVoid,
    LateObjectionRecorded,
    PositionChanged,
    QuestionLapsed,
    SilenceBroke,
    TextAgreed,
    TextCounted,
    TextSuperseded,
)
from tacit.rules.state import Body, State
from tacit.rules.wording import show_reference

QUOTED_CHARS_MAX: Final = 80
NAMED_MAX: Final = 6
"""More states than so many are counted and not named."""
ID_CHARS: Final = 8
"""How much of an id is shown where it is there to be recognised, not to be relied on."""


def describe(act: Act, state: State) -> str:
    """What an act does, without its author: "breaks the silence on CC-M(2025)0012 (TIMING)".

    `state` is the fold with the act in it; what it does not know is named by the first digits of its id.
    """
    body = state.bodies.get(act.header.body or "") or Body("", "", ())
    return _describe(act.content, body)


def _describe(content: Content, body: Body) -> str:
    if isinstance(content, FoundingContent):
        return _describe_founding(content)
    if isinstance(content, RegistryContent):
        return _describe_registry(content)
    if isinstance(content, RosterContent):
        return _describe_roster(content)
    return _describe_said(content, body)


Said = (
    ChannelContent
    | ConsultationContent
    | TextContent
    | PositionDeclared
    | SilenceContent
    | DecisionContent
    | TallyRecorded
    | ExportRecorded
    | AcknowledgementContent
)
"""What is said in a channel of a body."""


def _describe_said(content: Said, body: Body) -> str:
    if isinstance(content, ChannelContent):
        return _describe_channel(content)
    if isinstance(content, ConsultationContent):
        return _describe_consultation(content, body)
    if isinstance(content, TextContent):
        return _describe_text(content, body)
    if isinstance(content, SilenceContent):
        return _describe_silence(content, body)
    if isinstance(content, DecisionContent):
        return _describe_decision(content, body)
    if isinstance(content, AcknowledgementContent):
        return _describe_acknowledgement(content, body)
    return _describe_other(content, body)


def _describe_other(content: PositionDeclared | TallyRecorded | ExportRecorded, body: Body) -> str:
    match content:
        case PositionDeclared():
            return _position(content, body)
        case TallyRecorded():
            return _tally(content, body)
        case ExportRecorded():
            return _export(content)
        case _:
            assert_never(content)


def describe_author(header: Header) -> str:
    """Who said it: a member's code, or the office that spoke for the organisation."""
    if header.state == ORGANISATION:
        return header.office
    return header.state if header.office != "root" else f"{header.state} (root key)"


def describe_effect(effect: Effect, state: State) -> str:
    """What the fold made of an act beyond the act itself; empty where the act has said it already."""
    bodies = state.bodies.values()
    return _effect(effect, lambda act: next(filter(None, (_known_reference(body, act) for body in bodies)), ""))


def quote(text: str) -> str:
    """Free text on one line: no control or direction characters, and not for ever."""
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return shown if len(shown) <= QUOTED_CHARS_MAX else f"{shown[: QUOTED_CHARS_MAX - 1]}\N{HORIZONTAL ELLIPSIS}"


def _known_reference(body: Body, act: ActId) -> str | None:
    """The reference that belongs to a version, or to a silence or a question on it."""
    silence = body.silences.get(act)
    text = body.texts.get(silence.text if silence else body.questions.get(act, act))
    return show_reference(text) if text else None


def _reference(body: Body, act: ActId) -> str:
    return _known_reference(body, act) or f"{act[:ID_CHARS]}"


def _asked_by(body: Body, consultation: ActId) -> str:
    found = body.consultations.get(consultation)
    return f"of {found.invoking[0]}" if found else consultation[:ID_CHARS]


def _describe_founding(content: FoundingContent) -> str:
    match content:
        case CharterDeposited():
            founders = len(content.founders)
            return f'deposits the charter of "{quote(content.name)}" ({content.purpose}, {founders} founders)'
        case CharterAccepted():
            return "accepts the charter"
        case _:
            assert_never(content)


def _describe_registry(content: RegistryContent) -> str:
    match content:
        case OfficeAccredited():
            return f"accredits {content.state}/{content.office}"
        case CredentialEnrolled():
            new = "replaces the credential" if content.replaces else "enrols a credential"
            return f"{new} of {content.state}/{content.office}"
        case CredentialRevoked():
            return f"revokes the credential {content.credential[:ID_CHARS]}" + _since(
                ", compromised since", content.compromised_since
            )
        case RegistrarTerm():
            return f"begins term {content.term}" + _since(", away since", content.unavailable_since)
        case _:
            assert_never(content)


def _describe_roster(content: RosterContent) -> str:
    match content:
        case BodyConstituted():
            return f'constitutes {content.body}, "{quote(content.title)}", with {_named(content.members)}'
        case RosterAdmitted():
            return f"admits {_named(content.states)} to {content.body}"
        case RosterRemoved():
            return f"removes {_named(content.states)} from {content.body}"
        case _:
            assert_never(content)


def _named(states: tuple[StateCode, ...]) -> str:
    return ", ".join(states) if len(states) <= NAMED_MAX else f"{len(states)} members"


def _since(words: str, instant: datetime | None) -> str:
    return f"{words} {instant:%d %b %Y %H:%M:%S}Z" if instant else ""


def _describe_channel(content: ChannelContent) -> str:
    match content:
        case ChannelOpened():
            return f'opens the {content.kind} channel "{quote(content.title)}"'
        case MessagePosted():
            return f'{"replies" if content.in_reply_to else "posts"}: "{quote(content.subject)}"'
        case LevelRaised():
            return f"raises the level to {content.level}"
        case _:
            assert_never(content)


def _describe_consultation(content: ConsultationContent, body: Body) -> str:
    match content:
        case ConsultationRequested():
            return f'requests consultation under {quote(content.basis)}: "{quote(content.subject)}"'
        case ConsultationJoined():
            return f"joins the request {_asked_by(body, content.consultation)}"
        case ConsultationConvened():
            when = f"{content.meeting}, {content.at:%d %b %Y %H:%M}Z"
            return f"convenes on the request {_asked_by(body, content.consultation)} ({when})"
        case ConsultationConcluded():
            request = _asked_by(body, content.consultation)
            return f"concludes the consultation on the request {request}: {content.outcome}"
        case _:
            assert_never(content)


def _describe_text(content: TextContent, body: Body) -> str:
    match content:
        case ReferenceAllotted():
            return f'allots {content.reference} for "{quote(content.subject)}"'
        case TextCirculated():
            return f'circulates {content.reference} "{quote(content.title)}"'
        case RevisionIssued():
            return f"issues REV{content.revision} in the place of {_reference(body, content.supersedes)}"
        case _:
            assert_never(content)


def _position(content: PositionDeclared, body: Body) -> str:
    scope = "" if content.scope == "text" else f", paragraph {content.scope.removeprefix('para:')}"
    words = content.condition or content.statement
    quoted = f': "{quote(words)}"' if words else ""
    return f"declares {content.stance} on {_reference(body, content.version.text)}{scope}{quoted}"


def _tally(content: TallyRecorded, body: Body) -> str:
    counts = f"{content.yes} yes, {content.no} no, {content.abstain} abstaining"
    return f"records the tally on {_reference(body, content.version.text)}: {counts}"


def _export(content: ExportRecorded) -> str:
    marked = f", {content.withheld} of them only marked" if content.withheld else ""
    return f"exports entries {content.first} to {content.last} as {content.format}{marked}"


def _describe_acknowledgement(content: AcknowledgementContent, body: Body) -> str:
    if isinstance(content, AcknowledgementOverdue):
        asked = body.acknowledgements.get(content.request)
        what = _reference(body, asked.act if asked else content.request)
        return f"states that receipts for {what} are missing: {', '.join(content.missing)}"
    what = _reference(body, content.act)
    match content:
        case AcknowledgementRequested():
            whom, until = _named(content.addressees), quote(content.deadline.shown)
            return f"asks {whom} to acknowledge {what} ({content.kind}) until {until}"
        case AcknowledgementGiven():
            return f"acknowledges {what} ({content.kind})"
        case DeliveryRecorded():
            return f"has delivered {what} to {', '.join(content.states)} by {quote(content.means)}"
        case _:
            assert_never(content)


def _describe_silence(content: SilenceContent, body: Body) -> str:
    if isinstance(content, SilenceSet):
        return f"sets a silence on {_reference(body, content.version.text)} until {quote(content.deadline.shown)}"
    text = _reference(body, content.silence)
    match content:
        case SilenceExtended():
            return f"extends the silence on {text} until {quote(content.deadline.shown)}"
        case ExtensionRequested():
            return f"requests more time on {text}"
        case ExtensionRefused():
            return f"refuses more time on {text}"
        case SilenceBroken():
            return f"breaks the silence on {text} ({content.kind})"
        case SilenceWithdrawn():
            return f"withdraws the silence on {text}"
        case SilencePassed():
            return f"states that the silence on {text} has passed"
        case _:
            assert_never(content)


def _describe_decision(content: DecisionContent, body: Body) -> str:
    match content:
        case QuestionPut():
            return f"puts the question on {_reference(body, content.version.text)}"
        case ConsensusPerceived():
            return f"perceives consensus on {_reference(body, content.question)}"
        case DecisionAdopted():
            how = "by silence" if content.mode == "SILENCE" else "in meeting"
            return f"records the adoption of {_reference(body, content.version.text)} {how}"
        case _:
            assert_never(content)


def _effect(effect: Effect, reference: Callable[[ActId], str]) -> str:
    match effect:
        case CharterInForce():
            return f"the charter is in force: all {effect.founders} founders have accepted"
        case PositionChanged():
            return "" if effect.prior == "UNDECLARED" else f"before: {effect.prior}"
        case TextSuperseded():
            return f"{reference(effect.text)} is superseded, and the positions on it with it"
        case SilenceBroke() | LateObjectionRecorded() | DeadlineJeopardised():
            return _effect_on_silence(effect, reference)
        case TextAgreed() | TextCounted():
            how = "agreed" if isinstance(effect, TextAgreed) else "closed by its count"
            return f"{reference(effect.text)} is {how}"
        case AcknowledgementComplete() | AcknowledgementExcused():
            return _effect_on_request(effect, reference)
        case QuestionLapsed():
            return f"the question on {reference(effect.text)} has to be put again"
        case EntryVoid():
            return f"void: {effect.rule} {quote(effect.detail)}".rstrip()
        case _:
            assert_never(effect)


def _effect_on_silence(
    effect: SilenceBroke | LateObjectionRecorded | DeadlineJeopardised, reference: Callable[[ActId], str]
) -> str:
    match effect:
        case SilenceBroke():
            return "a further break" if effect.further else "the silence is broken"
        case LateObjectionRecorded():
            return f"late objection, {effect.late_s:.3f} s after the deadline: recorded, without effect"
        case DeadlineJeopardised():
            why = "" if effect.unavailable_since else " by the change of the roster"
            return f"the deadline on {reference(effect.silence)} is jeopardised{why}: the chair must extend or withdraw"
        case _:
            assert_never(effect)


def _effect_on_request(
    effect: AcknowledgementComplete | AcknowledgementExcused, reference: Callable[[ActId], str]
) -> str:
    match effect:
        case AcknowledgementComplete():
            return f"everybody asked has acknowledged {reference(effect.act) or effect.act[:ID_CHARS]}"
        case AcknowledgementExcused():
            return f"{_named(effect.states)}: no receipt is owed any more"
        case _:
            assert_never(effect)
