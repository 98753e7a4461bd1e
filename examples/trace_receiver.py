"""A collector for traces in a few lines: takes OTLP over HTTP and prints each act from the gateway to the views.

    python examples/trace_receiver.py --port 4318 --count 1

and beside it

    tacit up --traces http://127.0.0.1:4318/v1/traces

Needs `aiohttp` and `opentelemetry-proto` (`make traces`), and nothing of Tacit. A real collector takes the same.
Documentation: docs/how-to/trace-an-act.md.
"""

import argparse
import asyncio
from collections import defaultdict
from collections.abc import Iterator

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PROTOBUF = "application/x-protobuf"
BODY_BYTES_MAX = 64 * 1024 * 1024
WHOLE = frozenset({"gateway.submit", "registrar.submit", "registrar.commit", "projector.fold"})
"""When spans of these names are there, the act has gone all the way."""


class Receiver:
    """Keeps spans by their trace until a trace is whole, then prints it."""

    def __init__(self, count: int) -> None:
        """End after `count` traces; below zero never."""
        self.left = count
        self.done = asyncio.Event()
        self._traces: defaultdict[bytes, list[tuple[str, Span]]] = defaultdict(list)

    async def take(self, request: web.Request) -> web.Response:
        """Take one export."""
        exported = ExportTraceServiceRequest.FromString(await request.read())
        for service, span in spans(exported):
            trace = self._traces[span.trace_id]
            trace.append((service, span))
            if {each.name for _, each in trace} >= WHOLE and self.left:
                self.left -= 1
                print("\n".join(drawn(self._traces.pop(span.trace_id))), flush=True)
        if self.left == 0:
            self.done.set()
        return web.Response(body=ExportTraceServiceResponse().SerializeToString(), content_type=PROTOBUF)


def spans(exported: ExportTraceServiceRequest) -> Iterator[tuple[str, Span]]:
    """Every span, with the service that made it."""
    for of_service in exported.resource_spans:
        service = next(each.value.string_value for each in of_service.resource.attributes if each.key == "service.name")
        for scope in of_service.scope_spans:
            yield from ((service, span) for span in scope.spans)


def drawn(trace: list[tuple[str, Span]]) -> list[str]:
    """One line for the trace and one for each span: when it began, how long it took, below which one, of what."""
    trace.sort(key=lambda each: (each[1].start_time_unix_nano, -each[1].end_time_unix_nano))
    start_ns = trace[0][1].start_time_unix_nano
    known = {span.span_id: span for _, span in trace}
    lines = [f"trace {trace[0][1].trace_id.hex()}"]
    for service, span in trace:
        depth, above = 0, known.get(span.parent_span_id)
        while above is not None:
            depth, above = depth + 1, known.get(above.parent_span_id)
        begun_ms = (span.start_time_unix_nano - start_ns) / 1e6
        took_ms = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6
        told = " ".join(
            f"{each.key.removeprefix('tacit.')}={each.value.string_value or each.value.int_value}"
            for each in span.attributes
            if each.key != "tacit.act"
        )
        lines.append(f"{begun_ms:9.2f} ms {took_ms:9.2f} ms  {'  ' * depth}{span.name}  {service}  {told}".rstrip())
    return lines


async def receive(port: int, count: int) -> None:
    """Listen on loopback until so many acts have been printed."""
    receiver = Receiver(count)
    app = web.Application(client_max_size=BODY_BYTES_MAX)
    app.add_routes([web.post("/v1/traces", receiver.take)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        print(f"http://127.0.0.1:{site.port}/v1/traces", flush=True)
        await receiver.done.wait()
    finally:
        await runner.cleanup()


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description="Print the trace of each act that has gone all the way.")
    parser.add_argument("--port", type=int, default=4318, help="0: any free one; the first line says which")
    parser.add_argument("--count", type=int, default=-1, help="end after so many acts")
    return parser.parse_args()


if __name__ == "__main__":
    asked = arguments()
    asyncio.run(receive(asked.port, asked.count))
