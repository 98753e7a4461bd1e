"""What a witness asks of the world. Every promise is held by tests/contract/test_witness_store.py."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from tacit.ids import ActId
from tacit.record.attestation import Attestation
from tacit.witness.deciding import Held


class WitnessStore(Protocol):
    """What a witness must never forget. Returning from a method that changes means: it survives the loss of power.

    Raising `StoreError` means: it may or may not have changed; nothing may be handed out that depends on it.
    """

    async def held(self, origin: str) -> Held:
        """The last checkpoint cosigned for a log, `NOTHING` if none was."""
        ...

    async def note_of(self, origin: str, size: int) -> str | None:
        """The note of a checkpoint of this size that was cosigned before, as far back as the store remembers."""
        ...

    async def advance(self, origin: str, before: Held, after: Held) -> bool:
        """Put `after` in the place of `before`, at once and whole; False, and nothing changed, if that is not held."""
        ...

    async def attested(self, organisation: ActId, act: ActId) -> bytes | None:
        """The attestation of an act, as it was handed out first; None if there is none, or it was let go of."""
        ...

    async def last_attestation(self, organisation: ActId) -> Attestation | None:
        """The last of the chain in an organisation."""
        ...

    async def attest(self, before: Attestation | None, after: Attestation, signed: bytes) -> bool:
        """Put `after` at the end of the chain; False, and nothing changed, if `before` is not the end of it.

        With it the oldest are let go of that need not be kept (`tacit.witness.retaining`); never `after`.
        """
        ...

    async def keep(self, equivocation: bytes, asked: bytes) -> bool:
        """Keep evidence and the request that brought it, as files of their own; False if it is there already."""
        ...

    async def doubt(self, checkpoint: bytes) -> bool:
        """Keep a checkpoint that its log was not shown to have continued with, as a file of its own.

        False if it is there already, or too many are.
        """
        ...

    async def evidence(self) -> tuple[bytes, ...]:
        """All evidence that was kept, in the order of its files' names."""
        ...


class Forwarding(Protocol):
    """Sends a submission on. Raises nothing: who does not get it is told of in the log."""

    def forward(self, organisation: ActId, submission: bytes) -> None:
        """Send it on at once, to all addresses of an organisation, without waiting for them."""
        ...


class Source(Protocol):
    """Where the files of a log are read."""

    async def read(self, path: str) -> bytes:
        """The bytes under a path below the prefix of the log.

        Raises:
            MirrorError: they cannot be had.
        """
        ...


class Mirror(Source, Protocol):
    """Keeps the entries of a log, and serves its files to whoever asks."""

    @property
    def size(self) -> int:
        """How many entries are held."""
        ...

    async def hold(self, size: int, root: bytes) -> None:
        """Hold every entry of the tree with this size and root, durably.

        Raises:
            MirrorError: they cannot be had, or are not those of this tree.
        """
        ...


class LogFiles(NamedTuple):
    """Where the files of logs are, by origin: at the log's own address, and in a mirror."""

    logs: Mapping[str, Source]
    mirrors: Mapping[str, Mirror]


Clock = Callable[[], datetime]
"""The time, in UTC."""


class StoreError(Exception):
    """The store failed, or nobody can say whether it did."""


class MirrorError(Exception):
    """The entries under a checkpoint are not held."""
