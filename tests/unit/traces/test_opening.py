"""Traces are off unless they are asked for, and then cost no import; a collector that is gone stops nobody."""

import io
import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import tacit_services
from tacit_services.shell.log import log_to
from tacit_services.shell.traces import BadTargetError, TracesMissingError, opening, traces_to
from tacit_services.tracing import UNTRACED

ACT: Final = "ab" * 32
IMPORT_WAIT_S: Final = 60
NOBODY: Final = "http://127.0.0.1:9/v1/traces"
"""Port 9 of loopback: nobody listens there."""
ADAPTER: Final = ("tacit_services.shell.traces.spans", "tacit_services.shell.traces.exporting")
LOADED: Final = (
    "import importlib, sys; [importlib.import_module(each) for each in sys.argv[1:]]; print('\\n'.join(sys.modules))"
)


def shipped() -> list[str]:
    """Every module of the services but the adapter itself, and those that run when they are imported."""
    found = [each.name for each in pkgutil.walk_packages(tacit_services.__path__, "tacit_services.")]
    return [name for name in found if name not in ADAPTER and not name.endswith("__main__")]


def test_nothing_of_the_library_is_imported_unless_traces_are_asked_for() -> None:
    command = [sys.executable, "-c", LOADED, *shipped()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=IMPORT_WAIT_S, check=True)

    loaded = done.stdout.splitlines()
    assert "tacit_services.shell.traces.opening" in loaded
    assert [] == [name for name in loaded if name.startswith("opentelemetry")]


def test_without_a_target_nobody_is_told() -> None:
    with traces_to("") as traced:
        assert traced("gateway") is UNTRACED


def test_a_file_gets_one_line_of_json_for_each_span(tmp_path: Path) -> None:
    file = tmp_path / "spans.jsonl"
    with traces_to(str(file)) as traced, traced("gateway").span("gateway.submit", ACT) as span:
        span.outcome("receipt")

    (line,) = [json.loads(each) for each in file.read_text().splitlines()]

    assert {"tacit.act": ACT, "tacit.outcome": "receipt"} == line["attributes"]
    assert {"service.name": "tacit-gateway"} == line["resource"]["attributes"]
    assert f"0x{ACT[:32]}" == line["context"]["trace_id"]


def test_standard_error_gets_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    with traces_to("-") as traced, traced("gateway").span("gateway.submit", ACT):
        pass

    assert "gateway.submit" == json.loads(capsys.readouterr().err)["name"]


def test_a_file_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadTargetError, match="name an http"), traces_to(str(tmp_path / "no" / "folder")):
        pass


def test_what_is_not_installed_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LIBRARIES", ("opentelemetry.sdk", "no_such_package.at.all"))

    with pytest.raises(TracesMissingError, match="make traces"), traces_to("-"):
        pass


def test_a_collector_that_is_gone_is_a_line_in_the_log_and_nothing_else() -> None:
    stream = io.StringIO()
    with log_to(stream), traces_to(NOBODY) as traced, traced("gateway").span("gateway.submit", ACT):
        pass

    lines = [json.loads(each) for each in stream.getvalue().splitlines()]
    assert {"traces_not_sent"} == {line["event"] for line in lines}
    assert "127.0.0.1" not in stream.getvalue()
