"""Files by path, wherever they lie: in a folder, or behind an address that serves them."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import aiohttp

from tacit.cli.source import UnreadableError

FILE_BYTES_MAX: Final = 64 * 1_048_576
"""One file of a log or an archive: 256 envelopes of the largest size fit three times."""
FETCH_WAIT_S: Final = 30.0
FETCH_TRIES: Final = 3
PAUSE_S: Final = 0.5
NOT_FOUND: Final = frozenset({404, 410})


class Files(Protocol):
    """Files by path, divided by `/`."""

    def read(self, path: str) -> bytes | None:
        """What lies there; None if nothing does. Raises UnreadableError."""
        ...

    def names(self, folder: str, /) -> list[str]:
        """The names in a folder, sorted; none where there is no such folder, or where nobody lists it."""
        ...


class FolderFiles:
    """Files below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """Read it; a file that is too long to be one of an archive is not read."""
        try:
            with (self._folder / path).open("rb") as file:
                raw = file.read(FILE_BYTES_MAX + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise UnreadableError(f"{self._folder / path} cannot be read: {error.strerror}.") from error
        if len(raw) > FILE_BYTES_MAX:
            raise UnreadableError(f"{self._folder / path} is too long to be a file of an archive.")
        return raw

    def names(self, folder: str) -> list[str]:
        """List it; what begins with a dot is nobody's business."""
        try:
            return sorted(each.name for each in (self._folder / folder).iterdir() if not each.name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise UnreadableError(f"{self._folder / folder} cannot be read: {error.strerror}.") from error


class HttpFiles:
    """Files behind an address, which cannot be listed. A loop in a thread of its own fetches them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, session: aiohttp.ClientSession, address: str) -> None:
        self._loop, self._session, self._address = loop, session, address.rstrip("/")
        self._ahead: dict[str, Future[bytes | None]] = {}

    def read(self, path: str) -> bytes | None:
        """Fetch it, or take what was fetched ahead."""
        return (self._ahead.pop(path, None) or self._fetch(path)).result()

    def expect(self, path: str) -> None:
        """Begin to fetch what will soon be read."""
        self._ahead[path] = self._fetch(path)

    def names(self, _folder: str, /) -> list[str]:
        """Nobody lists a folder over HTTP."""
        return []

    def _fetch(self, path: str) -> Future[bytes | None]:
        return asyncio.run_coroutine_threadsafe(self._get(f"{self._address}/{path}"), self._loop)

    async def _get(self, url: str) -> bytes | None:
        reason = ""
        for _ in range(FETCH_TRIES):
            try:
                async with self._session.get(url, allow_redirects=False) as answer:
                    if answer.status in NOT_FOUND:
                        return None
                    if answer.ok and answer.status == 200:
                        return await _bounded(answer, url)
                    reason = f"status {answer.status}"
            except (aiohttp.ClientError, TimeoutError) as error:
                reason = str(error) or type(error).__name__
            await asyncio.sleep(PAUSE_S)
        raise UnreadableError(f"{url} cannot be read ({reason}): is the log served there?")


async def _bounded(answer: aiohttp.ClientResponse, url: str) -> bytes:
    raw = bytearray()
    async for part in answer.content.iter_chunked(65_536):
        raw += part
        if len(raw) > FILE_BYTES_MAX:
            raise UnreadableError(f"{url} is too long to be a file of a log.")
    return bytes(raw)


@contextmanager
def open_address(address: str) -> Iterator[HttpFiles]:
    """The files behind an address, within the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True, name="http")
    thread.start()
    session = asyncio.run_coroutine_threadsafe(_session(), loop).result(FETCH_WAIT_S)
    try:
        yield HttpFiles(loop, session, address)
    finally:
        asyncio.run_coroutine_threadsafe(session.close(), loop).result(FETCH_WAIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(FETCH_WAIT_S)
        loop.close()


async def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=FETCH_WAIT_S))
