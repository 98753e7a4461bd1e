"""The numbered clauses of docs/reference/spec, as the pages say them.

A clause is a heading `### 7. Title`. One that no bytes can violate says so in its text: `No vector: reason`.
"""

import re
from pathlib import Path
from typing import Final, NamedTuple

SPEC: Final = Path(__file__).resolve().parents[2] / "docs" / "reference" / "spec"
_HEADING: Final = re.compile(r"^### (\d+)\. (.+)$", re.MULTILINE)
_EXCUSED: Final = re.compile(r"^No vector: \w", re.MULTILINE)


class Clause(NamedTuple):
    """One clause: `profile 3`, its title, and whether vectors are asked of it."""

    name: str
    title: str
    testable: bool
    text: str


def clauses() -> list[Clause]:
    """Every clause of every page, in order."""
    found = []
    for page in sorted(SPEC.glob("*.md")):
        parts = _HEADING.split(page.read_text())[1:]
        for number, title, text in zip(parts[0::3], parts[1::3], parts[2::3], strict=True):
            found.append(Clause(f"{page.stem} {number}", title, not _EXCUSED.search(text), text))
    return found


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the table that follows a heading of a page, each cell without its back-ticks."""
    text = (SPEC / f"{page}.md").read_text().split(heading, 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    rows = lines[0].splitlines()[2:] if lines else []
    return [[cell.strip().strip("`") for cell in row.strip("|").split(" | ")] for row in rows]
