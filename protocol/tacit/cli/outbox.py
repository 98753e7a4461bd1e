"""`tacit outbox`: the acts of a client that are not yet where they have to come to, and what each waits for."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tacit import acts
from tacit.cli.options import FILE, NEW_FOLDER
from tacit.cli.source import UnreadableError
from tacit.cli.terminal import output, stamp
from tacit.client.store import Kept, OutboxError, Stage
from tacit.client.store.sqlite import OutboxFile, read_outbox
from tacit.errors import RefusedError
from tacit.ids import ActId, CredentialId
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


UNREADABLE: Final = "unreadable"
"""The type of an act that this version does not know."""


class Line(msgspec.Struct, frozen=True):
    """One act, for programs. Of one that cannot be read nothing is known but what became of it."""

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


class Listed(msgspec.Struct, frozen=True):
    """The whole outbox, for programs."""

    organisation: ActId
    credential: CredentialId
    waiting: tuple[Line, ...]
    finished: int
    equivocations: int
    refused: tuple[Line, ...]


@click.command(
    epilog="\b\nExamples:\n  tacit outbox delegation.outbox\n  tacit outbox delegation.outbox --refusal 1f2e3d4c5b6a"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--evidence", type=NEW_FOLDER, help="Write what was kept of two histories into this folder.")
@click.option("--refusal", metavar="ACT", help="Write the refusal of this act, for `tacit verify --refusal`.")
@click.option("-o", "--output", "target", type=FILE, help="The file for it. [refusal-ACT.json]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def outbox(file: Path, evidence: Path | None, refusal: str | None, target: Path | None, *, as_json: bool) -> None:
    """List the acts of a client that are not yet proven, and those that were refused.

    Each with its state, since when, and what it waits for. FILE is the outbox of a client (`SqliteStore`). It may be in
    use; nothing in it is changed. Exit code 1 where an act was lost from the record, or the log has shown two
    histories.
    """
    try:
        found = read_outbox(file)
    except OutboxError as error:
        raise UnreadableError(str(error)) from error
    if refusal is not None:
        _write_refusal(found, refusal, target)
        return
    if evidence is not None:
        _write(found, evidence)
    if as_json:
        lines = tuple(map(_line, found.waiting))
        refused = tuple(map(_line, found.refused))
        listed = Listed(found.organisation, found.credential, lines, found.finished, len(found.evidence), refused)
        click.echo(msgspec.json.encode(listed))
    else:
        _show(found)
    if found.evidence or any(each.stage == Stage.LOST for each in found.waiting):
        raise click.exceptions.Exit(1)


def _write_refusal(found: OutboxFile, act: str, target: Path | None) -> None:
    kept = [each for each in found.refused if len(act) >= ID_CHARS and each.act.startswith(act)]
    if len(kept) != 1:
        raise UnreadableError(f"no refusal of an act {act} is kept here: name one of {len(found.refused)} as listed.")
    target = target or Path(f"refusal-{kept[0].act[:ID_CHARS]}.json")
    try:
        target.write_bytes(kept[0].refusal_file or b"")
    except OSError as error:
        raise UnreadableError(f"{target} cannot be written: {error.strerror}.") from error
    output().print(f"{target}: act {kept[0].act[:ID_CHARS]}, refused by {kept[0].why}")


def _write(found: OutboxFile, folder: Path) -> None:
    """Each by its hash: the file that proves it to anybody, or the two checkpoints where nothing more was shown."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in found.evidence:
            name = sha256(each.earlier + each.later).hexdigest()
            proof = each.evidence
            files = {f"{name}.json": proof} if proof else {f"{name}.earlier": each.earlier, f"{name}.later": each.later}
            for file, raw in files.items():
                (folder / file).write_bytes(raw)
    except OSError as error:
        raise UnreadableError(f"{folder} cannot be written: {error.strerror}.") from error


def _line(kept: Kept) -> Line:
    try:
        act = acts.decode(kept.submission.envelope.payload)
    except RefusedError:
        act = None
    header = act.header if act else None
    return Line(
        act=kept.act,
        type=acts.tag(act.content) if act else UNREADABLE,
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
    )


def _show(found: OutboxFile) -> None:
    console = output()
    console.print(f"outbox of credential {found.credential[:ID_CHARS]} in {found.organisation[:ID_CHARS]}")
    if found.waiting:
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for column in ("act", "type", "place", "no.", "state", "since (UTC)", "sent", "entry", "waits"):
            table.add_column(column, overflow="fold")
        for each in map(_line, found.waiting):
            table.add_row(*_cells(each))
        console.print(table)
    console.print(f"{len(found.waiting)} waiting, {found.finished} finished ({len(found.refused)} refused)")
    for each in map(_line, found.refused):
        numbered = "" if each.number is None else f" no. {each.number}"
        console.print(f"refused: {each.act[:ID_CHARS]} {each.type}{numbered} by {each.why}, {stamp(each.since)}Z")
    for evidence in found.evidence:
        shown = "two roots of one size" if evidence.certain else "two sizes that are not shown to be of one history"
        console.print(f"EQUIVOCATION: the log has signed {shown}; both checkpoints are kept in this file")


def _cells(each: Line) -> tuple[str, ...]:
    place = f"{each.body}/{each.channel}" if each.body else "register"
    index, number = ("" if found is None else str(found) for found in (each.index, each.number))
    waits = WHY.get(each.why, f"and was told {each.why}" if each.why else "")
    since = stamp(each.since)
    return (each.act[:ID_CHARS], each.type, place, number, each.stage, since, str(each.sent), index, waits)
