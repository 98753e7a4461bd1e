"""The page of verification names every finding, and the fields of a result."""

import re
from pathlib import Path

import msgspec

from tacit.audit import Fault, Verdict
from tacit.cli.report import REFUSALS, Report
from tacit.cli.results import Result

PAGES = Path(__file__).resolve().parents[3] / "docs" / "reference"


def names(heading: str) -> set[str]:
    """The names in the table under a heading."""
    section = (PAGES / "verification.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", section, re.MULTILINE))


def test_the_page_names_every_finding_that_is_no_rule() -> None:
    assert set(map(str, Fault)) == names("Findings")


def test_the_page_names_every_verdict_on_a_refusal_and_so_does_the_command() -> None:
    assert set(map(str, Verdict)) == names("Refusals")
    assert set(Verdict) == REFUSALS.keys()


def test_the_page_names_the_fields_of_a_result() -> None:
    table = (PAGES / "verification.md").read_text().split("| field | |")[1].split("\n\n")[0]
    rows = "".join(line.partition(" | ")[0] for line in table.splitlines())

    assert [field.name for field in msgspec.structs.fields(Result)] == re.findall(r"`([a-z_]+)`", rows)


def test_the_page_of_the_command_names_the_fields_of_a_report() -> None:
    section = (PAGES / "command.md").read_text().split("## tacit verify")[1].split("\n## ")[0]
    named = section.split("As JSON:")[1]

    assert [] == [name for name in Report.__struct_fields__ if f"`{name}`" not in named]
