"""`tacit page` on what an import left: the page is there, with every roll call, and the record stays as it is."""

import asyncio
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from tests.unit.unga.test_importing import source
from tests.votes import collection, write

pytestmark = pytest.mark.requires("nats-server")

COMMAND: Final = (sys.executable, "-m", "tacit.cli")
RUN_WAIT_S: Final = 90
STOP_WAIT_S: Final = 30
PAUSE_S: Final = 0.1


async def answered(url: str) -> dict[str, list[list[object]]]:
    """The table at an address, once there is one."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(RUN_WAIT_S):
        while True:
            async with http.get(url) as answer:
                if answer.status == 200:
                    found: dict[str, list[list[object]]] = await answer.json()
                    return found
            await asyncio.sleep(PAUSE_S)


async def test_an_imported_record_is_shown_and_nothing_is_added(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    files = await asyncio.to_thread(write, tmp_path / "votes", collection())
    importing = [*COMMAND, "import", "unga", str(files), "--data", str(folder), "--json"]
    await asyncio.to_thread(subprocess.run, importing, check=True, capture_output=True, timeout=RUN_WAIT_S)
    shown = await asyncio.create_subprocess_exec(
        *COMMAND, "page", str(folder), "--port", "0", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert shown.stdout is not None
        async with asyncio.timeout(RUN_WAIT_S):
            line = (await shown.stdout.readline()).decode()
        (address,) = re.findall(r"^(http://[^/]+)/ ", line)
        votes = await answered(f"{address}/v1/board/views/votes")
        audit = await answered(f"{address}/v1/board/views/audit?type=registrar.term.v1")
    finally:
        shown.send_signal(signal.SIGINT)
        async with asyncio.timeout(STOP_WAIT_S):
            _, errors = await shown.communicate()

    assert (0, b"stopping\n") == (shown.returncode, errors)
    at = votes["columns"].index("reference")  # type: ignore[arg-type]  # JSON: the columns are words
    assert [call.reference for call in source("generated").roll_calls] == [row[at] for row in votes["rows"]]
    assert 1 == len(audit["rows"])


async def test_a_folder_without_a_record_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = await asyncio.to_thread(
        subprocess.run, [*COMMAND, "page", str(tmp_path)], check=False, capture_output=True, timeout=RUN_WAIT_S
    )

    assert (3, b"") == (done.returncode, done.stdout)
    assert done.stderr.startswith(b"tacit: There is no record in ")
    assert not (tmp_path / "nats").exists()
