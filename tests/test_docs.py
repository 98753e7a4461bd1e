"""Links in the documentation lead somewhere, and the index of decisions says what the decisions say."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")])
ADR: Final = ROOT / "docs" / "adr"
DECISIONS: Final = sorted(ADR.glob("[0-9]*.md"))
LINK: Final = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


def dead_links(text: str, folder: Path) -> list[str]:
    """Relative links of a page in ``folder`` that lead nowhere."""
    return [link for link in LINK.findall(text) if not (folder / link).exists()]


def metadata(text: str) -> dict[str, str]:
    """Table at the head of a decision."""
    return dict(re.findall(r"^\| (status|date|tags|built) \| (.+) \|$", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert [] == dead_links(page.read_text(), page.parent)


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "rooms.md").touch()

    assert ["attic.md"] == dead_links("[a](rooms.md#top) [b](attic.md) [c](https://example.org/x)", tmp_path)


def test_decisions_are_numbered_and_the_index_names_the_numbers_that_are_not_used() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    unused = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
    assert len(numbers) == len(set(numbers))
    assert f"Never used: {', '.join(f'{number:04}' for number in unused)}." in (ADR / "README.md").read_text()


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name[:4])
def test_a_decision_has_its_metadata_and_stands_in_the_index(decision: Path) -> None:
    text = decision.read_text()
    told = metadata(text)
    title = text.splitlines()[0].removeprefix(f"# {decision.name[:4]} ")
    built = re.split(r"\W", told["built"])[0]

    assert {"status", "date", "tags", "built"} == told.keys()
    assert (
        f"| [{decision.name[:4]}]({decision.name}) | {title} | {told['status']} | {built} |"
        in (ADR / "README.md").read_text()
    )
