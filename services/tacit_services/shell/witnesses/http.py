"""A witness over HTTP (C2SP `tlog-witness`): statuses become errors, answers stay bytes."""

from typing import Final

import aiohttp

from tacit.errors import RefusedError
from tacit.limits import LOG_ENTRY_BYTES_MAX
from tacit.record.add_checkpoint import ADD_CHECKPOINT, SIZE_TYPE, AddCheckpoint, monitoring_path, read_size
from tacit.record.note import parse_note
from tacit.record.proofs import Proof
from tacit.record.tiles import TILE_WIDTH, Tile
from tacit_services.witnessing import WitnessRefusedError, WitnessSizeError, WitnessUnreachableError

CALL_WAIT_S: Final = 10.0
"""For one question and its answer."""
ANSWER_BYTES_MAX: Final = 65_536
"""A few lines of either type."""
TILE_BYTES_MAX: Final = TILE_WIDTH * (2 + LOG_ENTRY_BYTES_MAX)
"""Of a bundle whose entries are as long as they can be."""
OK: Final = 200
NOT_FOUND: Final = 404
CONFLICT: Final = 409
SERVER_FAULTS: Final = 500


class HttpWitness:
    """The witness at a prefix such as `https://witness.example/`. The session outlives it."""

    def __init__(self, session: aiohttp.ClientSession, prefix: str) -> None:
        self._session = session
        self._prefix = prefix.rstrip("/")

    async def cosign(self, old: int, proof: Proof, checkpoint: bytes) -> bytes:
        """POST it."""
        body = AddCheckpoint(old, proof, parse_note(checkpoint)).encode()
        status, kind, answer = await self._ask("POST", ADD_CHECKPOINT, body)
        if status == CONFLICT and kind == SIZE_TYPE:
            try:
                raise WitnessSizeError(read_size(answer))
            except RefusedError as error:
                raise WitnessUnreachableError from error
        if status != OK:
            raise WitnessRefusedError(status)
        return answer

    async def latest(self, origin: str) -> bytes | None:
        """GET it."""
        status, _, answer = await self._ask("GET", monitoring_path(origin), None)
        if status == NOT_FOUND:
            return None
        if status != OK:
            raise WitnessRefusedError(status)
        return answer

    async def tile(self, origin: str, tile: Tile) -> bytes | None:
        """GET it beside the checkpoint."""
        path = f"{monitoring_path(origin).partition('/')[0]}/{tile.path}"
        status, _, answer = await self._ask("GET", path, None, TILE_BYTES_MAX)
        if status == NOT_FOUND:
            return None
        if status != OK:
            raise WitnessRefusedError(status)
        return answer

    async def _ask(
        self, method: str, path: str, body: bytes | None, bytes_max: int = ANSWER_BYTES_MAX
    ) -> tuple[int, str, bytes]:
        wait = aiohttp.ClientTimeout(total=CALL_WAIT_S)
        url = f"{self._prefix}/{path}"
        try:
            async with self._session.request(method, url, data=body, timeout=wait, allow_redirects=False) as response:
                answer = b""
                async for chunk in response.content.iter_any():
                    answer += chunk
                    if len(answer) > bytes_max:
                        raise WitnessUnreachableError
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            raise WitnessUnreachableError from error
        if response.status >= SERVER_FAULTS:
            raise WitnessUnreachableError
        return response.status, response.content_type, answer
