"""The page's files as they are served: three of them and an icon, packaged, unchanged, under a strict policy."""

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

FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


def page_routes() -> list[web.RouteDef]:
    """A route for each file, read now."""
    return [web.get(path, _answer(name, kind)) for path, (name, kind) in FILES.items()]


def _answer(name: str, kind: str) -> Answer:
    body = resources.files("tacit_services.gateway").joinpath("page", name).read_bytes()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, headers={**HEADERS, "Content-Type": kind})

    return answer
