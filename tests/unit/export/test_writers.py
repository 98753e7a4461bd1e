"""An export says what a reader may see, marks the rest, and lets nothing that a member wrote do anything."""

import csv
import io
import json
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from msgspec import structs

from tacit import envelope
from tacit.acts import MessagePosted, tag
from tacit.rules import packaged
from tacit.testing import COUNCIL, EAST, START, World
from tacit.words import describe, describe_author
from tacit_services.export import lines, pages, sheets
from tacit_services.export.choosing import About, Export, Shown, Told, show

NASTY = '<script>alert("1")</script> & =1+1\x1b[2J\u202e'
TEXT = "First line <b>\nsecond & line"
ABOUT = About(
    organisation="a" * 64,
    name=f"Exercise {NASTY}",
    purpose="exercise",
    root="b" * 64,
    ruleset=packaged("nato-like-2").ref,
    body=COUNCIL,
    channel=EAST,
    title=NASTY,
    first=3,
    last=9,
    from_at=START,
    to_at=START + timedelta(hours=1),
    entries=2,
    withheld=1,
    reader="XAA",
    zone="Europe/Brussels",
    made_at=START,
    recorded_by="ORG/secretariat",
)


def said(subject: str) -> tuple[World, Told]:
    world = World()
    entry = world.say("XAA", MessagePosted(subject=subject, in_reply_to=None), text=TEXT.encode())
    words = describe(entry.act, world.state)
    who, capacity = describe_author(entry.act.header), entry.act.header.capacity
    return world, Told(entry, who, capacity, tag(entry.act.content), words, ("an effect",), void=False)


def exported(subject: str = NASTY) -> Export:
    _, told = said(subject)
    digest = told.entry.act.header.detached
    return Export(ABOUT, (Shown(told.entry.leaf, told, digest, TEXT), Shown(told.entry.leaf, None)))


class Page(HTMLParser):
    """What is in a page: its elements, and its text."""

    def __init__(self, raw: bytes) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(raw.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_members_are_shown_everything_and_others_are_shown_leaves() -> None:
    world, told = said("Hello")
    digest = told.entry.act.header.detached or ""

    inside, outside = (show([told], {digest: TEXT}, world.state, reader, COUNCIL) for reader in ("XAA", "XZZ"))

    assert (told, TEXT, digest) == (inside[0].told, inside[0].text, inside[0].text_sha256)
    assert (Shown(told.entry.leaf, None),) == outside
    assert inside == show([told], {digest: TEXT}, world.state, "ORG", COUNCIL)


def test_a_text_that_is_not_at_hand_leaves_its_hash() -> None:
    world, told = said("Hello")

    (shown,) = show([told], {}, world.state, "XAA", COUNCIL)

    assert (None, told.entry.act.header.detached) == (shown.text, shown.text_sha256)
    assert (shown.text_sha256 or "") in pages.write(Export(ABOUT, (shown,))).decode()


def test_a_page_escapes_everything_and_needs_nothing_else() -> None:
    page = Page(pages.write(exported()))

    assert set() == {"script", "img", "link", "b2"} & set(page.elements)
    assert 1 == page.elements.count("b")
    assert set() == {"src", "href", "onload"} & {name for name, _ in page.attributes}
    assert '<script>alert("1")</script>' in page.text
    assert TEXT in page.text
    assert not any(char in page.text for char in "\x1b\u202e")


@pytest.mark.parametrize(
    "said",
    ["a" * 64, "entries 3 to 9", "Europe/Brussels", "CET", "nato-like version 2", "1 of 2 entries withheld", "b" * 64,
     "tacit verify", "ORG/secretariat", "EXERCISE", "XAA", "export.recorded.v1"],
)  # fmt: skip
def test_a_page_says_what_it_is_of(said: str) -> None:
    assert said in Page(pages.write(exported())).text


def test_what_is_withheld_is_marked_with_its_leaf() -> None:
    export = exported()
    leaf = export.shown[1].leaf
    page, sheet, line = (writer.write(export).decode() for writer in (pages, sheets, lines))

    assert "Withheld from this reader" in page
    assert 2 == page.count(leaf.act)
    assert ["withheld", leaf.envelope] == list(csv.reader(io.StringIO(sheet)))[2][-2:]
    marked = json.loads(line.splitlines()[2])
    assert ({"index", "received_at", "withheld", "leaf"}, True) == (marked.keys(), marked["withheld"])


def test_lines_hold_leaf_and_envelope_byte_for_byte() -> None:
    export = exported()
    head, line, _ = lines.write(export).splitlines()
    entry = export.shown[0].told.entry if export.shown[0].told else None
    assert entry is not None

    assert ABOUT.name == json.loads(head)["export"]["name"]
    assert envelope.encode(entry.envelope) in line
    assert (TEXT, False, NASTY in json.loads(line)["words"]) == (json.loads(line)["text"], False, False)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM", "\t=1", "\r=1"])
def test_a_cell_that_looks_like_a_formula_is_none(cell: str) -> None:
    export = exported()
    shown = structs.replace(export.shown[0], text=cell)

    rows = list(csv.reader(io.StringIO(sheets.write(Export(ABOUT, (shown,))).decode(), newline="")))

    assert list(sheets.COLUMNS) == rows[0]
    assert f"'{cell}" == rows[1][sheets.COLUMNS.index("text")]


def test_the_same_export_is_the_same_octets() -> None:
    for writer in (pages, sheets, lines):
        assert writer.write(exported()) == writer.write(exported())
