"""The witnesses of an exercise send on what they attest, also where the gateway takes any port that is free."""

import asyncio
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from tacit import submission
from tacit.acts import SilenceBroken
from tacit.compose import Author, Link, Window, compose
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


@pytest.mark.timeout(120)
async def test_what_a_witness_of_an_exercise_attests_reaches_the_gateway(tmp_path: Path) -> None:
    design = Design("Small council", ("XAA", "XBB"), witnessed=("XAA",))
    async with running(Site(tmp_path, design)) as run, aiohttp.ClientSession() as http:
        address = run.witnesses["XAA"]
        async with http.post(f"{address}/attest", data=broken(run)) as answer:
            assert 200 == answer.status
        async with asyncio.timeout(WAIT_S):
            await sent(http, address)
