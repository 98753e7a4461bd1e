"""An export of a data folder: read, written beside its place, put on the record, and only then moved to its place.

Where a registrar serves, it records the act; where none does, one serves for as long as that takes, and begins a term.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from tacit import acts, detached, envelope
from tacit.acts import CharterDeposited
from tacit.compose import Author
from tacit.errors import RefusedError
from tacit.ids import ORGANISATION, ActId, Digest
from tacit.keys import Keys, Verifier
from tacit_services.export import lines, pages, sheets
from tacit_services.export.choosing import About, Export, Format, Told
from tacit_services.export.reading import ExportError, Reading, Wish
from tacit_services.export.recording import Recording
from tacit_services.registrar.main import assemble
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.nats_connection import NatsConnection
from tacit_services.shell.new_file import written_beside
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.up.recording import SubmittingRecorder
from tacit_services.up.steps import StepTeller

WRITERS: Final[dict[Format, Callable[[Export], bytes]]] = {
    "html": pages.write,
    "csv": sheets.write,
    "jsonl": lines.write,
}
SERVING_WAIT_S: Final = 900.0


class Exported(msgspec.Struct, frozen=True):
    """What was written, and the entry that tells of it."""

    file: str
    octets: int
    sha256: Digest
    index: int
    act: ActId
    about: About


async def run_export(folder: Path, link: NatsConnection, wish: Wish, teller: StepTeller) -> Exported:
    """Export a channel of the organisation in this folder, over a connection to its server.

    Raises:
        OperatorError: with a sentence; then there is no file. RefusedError: the rules refuse the record of the export.
    """
    files = OrganisationFiles(folder)
    charter = files.read_charter()
    signer = files.signer(*wish.author)
    if charter is None:
        raise ExportError(f"Nothing is founded in {folder}: name a folder that `tacit up --data` made.")
    if signer is None:
        raise ExportError(f"{folder} has no keys for {'/'.join(wish.author)}: name an office with --as that it has.")
    if wish.file.exists():
        raise ExportError(f"{wish.file} is there already: name another file.")
    organisation = envelope.act_id(envelope.decode(charter).payload)
    async with AsyncExitStack() as stack:
        submitter = NatsSubmitter(link, organisation)
        if await submitter.unready() is not None:
            await stack.enter_async_context(_serving(link, files, charter))
        reading = Reading(wish, JetStreamEventStore(link, OrganisationStreams(organisation).record), teller)
        await reading.finish()
        texts = await _texts(link, organisation, reading.told)
        author = Author(organisation, *wish.author, signer)
        registrar = Verifier(_registrar_keys(charter))
        recording = Recording(reading, author, SubmittingRecorder(submitter, registrar), SystemClock())
        return await _write(wish, reading, texts, recording)


async def _write(wish: Wish, reading: Reading, texts: dict[Digest, str], recording: Recording) -> Exported:
    export = reading.export(texts, SystemClock().now())
    octets = WRITERS[wish.format](export)
    sha256 = hashlib.sha256(octets).hexdigest()
    try:
        with written_beside(wish.file, octets) as name_it:
            leaf = await recording.record(export.about, wish.format, sha256)
            name_it()
    except OSError as error:
        raise ExportError(f"{wish.file} cannot be written ({error}): name another file.") from error
    return Exported(str(wish.file), len(octets), sha256, leaf.index, leaf.act, export.about)


async def _texts(link: NatsConnection, organisation: ActId, told: list[Told]) -> dict[Digest, str]:
    """The texts that are at hand and are those that were signed."""
    store, found = JetStreamBodyStore(link, OrganisationStreams(organisation).bodies), {}
    for digest in dict.fromkeys(each.entry.act.header.detached for each in told):
        raw = await store.get(digest) if digest is not None else None
        if raw is None or digest is None:
            continue
        try:
            body = detached.decode(raw)
        except RefusedError:
            continue
        if body.digest() == digest:
            found[digest] = body.data.decode(errors="replace")
    return found


@asynccontextmanager
async def _serving(link: NatsConnection, files: OrganisationFiles, charter: bytes) -> AsyncIterator[None]:
    signer = files.signer(ORGANISATION, "registrar")
    if signer is None:
        raise ExportError(f"No registrar serves, and {files.folder} has no keys for one: start it, and export again.")
    async with (
        assemble(link, charter, signer, files.registrar_index, CollectorRegistry()) as registrar,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(registrar.run())
        async with asyncio.timeout(SERVING_WAIT_S):
            await registrar.serving.wait()
        yield
        await registrar.stop()


def _registrar_keys(charter: bytes) -> Keys:
    content = acts.decode(envelope.decode(charter).payload).content
    assert isinstance(content, CharterDeposited), "kept as the charter"
    return next(service.keys for service in content.services if service.office == "registrar")
