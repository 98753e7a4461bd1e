"""The log over HTTP: the standard paths, their headers, and nothing else."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from tacit_services.notary.site import site
from tacit_services.shell.archive import MemoryArchive
from tests.unit.notary.town import Town

Client = TestClient[Request, Application]


@pytest.fixture
async def town() -> Town:
    town = Town()
    town.grow(300)
    await town.caught_up()
    return town


@pytest.fixture
async def client(town: Town) -> AsyncIterator[Client]:
    async with TestClient(TestServer(site(MemoryArchive(town.files)))) as client:
        yield client


async def test_every_file_of_the_log_is_served_as_it_lies(town: Town, client: Client) -> None:
    for path in (path for path in town.files if path.startswith("tile/")):
        answer = await client.get(f"/{path}")
        assert town.files[path] == await answer.read()
        assert "application/octet-stream" == answer.headers["Content-Type"]
        assert "public, max-age=31536000, immutable" == answer.headers["Cache-Control"]


async def test_the_checkpoint_is_text_that_is_asked_for_again(town: Town, client: Client) -> None:
    answer = await client.get("/checkpoint")

    assert town.files["checkpoint"] == await answer.read()
    assert "text/plain; charset=utf-8" == answer.headers["Content-Type"]
    assert "no-cache" == answer.headers["Cache-Control"]
    assert 200 == (await client.head("/checkpoint")).status


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/255",
        "tile/0/999",
        "tile/0/000/../../../.state/signed",
        ".state/signed",
        "envelopes/_/_/000",
        "bodies",
        "tile/",
        "",
    ],
)
async def test_nothing_else_is_served(client: Client, path: str) -> None:
    assert 404 == (await client.get(f"/{path}")).status


async def test_it_takes_nothing(client: Client) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert 405 == (await client.request(method, "/checkpoint")).status


async def test_an_archive_that_fails_is_asked_again_later(town: Town) -> None:
    broken = MemoryArchive(town.files, lambda _operation, _path: "before")
    async with TestClient(TestServer(site(broken))) as client:
        answer = await client.get("/checkpoint")
        assert (503, "1") == (answer.status, answer.headers["Retry-After"])


async def test_before_the_first_checkpoint_there_is_none() -> None:
    async with TestClient(TestServer(site(MemoryArchive()))) as client:
        assert 404 == (await client.get("/checkpoint")).status
