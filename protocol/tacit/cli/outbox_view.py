"""How an outbox is shown: for programs, and for people."""

from datetime import datetime
from typing import Final

import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tacit import acts
from tacit.cli.terminal import output, stamp
from tacit.client.store import Kept, Stage
from tacit.client.store.sqlite import OutboxFile
from tacit.ids import ActId, CredentialId
from tacit.session import Difference
from tacit.words import ID_CHARS

WHY: dict[str, str] = {
    "not_connected": "for a connection: it was never sent",
    "no_answer": "for the registrar's answer",
    "reading_record": "for the record to be read: it may be in it",
    "frame_refused": "for a gateway that takes it: the last one did not",
    "receipt": "for its receipt: it was heard in the record",
    "checkpoint": "for a checkpoint that covers it",
    "witnesses": "for the quorum of the witnesses, and one's own",
    "other_entry": "for the record to be read: another entry stands in its place",
    "evidence": "for the evidence that lodges it",
    "others": "for another office, the chair or the secretariat to lodge it",
    "register": "for its author: what is on the register is never lodged",
    "number_taken": "for its author: another act has its number",
    "number_missing": "for its author: an act before it is not in the record",
    "too_large": "for its author: it is too large to be lodged",
}
"""What an act waits for, in words; others are reasons that a gateway gave for having no answer."""


REACH: dict[Stage | None, str] = {
    Stage.WITNESSED: "an act ends as witnessed: under a checkpoint of the quorum and of one's own witness",
    Stage.NOTARISED: "an act ends as notarised: the charter names no witnesses, so nobody but the log vouches for it",
    Stage.RECORDED: "an act ends as recorded: the charter names no notary, so its receipt is all that there is",
    None: "how far an act can be proven is not known: no gateway has shown the charter yet",
}
"""How far the charter lets an act be proven, in words."""


UNREADABLE: Final = "unreadable"
"""The type of an act that this version does not know."""


class Line(msgspec.Struct, frozen=True):
    """One act, for programs. Of one that cannot be read nothing is known but what became of it.

    `needed`: attestations that make a proof, 0 until it was shown to witnesses.
    """

    act: ActId
    type: str
    state: str
    office: str
    body: str | None
    channel: str | None
    number: int | None
    not_after: datetime | None
    stage: Stage
    since: datetime
    why: str
    sent: int
    index: int | None
    receipts: int
    attestations: int
    needed: int
    attested: bool
    lodged_by: ActId | None


class Listed(msgspec.Struct, frozen=True):
    """The whole outbox, for programs. `reach`: the state in which acts end."""

    organisation: ActId
    credential: CredentialId
    reach: Stage | None
    waiting: tuple[Line, ...]
    finished: int
    equivocations: int
    refused: tuple[Line, ...]
    differences: tuple[Difference, ...]


def _line(kept: Kept) -> Line:
    content = kept.content
    header = kept.header if content else None
    return Line(
        act=kept.act,
        type=acts.tag(content) if content else UNREADABLE,
        state=header.state if header else "",
        office=header.office if header else "",
        body=header.body if header else None,
        channel=header.channel if header else None,
        number=header.number if header else None,
        not_after=header.not_after if header else None,
        stage=kept.stage,
        since=kept.since,
        why=kept.why,
        sent=kept.sent,
        index=kept.leaf.index if kept.leaf else None,
        receipts=len(kept.receipts),
        attestations=len(kept.attestations),
        needed=kept.needed,
        attested=kept.is_attested,
        lodged_by=kept.lodged_by,
    )


def listed(found: OutboxFile) -> Listed:
    """What lies in the file."""
    waiting, refused = tuple(map(_line, found.waiting)), tuple(map(_line, found.refused))
    whose = (found.organisation, found.credential, found.reach)
    return Listed(*whose, waiting, found.finished, len(found.evidence), refused, tuple(found.differences))


def show(found: OutboxFile) -> None:
    """The same for people."""
    console = output()
    console.print(f"outbox of credential {found.credential[:ID_CHARS]} in {found.organisation[:ID_CHARS]}")
    console.print(REACH[found.reach])
    if found.waiting:
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for column in ("act", "type", "place", "no.", "state", "since (UTC)", "sent", "entry", "waits"):
            table.add_column(column, overflow="fold")
        for each in map(_line, found.waiting):
            table.add_row(*_cells(each))
        console.print(table)
    console.print(f"{len(found.waiting)} waiting, {found.finished} finished ({len(found.refused)} refused)")
    for each in map(_line, found.waiting):
        if each.needed:
            said = "in time: it can be lodged" if each.attested else "not enough in time"
            console.print(f"attested: {each.act[:ID_CHARS]} by {each.attestations} of {each.needed} needed, {said}")
    for each in map(_line, found.refused):
        numbered = "" if each.number is None else f" no. {each.number}"
        by = each.why if each.stage in {Stage.REFUSED, Stage.LOST} else "a registrar, though the record has it"
        console.print(f"refused: {each.act[:ID_CHARS]} {each.type}{numbered} by {by}, {stamp(each.since)}Z")
    for difference in found.differences:
        console.print(f"{'TWO HISTORIES' if difference.is_signed else 'RECORD CHANGED'}: {difference}")
    for evidence in found.evidence:
        shown = "two roots of one size" if evidence.certain else "two sizes that are not shown to be of one history"
        console.print(f"EQUIVOCATION: the log has signed {shown}; both checkpoints are kept in this file")


def _cells(each: Line) -> tuple[str, ...]:
    place = f"{each.body}/{each.channel}" if each.body else "register"
    index, number = ("" if found is None else str(found) for found in (each.index, each.number))
    waits = WHY.get(each.why, f"and was told {each.why}" if each.why else "")
    if each.lodged_by and each.stage != Stage.LODGED:
        waits = f"for its evidence {each.lodged_by[:ID_CHARS]}"
    stands = (each.stage, stamp(each.since), str(each.sent), index)
    return (each.act[:ID_CHARS], each.type, place, number, *stands, waits)
