"""Acts in words."""

from datetime import datetime
from typing import assert_never

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
    EvidenceContent,
    EvidenceLodged,
    ExportRecorded,
    ExtensionRefused,
    ExtensionRequested,
    FoundingContent,
    Header,
    ItemReferred,
    ItemTakenUp,
    LevelRaised,
    MessagePosted,
    OfficeAccredited,
    PositionDeclared,
    QuestionPut,
    ReferenceAllotted,
    ReferralContent,
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
    SilenceVoided,
    SilenceWithdrawn,
    TallyRecorded,
    TextCirculated,
    TextContent,
)
from tacit.ids import ORGANISATION, ActId
from tacit.rules.state import Body, State
from tacit.words.proofs import describe_lodged
from tacit.words.quoting import ID_CHARS, known_reference, named, quote


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
    | ReferralContent
    | EvidenceContent
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
    if isinstance(content, ReferralContent):
        return _describe_referral(content, body)
    return _describe_other(content, body)


def _describe_other(content: PositionDeclared | TallyRecorded | ExportRecorded | EvidenceContent, body: Body) -> str:
    if isinstance(content, EvidenceContent):
        return _describe_evidence(content, body)
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


def _reference(body: Body, act: ActId) -> str:
    return known_reference(body, act) or f"{act[:ID_CHARS]}"


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
            return f'constitutes {content.body}, "{quote(content.title)}", with {named(content.members)}'
        case RosterAdmitted():
            return f"admits {named(content.states)} to {content.body}"
        case RosterRemoved():
            return f"removes {named(content.states)} from {content.body}"
        case _:
            assert_never(content)


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
            whom, until = named(content.addressees), quote(content.deadline.shown)
            return f"asks {whom} to acknowledge {what} ({content.kind}) until {until}"
        case AcknowledgementGiven():
            return f"acknowledges {what} ({content.kind})"
        case DeliveryRecorded():
            return f"has delivered {what} to {', '.join(content.states)} by {quote(content.means)}"
        case _:
            assert_never(content)


def _describe_referral(content: ReferralContent, body: Body) -> str:
    match content:
        case ItemReferred():
            asked = body.consultations.get(content.item)
            what = f"the consultation {_asked_by(body, content.item)}" if asked else _reference(body, content.item)
            return f"refers {what} to {content.to}"
        case ItemTakenUp():
            text, asked_there = content.text, content.consultation
            what = f"the consultation of {asked_there.invoking[0]}" if asked_there else "an item"
            if text is not None:
                what = f"{text.reference}-REV{text.revision}" if text.revision else text.reference
            return f"takes up {what} from {content.source}"
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


def _describe_evidence(content: EvidenceContent, body: Body) -> str:
    match content:
        case EvidenceLodged():
            return f"lodges {describe_lodged(content)}"
        case SilenceVoided():
            return f"voids the silence on {_reference(body, content.silence)} ({content.ground})"
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
