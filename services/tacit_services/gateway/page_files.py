"""The page's files as they are served: packaged, unchanged, under a strict policy."""

from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Final

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
PAGES: Final = {"/": "index.html", "/text": "text.html", "/votes": "votes.html"}
"""What a reader opens; the files that a page asks for have their own names as paths."""
PARTS: Final = (
    *("page.css", "drawing.css", "icon.svg"),
    *("page.js", "text.js", "votes.js"),
    *("elements.js", "feed.js", "terms.js", "times.js", "views.js"),
    *("timeline.js", "timeline_drawing.js", "roll_calls.js", "picture.js"),
)
FILES: Final = {**PAGES, **{f"/{name}": name for name in PARTS}}


def page_routes() -> list[web.RouteDef]:
    """A route for each file, read now."""
    return [web.get(path, _answer(name)) for path, name in FILES.items()]


def _answer(name: str) -> Answer:
    kind = KINDS[name.rpartition(".")[2]]
    body = resources.files("tacit_services.gateway").joinpath("page", name).read_bytes()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, headers={**HEADERS, "Content-Type": kind})

    return answer
