"""What the registrar alone needs from the world, as promises. The fakes lie beside the adapters, in `shell`."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from tacit.ids import ActId, Digest
from tacit.reading import Place
from tacit.record.tiles import Tile
from tacit_services.copies import Seen
from tacit_services.ports import StoredMessage

T = TypeVar("T")

Reply = Callable[[bytes], None]
"""Takes one encoded answer. It never raises and never waits."""

Take = Callable[[bytes, Reply, str | None], None]
"""Takes one submission, how to answer it, and the `traceparent` that came with it. It never raises and never waits."""

Placed = tuple[ActId, int]
"""The act that stands at a place, and its index in the record."""

Row = tuple[Place, Placed]


class Workers(Protocol):
    """Threads for what is slow, pure and releases the interpreter: signatures."""

    def start(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Begin at once, without waiting; awaiting gives what `work` returns or raises."""
        ...


class ActIndex(Protocol):
    """Which act stands at which place, for repeats older than the recent ones. Not the truth: the record is.

    Its failures are failures of a store: nothing was done, and it may be tried again.
    """

    async def begin(self, organisation: ActId) -> int:
        """Open the index of an organisation and return how many entries of its record it has been told of.

        An index that cannot be read, or is another organisation's, is emptied. Raises `StoreFailedError`.
        """
        ...

    async def clear(self) -> None:
        """Forget everything. Raises `StoreFailedError`."""
        ...

    async def write(self, rows: Sequence[Row], size: int) -> None:
        """Add rows; from now on the first `size` entries are known. Raises `StoreFailedError`: then nothing is added.

        A row that is already there is left as it is.
        """
        ...

    async def find(self, places: Sequence[Place]) -> list[Placed | None]:
        """What stands at each place, in order; None where nothing is known. Raises `StoreFailedError`."""
        ...


class Elsewhere(Protocol):
    """Others who saw the record: the notary, projectors, gateways, a quorum of witnesses."""

    async def seen(self, organisation: ActId) -> list[Seen]:
        """How far each has seen the record; empty where nobody can say. Raises nothing."""
        ...

    async def held(self, organisation: ActId, holder: str, first: int, limit: int) -> list[StoredMessage]:
        """As `RecordCopy.held` of one that said so; none where it does not answer. Raises nothing."""
        ...

    async def body(self, organisation: ActId, holder: str, folder: str, digest: Digest) -> bytes | None:
        """As `RecordCopy.body` of one that said so; None where it does not answer. Raises nothing."""
        ...


class LeafMirror(Protocol):
    """One member's witness, and the leaves that it mirrors if it does.

    What it says is verified by the caller. Its failures are those of `tacit_services.witnessing`.
    """

    async def latest(self, origin: str) -> bytes | None:
        """The last checkpoint that it cosigned for this log; None if it never did.

        Raises `WitnessRefusedError`, `WitnessUnreachableError`.
        """
        ...

    async def tile(self, origin: str, tile: Tile) -> bytes | None:
        """A tile or bundle of this log; None where it is not mirrored there. Raises as `latest` does."""
        ...


class Requests(Protocol):
    """The door on the bus through which submissions come."""

    def listening(self, subject: str, take: Take) -> AbstractAsyncContextManager[None]:
        """Hand every request on `subject` to `take` within the block; after it nothing more is taken.

        Answers given within the block go out, also those given after the last request was taken. Raises
        `StoreFailedError` on entering where there is no connection now; it may be tried again.
        """
        ...
