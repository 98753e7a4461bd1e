"""The notary as an operator runs it, against a real server and witnesses behind HTTP, and killed at any moment.

What it leaves is read by a library that we did not write.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import pytest
from tlog_scales.backend import HttpBackend, LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash
from tlog_scales.tlog import InclusionProof

from tacit import envelope, subjects
from tacit.record.archive import log_entry
from tacit.record.organisation_log import log_vkeys, witness_vkeys
from tacit.record.proof_file import parse_proof_file
from tacit.testing import World, log_signer
from tacit_services.ports import NewMessage
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.organisation_files import LogKeyFile, OrganisationFiles
from tests.ports import free_port
from tests.scale import scale_name
from tests.unit.notary.town import Story, Town, check_archive, check_history
from tests.witness_site import serving

pytestmark = [pytest.mark.requires("nats-server"), pytest.mark.timeout(600)]

KILLS: Final = {"dev": 3}.get(scale_name(), 30)
WAIT_S: Final = 60.0


class Harbour:
    """A server with a record that grows, witnesses, and the command that notarises."""

    def __init__(self, folder: Path, server: EmbeddedNats, town: Town, prefixes: dict[str, str]) -> None:
        self.folder = folder
        self.town = town
        self.port = free_port()
        self._log = folder / "notary.log"
        self._environment = os.environ | {
            "TACIT_NATS_URLS": server.url,
            "TACIT_NATS_USER": server.credentials.user,
            "TACIT_NATS_PASSWORD": server.credentials.password,
            "TACIT_ORGANISATION_CHARTER_FILE": str(folder / "charter.json"),
            "TACIT_ORGANISATION_KEY_FILE": str(folder / "keys" / "ORG" / "notary.json"),
            "TACIT_STATE_FOLDER": str(folder),
            "TACIT_NOTARY_PORT": str(self.port),
            "TACIT_NOTARY_CHECKPOINT_S": "0.05",
            "TACIT_NOTARY_MEND_WAIT_S": "3",
            "TACIT_NOTARY_WITNESSES": ",".join(f"{state}={prefix}" for state, prefix in prefixes.items()),
        }

    @contextmanager
    def notarising(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run it within the block, and kill it at its end."""
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "tacit.cli", "service", "notary"]
            process = subprocess.Popen(command, env=self._environment, stderr=log)
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def look(self) -> None:
        """See what lies in the archive now."""
        archive = self.folder / "archive"
        files = {
            path.relative_to(archive).as_posix(): path.read_bytes() for path in archive.rglob("*") if path.is_file()
        }
        self.town.files = {path: raw for path, raw in files.items() if not path.endswith(".draft")}

    async def caught_up(self) -> None:
        async with asyncio.timeout(WAIT_S):
            while self.town.size < self.town.record.last:
                await asyncio.sleep(0.05)
                raw = self.folder / "archive" / "checkpoint"
                self.town.files = {"checkpoint": raw.read_bytes()} if raw.exists() else {}
        self.look()


@asynccontextmanager
async def harbour(folder: Path) -> AsyncIterator[Harbour]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(EmbeddedNats(folder))
        town = Town(told=Story(witnessed=True))
        files = OrganisationFiles(folder)
        files.write_charter(envelope.encode(town.story.world.entries[0].envelope))
        files.write_log_keys(LogKeyFile("log", log_signer()._seeds))
        link = await stack.enter_async_context(connect(server.url, server.credentials, "test"))
        streams = OrganisationStreams(town.log.organisation)
        store = await JetStreamEventStore.open(link, streams.record)
        bodies = await JetStreamBodyStore.open(link, streams.bodies)
        prefixes = {
            state: (await stack.enter_async_context(serving(witness)))[1] for state, witness in town.witnesses.items()
        }
        for digest, body in town.story.bodies.items():
            await bodies.put(digest, body)
        found = Harbour(folder, server, town, prefixes)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        growing = tasks.create_task(_grow(town, store, bodies))
        try:
            yield found
        finally:
            growing.cancel()


async def _grow(town: Town, store: JetStreamEventStore, bodies: JetStreamBodyStore) -> None:
    """Bring what the town's record has into the stream, as it comes."""
    subject = subjects.entry(town.log.organisation, "council", "east")
    told = 0
    while True:
        for digest, body in list(town.story.bodies.items())[told:]:
            await bodies.put(digest, body)
            told += 1
        last = await store.last_sequence()
        fresh = town.record.messages()[last : last + 200]
        if fresh:
            await store.append([NewMessage(subject, each.data) for each in fresh], last)
        await asyncio.sleep(0.02)


