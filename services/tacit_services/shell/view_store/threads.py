"""`ViewStore` off the loop: one thread writes, a few others read, each with a connection of its own."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from tacit_services.ports import StoreFailedError
from tacit_services.shell.view_store.file import BUSY_WAIT_S, ViewFile
from tacit_services.views import Page, Question, Stand, Table, Written

T = TypeVar("T")

READERS: Final = 3
"""Threads that read: a question that takes long leaves the others to those that do not."""
CALL_WAIT_S: Final = 60.0
"""For one call; dropping an old generation of a long record takes its time."""

assert BUSY_WAIT_S < CALL_WAIT_S


class ThreadedViews:
    """Views in the file at `path`. A context manager: leaving it closes the file."""

    def __init__(self, path: Path, organisation: str) -> None:
        self._writer = _Hand(lambda: ViewFile(path, organisation), "views-write")
        self._readers = [
            _Hand(lambda: ViewFile(path, organisation), f"views-read-{number}") for number in range(READERS)
        ]
        self._idle: asyncio.LifoQueue[_Hand] = asyncio.LifoQueue()
        for hand in self._readers:
            self._idle.put_nowait(hand)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for hand in (*self._readers, self._writer):
            hand.close()

    async def begin(self, table: Table) -> Stand:
        """In the thread that writes."""
        return await self._writer.do(lambda file: file.begin(table))

    async def write(self, written: Sequence[Written]) -> None:
        """One transaction."""
        await self._writer.do(lambda file: file.write(written))

    async def swap(self, name: str, generation: int) -> None:
        """One transaction."""
        await self._writer.do(lambda file: file.swap(name, generation))

    async def stop(self, name: str, generation: int, index: int) -> None:
        """One statement."""
        await self._writer.do(lambda file: file.stop(name, generation, index))

    async def stands(self) -> list[Stand]:
        """In a thread that reads."""
        return await self._read(ViewFile.stands)

    async def select(self, question: Question) -> Page:
        """In a thread that reads: what is written meanwhile does not make it wait."""
        return await self._read(lambda file: file.select(question))

    async def _read(self, work: Callable[[ViewFile], T]) -> T:
        hand = await self._idle.get()
        try:
            return await hand.do(work)
        finally:
            self._idle.put_nowait(hand)


class _Hand:
    """One thread and its connection, opened when it is first needed."""

    def __init__(self, open_file: Callable[[], ViewFile], name: str) -> None:
        self._open = open_file
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._file: ViewFile | None = None

    async def do(self, work: Callable[[ViewFile], T]) -> T:
        try:
            async with asyncio.timeout(CALL_WAIT_S):
                return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._work(work))
        except (sqlite3.Error, OSError) as error:
            raise StoreFailedError("store_error") from error
        except TimeoutError as error:
            raise StoreFailedError("timeout") from error

    def _work(self, work: Callable[[ViewFile], T]) -> T:
        if self._file is None:
            self._file = self._open()
        return work(self._file)

    def close(self) -> None:
        if self._file is not None:
            self._thread.submit(self._file.close)
        self._thread.shutdown()
