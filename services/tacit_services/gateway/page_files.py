"""The page's files as they are served: packaged, each page under the head that all share, under a strict policy."""

from collections.abc import Awaitable, Callable
from importlib import resources
from string import Template
from typing import Final, NamedTuple

from aiohttp import web

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
"""Nothing from elsewhere, nothing inline, no frame, and no string becomes a document."""

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}

Answer = Callable[[web.Request], Awaitable[web.Response]]

KINDS: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


class Page(NamedTuple):
    """What a reader opens: its file, its script, and where the first link of its head skips to."""

    file: str
    script: str
    target: str
    skip: str


HEAD: Final = "head.html"
PAGES: Final = {
    "/": Page("index.html", "page.js", "silences", "Skip to the silence procedures"),
    "/text": Page("text.html", "text.js", "timeline", "Skip to the positions"),
    "/votes": Page("votes.html", "votes.js", "picture", "Skip to the picture"),
}
PARTS: Final = (
    *("page.css", "drawing.css", "icon.svg"),
    *("page.js", "text.js", "votes.js"),
    *("elements.js", "feed.js", "log.js", "terms.js", "times.js", "views.js"),
    *("timeline.js", "timeline_drawing.js", "roll_calls.js", "picture.js"),
)
"""What the pages ask for: the name of each is its path."""
PATHS: Final = (*PAGES, *(f"/{name}" for name in PARTS))


def page_routes() -> list[web.RouteDef]:
    """A route for each file, read now."""
    return [web.get(path, _answer(path)) for path in PATHS]


def served(path: str) -> bytes:
    """The octets that are served at a path."""
    page = PAGES.get(path)
    if page is None:
        return _packaged(path.removeprefix("/"))
    head = Template(_packaged(HEAD).decode()).substitute(page._asdict())
    here = f'href="{path}"'
    return head.replace(here, f'{here} aria-current="page"').encode() + _packaged(page.file)


def _packaged(name: str) -> bytes:
    return resources.files("tacit_services.gateway").joinpath("page", name).read_bytes()


def _answer(path: str) -> Answer:
    kind = KINDS["html" if path in PAGES else path.rpartition(".")[2]]
    body = served(path)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, headers={**HEADERS, "Content-Type": kind})

    return answer
