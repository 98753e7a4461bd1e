"""Where traces go: nowhere, to a collector (OTLP over HTTP), or as lines of JSON into a file or to standard error."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Final

from tacit_services.shell.errors import OperatorError
from tacit_services.tracing import Traced, untraced

LIBRARIES: Final = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


class TracesMissingError(OperatorError):
    """What makes and sends spans is an extra, and is not installed."""

    def __init__(self) -> None:
        super().__init__("Traces need more than is installed here: `make traces`, or install tacit-services[traces].")


class BadTargetError(OperatorError):
    """Traces can go nowhere like that."""

    def __init__(self, found: str) -> None:
        super().__init__(f"Traces cannot go to {found}: name an http(s) URL, a file that can be written, or `-`.")


@contextmanager
def traces_to(target: str, ratio: float = 1.0) -> Iterator[Traced]:
    """Within the block, tell traces to `target`: nobody (""), an OTLP endpoint (a URL), `-`, or a file.

    `ratio` of all acts are told of, the same acts by every service that is given the same ratio. On leaving, what has
    not gone out yet is sent, or given up after `SEND_WAIT_S`. Where a collector takes nothing, spans are lost and
    nothing else happens.

    Raises `TracesMissingError`, `BadTargetError`.
    """
    if not target:
        yield untraced
        return
    if not _installed():
        raise TracesMissingError
    # Only here: who does not ask for traces does not pay for the import.
    from tacit_services.shell.traces import exporting  # noqa: PLC0415 - see above

    with ExitStack() as stack:
        try:
            exporter = stack.enter_context(exporting.exporter_to(target))
        except OSError as error:
            raise BadTargetError(target) from error
        yield stack.enter_context(exporting.tracing_by(exporter, ratio))


def _installed() -> bool:
    try:
        return all(find_spec(each) is not None for each in LIBRARIES)
    except ModuleNotFoundError:  # a package above it is not there either
        return False
