"""Detached bodies that were asked for and have not come."""

import asyncio

from tacit.client.errors import ClientError
from tacit.detached import Detached


class Fetches:
    """By the index of the act whose body it is."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[Detached | None]] = {}
        self._refs: dict[int, int] = {}

    def add(self, index: int) -> asyncio.Future[Detached | None]:
        """Ask for a body; asking twice waits for the same answer."""
        return self._waiting.setdefault(index, asyncio.get_running_loop().create_future())

    def waiting(self) -> list[int]:
        """Every index without an answer."""
        return list(self._waiting)

    def sent(self, ref: int, index: int) -> None:
        """Note under which ref the answer will come on this connection."""
        self._refs[ref] = index

    def reconnected(self) -> None:
        """Forget the refs of the connection before."""
        self._refs.clear()

    def arrived(self, ref: int, body: Detached | None) -> None:
        """The body came, or the word that there is none for us."""
        found = self._waiting.pop(self._refs.pop(ref, -1), None)
        if found is not None and not found.done():
            found.set_result(body)

    def failed(self, ref: int, error: ClientError) -> None:
        """This question has no answer."""
        found = self._waiting.pop(self._refs.pop(ref, -1), None)
        if found is not None and not found.done():
            found.set_exception(error)
            found.exception()

    def unavailable(self, ref: int) -> int | None:
        """Nobody can say now: the index to ask for again."""
        return self._refs.pop(ref, None)
