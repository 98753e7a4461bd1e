"""Acts that were handed in and not answered: the same bytes go out again until the registrar has answered. Pure."""

import asyncio

from tacit.client.errors import ActRefusedError, ClientError
from tacit.ids import ActId
from tacit.record import Leaf, Refusal
from tacit.submission import Submission


class Outbox:
    """What waits for an answer, in the order in which it was handed in."""

    def __init__(self) -> None:
        self._waiting: dict[ActId, tuple[Submission, asyncio.Future[Leaf]]] = {}
        self._refs: dict[int, ActId] = {}

    def add(self, act: ActId, submission: Submission) -> asyncio.Future[Leaf]:
        """Keep an act until it is answered. Handing in the same act again waits for the same answer."""
        if act not in self._waiting:
            self._waiting[act] = (submission, asyncio.get_running_loop().create_future())
        return self._waiting[act][1]

    def submission(self, act: ActId) -> Submission | None:
        """What is to be sent for an act, if it still waits."""
        found = self._waiting.get(act)
        return found[0] if found else None

    def waiting(self) -> list[ActId]:
        """Every act without an answer, oldest first."""
        return list(self._waiting)

    def sent(self, ref: int, act: ActId) -> None:
        """Note under which ref the answer will come on this connection."""
        self._refs[ref] = act

    def reconnected(self) -> None:
        """Forget the refs of the connection before."""
        self._refs.clear()

    def recorded(self, ref: int, leaf: Leaf) -> None:
        """A receipt came."""
        found = self._answered(ref)
        if found is not None and not found.done():
            found.set_result(leaf)

    def refused(self, ref: int, refusal: Refusal) -> None:
        """A signed refusal came."""
        self.failed(ref, ActRefusedError(refusal))

    def failed(self, ref: int, error: ClientError) -> None:
        """The act under this ref will never be answered otherwise."""
        found = self._answered(ref)
        if found is not None and not found.done():
            found.set_exception(error)
            # Whoever handed it in may have stopped waiting; then nobody is to be warned of an unread error.
            found.exception()

    def unavailable(self, ref: int) -> ActId | None:
        """Nobody can say: the act to send again."""
        return self._refs.pop(ref, None)

    def _answered(self, ref: int) -> asyncio.Future[Leaf] | None:
        act = self._refs.pop(ref, None)
        found = self._waiting.pop(act, None) if act is not None else None
        return found[1] if found else None
