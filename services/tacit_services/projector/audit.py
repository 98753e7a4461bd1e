"""View `audit`: one row for each entry: who, in which capacity, about what, in words; void ones with the rule."""

from collections.abc import Iterator
from typing import Final

import msgspec

from tacit.acts import (
    AcknowledgementContent,
    AcknowledgementOverdue,
    Act,
    ConsultationContent,
    ConsultationRequested,
    CredentialEnrolled,
    DecisionContent,
    ItemReferred,
    ItemTakenUp,
    OfficeAccredited,
    PositionDeclared,
    RosterContent,
    SilenceContent,
    SilenceVoided,
    TallyRecorded,
    TextContent,
    tag,
)
from tacit.ids import ActId, BodyId, ChannelId, CredentialId, StateCode
from tacit.record import Entry
from tacit.rules.state import Body
from tacit.words import describe, describe_effect
from tacit_services.projector.folding import Folded, View, table


class AuditRow(msgspec.Struct, frozen=True):
    """An entry. Of a void one there is only what it claims to be, from whom and where: nobody vouches for it.

    `subject`: the reference of the text that it is about, the act that asked for the consultation or that is
    acknowledged, `XAA/office`, or the body whose roster it is.
    """

    act: ActId | None
    type: str | None
    state: StateCode | None
    office: str | None
    capacity: str | None
    credential: CredentialId | None
    body: BodyId | None
    channel: ChannelId | None
    subject: str | None
    void: str | None
    words: str
    effects: tuple[str, ...]


SaidOfText = TextContent | PositionDeclared | SilenceContent | SilenceVoided | DecisionContent | TallyRecorded

VOID: Final = AuditRow(None, None, None, None, None, None, None, None, None, None, "void", ())


def rows(folded: Folded) -> Iterator[AuditRow]:
    """One row."""
    void, entry = folded.void, folded.entry
    if void is not None:
        yield _void(entry, str(void.rule))
    elif entry is not None:
        yield _row(folded, entry)


def _void(entry: Entry | None, rule: str) -> AuditRow:
    if entry is None:
        return msgspec.structs.replace(VOID, void=rule)
    header = entry.act.header
    return msgspec.structs.replace(
        VOID,
        act=entry.leaf.act,
        type=tag(entry.act.content),
        state=header.state,
        office=header.office,
        credential=header.credential,
        body=header.body,
        channel=header.channel,
        void=rule,
    )


def _row(folded: Folded, entry: Entry) -> AuditRow:
    act, header = entry.act, entry.act.header
    effects = (describe_effect(effect, folded.state) for effect in folded.effects)
    return AuditRow(
        act=entry.leaf.act,
        type=tag(act.content),
        state=header.state,
        office=header.office,
        capacity=header.capacity,
        credential=header.credential,
        body=header.body,
        channel=header.channel,
        subject=_subject(act, entry.leaf.act, folded.state.bodies.get(header.body or "")),
        void=None,
        words=describe(act, folded.state),
        effects=tuple(filter(None, effects)),
    )


def _subject(act: Act, act_id: ActId, body: Body | None) -> str | None:
    content = act.content
    if isinstance(content, OfficeAccredited | CredentialEnrolled):
        return f"{content.state}/{content.office}"
    if isinstance(content, RosterContent):
        return content.body
    if isinstance(content, ItemTakenUp):
        return content.text.reference if content.text else act_id
    if isinstance(content, ConsultationContent):
        return act_id if isinstance(content, ConsultationRequested) else content.consultation
    if body is not None and isinstance(content, ItemReferred):
        text = body.texts.get(body.questions.get(content.item, content.item))
        return text.reference if text else content.item
    if body is not None and isinstance(content, AcknowledgementContent):
        return _acknowledged(body, content)
    if body is None or not isinstance(content, SaidOfText):
        return None
    return _reference(body, content, act_id)


def _acknowledged(body: Body, content: AcknowledgementContent) -> str:
    act = body.acknowledgements[content.request].act if isinstance(content, AcknowledgementOverdue) else content.act
    text = body.texts.get(act)
    return text.reference if text else act


def _reference(body: Body, content: SaidOfText, act_id: ActId) -> str:
    if isinstance(reference := getattr(content, "reference", None), str):
        return reference
    # An act on a text points at its version, or at a silence or a question on it, or issues it.
    text = getattr(getattr(content, "version", None), "text", None) or getattr(content, "supersedes", None) or act_id
    if isinstance(silence := getattr(content, "silence", None), str):
        text = body.silences[silence].text
    if isinstance(question := getattr(content, "question", None), str):
        text = body.questions[question]
    return body.texts[text].reference


AUDIT: Final = View(table("audit", 2, AuditRow, indexes=(("subject",), ("state",), ("type",))), rows)
