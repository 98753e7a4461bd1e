"""Spans of acts, by the API of OpenTelemetry. A journey notes times only; its spans are made when it has ended."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import time_ns
from typing import Final, Protocol

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    TraceFlags,
    Tracer,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tacit.ids import ActId
from tacit_services.tracing import ATTRIBUTES, CALLER, SpanName, Stage

TRACEPARENT: Final = "traceparent"
SUBMIT: Final = "registrar.submit"
WORD_CHARS_MAX: Final = 128
"""The longest text that an attribute may hold; ids have 64 characters."""
TRACE_HEX: Final = slice(0, 32)
SPAN_HEX: Final = slice(32, 48)

W3C: Final = TraceContextTextMapPropagator()


class Ids(Protocol):
    """Where the ids of the next span are chosen; None leaves one to chance."""

    trace_id: int | None
    span_id: int | None


def trace_of(act: ActId) -> int:
    """The id of an act's trace: the first sixteen bytes of a SHA-256, so as good as random."""
    return int(act[TRACE_HEX], 16)


def commit_of(act: ActId) -> int:
    """The id of the span that put an act into the record: of these there is one, and what follows hangs on it."""
    return int(act[SPAN_HEX], 16)


def attributes(**found: str | int | None) -> Mapping[str, str | int]:
    """The listed ones of these, without those that are None. Raises KeyError for one that is not listed."""
    named = {f"tacit.{name}": value for name, value in found.items()}
    if unlisted := named.keys() - ATTRIBUTES:
        raise KeyError(*sorted(unlisted))
    return {
        name: value[:WORD_CHARS_MAX] if isinstance(value, str) else value
        for name, value in named.items()
        if value is not None
    }


class SpanTracing:
    """`Tracing` of one service."""

    def __init__(self, tracer: Tracer, ids: Ids) -> None:
        self._tracer = tracer
        self._ids = ids

    def journey(self, caller: str | None) -> "SpanJourney":
        """It notes when."""
        return SpanJourney(self, caller, time_ns())

    @contextmanager
    def span(self, name: SpanName, act: ActId) -> Iterator["SpanOutcome"]:
        """A span at the top of the act's trace."""
        span = self.start(name, act, kind=SpanKind.SERVER)
        carrier: dict[str, str] = {}
        W3C.inject(carrier, set_span_in_context(span))
        token = CALLER.set(carrier.get(TRACEPARENT))
        try:
            yield SpanOutcome(span)
        finally:
            CALLER.reset(token)
            span.end()

    def now_ns(self) -> int:
        """The clock of this machine."""
        return time_ns()

    def told(self, name: SpanName, act: ActId, index: int, begun_ns: int) -> None:
        """A span below the one that put the act into the record, wherever that was made."""
        commit = SpanContext(trace_of(act), commit_of(act), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
        span = self.start(name, act, parent=commit, begun_ns=begun_ns, kind=SpanKind.CONSUMER)
        span.set_attributes(attributes(index=index))
        span.end()

    def start(
        self,
        name: str,
        act: ActId | None,
        *,
        parent: SpanContext | None = None,
        linked: SpanContext | None = None,
        begun_ns: int | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> Span:
        """Begin a span below another one, or at the top of the act's trace."""
        self._ids.trace_id = trace_of(act) if act is not None else None
        context = set_span_in_context(NonRecordingSpan(parent), Context()) if parent else Context()
        links = [Link(linked)] if linked else []
        try:
            span = self._tracer.start_span(name, context, kind, attributes(act=act), links, begun_ns)
        finally:
            self._ids.trace_id = None
        return span

    def commit(self, name: str, act: ActId, parent: SpanContext, begun_ns: int) -> Span:
        """Begin the span on which hangs whatever follows from the record."""
        self._ids.span_id = commit_of(act)
        try:
            return self.start(name, act, parent=parent, begun_ns=begun_ns)
        finally:
            self._ids.span_id = None


class SpanOutcome:
    """Says on a span what became of the act."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def outcome(self, word: str, index: int | None = None, rule: str | None = None) -> None:
        """As attributes."""
        self._span.set_attributes(attributes(outcome=word, index=index, rule=rule))


class SpanJourney:
    """`Journey`: one span from arrival to answer, and below it one for each stage."""

    def __init__(self, tracing: SpanTracing, caller: str | None, begun_ns: int) -> None:
        self._tracing = tracing
        self._caller = caller
        self._act: ActId | None = None
        self._stages: list[tuple[Stage, int]] = [("arrive", begun_ns)]
        self._outcome: tuple[str, int | None, str | None] = ("unavailable", None, None)

    def of(self, act: ActId) -> None:
        """Note it."""
        self._act = act

    def stage(self, stage: Stage) -> None:
        """Note when."""
        self._stages.append((stage, time_ns()))

    def outcome(self, word: str, index: int | None = None, rule: str | None = None) -> None:
        """Note it."""
        self._outcome = (word, index, rule)

    def end(self) -> None:
        """Make the spans."""
        ended_ns = time_ns()
        whole = self._begin()
        if whole.is_recording():
            word, index, rule = self._outcome
            whole.set_attributes(attributes(outcome=word, index=index, rule=rule))
            ends_ns = [*(begun_ns for _, begun_ns in self._stages[1:]), ended_ns]
            for (stage, begun_ns), end_ns in zip(self._stages, ends_ns, strict=True):
                self._stage(stage, whole.get_span_context(), begun_ns).end(end_ns)
        whole.end(ended_ns)

    def _begin(self) -> Span:
        caller = _read(self._caller)
        (_, begun_ns), act = self._stages[0], self._act
        # A caller may say where in the act's own trace it stands. Any other trace is the caller's: it is linked.
        within = caller is not None and (act is None or caller.trace_id == trace_of(act))
        parent, linked = (caller, None) if within else (None, caller)
        return self._tracing.start(SUBMIT, act, parent=parent, linked=linked, begun_ns=begun_ns, kind=SpanKind.SERVER)

    def _stage(self, stage: Stage, whole: SpanContext, begun_ns: int) -> Span:
        name = f"registrar.{stage}"
        if stage == "commit" and self._act is not None and self._outcome[0] == "recorded":
            return self._tracing.commit(name, self._act, whole, begun_ns)
        return self._tracing.start(name, self._act, parent=whole, begun_ns=begun_ns)


def _read(traceparent: str | None) -> SpanContext | None:
    if traceparent is None:
        return None
    found = get_current_span(W3C.extract({TRACEPARENT: traceparent}, Context())).get_span_context()
    return found if found.is_valid else None
