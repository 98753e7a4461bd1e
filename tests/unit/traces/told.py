"""Spans as a test looks at them: kept in memory, told by services that run in this process."""

from collections.abc import Mapping, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tacit_services.shell.traces.exporting import traced_by
from tacit_services.tracing import Traced


class Told:
    """What was told so far."""

    def __init__(self, ratio: float = 1.0) -> None:
        self._kept = InMemorySpanExporter()
        self.traced: Traced = traced_by(SimpleSpanProcessor(self._kept), ratio)

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self._kept.get_finished_spans()

    @property
    def names(self) -> list[str]:
        return sorted(span.name for span in self.spans)

    def named(self, name: str) -> ReadableSpan:
        """The one span of this name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def traces(self) -> set[int]:
        return {trace_id(span) for span in self.spans}


def trace_id(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.trace_id)


def span_id(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.span_id)


def said(span: ReadableSpan) -> Mapping[str, object]:
    return dict(span.attributes or {})
