"""`tacit outbox`: the acts of a client that are not yet where they have to come to, and what each waits for."""

from hashlib import sha256
from pathlib import Path

import click
import msgspec

from tacit.cli.options import FILE, NEW_FOLDER
from tacit.cli.outbox_view import listed, show
from tacit.cli.source import UnreadableError
from tacit.cli.terminal import output
from tacit.client.evidence_file import evidence_of
from tacit.client.store import OutboxError, Stage
from tacit.client.store.sqlite import OutboxFile, read_outbox
from tacit.words import ID_CHARS


@click.command(
    epilog="\b\nExamples:\n  tacit outbox delegation.outbox\n  tacit outbox delegation.outbox --refusal 1f2e3d4c5b6a"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--evidence", type=NEW_FOLDER, help="Write what was kept of two histories into this folder.")
@click.option("--lost", type=NEW_FOLDER, help="Write what others have to lodge for each lost act into this folder.")
@click.option("--refusal", metavar="ACT", help="Write the refusal of this act, for `tacit verify --refusal`.")
@click.option("-o", "--output", "target", type=FILE, help="The file for it. [refusal-ACT.json]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def outbox(
    file: Path, evidence: Path | None, lost: Path | None, refusal: str | None, target: Path | None, *, as_json: bool
) -> None:
    """List the acts of a client that are not yet proven, and those that were refused.

    Each with its state, since when, what it waits for, and how many witnesses have attested it. FILE is the outbox of a
    client (`SqliteStore`). It may be in use; nothing in it is changed. Exit code 1 where an act was lost from the
    record, the log has shown two histories, or the record that was heard is not what the log has signed.
    """
    try:
        found = read_outbox(file)
    except OutboxError as error:
        raise UnreadableError(str(error)) from error
    if refusal is not None:
        _write_refusal(found, refusal, target)
        return
    if evidence is not None:
        _write(evidence, _equivocations(found))
    if lost is not None:
        gone = (each for each in found.waiting if each.stage == Stage.LOST)
        _write(lost, {f"{each.act}.json": evidence_of(each).encode() for each in gone})
    if as_json:
        click.echo(msgspec.json.encode(listed(found)))
    else:
        show(found)
    forked = found.evidence or any(each.is_signed for each in found.differences)
    if forked or any(each.stage == Stage.LOST for each in found.waiting):
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


def _equivocations(found: OutboxFile) -> dict[str, bytes]:
    """Each by its hash: the file that proves it to anybody, or the two checkpoints where nothing more was shown."""
    files: dict[str, bytes] = {}
    for each in found.evidence:
        name, proof = sha256(each.earlier + each.later).hexdigest(), each.evidence
        files |= {f"{name}.json": proof} if proof else {f"{name}.earlier": each.earlier, f"{name}.later": each.later}
    return files


def _write(folder: Path, files: dict[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, raw in files.items():
            (folder / file).write_bytes(raw)
    except OSError as error:
        raise UnreadableError(f"{folder} cannot be written: {error.strerror}.") from error
