"""The read-only page in a real browser: what it shows, that it keeps up, and that nothing recorded becomes markup."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import msgspec
import pytest
from prometheus_client import CollectorRegistry

from tacit.acts import MessagePosted, PositionDeclared, SilenceWithdrawn, Version
from tacit.compose import Composed
from tacit.detached import Detached
from tacit.ids import ORGANISATION
from tacit.session import ReceiptArrived
from tacit.submission import Submission
from tacit.testing import World
from tacit_services.gateway import GatewayConfig
from tacit_services.gateway.page_files import PATHS
from tacit_services.gateway.wiring import GatewayPorts
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.querying import MemoryQueries
from tests.end_to_end.browser import LOOK_WAIT_MS, keep, shown, texts_of
from tests.end_to_end.crisis import HOSTILE, crisis
from tests.integration.clerk import Clerk
from tests.integration.doorstep import enter, gateway, ports_of


@pytest.fixture(scope="module")
def world() -> World:
    return crisis()


@pytest.fixture
def clerk(world: World) -> Clerk:
    return Clerk(world)


@pytest.fixture
async def url(clerk: Clerk, world: World) -> AsyncIterator[str]:
    clock = LoopClock(world.now)
    ports = GatewayPorts(clerk.store, clerk.bodies, clerk, MemoryQueries({}), clock, os.urandom, CollectorRegistry())
    async with gateway(GatewayConfig(organisation=clerk.organisation), ports) as address:
        yield address


async def handed_in(url: str, world: World, composed: Composed, body: Detached | None = None) -> None:
    header = composed.act.header
    async with enter(url, world.author(header.state, header.office)) as hand:
        _, raw = hand.session.submit(Submission(composed.envelope, body))
        await hand.write(raw)
        assert isinstance(await hand.event(), ReceiptArrived)


@pytest.mark.requires("chromium")
async def test_the_page_shows_the_crisis_as_the_record_has_it(url: str) -> None:
    async with shown(url) as page:
        assert await page.locator("#exercise").is_visible()
        assert "EXERCISE · Exercise council" == await page.title()
        assert ["Crisis channel East CRISIS"] == await texts_of(page, "#channel-list li")
        (consultation,) = await texts_of(page, "#consultation-list li")
        assert "Airspace incidents asked by XAA, XAB, XAC, XAD" in consultation
        running = (await texts_of(page, ".silence.running"))[0]
        assert "CC-M(2026)0031-REV1" in running
        assert "00:09:" in running
        assert "Brussels" in running
        assert "Nobody has objected." in running
        assert "Broken by XBC: the text is not agreed." in (await texts_of(page, ".silence.ended"))[0]
        (first, second, *_) = await texts_of(page, "table.play >> nth=0 >> tbody tr")
        assert "XAD can accept if reserves substantive paragraph 4 133" == first
        assert second.startswith("XBJ joins reserving freedom of action joins whole text")


@pytest.mark.requires("chromium")
async def test_nothing_from_the_record_becomes_markup(url: str) -> None:
    async with shown(url) as page:
        assert HOSTILE in (await texts_of(page, "#act-list tr >> nth=0"))[0]
        assert 0 == await page.locator("main img, main script, main iframe").count()


@pytest.mark.requires("chromium")
async def test_the_page_keeps_up_with_the_record(url: str, clerk: Clerk, world: World) -> None:
    (running,) = [silence for _, silence in clerk.state.silences_running()]
    text = clerk.state.bodies["council"].texts[running.text]
    moved = PositionDeclared(
        version=Version(text.text, text.wording), scope="text", stance="JOINS", condition="", statement=""
    )
    withdrawn = SilenceWithdrawn(silence=running.silence, reason="to be revised")
    async with shown(url) as page:
        await handed_in(url, world, world.compose(world.author("XCJ"), moved))
        await page.wait_for_selector("table.play tr:has(th:text('XCJ')) .stance:text('joins')", timeout=LOOK_WAIT_MS)
        chair = world.author(ORGANISATION, "chair")
        await handed_in(url, world, world.compose(chair, withdrawn))
        await page.wait_for_selector(".silence.ended:has-text('Withdrawn by the chair')", timeout=LOOK_WAIT_MS)
        assert 0 == await page.locator(".silence.running").count()


@pytest.mark.requires("chromium")
async def test_a_lost_line_is_said_and_found_again(clerk: Clerk, world: World) -> None:
    config = GatewayConfig(organisation=clerk.organisation)
    async with AsyncExitStack() as looking:
        async with gateway(config, ports_of(clerk)) as first:
            page = await looking.enter_async_context(shown(first, refused=True))
        await page.wait_for_selector("[data-line=lost]", timeout=LOOK_WAIT_MS)
        assert "Lost: what you see may be old" == await page.locator("#line").inner_text()
        again = msgspec.structs.replace(config, port=int(first.rsplit(":", 1)[1]))
        async with gateway(again, ports_of(clerk)):
            await page.wait_for_selector("[data-line=live]", timeout=LOOK_WAIT_MS)


@pytest.mark.requires("chromium")
@pytest.mark.parametrize("width", [360, 800, 1440])
async def test_the_page_fits_its_window(url: str, width: int) -> None:
    async with shown(url, width=width, dark=True) as page:
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await keep(page, f"board-{width}-dark")


@pytest.mark.requires("chromium")
async def test_the_page_can_be_read_by_ear_and_keyboard(url: str) -> None:
    async with shown(url) as page:
        for landmark in ("banner", "main", "contentinfo"):
            assert 1 == await page.get_by_role(landmark).count()
        assert 1 == await page.locator("[aria-live=polite]").count()
        assert await page.get_by_role("timer").is_visible()
        assert 0 == await page.locator("th:not([scope])").count()
        await page.keyboard.press("Tab")
        assert "Skip to the silence procedures" == await page.evaluate("document.activeElement.textContent")


@pytest.mark.parametrize("path", PATHS)
async def test_the_page_is_served_under_a_strict_policy(url: str, path: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(url + path) as answer:
        body = await answer.text()

    assert 200 == answer.status
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]
    assert body


async def test_without_a_board_there_is_no_page(clerk: Clerk) -> None:
    config = GatewayConfig(organisation=clerk.organisation, board=False)
    async with gateway(config, ports_of(clerk)) as url, aiohttp.ClientSession() as http:
        for path in ("/", "/page.js", "/v1/board"):
            async with http.get(url + path) as answer:
                assert 404 == answer.status


async def events(url: str, count: int, last_id: str = "") -> list[dict[str, str]]:
    """The first events of the feed."""
    found: list[dict[str, str]] = []
    async with aiohttp.ClientSession() as http, http.get(url + "/v1/board", headers={"Last-Event-ID": last_id}) as feed:
        event: dict[str, str] = {}
        async for line in feed.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                event[name] = value
            elif "data" in event:
                found.append(event)
                event = {}
            if len(found) == count:
                return found
    return found


async def test_a_reader_that_has_it_all_gets_the_time_alone(url: str) -> None:
    (snapshot,) = await events(url, 1)
    (again,) = await events(url, 1, snapshot["id"])

    assert '"silences"' in snapshot["data"]
    assert '"silences"' not in again["data"]
    assert '"now"' in again["data"]


async def test_a_reader_gets_only_what_changed(url: str, world: World) -> None:
    """A message changes the latest acts and nothing else."""
    author, text = world.author("XAB"), b"text"
    message = world.compose(author, MessagePosted(subject="s", in_reply_to=None), text=text)
    hearing = asyncio.gather(events(url, 2))
    await asyncio.sleep(0)
    await handed_in(url, world, message, Detached(b"\0" * 32, text))
    ((snapshot, update),) = await hearing

    assert '"texts"' in snapshot["data"]
    assert '"acts"' in update["data"]
    assert '"texts"' not in update["data"]


async def test_readers_are_bounded(clerk: Clerk) -> None:
    config = GatewayConfig(organisation=clerk.organisation, boards_max=1)
    async with (
        gateway(config, ports_of(clerk)) as url,
        aiohttp.ClientSession() as http,
        http.get(f"{url}/v1/board"),
        http.get(f"{url}/v1/board") as second,
    ):
        assert 503 == second.status
