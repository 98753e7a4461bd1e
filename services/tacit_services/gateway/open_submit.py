"""Handing in without a session: who signed decides, so a witness can send on what a member could not get through."""

import asyncio
from typing import Final

from aiohttp import web

from tacit import envelope, submission
from tacit.envelope import ACT_TYPE
from tacit.errors import RefusedError
from tacit.limits import FRAME_BYTES_MAX
from tacit.rates import Rates
from tacit.submission import Answer, Submission, Unavailable, encode_answer
from tacit_services.gateway.wiring import Wiring

BODY_WAIT_S: Final = 10.0
"""For a submission to come in."""
BURST_S: Final = 5.0
"""As much as may come in so many seconds may come at once."""


class OpenSubmit:
    """`POST /v1/submit`: a submission in, the registrar's answer out, rates by address and for all together."""

    def __init__(self, wiring: Wiring) -> None:
        config, now_s = wiring.config, asyncio.get_running_loop().time()
        self._wiring = wiring
        self._rates = Rates(config.open_submits_per_address_per_s, config.open_submits_per_s, BURST_S, now_s)

    async def submit(self, request: web.Request) -> web.Response:
        """Hand one submission to the registrar."""
        if not self._rates.allow(request.remote or "", asyncio.get_running_loop().time()):
            later = {"Retry-After": "1"}
            raise web.HTTPTooManyRequests(text="Too many submissions: come again later.\n", headers=later)
        try:
            handed_in = submission.decode(await _body(request))
            if handed_in.envelope.payload_type != ACT_TYPE:
                raise web.HTTPBadRequest(text="The envelope is not one of an act.\n")
        except RefusedError as error:
            raise web.HTTPBadRequest(text=f"This is no submission: {error}\n") from error
        return web.Response(body=await self._answer(handed_in), content_type="application/json")

    async def _answer(self, handed_in: Submission) -> bytes:
        metrics, ports = self._wiring.metrics, self._wiring.ports
        act = envelope.act_id(handed_in.envelope.payload)
        with metrics.submit_seconds.time(), ports.tracing.span("gateway.submit", act):
            answer = await ports.submitter.submit(handed_in)
        metrics.submissions.labels(answer.reason if isinstance(answer, Unavailable) else _kind(answer)).inc()
        return encode_answer(answer)


def _kind(answer: Answer) -> str:
    return str(answer.__struct_config__.tag)


async def _body(request: web.Request) -> bytes:
    """The whole body, up to the size of a frame: this path alone takes more than the application does."""
    try:
        async with asyncio.timeout(BODY_WAIT_S):
            raw = b""
            async for part in request.content.iter_any():
                raw += part
                if len(raw) > FRAME_BYTES_MAX:
                    raise web.HTTPRequestEntityTooLarge(FRAME_BYTES_MAX, len(raw))
            return raw
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(text=f"Not within {BODY_WAIT_S:.0f} s.\n") from error
