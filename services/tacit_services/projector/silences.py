"""View `silences`: the calendar of silence procedures, every deadline with what changed it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from tacit.acts import SilenceContent, SilenceSet, SilenceVoided, tag
from tacit.ids import ActId, BodyId, ChannelId, Reference, StateCode
from tacit.record import Entry
from tacit.rules.effects import ActContested, BreakProven, DeadlineJeopardised, ProofCameLate
from tacit.rules.state import Body, Silence
from tacit_services.projector.folding import Folded, View, table


class SilenceRow(msgspec.Struct, frozen=True):
    """A silence between two changes. `asking`: members with a request for more time that is not refused.

    `evidence`: members of whom there is evidence on which the chair may void it.
    """

    silence: ActId
    body: BodyId
    channel: ChannelId
    text: ActId
    reference: Reference
    revision: int
    status: str
    deadline: datetime
    zone: str
    shown: str
    jeopardised: bool
    broken_by: tuple[StateCode, ...]
    late: tuple[StateCode, ...]
    asking: tuple[StateCode, ...]
    evidence: tuple[StateCode, ...]
    passed_by: ActId | None
    cause: str
    cause_act: ActId
    cause_state: StateCode
    cause_office: str


def rows(folded: Folded) -> Iterator[SilenceRow]:
    """A row for each silence that the entry changed; an outage may change several, in several bodies."""
    entry = folded.entry
    if entry is None or folded.void:
        return
    content = entry.act.content
    if isinstance(content, SilenceContent | SilenceVoided):
        body = folded.state.bodies[entry.act.header.body or ""]
        yield _row(body, body.silences[entry.leaf.act if isinstance(content, SilenceSet) else content.silence], entry)
    for effect in folded.effects:
        if isinstance(effect, DeadlineJeopardised | BreakProven | ProofCameLate | ActContested) and effect.silence:
            yield from _hit(folded, effect.silence, entry)


def _hit(folded: Folded, silence: ActId, entry: Entry) -> Iterator[SilenceRow]:
    for body in folded.state.bodies.values():
        if silence in body.silences:
            yield _row(body, body.silences[silence], entry)


def _row(body: Body, silence: Silence, entry: Entry) -> SilenceRow:
    text, header = body.texts[silence.text], entry.act.header
    return SilenceRow(
        silence=silence.silence,
        body=body.body,
        channel=silence.channel,
        text=silence.text,
        reference=text.reference,
        revision=text.revision,
        status=silence.status,
        deadline=silence.deadline.at,
        zone=silence.deadline.zone,
        shown=silence.deadline.shown,
        jeopardised=silence.jeopardised,
        broken_by=tuple(silence.breakers),
        late=tuple(silence.late),
        asking=tuple(silence.requests.values()),
        evidence=tuple(silence.evidence.values()),
        passed_by=silence.passed_by,
        cause=tag(entry.act.content),
        cause_act=entry.leaf.act,
        cause_state=header.state,
        cause_office=header.office,
    )


SILENCES: Final = View(table("silences", 2, SilenceRow, key=("silence",), indexes=(("reference",),)), rows)
