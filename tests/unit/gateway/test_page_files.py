"""The files of the page: each is served, each that a page asks for is there, and none reaches outside."""

import re
from importlib import resources
from typing import Final

import pytest

from tacit_services.gateway.page_files import HEAD, KINDS, PAGES, PARTS, PATHS, served

FOLDER: Final = resources.files("tacit_services.gateway").joinpath("page")
NAMES: Final = sorted(file.name for file in FOLDER.iterdir())
ASKED: Final = re.compile(r"(?:src|href)=\"(/[^\"]*)\"|from \"(/[^\"]+)\"")
WAYS_TO_MARKUP: Final = ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", " style=", " onclick=")


def text(name: str) -> str:
    return FOLDER.joinpath(name).read_text("utf-8")


def asked(path: str) -> set[str]:
    """What a file asks for, and the pages that it leads to."""
    return {first or second for first, second in ASKED.findall(served(path).decode())}


def test_every_file_is_served_and_nothing_else() -> None:
    assert NAMES == sorted([HEAD, *(page.file for page in PAGES.values()), *PARTS])
    assert {name.rpartition(".")[2] for name in NAMES} == KINDS.keys()


@pytest.mark.parametrize("path", PATHS)
def test_a_file_asks_for_nothing_that_is_not_served(path: str) -> None:
    assert asked(path) <= set(PATHS)


def test_every_part_is_asked_for_by_some_page() -> None:
    found, new = set(PAGES), set(PAGES)
    while new:
        new = {path for each in new for path in asked(each)} - found
        found |= new

    assert sorted(PATHS) == sorted(found)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_one_head_and_says_which_it_is(path: str) -> None:
    page = served(path).decode()

    assert page.startswith("<!doctype html>")
    assert 1 == page.count('aria-current="page"') == page.count(f'href="{path}" aria-current="page"')
    assert f'id="{PAGES[path].target}"' in page
    assert "$" not in page


@pytest.mark.parametrize("name", NAMES)
def test_no_file_reaches_outside_or_makes_markup_of_words(name: str) -> None:
    without_namespace = text(name).replace("http://www.w3.org/2000/svg", "")

    assert "//" not in re.sub(r"(?m)(^|\s)//.*$", "", without_namespace)
    assert [] == [way for way in WAYS_TO_MARKUP if way in text(name)]
