"""Adapter of `Tracing` on OpenTelemetry. Importing it imports nothing of that library: only asking for traces does."""

from tacit_services.shell.traces.opening import BadTargetError, TracesMissingError, traces_to

__all__ = ["BadTargetError", "TracesMissingError", "traces_to"]
