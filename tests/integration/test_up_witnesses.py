"""The witnesses of an exercise know where the gateway and the log are, also where these take any port that is free."""

import asyncio
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from tacit import submission
from tacit.acts import SilenceBroken
from tacit.compose import Author, Link, Window, compose
from tacit.record.add_checkpoint import ADD_CHECKPOINT, AddCheckpoint, monitoring_path
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.note import parse_note
from tacit.record.organisation_log import origin
from tacit.submission import Submission
from tacit.testing import signer_for
from tacit_services.up.organisation import Design
from tacit_services.up.runtime import Running, Site, running

WAIT_S = 30.0


def broken(run: Running) -> bytes:
    """A break by somebody whom the register does not know: attested, and sent on to who will refuse it."""
    author = Author(run.organisation.organisation, "XBB", "permanent-representative", signer_for("XBB/x"))
    now = run.clock.now()
    content = SilenceBroken(silence="e" * 64, kind="SUBSTANCE", reason="")
    window = Window(now, now + timedelta(minutes=10))
    composed = compose(author, content, ("council", "east"), Link(1, "d" * 64), window)
    return submission.encode(Submission(composed.envelope, None))


async def sent(http: aiohttp.ClientSession, address: str) -> None:
    while True:
        async with http.get(f"{address}/metrics") as answer:
            if b'tacit_witness_forwards_total{outcome="sent"} 1\n' in await answer.read():
                return
        await asyncio.sleep(0.05)


async def asked_to_go_on(run: Running, http: aiohttp.ClientSession) -> int:
    """The status for a checkpoint that the log has signed and has neither entries nor a proof for."""
    signer, name = run.organisation.log_signer(), origin(run.organisation.organisation)
    assert signer is not None
    address = run.witnesses["XAA"]
    async with http.get(f"{address}/{monitoring_path(name)}") as answer:
        if answer.status != 200:
            return answer.status
        held = parse_checkpoint(parse_note(await answer.read()).text).size
    forged = signer.sign(Checkpoint(name, 256 * held, bytes(32)), int(run.clock.now().timestamp()))
    asked = AddCheckpoint(held, (bytes(32),), forged).encode()
    async with http.post(f"{address}/{ADD_CHECKPOINT}", data=asked) as answer:
        return answer.status


@pytest.mark.timeout(120)
async def test_a_witness_of_an_exercise_looks_for_the_tiles_of_a_fork_at_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    design = Design("Small council", ("XAA", "XBB"), witnessed=("XAA",))
    async with running(Site(tmp_path, design)) as run, aiohttp.ClientSession() as http:
        async with asyncio.timeout(WAIT_S):
            while await asked_to_go_on(run, http) != 422:  # noqa: ASYNC110 - a checkpoint over HTTP: no event tells of it
                await asyncio.sleep(0.05)

    fields = [vars(each)["fields"] for each in caplog.records if each.getMessage() == "tiles_not_shown"]
    assert "status 404" in fields[0]["reason"]


@pytest.mark.timeout(120)
async def test_what_a_witness_of_an_exercise_attests_reaches_the_gateway(tmp_path: Path) -> None:
    design = Design("Small council", ("XAA", "XBB"), witnessed=("XAA",))
    async with running(Site(tmp_path, design)) as run, aiohttp.ClientSession() as http:
        address = run.witnesses["XAA"]
        async with http.post(f"{address}/attest", data=broken(run)) as answer:
            assert 200 == answer.status
        async with asyncio.timeout(WAIT_S):
            await sent(http, address)
