"""Where the log stands, on the read-only page: over HTTP, and in a real browser, also when something is wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec
import pytest

from tacit.record.equivocation import check_equivocation, decode_equivocation
from tacit.record.organisation_log import log_vkeys
from tacit.testing import START, World
from tacit_services.gateway import GatewayConfig
from tacit_services.shell.log_asking import MemoryLog
from tests.end_to_end.browser import LOOK_WAIT_MS, fits, keep, shown
from tests.end_to_end.crisis import crisis
from tests.end_to_end.test_page import events
from tests.integration.clerk import Clerk
from tests.integration.doorstep import gateway, ports_of
from tests.integration.log_house import LogHouse
from tests.ledger import Ledger

if TYPE_CHECKING:
    from playwright.async_api import Page

WITNESSES: Final = ("XAA", "XAB", "XAC", "XAD", "XAE")
QUICK_S: Final = 0.02
HEARD_S: Final = 10.0
LATE_S: Final = 11.0
"""Longer than a page waits before it says that witnesses are late."""


class Counter:
    """A gateway before a crisis, and the notary behind it, which shows what it is told to."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clerk = Clerk(world)
        self.house = LogHouse(self.clerk, ())
        self.size = self.house.notarise()

    @asynccontextmanager
    async def opened(self, **settings: Any) -> AsyncIterator[str]:
        log = MemoryLog(self.house.standing, self.house.proofs)
        config = GatewayConfig(organisation=self.clerk.organisation, checkpoint_look_s=QUICK_S, **settings)
        async with gateway(config, replace(ports_of(self.clerk), log=log)) as url:
            yield url

    def show(self, size: int, *states: str) -> None:
        self.house.show(self.house.ledger.signed(size, *states))

    def fork(self) -> None:
        """Publish another history of the whole size."""
        leaves = [entry.leaf for entry in self.world.entries]
        other = Ledger(self.clerk.organisation, [*leaves[:-1], leaves[0]])
        self.house.show(other.signed(self.size, *WITNESSES[:3]))


@pytest.fixture(scope="module")
def world() -> World:
    return crisis(notary=True, witnesses=WITNESSES)


@pytest.fixture
def counter(world: World) -> Counter:
    return Counter(world)


