"""View `texts`: every version of every text, with what became of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from tacit.acts import (
    Act,
    ConsensusPerceived,
    DecisionAdopted,
    ItemReferred,
    QuestionPut,
    RevisionIssued,
    RosterAdmitted,
    RosterRemoved,
    SilenceSet,
    SilenceVoided,
    SilenceWithdrawn,
    TallyRecorded,
    TextCirculated,
    tag,
)
from tacit.ids import ActId, BodyId, ChannelId, Digest, Reference, StateCode
from tacit.rules.effects import QuestionLapsed, SilenceBroke
from tacit.rules.state import Body
from tacit_services.projector.folding import Folded, View, table


class TextRow(msgspec.Struct, frozen=True):
    """A version between two changes; positions on a version that is SUPERSEDED are void with it.

    `yes`, `no` and `abstain` stand where it has been counted, `lineage` where it continues what was taken up.
    """

    text: ActId
    reference: Reference
    revision: int
    body: BodyId
    channel: ChannelId
    title: str
    wording: Digest
    paragraphs: int
    status: str
    question: ActId | None
    closes_at: datetime | None
    perceived: ActId | None
    silence: ActId | None
    decision: ActId | None
    yes: int | None
    no: int | None
    abstain: int | None
    lineage: ActId | None
    cause: str
    cause_act: ActId
    cause_state: StateCode
    cause_office: str


def rows(folded: Folded) -> Iterator[TextRow]:
    """A row for each version that the entry changed."""
    entry = folded.entry
    if entry is None or folded.void:
        return
    if isinstance(entry.act.content, RosterAdmitted | RosterRemoved):
        lapsed = [effect.text for effect in folded.effects if isinstance(effect, QuestionLapsed)]
        yield from (_row(folded, folded.state.bodies[entry.act.content.body], text) for text in lapsed)
    body = folded.state.bodies.get(entry.act.header.body or "")
    if body is None:
        return
    broken = [effect.silence for effect in folded.effects if isinstance(effect, SilenceBroke) and not effect.further]
    for text in (*_changed(body, entry.act, entry.leaf.act), *(body.silences[each].text for each in broken)):
        yield _row(folded, body, text)


def _changed(body: Body, act: Act, act_id: ActId) -> tuple[ActId, ...]:
    content = act.content
    match content:
        case TextCirculated():
            return (act_id,)
        case RevisionIssued():
            return (content.supersedes, act_id)
        case SilenceSet() | QuestionPut() | DecisionAdopted() | TallyRecorded():
            return (content.version.text,)
        case ConsensusPerceived():
            return (body.questions[content.question],)
        case SilenceWithdrawn() | SilenceVoided():
            return (body.silences[content.silence].text,)
        case ItemReferred():
            return _referred(body, content.item)
        case _:
            return ()


def _referred(body: Body, item: ActId) -> tuple[ActId, ...]:
    """The version that went, itself or by its question; nothing where it was a consultation."""
    text = body.questions.get(item, item)
    return (text,) if text in body.texts else ()


def _row(folded: Folded, body: Body, text: ActId) -> TextRow:
    found, entry = body.texts[text], folded.entry
    assert entry is not None
    question, tally = found.question, found.tally
    return TextRow(
        text=found.text,
        reference=found.reference,
        revision=found.revision,
        body=body.body,
        channel=found.channel,
        title=found.title,
        wording=found.wording,
        paragraphs=found.paragraphs,
        status=found.status,
        question=question.question if question else None,
        closes_at=question.closes_at if question else None,
        perceived=question.perceived if question else None,
        silence=found.silence,
        decision=found.decision,
        yes=tally.yes if tally else None,
        no=tally.no if tally else None,
        abstain=tally.abstain if tally else None,
        lineage=found.lineage,
        cause=tag(entry.act.content),
        cause_act=entry.leaf.act,
        cause_state=entry.act.header.state,
        cause_office=entry.act.header.office,
    )


TEXTS: Final = View(table("texts", 2, TextRow, key=("text",), indexes=(("reference",),)), rows)