async def test_a_notary_killed_at_any_moment_signs_one_history_that_others_read(tmp_path: Path) -> None:
    dice = random.Random(7)
    async with harbour(tmp_path) as found:
        town = found.town
        for _ in range(KILLS):
            with found.notarising():
                for _ in range(dice.randint(3, 15)):
                    town.grow(dice.randint(1, 40))
                    await asyncio.sleep(0.1)
        with found.notarising():
            await found.caught_up()
            await asyncio.to_thread(read_by_others, found)
            report = await asyncio.to_thread(verified, found.folder)
            assert (town.record.last, 0) == (report["covered"], report["withheld"])
    check_archive(town)
    for witness in town.witnesses.values():
        check_history(town, [note.encode() for note in witness.stored.values()])


def verified(source: Path, *options: str) -> dict[str, object]:
    """What `tacit verify` proves of it; it has found nothing."""
    command = [sys.executable, "-m", "tacit.cli", "verify", str(source), *options, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WAIT_S)
    assert 0 == done.returncode, done.stdout + done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


def proved(folder: Path, index: int) -> bytes:
    """What `tacit prove` writes of an entry."""
    made = folder / "entry.tlog-proof"
    command = [sys.executable, "-m", "tacit.cli", "prove", str(index), str(folder / "archive"), "-o", str(made)]
    subprocess.run(command, check=True, capture_output=True, timeout=WAIT_S)
    return made.read_bytes()


def read_by_others(found: Harbour) -> None:
    """tlog-scales reads the folder and the address, and agrees on signatures, root, entries and inclusion."""
    town = found.town
    keys = [*log_vkeys(*town.log), *witness_vkeys(town.log.charter).values()]
    for backend in (LocalBackend(found.folder / "archive"), HttpBackend(f"http://127.0.0.1:{found.port}")):
        reader = TilesReader(backend)
        checkpoint = reader.get_checkpoint()
        assert town.record.last == checkpoint.size
        assert checkpoint.root_hash == reader.calculate_root_hash()
        signed = {signature.name for signature in checkpoint.signatures}
        for vkey in (Vkey.from_string(str(key)) for key in keys if key.name in signed):
            checkpoint.verify(vkey)
        assert checkpoint.root_hash.hex() == verified(found.folder / "archive", "--whole")["tree_root"]
        for index in (0, 255, checkpoint.size - 1):
            entry = reader.get_entry(index)
            assert log_entry(town.record.messages()[index].data) == entry
            reader.get_inclusion_proof(index, checkpoint.size).check(leaf_hash(entry), checkpoint.root_hash)
            proof = parse_proof_file(proved(found.folder, index))
            theirs = InclusionProof(index, checkpoint.size, list(proof.hashes))
            theirs.check(leaf_hash(entry), checkpoint.root_hash)


async def test_a_notary_whose_disk_and_record_are_of_yesterday_ends_with_a_sentence(tmp_path: Path) -> None:
    async with harbour(tmp_path) as found:
        with found.notarising():
            await found.caught_up()
        # The witnesses saw more than the record has: as if the record had been restored from an older copy.
        other = Town(told=found.town.story)
        other.witnesses = found.town.witnesses
        other.grow(20)
        await other.caught_up()
        with found.notarising() as process:
            async with asyncio.timeout(WAIT_S):
                while process.poll() is None:  # noqa: ASYNC110 - another process ends: no event tells of it
                    await asyncio.sleep(0.05)
            assert process.returncode == 3
    said = (tmp_path / "notary.log").read_text().splitlines()[-1]
    assert "restore the record to at least" in said


async def test_where_the_charter_names_no_notary_it_says_so_and_does_nothing(tmp_path: Path) -> None:
    async with harbour(tmp_path) as found:
        OrganisationFiles(tmp_path).write_charter(envelope.encode(World().entries[0].envelope))
        with found.notarising() as process:
            async with asyncio.timeout(WAIT_S):
                while "notary_not_named" not in (tmp_path / "notary.log").read_text():  # noqa: ASYNC110 - a file grows
                    await asyncio.sleep(0.05)
            process.terminate()
            assert 0 == process.wait(WAIT_S)
    assert not (tmp_path / "archive").exists()
