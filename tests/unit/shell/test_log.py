"""Content cannot be logged, not even by a slip."""

import ast
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tacit_services.shell.log import DROPPED, FIELDS, WORD_CHARS_MAX, libraries_logged, log_to
from tests.requirement import ROOT

SHIPPED = ROOT / "services" / "tacit_services"
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


def test_after_a_block_within_a_block_lines_go_where_they_went_before(lines: io.StringIO) -> None:
    inner = io.StringIO()
    with log_to(inner):
        structlog.get_logger().info("inner")
    structlog.get_logger().info("outer")

    assert ["inner"] == [json.loads(line)["event"] for line in inner.getvalue().splitlines()]
    assert ["outer"] == [json.loads(line)["event"] for line in lines.getvalue().splitlines()]


def test_what_a_library_warns_of_is_a_line_without_its_words(lines: io.StringIO) -> None:
    with libraries_logged():
        logging.getLogger("asyncio").warning("a secret: %s", "statement")
        logging.getLogger("asyncio").info("nothing to warn of")

    line = json.loads(lines.getvalue())
    assert ("library_logged", "asyncio") == (line["event"], line["reason"])
    assert "secret" not in lines.getvalue()


def logged_fields(path: Path) -> Iterator[tuple[str, str]]:
    """Every keyword of every log call of a file, with its place."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in {"log", "_log"}:
                yield from ((f"{path.name}:{node.lineno}", word.arg or "**") for word in node.keywords)


def test_nothing_that_is_logged_would_be_dropped() -> None:
    files = SHIPPED.rglob("*.py")

    assert [] == [found for path in files for found in logged_fields(path) if found[1] not in FIELDS]


def test_the_page_has_every_field_and_no_other() -> None:
    page = (ROOT / "docs" / "reference" / "log.md").read_text()
    told = re.findall(r"^\| (`[^|]*) \|", page, re.MULTILINE)

    assert sorted(FIELDS) == sorted(word for row in told for word in re.findall(r"`(\w+)`", row))


def test_whatever_logs_does_so_through_the_closed_list() -> None:
    """Nothing shipped sets up a log of its own, or writes to one of the standard library."""
    files = [path for path in SHIPPED.rglob("*.py") if path.name != "log.py"]
    own = [
        f"{path.relative_to(SHIPPED)}: {word}"
        for path in files
        for word in ("structlog.configure", "logging.info", "logging.warning", "logging.error", "basicConfig")
        if word in path.read_text()
    ]

    assert [] == own


def test_every_process_that_runs_a_service_writes_its_log_there() -> None:
    starts = [path for path in SHIPPED.rglob("*.py") if "asyncio.Runner(" in path.read_text()]
    silent = [path.name for path in starts if not re.search(r"\b(log_to|logging_to)\(", path.read_text())]

    assert ["sender.py"] == silent, "the bench's second process logs nothing"
