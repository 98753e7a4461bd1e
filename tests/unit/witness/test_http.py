"""What a witness reads from a log over HTTP: whole or not at all, and from nowhere else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import pytest
from aiohttp import web

from tacit.witness import http
from tacit.witness.counting import Counts
from tacit.witness.http import HttpForwarding, HttpSource
from tacit.witness.ports import MirrorError
from tests.integration.witness_town import website

WHOLE: Final = bytes(range(256)) * 1_000
ORGANISATION: Final = "a" * 64


async def in_parts(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for start in range(0, len(WHOLE), 50_000):
        await answer.write(WHOLE[start : start + 50_000])
        await asyncio.sleep(0.01)
    return answer


async def elsewhere(_request: web.Request) -> web.Response:
    raise web.HTTPTemporaryRedirect("/parts")


async def nothing(_request: web.Request) -> web.Response:
    return web.Response(status=404)


@asynccontextmanager
async def source() -> AsyncIterator[HttpSource]:
    routes = (web.get("/parts", in_parts), web.get("/elsewhere", elsewhere), web.get("/nothing", nothing))
    async with website(*routes) as there, aiohttp.ClientSession() as session:
        yield HttpSource(session, f"{there}/")


async def test_a_file_that_comes_in_parts_is_read_whole() -> None:
    async with source() as log:
        assert WHOLE == await log.read("parts")


async def test_what_is_longer_than_a_file_of_a_log_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FILE_BYTES_MAX", len(WHOLE) - 1)
    async with source() as log:
        with pytest.raises(MirrorError, match="more than"):
            await log.read("parts")


@pytest.mark.parametrize(("path", "status"), [("elsewhere", "307"), ("nothing", "404")])
async def test_a_log_that_sends_elsewhere_is_not_followed(path: str, status: str) -> None:
    async with source() as log:
        with pytest.raises(MirrorError, match=status):
            await log.read(path)


async def test_a_submission_is_not_sent_on_to_where_an_address_redirects(monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        got.append(await request.read())
        return web.Response()

    monkeypatch.setattr(http, "FORWARD_PAUSES_S", ())
    routes = (web.post("/elsewhere", elsewhere), web.post("/parts", take))
    counts = Counts()
    async with website(*routes) as there, aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
        HttpForwarding(session, {ORGANISATION: [f"{there}/elsewhere"]}, counts, tasks).forward(ORGANISATION, b"act")

    assert [] == got
    assert 'tacit_witness_forwards_total{outcome="given_up"} 1' in counts.text()
