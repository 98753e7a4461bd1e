"""The way of an act through the services, told to whoever wants to know; and beside it the one that tells nobody.

An act has one trace, and its id is found from the act (ADR 0039). So whoever holds an entry can tell what it did with
it, and nothing about traces is written into the record. Where nobody wants to know, a call here does nothing. This
room knows no library; what a span may say is a closed list: names and attributes of ours, never content, never a key.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Final, Literal, Protocol

from tacit.ids import ActId

Stage = Literal["arrive", "verify", "judge", "wait", "commit", "answer"]
"""What the registrar does with a submission; each stage lasts until the next begins.

`arrive`: stamped, not read yet. `verify`: read, signatures checked. `judge`: the rules. `wait`: for the append before.
`commit`: into the store. `answer`: signed and handed out.
"""
SpanName = Literal["gateway.submit", "projector.fold"]

ATTRIBUTES: Final = frozenset({"tacit.act", "tacit.index", "tacit.outcome", "tacit.rule"})
"""What a span may say beside its name and its times: which act, where it stands, what became of it, by which rule."""

CALLER: Final[ContextVar[str | None]] = ContextVar("traceparent", default=None)
"""The W3C `traceparent` of the span within which something is handed on, for whatever hands it on."""


class Outcome(Protocol):
    """Takes what became of an act."""

    def outcome(self, word: str, index: int | None = None, rule: str | None = None) -> None:
        """What became of it, in a word of ours; told again, the last counts. Never raises."""
        ...


class Journey(Outcome, Protocol):
    """One submission on its way through the registrar. Nothing of it raises or waits."""

    def of(self, act: ActId) -> None:
        """It carries this act."""
        ...

    def stage(self, stage: Stage) -> None:
        """This stage begins, and the one before ends."""
        ...

    def end(self) -> None:
        """It was answered: nothing more is told."""
        ...


class Tracing(Protocol):
    """What one service tells."""

    def journey(self, caller: str | None) -> Journey:
        """A submission has arrived; `caller` is the `traceparent` that came with it, if any. It is not believed."""
        ...

    def span(self, name: SpanName, act: ActId) -> AbstractContextManager[Outcome]:
        """What is done with an act, from the beginning of the block to its end; within it, `CALLER` is set."""
        ...

    def now_ns(self) -> int:
        """Nanoseconds since 1970, for `told`."""
        ...

    def told(self, name: SpanName, act: ActId, index: int, begun_ns: int) -> None:
        """Something was done with a recorded act, from `begun_ns` until now."""
        ...


class Untraced:
    """Nobody wants to know: `Tracing`, and a `Journey`, that do nothing."""

    def journey(self, caller: str | None) -> "Untraced":  # noqa: ARG002 - an adapter takes every argument of its port
        """Itself."""
        return self

    @contextmanager
    def span(self, name: SpanName, act: ActId) -> Iterator["Untraced"]:  # noqa: ARG002 - the same
        """Nothing is set."""
        yield self

    def now_ns(self) -> int:
        """No time at all."""
        return 0

    def told(self, name: SpanName, act: ActId, index: int, begun_ns: int) -> None:
        """Nobody listens."""

    def of(self, act: ActId) -> None:
        """Nobody listens."""

    def stage(self, stage: Stage) -> None:
        """Nobody listens."""

    def outcome(self, word: str, index: int | None = None, rule: str | None = None) -> None:
        """Nobody listens."""

    def end(self) -> None:
        """Nobody listens."""


UNTRACED: Final = Untraced()

Traced = Callable[[str], Tracing]
"""Gives each service, by its name, what it tells to."""


def untraced(_service: str) -> Tracing:
    """Give every service the one that tells nobody."""
    return UNTRACED
