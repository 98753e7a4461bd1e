"""The log over HTTP, read-only, at the paths of C2SP `tlog-tiles`. No envelope and no body is served here."""

from typing import Final

from aiohttp import web

from tacit.errors import RefusedError
from tacit.record.archive import CHECKPOINT
from tacit.record.tiles import parse_path
from tacit_services.archive import Archive
from tacit_services.ports import StoreFailedError

IMMUTABLE: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
FRESH: Final = {"Cache-Control": "no-cache"}
AGAIN_S: Final = {"Retry-After": "1"}
REQUEST_BYTES_MAX: Final = 1024


def site(archive: Archive) -> web.Application:
    """The log in this archive, for GET and HEAD.

    A partial tile that is gone because the full one is there is not found: a reader then asks for the full one.
    """

    async def checkpoint(_request: web.Request) -> web.Response:
        raw = await _get(archive, CHECKPOINT)
        return web.Response(body=raw, content_type="text/plain", charset="utf-8", headers=FRESH)

    async def tile(request: web.Request) -> web.Response:
        try:
            found = parse_path(f"tile/{request.match_info['path']}")
        except RefusedError:
            raise web.HTTPNotFound from None
        raw = await _get(archive, found.path)
        return web.Response(body=raw, content_type="application/octet-stream", headers=IMMUTABLE)

    app = web.Application(client_max_size=REQUEST_BYTES_MAX)
    app.router.add_get(f"/{CHECKPOINT}", checkpoint)
    app.router.add_get("/tile/{path:.+}", tile)
    return app


async def _get(archive: Archive, path: str) -> bytes:
    try:
        raw = await archive.get(path)
    except StoreFailedError as error:
        raise web.HTTPServiceUnavailable(headers=AGAIN_S) from error
    if raw is None:
        raise web.HTTPNotFound
    return raw
