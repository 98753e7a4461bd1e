"""The SDK's side: providers, ids, sampling, exporters. Nothing of the environment is read for what we set here."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from tacit_services.shell.traces.spans import SpanTracing
from tacit_services.tracing import Traced

CONSOLE: Final = "-"
SPANS_WAITING_MAX: Final = 8_192
"""Finished spans that wait to be sent; beyond it they are lost."""
SEND_EVERY_S: Final = 1.0
SEND_WAIT_S: Final = 3.0
"""For one export, its repetitions included; a thread of its own waits."""
SERVICE: Final = "tacit-"

log = structlog.get_logger()


class ChosenIds(RandomIdGenerator):
    """Random ids, or the ones that were chosen for the next span."""

    def __init__(self) -> None:
        self.trace_id: int | None = None
        self.span_id: int | None = None

    def generate_trace_id(self) -> int:
        """Give the one that was chosen."""
        return super().generate_trace_id() if self.trace_id is None else self.trace_id

    def generate_span_id(self) -> int:
        """Give the one that was chosen."""
        return super().generate_span_id() if self.span_id is None else self.span_id


@contextmanager
def exporter_to(target: str) -> Iterator[SpanExporter]:
    """What takes spans there, within the block. Raises OSError on entering where a file cannot be written."""
    if target.startswith(("http://", "https://")):
        yield OTLPSpanExporter(endpoint=target, timeout=SEND_WAIT_S)
    elif target == CONSOLE:
        yield ConsoleSpanExporter(out=sys.stderr, formatter=_line)
    else:
        with Path(target).open("a", encoding="utf-8") as stream:
            yield ConsoleSpanExporter(out=stream, formatter=_line)


def _line(span: ReadableSpan) -> str:
    line: str = span.to_json(indent=None)
    return f"{line}\n"


@contextmanager
def tracing_by(exporter: SpanExporter, ratio: float) -> Iterator[Traced]:
    """Within the block, hand spans to an exporter, in a thread beside the loop."""
    processor = BatchSpanProcessor(
        exporter,
        max_queue_size=SPANS_WAITING_MAX,
        schedule_delay_millis=SEND_EVERY_S * 1_000,
        max_export_batch_size=512,
        export_timeout_millis=SEND_WAIT_S * 1_000,
    )
    with _failures_logged():
        try:
            yield traced_by(processor, ratio)
        finally:
            processor.shutdown()  # type: ignore[no-untyped-call]  # the SDK leaves it so


def traced_by(processor: SpanProcessor, ratio: float = 1.0) -> Traced:
    """One provider for each service, since its name belongs to the resource; all of them feed one processor."""

    def traced(service: str) -> SpanTracing:
        ids = ChosenIds()
        provider = TracerProvider(
            # By the trace id alone, thus by the act: every service keeps the same ones.
            sampler=TraceIdRatioBased(ratio),
            resource=Resource({"service.name": SERVICE + service}),
            id_generator=ids,
            shutdown_on_exit=False,
        )
        provider.add_span_processor(processor)
        return SpanTracing(provider.get_tracer("tacit_services"), ids)

    return traced


class _ToOurLog(logging.Handler):
    """The library says in text what failed; the log gets the fact, and the text stays out."""

    def emit(self, record: logging.LogRecord) -> None:
        log.warning("traces_not_sent", cause=record.module)


@contextmanager
def _failures_logged() -> Iterator[None]:
    library, handler = logging.getLogger("opentelemetry"), _ToOurLog(logging.WARNING)
    library.addHandler(handler)
    propagated, library.propagate = library.propagate, False
    try:
        yield
    finally:
        library.removeHandler(handler)
        library.propagate = propagated
