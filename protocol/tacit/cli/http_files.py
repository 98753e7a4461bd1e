"""Files behind an address that serves them."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from tacit.cli.files import bytes_max
from tacit.cli.patience import FETCH_BYTES_PER_S_MIN, Patience
from tacit.cli.source import UnreadableError

FETCH_WAIT_S: Final = 15.0
"""For a connection, and for the next byte on it; then the file is asked for again."""
FETCH_TRIES: Final = 3
PAUSE_S: Final = 0.5
NOT_FOUND: Final = frozenset({404, 410})


class TooSlowError(UnreadableError):
    """The address gives, but so little that reading it would have no end."""

    def __init__(self, address: str, patience: Patience) -> None:
        super().__init__(
            f"{address} is too slow: {patience.octets} bytes in {patience.waited_s:.0f} s of waiting, where "
            f"{FETCH_BYTES_PER_S_MIN} a second are due and {patience.spare_s:g} s to spare. Name another copy of the "
            f"log, or wait longer (tacit verify --patience SECONDS)."
        )


class HttpFiles:
    """Files behind an address, which cannot be listed. A loop in a thread of its own fetches them."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, session: aiohttp.ClientSession, address: str, patience: Patience
    ) -> None:
        self._loop, self._session, self._address = loop, session, address.rstrip("/")
        self._patience = patience
        self._ahead: dict[str, Future[bytes | None]] = {}

    def read(self, path: str) -> bytes | None:
        """Fetch it, or take what was fetched ahead. Waits no longer than patience lasts."""
        file = self._ahead.pop(path, None) or self._fetch(path)
        begun = time.monotonic()
        while (left_s := self._patience.left_s - (time.monotonic() - begun)) > 0:
            with suppress(TimeoutError):
                found = file.result(left_s)
                self._patience.waited(time.monotonic() - begun)
                return found
        file.cancel()
        self._patience.waited(time.monotonic() - begun)
        raise TooSlowError(self._address, self._patience)

    def expect(self, path: str) -> None:
        """Begin to fetch what will soon be read."""
        self._ahead[path] = self._fetch(path)

    def forget(self) -> None:
        """Fetch nothing more of what nobody will read."""
        for each in self._ahead.values():
            each.cancel()

    def names(self, _folder: str, /) -> list[str]:
        """Nobody lists a folder over HTTP."""
        return []

    def _fetch(self, path: str) -> Future[bytes | None]:
        return asyncio.run_coroutine_threadsafe(self._get(f"{self._address}/{path}", bytes_max(path)), self._loop)

    async def _get(self, url: str, most: int) -> bytes | None:
        reason = ""
        for _ in range(FETCH_TRIES):
            try:
                async with self._session.get(url, allow_redirects=False) as answer:
                    if answer.status in NOT_FOUND:
                        return None
                    if answer.ok and answer.status == 200:
                        return await self._bounded(answer, most)
                    reason = f"status {answer.status}"
            except (aiohttp.ClientError, TimeoutError) as error:
                reason = str(error) or type(error).__name__
            await asyncio.sleep(PAUSE_S)
        raise UnreadableError(f"{url} cannot be read ({reason}): is the log served there?")

    async def _bounded(self, answer: aiohttp.ClientResponse, most: int) -> bytes:
        raw = bytearray()
        async for part in answer.content.iter_chunked(65_536):
            raw += part
            self._patience.took(len(part))
            if len(raw) > most:
                answer.close()  # the rest is nothing to wait for
                break
        return bytes(raw[: most + 1])


@contextmanager
def open_address(address: str, patience: Patience | None = None) -> Iterator[HttpFiles]:
    """The files behind an address, within the block. Raises UnreadableError."""
    try:
        names_host = bool(urlsplit(address).hostname) and urlsplit(address).port != 0
    except ValueError:
        names_host = False
    if not names_host:
        raise UnreadableError(f"{address} is no address: name one such as http://127.0.0.1:8081.")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True, name="http")
    thread.start()
    session = asyncio.run_coroutine_threadsafe(_session(), loop).result(FETCH_WAIT_S)
    files = HttpFiles(loop, session, address, patience or Patience())
    try:
        yield files
    finally:
        files.forget()
        asyncio.run_coroutine_threadsafe(session.close(), loop).result(FETCH_WAIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(FETCH_WAIT_S)
        loop.close()


async def _session() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=FETCH_WAIT_S, sock_read=FETCH_WAIT_S)
    return aiohttp.ClientSession(timeout=timeout)
