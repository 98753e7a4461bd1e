"""View `referrals`: what a body let go to another, and what it took up: both ends of a lineage, each in its body."""

from collections.abc import Iterator
from typing import Final

import msgspec

from tacit.acts import ItemReferred, ItemTakenUp, tag
from tacit.ids import ActId, BodyId, ChannelId, Digest, StateCode
from tacit_services.projector.folding import Folded, View, table


class ReferralRow(msgspec.Struct, frozen=True):
    """One end: `other` is the body at the other one, and `referral` the same act at both.

    Who sees both finds one wording, or two: `wording` is that of the version that was let go, and that was taken up.
    """

    body: BodyId
    channel: ChannelId
    referral: ActId
    direction: str
    other: BodyId
    item: ActId
    reference: str | None
    revision: int | None
    wording: Digest | None
    cause: str
    cause_act: ActId
    cause_state: StateCode
    cause_office: str


def rows(folded: Folded) -> Iterator[ReferralRow]:
    """A row for each act of referral."""
    entry = folded.entry
    if entry is None or folded.void:
        return
    content, header = entry.act.content, entry.act.header
    if not isinstance(content, ItemReferred | ItemTakenUp):
        return
    item, reference, revision, wording = _item(folded, header.body or "", content)
    yield ReferralRow(
        body=header.body or "",
        channel=header.channel or "",
        referral=entry.leaf.act if isinstance(content, ItemReferred) else content.referral,
        direction="referred" if isinstance(content, ItemReferred) else "taken_up",
        other=content.to if isinstance(content, ItemReferred) else content.source,
        item=item,
        reference=reference,
        revision=revision,
        wording=wording,
        cause=tag(content),
        cause_act=entry.leaf.act,
        cause_state=header.state,
        cause_office=header.office,
    )


def _item(
    folded: Folded, body_id: BodyId, content: ItemReferred | ItemTakenUp
) -> tuple[ActId, str | None, int | None, Digest | None]:
    """What it is, by its number, revision and wording where it is a text."""
    if isinstance(content, ItemTakenUp):
        if content.text is not None:
            version = content.text.version
            return version.text, content.text.reference, content.text.revision, version.wording
        assert content.consultation is not None
        return content.consultation.consultation, None, None, None
    body = folded.state.bodies[body_id]
    text = body.texts.get(body.questions.get(content.item, content.item))
    return (text.text, text.reference, text.revision, text.wording) if text else (content.item, None, None, None)


REFERRALS: Final = View(table("referrals", 1, ReferralRow, indexes=(("referral",),)), rows)
