"""What a player of scenarios needs from the world, as a promise. No IO here."""

from datetime import datetime
from typing import Protocol

from tacit.compose import Author
from tacit.detached import Detached
from tacit.envelope import Envelope
from tacit.record import Entry, Leaf


class Desk(Protocol):
    """Everybody's desk at once: it hands in signed acts, and reads the record as it grows."""

    def now(self) -> datetime:
        """The time in UTC."""
        ...

    async def sleep_until(self, instant: datetime) -> None:
        """Return when `now() >= instant`, at once if that is past."""
        ...

    async def submit(self, author: Author, envelope: Envelope, detached: Detached | None) -> Leaf:
        """Hand in an act over the author's own connection. Returning means: it is durable in the record, at this leaf.

        Raises `RefusedError` with the rule of a signed refusal. A desk that gets no answer hands in the same bytes
        again until it has one; it gives up, and says so, by raising an error that is no `TacitError`.
        """
        ...

    async def entry(self, index: int) -> Entry | None:
        """The entry at an index, None where what the record holds is no entry; waits until it is there.

        Raises `TimeoutError` when nothing more is coming.
        """
        ...
