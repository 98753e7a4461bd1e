"""The files of the page: each is served, each that a page asks for is there, and none reaches outside."""

import re
from importlib import resources
from typing import Final

import pytest

from tacit_services.gateway.page_files import FILES, KINDS, PAGES

FOLDER: Final = resources.files("tacit_services.gateway").joinpath("page")
NAMES: Final = sorted(file.name for file in FOLDER.iterdir())
ASKED: Final = re.compile(r"(?:src|href)=\"(/[^\"]*)\"|from \"(/[^\"]+)\"")
WAYS_TO_MARKUP: Final = ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", " style=", " onclick=")


def text(name: str) -> str:
    return FOLDER.joinpath(name).read_text("utf-8")


def asked(name: str) -> set[str]:
    """What a file asks for, and the pages that it leads to."""
    return {first or second for first, second in ASKED.findall(text(name))}


def test_every_file_is_served_and_nothing_else() -> None:
    assert NAMES == sorted(FILES.values())
    assert {name.rpartition(".")[2] for name in NAMES} == KINDS.keys()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_asks_for_nothing_that_is_not_served(name: str) -> None:
    assert asked(name) <= FILES.keys()


def test_every_part_is_asked_for_by_some_page() -> None:
    found, new = set(PAGES.values()), set(PAGES.values())
    while new:
        new = {FILES[path] for name in new for path in asked(name)} - found
        found |= new

    assert NAMES == sorted(found)


@pytest.mark.parametrize("name", NAMES)
def test_no_file_reaches_outside_or_makes_markup_of_words(name: str) -> None:
    without_namespace = text(name).replace("http://www.w3.org/2000/svg", "")

    assert "//" not in re.sub(r"(?m)(^|\s)//.*$", "", without_namespace)
    assert [] == [way for way in WAYS_TO_MARKUP if way in text(name)]
