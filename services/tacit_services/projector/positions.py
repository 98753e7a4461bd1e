"""View `positions`: who took which position, before and after, on which wording, in which capacity, and when."""

from collections.abc import Iterator
from typing import Final

import msgspec

from tacit.acts import PositionDeclared
from tacit.ids import ActId, BodyId, ChannelId, CredentialId, Digest, Reference, Scope, StateCode
from tacit.rules.effects import PositionChanged
from tacit_services.projector.folding import Folded, View, table


class PositionRow(msgspec.Struct, frozen=True):
    """A position from its declaration to the next one of the same member on the same scope of the same version.

    `prior` is the stance before; the same one where a member repeats itself, with other words perhaps.
    """

    text: ActId
    state: StateCode
    scope: Scope
    reference: Reference
    revision: int
    body: BodyId
    channel: ChannelId
    wording: Digest
    prior: str
    stance: str
    condition: str
    statement: str
    office: str
    capacity: str
    credential: CredentialId
    act: ActId


def rows(folded: Folded) -> Iterator[PositionRow]:
    """A row for each position declared."""
    entry = folded.entry
    if entry is None or folded.void or not isinstance(entry.act.content, PositionDeclared):
        return
    header, content = entry.act.header, entry.act.content
    text = folded.state.bodies[header.body or ""].texts[content.version.text]
    changed = [effect.prior for effect in folded.effects if isinstance(effect, PositionChanged)]
    yield PositionRow(
        text=text.text,
        state=header.state,
        scope=content.scope,
        reference=text.reference,
        revision=text.revision,
        body=header.body or "",
        channel=text.channel,
        wording=text.wording,
        prior=changed[0] if changed else content.stance,
        stance=content.stance,
        condition=content.condition,
        statement=content.statement,
        office=header.office,
        capacity=header.capacity,
        credential=header.credential,
        act=entry.leaf.act,
    )


POSITIONS: Final = View(
    table("positions", 1, PositionRow, key=("text", "state", "scope"), indexes=(("reference",), ("state",))), rows
)
