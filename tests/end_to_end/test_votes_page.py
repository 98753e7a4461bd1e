"""States and roll calls in a real browser: every vote in its place and its colour, and who voted what in words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tacit_services.shell.clock import LoopClock
from tacit_services.unga.source import FILES, STANCES, RollCall, Source, read_source
from tests.end_to_end.browser import LOOK_WAIT_MS, fits, keep, shown, texts_of
from tests.end_to_end.projected import served
from tests.integration.clerk import Clerk
from tests.scale import scale_name
from tests.unit.unga.assembly import WHOLE, Assembly
from tests.unit.unga.test_importing import VOTES, source
from tests.votes import collection

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

pytestmark = pytest.mark.requires("chromium")
READY: Final = "#shown:not([hidden])"
NAMES: Final = {STANCES["y"]: "yes", STANCES["n"]: "no", STANCES["a"]: "abstained"}
COLOURS: Final = {"yes": "yes", "no": "no", "abstain": "abstained", "none": "no vote recorded"}
SIDE, HEAD, STEP, TALL = 40, 20, 24, 13
"""Where the cells are while there is room for all of them: what `picture.js` says."""
INSET: Final = 3
PAGE_ROWS: Final = 5
MANY: Final = {"dev": 40, "full": 300, "night": 1_000}
"""Roll calls of a picture to look at."""


@asynccontextmanager
async def assembled(collected: Source, folder: Path, part: slice = WHOLE) -> AsyncIterator[tuple[str, Assembly]]:
    """A record of these roll calls, or of part of them, with gateway and projector."""
    assembly = Assembly(collected)
    await assembly.take_in(part)
    world, record = assembly.world, assembly.office.record
    async with served(record, world.organisation, folder, Clerk(world), LoopClock(world.now)) as url:
        yield url, assembly


@pytest.fixture
async def shown_calls(tmp_path: Path) -> AsyncIterator[tuple[str, Source]]:
    async with assembled(source("generated"), tmp_path) as (url, assembly):
        yield url, assembly.source


def said(call: RollCall, state: str) -> str:
    """What the page says of a vote."""
    return NAMES.get(dict(call.votes).get(state, "UNDECLARED"), "no vote recorded")


def voters(collected: Source) -> list[str]:
    return sorted({state for call in collected.roll_calls for state, _ in call.votes})


async def colours(page: "Page", rows: int, columns: int) -> list[list[str]]:
    """The colour of every cell, as the browser painted it, by the name that the sheet has for it."""
    found: list[list[str]] = await page.evaluate(
        """([rows, columns, side, head, step, tall, inset, names]) => {
          const sheet = document.getElementById("canvas").getContext("2d");
          const style = getComputedStyle(document.documentElement);
          const named = (name) => style.getPropertyValue(`--vote-${name}`).trim();
          const said = Object.fromEntries(Object.entries(names).map(([name, words]) => [named(name), words]));
          const hex = (part) => part.toString(16).padStart(2, "0");
          const at = (row, column) => {
            const pixel = sheet.getImageData(side + column * step + inset, head + row * tall + inset, 1, 1).data;
            return said[`#${[...pixel].slice(0, 3).map(hex).join("")}`] ?? "?";
          };
          const count = (length) => [...Array(length).keys()];
          return count(rows).map((row) => count(columns).map((column) => at(row, column)));
        }""",
        [rows, columns, SIDE, HEAD, STEP, TALL, INSET, COLOURS],
    )
    return found


async def painted(page: "Page") -> None:
    """Return once the browser has painted what was asked for."""
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


async def test_every_vote_has_its_place_and_its_colour(shown_calls: tuple[str, Source]) -> None:
    url, collected = shown_calls
    states, calls = voters(collected), collected.roll_calls
    async with shown(f"{url}/votes?order=alphabet", ready=READY) as page:
        await painted(page)
        wished = [[said(call, state) for call in calls] for state in states]
        assert wished == await colours(page, len(states), len(calls))
        assert f"{len(states)} states, {len(calls)} roll calls" == await page.locator("#extent-said").inner_text()
        votes = sum(len(call.votes) for call in calls)
        assert (await page.locator("#totals").inner_text()).startswith(f"{votes} votes: ")
        await keep(page, "votes-generated-1440-light")


async def test_who_voted_what_is_said_in_words_for_every_roll_call(shown_calls: tuple[str, Source]) -> None:
    url, collected = shown_calls
    async with shown(f"{url}/votes?order=alphabet", ready=READY) as page:
        await page.locator("#picture").focus()
        await page.keyboard.press("Home")
        first = voters(collected)[0]
        for at, call in enumerate(collected.roll_calls):
            assert f"{first}: {said(call, first)} on {call.reference}, {call.title}" == (
                await page.locator("#reading").inner_text()
            )
            heads, lists = await texts_of(page, "#detail-votes dt"), await texts_of(page, "#detail-votes dd")
            listed = dict(zip(heads, lists, strict=True))
            for stance, name in NAMES.items():
                who = sorted(state for state, held in call.votes if held == stance)
                assert listed.get(f"{name.capitalize()} ({len(who)})", "") == ", ".join(who)
            if at + 1 < len(collected.roll_calls):
                await page.locator("#after").click()
        assert await page.locator("#after").is_disabled()


async def test_the_reader_chooses_order_range_and_size(shown_calls: tuple[str, Source]) -> None:
    url, collected = shown_calls
    async with shown(f"{url}/votes", ready=READY) as page:
        await page.locator("#order").select_option("XCC")
        await page.locator("#from").fill("3")
        await page.locator("#from").dispatch_event("change")
        await page.locator("#until").fill("6")
        await page.locator("#until").dispatch_event("change")
        assert page.url.endswith("/votes?from=3&until=6&order=XCC")
        references = [call.reference for call in collected.roll_calls]
        assert f"{references[2]} to {references[5]}" == await page.locator("#range-said").inner_text()
        await page.locator("#picture").focus()
        await page.keyboard.press("End")
        assert (await page.locator("#reading").inner_text()).startswith("XCC: ")
        await page.locator("#zoom-in").click()
        await page.locator("#tall").select_option("whole")
        await page.locator("#zoom-fit").click()
        year = references[-2][5:9]
        await page.locator("#year").select_option(year)
        own = [each for each in references if f"({year})" in each]
        assert f"{own[0]} to {own[-1]}" == await page.locator("#range-said").inner_text()


async def test_similar_votes_stand_together_and_always_in_the_same_order(shown_calls: tuple[str, Source]) -> None:
    """Two camps that vote against one another, with a few who cross: each camp is in one piece."""
    url, _ = shown_calls
    async with shown(f"{url}/votes", ready=READY) as page:
        found: list[list[str]] = await page.evaluate(
            """async () => {
              const { order } = await import("/roll_calls.js");
              const states = [..."ABCDEFGH"].map((letter) => `X${letter}${letter}`);
              const calls = [...Array(40).keys()].map((at) => ({ reference: "", votes: states.map((_, state) =>
                (state + at) % 11 === 0 ? "-" : (state % 2) === (at % 2) || at % 13 === state ? "y" : "n").join("") }));
              return [1, 2].map(() => order(calls, states, 0, 40, "similar").map((state) => states[state]));
            }"""
        )
    assert found[0] == found[1]
    camps = [{"XAA", "XCC", "XEE", "XGG"}, {"XBB", "XDD", "XFF", "XHH"}]
    assert {*found[0][:4]} in camps
    assert {*found[0][4:]} in camps


async def test_votes_come_page_after_page_and_what_has_come_since_is_said(tmp_path: Path) -> None:
    async with (
        assembled(source("generated"), tmp_path, slice(0, 8)) as (url, assembly),
        shown(url, ready="#to-votes") as page,
    ):
        asked: list[str] = []

        async def in_small_pages(route: "Route") -> None:
            asked.append(route.request.url)
            await route.continue_(url=f"{route.request.url}&limit={PAGE_ROWS}")

        await page.route("**/v1/board/views/votes?*", in_small_pages)
        await page.locator("#to-votes").click()
        await page.wait_for_selector("#progress:text('8 roll calls')", timeout=LOOK_WAIT_MS)
        assert 2 == len(asked)
        await assembly.take_in(slice(8, None))
        await page.wait_for_selector("#again:not([hidden])", timeout=LOOK_WAIT_MS)
        await page.locator("#again").click()
        await page.wait_for_selector("#progress:text('12 roll calls')", timeout=LOOK_WAIT_MS)


def many(kind: str) -> Source:
    """So many roll calls that they are worth a look: invented ones, or the first that there were."""
    count = MANY[scale_name()]
    if kind == "generated":
        return read_source(collection(roll_calls=count))
    whole = read_source({name: (VOTES / name).read_bytes() for name in FILES})
    calls = whole.roll_calls[:count]
    voting = {state for call in calls for state, _ in call.votes}
    states = tuple(state for state in whole.states if state in voting)
    return Source(states, calls, {call.rcid: whole.tallies[call.rcid] for call in calls})


@pytest.mark.parametrize("kind", ["generated", pytest.param("real", marks=pytest.mark.requires("shared"))])
async def test_many_roll_calls_fit_the_window(tmp_path: Path, kind: str) -> None:
    async with assembled(many(kind), tmp_path) as (url, _):
        for width, dark in ((1440, False), (360, True)):
            async with shown(f"{url}/votes", ready=READY, width=width, dark=dark) as page:
                await painted(page)
                assert await fits(page)
                await keep(page, f"votes-{kind}-{width}-{'dark' if dark else 'light'}")
