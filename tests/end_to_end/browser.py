"""The pages of the gateway in a real browser, and pictures of them for whoever wants to look."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from tests.requirement import chromium

if TYPE_CHECKING:
    from playwright.async_api import Page

LOOK_WAIT_MS: Final = 15_000
PICTURES: Final = "TACIT_SCREENSHOTS"
"""Names the folder that pictures are written to; without it none is kept. CI sets it."""


@asynccontextmanager
async def shown(
    url: str, *, ready: str = "#act-list th", dark: bool = False, width: int = 1440, refused: bool = False
) -> AsyncIterator["Page"]:
    """A page in a browser, once `ready` is there; whatever the browser complains of fails the test, unless `refused`.

    A breach of the content policy is such a complaint.
    """
    from playwright.async_api import async_playwright  # noqa: PLC0415 - installed where there is a browser alone

    complaints: list[str] = []
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=str(chromium()), args=["--no-sandbox"])
        page = await browser.new_page(
            viewport={"width": width, "height": 1000},
            color_scheme="dark" if dark else "light",
            timezone_id="Europe/Warsaw",
            locale="en-GB",
        )
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(url)
        await page.wait_for_selector("[data-line=live]", timeout=LOOK_WAIT_MS)
        await page.wait_for_selector(ready, timeout=LOOK_WAIT_MS)
        yield page
        await browser.close()
    assert refused or [] == complaints


async def texts_of(page: "Page", selector: str) -> list[str]:
    """What is written in each element, on one line."""
    return [" ".join(text.split()) for text in await page.locator(selector).all_inner_texts()]


async def fits(page: "Page") -> bool:
    """Whether nothing reaches out of the window to the side."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


async def keep(page: "Page", name: str) -> None:
    """Keep a picture of the whole page, where a folder for pictures is named; it must be one."""
    folder = os.environ.get(PICTURES)
    raw = await page.screenshot(full_page=True, path=f"{folder}/{name}.png" if folder else None)
    assert raw.startswith(b"\x89PNG")