async def heard(url: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What the feed says of the log, once it is what is wanted."""
    async with asyncio.timeout(HEARD_S), aiohttp.ClientSession() as http, http.get(f"{url}/v1/board") as feed:
        async for line in feed.content:
            if line.startswith(b"data: "):
                log = msgspec.json.decode(line.removeprefix(b"data: ")).get("log")
                if log is not None and wanted(log):
                    return dict(log)
    raise AssertionError("the feed ended")


async def test_the_feed_says_where_the_log_stands_whenever_that_changes(counter: Counter) -> None:
    counter.show(100, *WITNESSES[:4])
    async with counter.opened() as url:
        found = await heard(url, lambda log: log["witnessed"] is not None)
        counter.clerk.clock.move(2)
        hearing = asyncio.gather(heard(url, lambda log: log["behind_since"] is not None))
        await asyncio.sleep(QUICK_S)
        counter.show(counter.size, "XAE")
        (behind,) = await hearing
        counter.house.away = True
        silent = await heard(url, lambda log: log["silent"] is not None)

    witnessed = {"size": 100, "cosigned": [*WITNESSES[:4]], "at": f"{START:%Y-%m-%dT%H:%M:%SZ}"}
    same = {"kept": True, "witnesses": [*WITNESSES], "quorum": 3, "witnessed": witnessed, "histories": None}
    assert {**same, "notarised": 100, "waiting": [], "behind_since": None, "silent": None} == found
    assert (counter.size, ["XAE"], None) == (behind["notarised"], behind["waiting"], behind["silent"])
    assert {**behind, "silent": "archive"} == silent


async def test_a_reader_that_comes_back_is_told_what_changed_in_the_log_alone(counter: Counter) -> None:
    counter.show(100, *WITNESSES[:4])
    async with counter.opened() as url:
        await heard(url, lambda log: log["witnessed"] is not None)
        (before,) = await events(url, 1)
        (same,) = await events(url, 1, before["id"])
        counter.show(counter.size, *WITNESSES[:4])
        await heard(url, lambda log: log["notarised"] == counter.size)
        (after,) = await events(url, 1, before["id"])

    assert '"log"' not in same["data"]
    assert '"log"' in after["data"]


async def test_evidence_against_the_log_is_served_to_anybody(counter: Counter) -> None:
    counter.show(counter.size, *WITNESSES[:3])
    async with counter.opened() as url, aiohttp.ClientSession() as http:
        await heard(url, lambda log: log["witnessed"] is not None)
        async with http.get(f"{url}/v1/board/evidence") as nothing:
            assert 404 == nothing.status
        counter.fork()
        await heard(url, lambda log: log["histories"] is not None)
        async with http.get(f"{url}/v1/board/evidence") as answer:
            raw = await answer.read()

    assert (200, "nosniff") == (answer.status, answer.headers["X-Content-Type-Options"])
    charter = counter.world.state.charter
    assert charter is not None
    first, second = check_equivocation(decode_equivocation(raw), log_vkeys(counter.clerk.organisation, charter))
    assert counter.size == first.size == second.size


async def said(page: "Page") -> tuple[str, str]:
    """The word in the head, and the sentence below it."""
    return (await page.locator("#log").inner_text()), (await page.locator("#log-said").inner_text())


@pytest.mark.requires("chromium")
@pytest.mark.parametrize("path", ["/", "/text", "/votes"])
async def test_every_page_says_what_is_notarised_and_what_is_witnessed(counter: Counter, path: str) -> None:
    counter.show(counter.size, *WITNESSES[:4])
    async with counter.opened() as url, shown(url + path, ready="[data-log=good]", refused=path != "/") as page:
        word, sentence = await said(page)

    size = counter.size
    expected = f"Notarised up to {size}, witnessed up to {size} (4 of 5 witnesses, 3 needed, at 09:00:00 UTC)."
    assert ("Witnessed", expected) == (word, sentence)


@pytest.mark.requires("chromium")
async def test_witnesses_that_are_late_are_said_to_be_and_the_page_recovers(counter: Counter) -> None:
    counter.show(100, *WITNESSES[:3])
    async with counter.opened() as url, shown(url, ready="[data-log=good]", width=360) as page:
        counter.show(counter.size, "XAE")
        await page.wait_for_selector(f"#log-said:has-text('Notarised up to {counter.size}')", timeout=LOOK_WAIT_MS)
        assert "Witnessed" == (await said(page))[0]
        counter.clerk.clock.move(LATE_S)
        counter.show(counter.size, "XAD")
        await page.wait_for_selector("[data-log=late]", timeout=LOOK_WAIT_MS)
        word, sentence = await said(page)
        await keep(page, "log-late-360")
        counter.show(counter.size, *WITNESSES[:3])
        await page.wait_for_selector("[data-log=good]", timeout=LOOK_WAIT_MS)

    assert "Waiting for witnesses" == word
    assert f"Notarised up to {counter.size}, witnessed up to 100 (3 of 5 witnesses, 3 needed, at" in sentence
    assert "only XAD cosigned what came after: nothing is lost, and nothing new is witnessed." in sentence


@pytest.mark.requires("chromium")
@pytest.mark.parametrize(("notary", "word", "words"), [
    (False, "None", "No log: the charter names no notary."),
    (True, "Notarised, no witnesses", "Notarised up to 5. The charter names no witnesses: it is the word of the"),
])  # fmt: skip
async def test_a_charter_without_notary_or_witnesses_is_said_in_words(notary: bool, word: str, words: str) -> None:
    counter = Counter(World(notary=notary))
    counter.show(5)
    async with counter.opened() as url, shown(url) as page:
        await page.wait_for_selector(f"#log-said:has-text('{words}')", timeout=LOOK_WAIT_MS)
        assert word == (await said(page))[0]


@pytest.mark.requires("chromium")
async def test_a_notary_that_does_not_answer_makes_the_page_say_that_it_may_be_old(counter: Counter) -> None:
    counter.show(100, *WITNESSES[:3])
    async with counter.opened() as url, shown(url, ready="[data-log=good]", width=800, dark=True) as page:
        counter.house.away = True
        await page.wait_for_selector("[data-log=bad]", timeout=LOOK_WAIT_MS)
        word, sentence = await said(page)

    assert "Notary silent" == word
    assert sentence.endswith("The notary cannot read its archive: this may be old.")


@pytest.mark.requires("chromium")
@pytest.mark.parametrize(("width", "dark"), [(360, True), (1440, False)])
async def test_two_histories_are_as_loud_as_a_page_can_be(counter: Counter, width: int, dark: bool) -> None:
    counter.show(counter.size, *WITNESSES[:3])
    async with counter.opened() as url, shown(url, ready="[data-log=good]", width=width, dark=dark) as page:
        assert not await page.get_by_role("alert").is_visible()
        counter.fork()
        await page.wait_for_selector("[data-log=bad]", timeout=LOOK_WAIT_MS)
        alarm = await page.get_by_role("alert").inner_text()
        way = await page.get_by_role("link", name="Keep the evidence").get_attribute("href")
        assert await fits(page)
        await keep(page, f"log-two-histories-{width}")

    assert alarm.startswith(
        f"THE LOG HAS SIGNED TWO HISTORIES. It has signed two checkpoints of {counter.size} entries"
    )
    assert "/v1/board/evidence" == way
