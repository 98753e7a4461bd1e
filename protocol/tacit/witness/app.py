"""The edge of a witness: its paths, its rates, its answers in HTTP. Described in docs/reference/witness.md."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from tacit.errors import RefusedError
from tacit.limits import FRAME_BYTES_MAX, LOG_PROOF_HASHES_MAX, NOTE_BYTES_MAX
from tacit.rates import Rates
from tacit.record.add_checkpoint import monitoring_path
from tacit.witness.attesting import Attestor
from tacit.witness.cosigning import TEXT, Answer, Cosigner, told
from tacit.witness.counting import CONTENT_TYPE, Counts
from tacit.witness.logs import WitnessedLog
from tacit.witness.ports import Mirror, MirrorError, StoreError

REQUEST_BYTES_MAX: Final = NOTE_BYTES_MAX + 64 * (LOG_PROOF_HASHES_MAX + 1)
"""One `add-checkpoint`: a note, and before it a line for the old size and one for each hash."""
BODY_WAIT_S: Final = 10.0
"""For the body of a request to come in."""
IMMUTABLE: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
FRESH: Final = {"Cache-Control": "no-cache"}


def prefix_of(log: WitnessedLog) -> str:
    """The path below which a log is monitored: SHA-256 of its origin."""
    return monitoring_path(log.origin).partition("/")[0]


class Edge:
    """The handlers of one witness."""

    def __init__(
        self,
        cosigner: Cosigner,
        attestor: Attestor,
        logs: tuple[WitnessedLog, ...],
        mirrors: Mapping[str, Mirror],
        counts: Counts,
        rates: tuple[Rates, Rates],
    ) -> None:
        """`rates`: of checkpoints, and of acts that are shown."""
        self._cosigner = cosigner
        self._attestor = attestor
        self._logs = {prefix_of(each): each.origin for each in logs}
        self._mirrors = mirrors
        self._counts = counts
        self._checkpoints, self._attests = rates

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(client_max_size=max(REQUEST_BYTES_MAX, FRAME_BYTES_MAX))
        app.add_routes(
            [
                web.post("/add-checkpoint", self.add_checkpoint),
                web.post("/attest", self.attest),
                web.get("/{log:[0-9a-f]{64}}/checkpoint", self.checkpoint),
                web.get("/{log:[0-9a-f]{64}}/{tile:tile/.+}", self.tile),
                web.get("/healthz", self.live),
                web.get("/metrics", self.metrics),
            ]
        )
        return app

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        """C2SP `tlog-witness`."""
        return await self._post(request, self._checkpoints, REQUEST_BYTES_MAX, self._cosigner.add_checkpoint)

    async def attest(self, request: web.Request) -> web.Response:
        """A member shows an act."""
        return await self._post(request, self._attests, FRAME_BYTES_MAX, self._attestor.attest)

    async def _post(
        self,
        request: web.Request,
        rates: Rates,
        bytes_max: int,
        ask: Callable[[bytes], Awaitable[Answer]],
    ) -> web.Response:
        if not rates.allow(request.remote or "", asyncio.get_running_loop().time()):
            return _response(told(429, "too many requests: come again later"), {"Retry-After": "1"})
        if (request.content_length or 0) > bytes_max:
            return _response(told(400, f"at most {bytes_max} bytes"))
        try:
            async with asyncio.timeout(BODY_WAIT_S):
                raw = await request.read()
        except (TimeoutError, web.HTTPRequestEntityTooLarge):
            return _response(told(400, f"at most {bytes_max} bytes, within {BODY_WAIT_S:.0f} s"))
        return _response(await ask(raw))

    async def checkpoint(self, request: web.Request) -> web.Response:
        """The last checkpoint that was cosigned, with the cosignature."""
        origin = self._logs.get(request.match_info["log"], "")
        try:
            note = await self._cosigner.latest(origin)
        except StoreError:
            return _response(told(503, "the store does not answer"))
        if note is None:
            return _response(told(404, "no checkpoint of such a log was cosigned here"))
        return _response(Answer(200, note.encode(), TEXT), FRESH)

    async def tile(self, request: web.Request) -> web.Response:
        """A tile or a bundle, where the log is mirrored."""
        mirror = self._mirrors.get(self._logs.get(request.match_info["log"], ""))
        if mirror is None:
            return _response(told(404, "no log is mirrored there"))
        try:
            raw = await mirror.read(request.match_info["tile"])
        except (MirrorError, RefusedError):
            return _response(told(404, "not held here"))
        return web.Response(body=raw, content_type="application/octet-stream", headers=IMMUTABLE)

    async def live(self, _request: web.Request) -> web.Response:
        """The process runs its loop."""
        return _response(Answer(200, b"live\n", TEXT))

    async def metrics(self, _request: web.Request) -> web.Response:
        """What Prometheus scrapes."""
        return _response(Answer(200, self._counts.text().encode(), CONTENT_TYPE))


def _response(answer: Answer, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        status=answer.status, body=answer.body, headers={**(headers or {}), "Content-Type": answer.kind}
    )
