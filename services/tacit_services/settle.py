"""How an unknown outcome becomes a known one: repeat, then compare.

Looking at the tail alone is not safe. A store that was paused may still carry out what it was sent, after the look and
before the next append. But of one message at one place there can be only one copy: so the same bytes are sent again
under the same expected sequence, until the store has either taken them or shows what stands in their place. Works on
the port, thus on every adapter, and in virtual time.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
import structlog

from tacit_services.ports import (
    READ_MESSAGES_MAX,
    EventStore,
    FencedError,
    NewMessage,
    OutcomeUnknownError,
    RecordGapError,
    StoreFailedError,
    WrongLastSequenceError,
)

Sleep = Callable[[float], Awaitable[None]]

log = structlog.get_logger()


class SettleLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long an outcome may stay unknown: tries, and the pauses between them, which double."""

    tries_max: int = 40
    pause_first_s: float = 0.05
    pause_max_s: float = 1.0


SETTLE_LIMITS: Final = SettleLimits()
"""About 36 seconds of pauses: longer than a server takes to restart or a cluster to elect."""


async def append_settled(
    store: EventStore,
    messages: Sequence[NewMessage],
    expected_last: int,
    *,
    sleep: Sleep,
    limits: SettleLimits = SETTLE_LIMITS,
) -> int:
    """Append as `EventStore.append` does, and return its last sequence, once that is certain.

    Raises `FencedError` (another writer's message stands in our place: step down), `StoreFailedError` (nothing is
    stored and nothing is on the way), `RecordGapError`, `CallRefusedError`; and `OutcomeUnknownError` when the limits
    are spent, which is for good: this process may answer nobody any more, and must start anew from the record.
    """
    place, rest = expected_last, messages
    clean = True  # nothing of ours is stored, and nothing can be on its way
    pause_s = limits.pause_first_s
    for tried in range(1, limits.tries_max + 1):
        try:
            return await store.append(rest, place)
        except OutcomeUnknownError:
            clean = False
            _tell(place, rest, tried, "outcome_unknown")
        except StoreFailedError as error:
            if clean:
                raise
            _tell(place, rest, tried, error.reason)
        except WrongLastSequenceError:
            held = await _held(store, rest, place)
            if held == len(rest):
                return place + held
            place, rest = place + held, rest[held:]
            clean = clean and held == 0
            if held:
                continue
        await sleep(pause_s)
        pause_s = min(pause_s * 2, limits.pause_max_s)
    raise OutcomeUnknownError


def _tell(place: int, rest: Sequence[NewMessage], tried: int, reason: str) -> None:
    """Say each time: it may go on for minutes, in which nobody is answered."""
    log.warning("append_unsettled", after=place, count=len(rest), times=tried, reason=reason)


async def _held(store: EventStore, messages: Sequence[NewMessage], after: int) -> int:
    """Return how many of the messages stand after `after`, 0 also if the store cannot tell now.

    Raises FencedError if other bytes stand there, RecordGapError if the store ends before `after`.
    """
    try:
        found = await store.read(after + 1, min(len(messages), READ_MESSAGES_MAX))
        last = after if found else await store.last_sequence()
    except StoreFailedError:
        return 0
    if last < after:
        raise RecordGapError(last + 1)
    for ours, theirs in zip(messages, found, strict=False):
        if (ours.subject, ours.data) != (theirs.subject, theirs.data):
            raise FencedError(theirs.sequence)
    return len(found)
