"""Who gets as far as a sign-in: encrypted connections, and addresses that try too often."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from tacit.session import JSON
from tacit.testing import World
from tacit_services.gateway import GatewayConfig, GatewaySettings
from tacit_services.run.reading import UnreadableFileError
from tacit_services.run.tls import server_tls
from tests.integration.clerk import Clerk
from tests.integration.doorstep import enter, gateway, knock, ports_of
from tests.shipped import certificates


@pytest.fixture
def world() -> World:
    return World(states=("XAA", "XBB"))


@pytest.fixture
def clerk(world: World) -> Clerk:
    return Clerk(world)


def settings_of(files: dict[str, str]) -> GatewaySettings:
    return GatewaySettings(tls_cert_file=files["TLS_CERT"], tls_key_file=files["TLS_KEY"])


@asynccontextmanager
async def encrypted(clerk: Clerk, files: dict[str, str]) -> AsyncIterator[str]:
    """A gateway with a certificate; gives its address."""
    trusting = ssl.create_default_context(cafile=files["TLS_CA"])
    ports = replace(ports_of(clerk), tls=server_tls(settings_of(files)))
    async with gateway(GatewayConfig(organisation=clerk.organisation), ports, trusting) as url:
        yield url


async def test_with_a_certificate_clients_are_served_encrypted(clerk: Clerk, world: World, tmp_path: Path) -> None:
    files = certificates(tmp_path)
    trusting = ssl.create_default_context(cafile=files["TLS_CA"])
    async with encrypted(clerk, files) as url, enter(url, world.author("XAA"), tls=trusting) as hand:
        assert url.startswith("https://")
        assert not hand.socket.closed


async def test_nobody_is_served_in_the_clear_then(clerk: Clerk, world: World, tmp_path: Path) -> None:
    async with encrypted(clerk, certificates(tmp_path)) as url, aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientError):
            await http.get(url.replace("https://", "http://") + "/healthz")


async def test_a_client_that_does_not_know_the_authority_is_not_served(clerk: Clerk, tmp_path: Path) -> None:
    async with encrypted(clerk, certificates(tmp_path)) as url, aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await http.get(f"{url}/healthz")


def test_a_certificate_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    files = certificates(tmp_path)
    (tmp_path / "server.pem").write_text("none")
    with pytest.raises(UnreadableFileError, match=r"gateway\.tls_cert_file names .*server\.pem"):
        server_tls(settings_of(files))


async def test_an_address_that_does_not_sign_in_is_turned_away_and_told_the_rule(clerk: Clerk, world: World) -> None:
    config = GatewayConfig(organisation=clerk.organisation, sign_in_tries_burst=2, sign_in_tries_per_s=0.001)
    async with gateway(config, ports_of(clerk)) as url, aiohttp.ClientSession() as http:
        for _ in range(2):
            async with knock(url, world.author("XAA")) as hand:
                await hand.event()
        async with http.get(f"{url}/v1/ws", headers={"Sec-WebSocket-Protocol": JSON.subprotocol}) as refused:
            said = await refused.text()
        async with http.get(f"{url}/readyz") as probe:
            assert probe.status == 200

    assert (429, "1000") == (refused.status, refused.headers["Retry-After"])
    assert "sign_in_tries_burst" in said


async def test_who_signs_in_may_do_so_as_often_as_it_likes(clerk: Clerk, world: World) -> None:
    config = GatewayConfig(organisation=clerk.organisation, sign_in_tries_burst=1, sign_in_tries_per_s=0.001)
    async with gateway(config, ports_of(clerk)) as url:
        for _ in range(5):
            async with enter(url, world.author("XAA")):
                pass
