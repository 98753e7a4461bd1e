"""View `consultations`: the ledger of consultations, from the request to the outcome."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from tacit.acts import (
    Act,
    ConsultationConcluded,
    ConsultationConvened,
    ConsultationJoined,
    ConsultationRequested,
    ItemReferred,
    ItemTakenUp,
    tag,
)
from tacit.ids import ActId, BodyId, ChannelId, StateCode
from tacit.rules.state import Consultation
from tacit_services.projector.folding import Folded, View, table


class ConsultationRow(msgspec.Struct, frozen=True):
    """A consultation between two changes.

    `meeting` and `meets_at` stand where it was convened, `decisions` and `reason` where it was concluded.
    """

    consultation: ActId
    body: BodyId
    channel: ChannelId
    basis: str
    subject: str
    invoking: tuple[StateCode, ...]
    threatened: tuple[StateCode, ...]
    status: str
    meeting: str | None
    meets_at: datetime | None
    outcome: str | None
    decisions: tuple[ActId, ...]
    reason: str | None
    cause: str
    cause_act: ActId
    cause_state: StateCode
    cause_office: str


def rows(folded: Folded) -> Iterator[ConsultationRow]:
    """A row for each act that opens a consultation or changes it."""
    entry = folded.entry
    if entry is None or folded.void:
        return
    found = folded.state.bodies.get(entry.act.header.body or "")
    consultation = found.consultations.get(_named(entry.act, entry.leaf.act)) if found else None
    if consultation is not None:
        yield _row(consultation, entry.act, entry.leaf.act)


def _named(act: Act, act_id: ActId) -> ActId:
    """What could be a consultation in this act: itself, or what it is about."""
    match act.content:
        case ConsultationRequested() | ItemTakenUp():
            return act_id
        case ConsultationJoined() | ConsultationConvened() | ConsultationConcluded():
            return act.content.consultation
        case ItemReferred():
            return act.content.item
        case _:
            return ""


def _row(found: Consultation, act: Act, act_id: ActId) -> ConsultationRow:
    header, content = act.header, act.content
    convened = content if isinstance(content, ConsultationConvened) else None
    concluded = content if isinstance(content, ConsultationConcluded) else None
    return ConsultationRow(
        consultation=found.consultation,
        body=header.body or "",
        channel=found.channel,
        basis=found.basis,
        subject=found.subject,
        invoking=tuple(found.invoking),
        threatened=found.threatened,
        status=found.status,
        meeting=convened.meeting if convened else None,
        meets_at=convened.at if convened else None,
        outcome=found.outcome,
        decisions=concluded.decisions if concluded else (),
        reason=concluded.reason if concluded else None,
        cause=tag(content),
        cause_act=act_id,
        cause_state=header.state,
        cause_office=header.office,
    )


CONSULTATIONS: Final = View(table("consultations", 1, ConsultationRow, key=("consultation",)), rows)
