"""An act from the gateway to the views as one trace, as the example shows it to an operator."""

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from tacit_services.shell.log import FIELDS, FILE
from tests.end_to_end.test_up import COMMAND, FAST
from tests.requirement import ROOT

pytestmark = pytest.mark.requires("nats-server")

WAIT_S = 90.0
SPANS = [
    ("gateway.submit", "tacit-gateway"),
    ("registrar.submit", "tacit-registrar"),
    ("registrar.arrive", "tacit-registrar"),
    ("registrar.verify", "tacit-registrar"),
    ("registrar.judge", "tacit-registrar"),
    ("registrar.wait", "tacit-registrar"),
    ("registrar.commit", "tacit-registrar"),
    ("registrar.answer", "tacit-registrar"),
    ("projector.fold", "tacit-projector"),
]


async def test_the_example_shows_an_act_from_the_gateway_to_the_views(tmp_path: Path) -> None:
    example = (sys.executable, str(ROOT / "examples" / "trace_receiver.py"), "--port", "0", "--count", "1")
    receiver = await asyncio.create_subprocess_exec(*example, stdout=asyncio.subprocess.PIPE)
    assert receiver.stdout is not None
    try:
        async with asyncio.timeout(WAIT_S):
            url = (await receiver.stdout.readline()).decode().strip()
            up = await asyncio.create_subprocess_exec(
                *COMMAND,
                *FAST,
                *("--once", "--json", "--data", str(tmp_path), "--traces", url),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                shown = (await receiver.stdout.read()).decode().splitlines()
            finally:
                up.terminate()
                await up.wait()
            assert 0 == await receiver.wait()
    finally:
        if receiver.returncode is None:
            receiver.kill()
            await receiver.wait()

    head, *spans = shown
    found = [re.fullmatch(r" +[\d.]+ ms +[\d.]+ ms  ( *)(\S+)  (\S+)(.*)", line) for line in spans]
    told = [(match[2], match[3], len(match[1]) // 2, match[4]) for match in found if match]
    depths = {name: depth for name, _, depth, _ in told}
    assert re.fullmatch(r"trace [0-9a-f]{32}", head)
    assert sorted(SPANS) == sorted((name, service) for name, service, _, _ in told)
    assert (0, 1, 2, 3) == tuple(
        depths[name] for name in ("gateway.submit", "registrar.submit", "registrar.commit", "projector.fold")
    )
    lines = [json.loads(line) for line in (tmp_path / FILE).read_text().splitlines()]
    assert {"client_signed_in", "registrar_took_over", "view_followed", "relay_started"} <= {x["event"] for x in lines}
    assert set() == {field for line in lines for field in line} - FIELDS, "nothing was dropped, thus nothing was named"
    assert " outcome=recorded index=" in next(rest for name, _, _, rest in told if name == "registrar.submit")
