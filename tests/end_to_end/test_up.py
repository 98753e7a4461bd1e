"""`tacit up` as a person starts it: in a process of its own, with real sockets, stopped by a signal."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from tacit import acts, envelope
from tacit.acts import CharterDeposited
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import parse_note
from tacit.record.organisation_log import open_checkpoint, organisation_policy, witness_keys
from tacit_services.projector import VIEWS
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.view_store import ViewFile
from tests.ports import free_port

pytestmark = pytest.mark.requires("nats-server")

COMMAND: Final = (sys.executable, "-m", "tacit.cli", "up")
FAST: Final = ("--speed", "1e9")
RUN_WAIT_S: Final = 90
STOP_WAIT_S: Final = 20
BACKUP_PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "back-up-and-restore.md"


def play(folder: Path) -> dict[str, object]:
    done = subprocess.run(
        [*COMMAND, *FAST, "--once", "--json", "--data", str(folder)],
        capture_output=True,
        text=True,
        timeout=RUN_WAIT_S,
        check=False,
    )
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def kept_views(folder: Path) -> dict[str, str]:
    """Digests of the views as the projector left them."""
    with ViewFile(OrganisationFiles(folder).views, "", read_only=True) as file:
        return {view.table.name: file.digest(view.table.name) for view in VIEWS}


def rebuilt_views(folder: Path) -> tuple[int, dict[str, str]]:
    """How many entries there are, and digests of the views that `tacit rebuild` folds from them."""
    done = subprocess.run(
        [*COMMAND[:-1], "rebuild", str(folder), "--json"],
        capture_output=True,
        text=True,
        timeout=RUN_WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["entries"], {view["view"]: view["sha256"] for view in found["views"]}


def record_of(folder: Path) -> list[str]:
    """Every entry, byte for byte."""
    done = subprocess.run(
        [*COMMAND[:-1], "log", str(folder), "--json"], capture_output=True, text=True, timeout=RUN_WAIT_S, check=True
    )
    return [json.dumps([line["leaf"], line["envelope"]]) for line in map(json.loads, done.stdout.splitlines())]


def run_of_the_page(name: str, place: Path) -> None:
    """Do what docs/how-to/back-up-and-restore.md says, beside the folder `exercise`."""
    block = re.search(rf"^```sh {name}\n(.*?)^```", BACKUP_PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert block is not None
    command = place / "bin" / "tacit"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tacit.cli "$@"\n')
    command.chmod(0o700)
    done = subprocess.run(
        ["sh", "-ec", block[1]],
        cwd=place,
        env={**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=RUN_WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def staying_up(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *FAST, "--data", str(folder), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def servers_of(folder: Path) -> list[str]:
    """Command lines of nats-servers that run on a folder."""
    lines = (each.read_bytes().replace(b"\0", b" ").decode() for each in Path("/proc").glob("[0-9]*/cmdline"))
    return [line for line in lines if "nats-server" in line and str(folder) in line]


async def ready(port: int) -> bool:
    async with aiohttp.ClientSession() as http:
        try:
            async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


async def become_ready(port: int) -> None:
    async with asyncio.timeout(STOP_WAIT_S):
        while not await ready(port):  # noqa: ASYNC110 - another process becomes ready: there is no event to wait for
            await asyncio.sleep(0.1)


def published_size(folder: Path) -> int:
    """How many entries lie under the published checkpoint; a later one may be archived and not published yet."""
    return parse_checkpoint(parse_note((OrganisationFiles(folder).archive / "checkpoint").read_bytes()).text).size


def assert_cosigned_by_the_quorum_of_its_charter(folder: Path) -> None:
    files = OrganisationFiles(folder)
    read = envelope.decode(files.read_charter() or b"")
    charter = acts.decode(read.payload).content
    assert isinstance(charter, CharterDeposited)
    accepted = open_checkpoint(
        parse_note((files.archive / "checkpoint").read_bytes()),
        organisation_policy(envelope.act_id(read.payload), charter),
    )

    assert (5, 3) == (len(witness_keys(charter)), charter.quorum)
    assert {2} == {len(keys) for keys in witness_keys(charter).values()}
    assert accepted.checkpoint.size > 92


@pytest.mark.timeout(2 * RUN_WAIT_S)
def test_a_second_run_goes_on_with_the_same_record_after_a_backup_was_restored(tmp_path: Path) -> None:
    folder = tmp_path / "exercise"
    first = play(folder)
    assert_cosigned_by_the_quorum_of_its_charter(folder)
    saved = record_of(folder)
    run_of_the_page("backup", tmp_path)
    next((folder / "nats").rglob("*.blk")).write_bytes(b"damaged")
    run_of_the_page("restore", tmp_path)
    assert saved == record_of(folder)
    second = play(folder)

    assert set(first) == {"organisation", "entries", "consultations", "decisions", "silences", "refused", "seconds"}
    assert first | {"seconds": 0} == {
        "organisation": second["organisation"],
        "entries": 132,
        "consultations": 1,
        "decisions": 3,
        "silences": 1,
        "refused": 2,
        "seconds": 0,
    }
    # The founding and the channel of the first run are not played again; a take-over is recorded instead.
    assert second["entries"] == 132 + (132 - 92) + 1
    assert (second["consultations"], second["decisions"], second["silences"]) == (2, 6, 2)
    assert saved == record_of(folder)[: len(saved)]
    assert servers_of(tmp_path) == []
    kept = kept_views(folder)
    assert (second["entries"], kept) == rebuilt_views(folder)
    assert kept == kept_views(folder)
    whole = record_of(folder)
    run_of_the_page("archive", tmp_path)
    restored = record_of(folder)
    assert restored == whole[: len(restored)]
    assert len(restored) >= published_size(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_everything_and_is_no_failure(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    with staying_up(tmp_path, "--port", str(port)) as process:
        await become_ready(port)
        assert servers_of(tmp_path) != []
        process.send_signal(number)
        _, said = await asyncio.to_thread(process.communicate, timeout=STOP_WAIT_S)

    assert (process.returncode, said) == (0, "")
    assert servers_of(tmp_path) == []


async def test_a_folder_that_is_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    port = free_port()
    with staying_up(tmp_path, "--port", str(port)) as process:
        await become_ready(port)
        second = await asyncio.to_thread(
            subprocess.run,
            [*COMMAND, "--once", "--data", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=STOP_WAIT_S,
            check=False,
        )

    sentence = f"tacit: The data folder {tmp_path} is held by process {process.pid}: stop that one, or name another"
    assert (second.returncode, second.stderr) == (3, f"{sentence} folder.\n")


@pytest.mark.parametrize("whose", ["gateway", "log"])
def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path, whose: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        asked = ("--port", str(port)) if whose == "gateway" else ()
        done = subprocess.run(
            [*COMMAND, "--once", "--data", str(tmp_path), *asked],
            env=os.environ | ({"TACIT_NOTARY_PORT": str(port)} if whose == "log" else {}),
            capture_output=True,
            text=True,
            timeout=STOP_WAIT_S,
            check=False,
        )

    sentence = f"tacit: Port {port} on 127.0.0.1 is taken or forbidden: stop what uses it, or choose another port.\n"
    assert (done.returncode, done.stderr) == (3, sentence)
    assert servers_of(tmp_path) == []
