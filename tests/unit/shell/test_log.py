"""Content cannot be logged, not even by a slip."""

import ast
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tacit_services.shell.log import DROPPED, FIELDS, WORD_CHARS_MAX, log_to
from tests.requirement import ROOT

METHODS = frozenset({"debug", "info", "warning", "error", "critical", "exception"})


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with log_to(stream):
        yield stream


def test_a_field_that_is_not_listed_is_named_and_not_shown(lines: io.StringIO) -> None:
    structlog.get_logger().info("act_recorded", act="a" * 64, statement="Exercise: a secret", envelope=b"bytes")

    line = json.loads(lines.getvalue())

    assert (line["act"], line[DROPPED]) == ("a" * 64, ["envelope", "statement"])
    assert "secret" not in lines.getvalue()


def test_a_listed_field_holds_no_more_than_an_id_or_a_word(lines: io.StringIO) -> None:
    structlog.get_logger().info("act_refused", reason="x" * 1_000)

    assert json.loads(lines.getvalue())["reason"] == "x" * WORD_CHARS_MAX


def logged_fields(path: Path) -> Iterator[tuple[str, str]]:
    """Every keyword of every log call of a file, with its place."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in {"log", "_log"}:
                yield from ((f"{path.name}:{node.lineno}", word.arg or "**") for word in node.keywords)


def test_nothing_that_is_logged_would_be_dropped() -> None:
    files = (ROOT / "services" / "tacit_services").rglob("*.py")

    assert [] == [found for path in files for found in logged_fields(path) if found[1] not in FIELDS]
