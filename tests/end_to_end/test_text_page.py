"""How positions on a text moved, in a real browser: what is drawn is what was declared, now and as of any time."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pytest

from tacit.acts import PositionDeclared, RevisionIssued, Version
from tacit.testing import World
from tacit_services.gateway import GatewayConfig
from tacit_services.scenario import packaged
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.event_store.memory import MemoryRecord
from tests.end_to_end.browser import LOOK_WAIT_MS, fits, keep, shown, texts_of
from tests.end_to_end.crisis import HOSTILE, MEMBERS, crisis
from tests.end_to_end.projected import served
from tests.end_to_end.test_page import handed_in
from tests.integration.clerk import Clerk, message
from tests.integration.doorstep import gateway, ports_of
from tests.unit.scenario.exercise import Playing

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.requires("chromium")
DRAFT: Final = "CC-M(2026)0031"
BROKEN: Final = "CC-M(2026)0030"
READY: Final = ".timeline-rows"
PARAGRAPHS: Final = 1
"""Rows for paragraphs: XAD spoke on one."""


@pytest.fixture(scope="module")
def world() -> World:
    return crisis()


@pytest.fixture
def clerk(world: World) -> Clerk:
    return Clerk(world)


@pytest.fixture
async def url(clerk: Clerk, world: World, tmp_path: Path) -> AsyncIterator[str]:
    async with served(clerk.record, clerk.organisation, tmp_path, clerk, LoopClock(world.now)) as address:
        yield address


def of(reference: str) -> str:
    return f"/text?reference={quote(reference)}"


def declared(world: World) -> list[PositionDeclared]:
    return [entry.act.content for entry in world.entries if isinstance(entry.act.content, PositionDeclared)]


async def labels(page: "Page") -> list[str]:
    return [str(await each.get_attribute("aria-label")) for each in await page.locator(".segment").all()]


async def move(page: "Page", step: int) -> None:
    """Put the slider on a step."""
    await page.locator("#as-of").evaluate(f"(it) => {{ it.value = '{step}'; it.dispatchEvent(new Event('input')); }}")


async def test_every_position_is_drawn_and_said(url: str, world: World) -> None:
    async with shown(url + of(DRAFT), ready=READY) as page:
        assert len(MEMBERS) + PARAGRAPHS == await page.locator(".lane").count()
        said = await labels(page)
        assert len(declared(world)) == len(said)
        assert Counter(MEMBERS[:5]) <= Counter(each[:3] for each in said)
        (last,) = [each for each in said if "can accept if" in each]
        assert last.startswith(
            "XAD: can accept if on paragraph 4 of revision 1; before: reserves substantive. Entry 133"
        )
        assert "23 Nov 2026" in last
        assert "UTC), and holds." in last
        assert "until a revision made it void in entry 110" in next(each for each in said if each.startswith("XAA"))
        for mark in (".boundary", ".timeline-rows .deadline-line", ".timeline-rows .as-of-line", ".silence-bar"):
            assert 1 == await page.locator(mark).count(), mark
        counts = (await page.locator("#counts").inner_text()).split()
        assert ["1", "9", "1", "19"] == [word for word in counts if word.isdecimal()]
        await page.locator("summary").click()
        assert len(said) == await page.locator("#positions-table tbody tr").count()
        assert 0 == await page.locator("th:not([scope])").count()
        await keep(page, "text-1440-light")


async def test_a_break_is_drawn_where_it_ended_the_silence_and_with_who_broke_it(url: str) -> None:
    async with shown(url + of(BROKEN), ready=READY) as page:
        assert 1 == await page.locator(".break-line").count()
        own = await page.locator(".lane[data-state=XBC] .mark.break").get_attribute("aria-label")
        assert own is not None
        assert own.startswith("Silence broken by XBC, entry 103")
        events = await texts_of(page, "#marks-table tbody tr")
        assert ["101", "102", "103"] == [each.split()[0] for each in events]
        assert events[2].endswith("✕ Silence broken by XBC")
        await keep(page, "broken-1440-light")


async def test_it_shows_any_time(url: str, world: World) -> None:
    (revision,) = [e.leaf for e in world.entries if isinstance(e.act.content, RevisionIssued)]
    async with shown(url + of(DRAFT), ready=READY) as page:
        await move(page, 0)
        assert [] == await labels(page)
        await move(page, 3)
        assert ["XAA", "XAB"] == [each[:3] for each in await labels(page)]
        assert all(each.endswith("and holds.") for each in await labels(page))
        assert await page.locator("#past").is_visible()
        assert DRAFT == await page.locator("#reference").inner_text()
        await page.locator("#instant").fill(f"{revision.received_at:%Y-%m-%dT%H:%M:%S}")
        await page.locator("#instant").dispatch_event("change")
        assert f"{DRAFT}-REV1" == await page.locator("#reference").inner_text()
        await page.locator("#to-now").click()
        assert len(declared(world)) == len(await labels(page))
        assert not await page.locator("#past").is_visible()


async def test_keys_go_from_one_position_to_the_next(url: str) -> None:
    async with shown(url + of(DRAFT), ready=READY) as page:
        assert 1 == await page.locator(".segment[tabindex='0']").count()
        await page.locator(".segment[tabindex='0']").focus()
        for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"):
            await page.keyboard.press(key)
        reading = await page.locator("#reading").inner_text()
        assert reading.startswith("XAD: can accept if on paragraph 4 of revision 1")
        assert 1 == await page.locator(".segment[tabindex='0']").count()
        await page.locator("#order").select_option("standing")
        assert "XAD" == await page.locator(".lane").first.get_attribute("data-state")
        await page.locator("#declared").check()
        assert {"XCE", "XCJ"}.isdisjoint(
            [await each.get_attribute("data-state") for each in await page.locator(".lane").all()]
        )


async def test_it_keeps_up_with_the_record(url: str, clerk: Clerk, world: World) -> None:
    text = next(each for each in clerk.state.bodies["council"].texts.values() if each.revision)
    content = PositionDeclared(
        version=Version(text.text, text.wording), scope="text", stance="JOINS", condition="", statement=""
    )
    async with shown(url + of(DRAFT), ready=READY) as page:
        await handed_in(url, world, world.compose(world.author("XCE"), content))
        await page.wait_for_selector(".lane[data-state=XCE] .segment.joins", timeout=LOOK_WAIT_MS)


@pytest.mark.parametrize(("width", "dark"), [(360, True), (800, False), (1440, True)])
async def test_it_fits_its_window(url: str, width: int, dark: bool) -> None:
    async with shown(url + of(DRAFT), ready=READY, width=width, dark=dark) as page:
        assert await fits(page)
        await keep(page, f"text-{width}-{'dark' if dark else 'light'}")


async def test_a_text_that_went_to_another_body_leads_there_and_back(tmp_path: Path) -> None:
    """The crisis of 2003: three breaks, two revisions, and agreement in the body of eighteen."""
    playing = Playing(packaged("silence-2003"))
    await playing.play()
    state, record = playing.fold(), MemoryRecord()
    assert state.organisation is not None
    record.add([message(state.organisation, entry) for entry in playing.desk.entries], 0)
    clock = LoopClock(playing.desk.now())
    async with (
        served(record, state.organisation, tmp_path, Clerk(World()), clock) as url,
        shown(url + of("CC-M(2003)0009"), ready="#lineage a") as page,
    ):
        assert len(state.bodies["council"].members) == await page.locator(".lane").count()
        breakers = [await each.get_attribute("data-state") for each in await page.locator(".lane:has(.break)").all()]
        assert ["BEL", "DEU", "FRA"] == breakers
        assert 3 == await page.locator(".boundary").count()
        await keep(page, "referred-1440-light")
        await page.locator("#lineage a").click()
        await page.wait_for_selector("#lineage a:text('CC-M(2003)0009-REV2')", timeout=LOOK_WAIT_MS)
        assert "Defence planning · agreed" == await page.locator("#status").inner_text()
        assert len(state.bodies["defence-planning"].members) == await page.locator(".lane").count()


async def test_a_reference_that_is_not_there_is_said_and_never_becomes_markup(url: str) -> None:
    async with shown(url + of(HOSTILE), ready="#notice:not([hidden])") as page:
        assert HOSTILE in await page.locator("#notice").inner_text()
        assert 0 == await page.locator("main img, main script").count()
        await page.locator("#find-reference").fill(f"{DRAFT}-REV1")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(READY, timeout=LOOK_WAIT_MS)


async def test_without_a_projector_it_says_so(clerk: Clerk) -> None:
    config = GatewayConfig(organisation=clerk.organisation)
    async with (
        gateway(config, ports_of(clerk)) as url,
        shown(url + of(DRAFT), ready="#notice:not([hidden])", refused=True) as page,
    ):
        assert "The read models do not answer now" in await page.locator("#notice").inner_text()
