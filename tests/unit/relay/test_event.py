"""What an event says of an entry, and what it never says."""

import json
import re
from collections.abc import Iterator
from typing import Final, get_args

import msgspec
import pytest
from jsonschema import Draft7Validator

from tacit import subjects
from tacit.acts import Content, PositionDeclared, Version
from tacit.acts.vocabulary import Content as Vocabulary
from tacit_services.relay.event import VOID, same_event
from tacit_services.relay.public import public_part, public_type
from tests.requirement import SHARED, require_or_skip
from tests.unit.relay.record import entries, organisation, story, tell

PUBLISHED: Final = SHARED / "vectors" / "cloudevents" / "cloudevents.schema.json"
ATTRIBUTE: Final = re.compile(r"[a-z0-9]{1,20}")
REQUIRED: Final = {"specversion", "id", "source", "type"}
OPTIONAL: Final = {"subject", "time", "datacontenttype", "sequence", "data"}
EVERY: Final = get_args(Vocabulary)

Json = dict[str, object]


def events() -> list[Json]:
    return [json.loads(each.message.data) for each in tell()]


def test_every_event_has_the_attributes_that_the_specification_requires_and_no_others() -> None:
    for event in events():
        assert REQUIRED <= event.keys() <= REQUIRED | OPTIONAL
        assert all(ATTRIBUTE.fullmatch(name) for name in event)
        assert all(event[name] and isinstance(event[name], str) for name in event.keys() - {"data"})
        assert ("1.0", f"tacit:{organisation()}") == (event["specversion"], event["source"])


def test_every_event_keeps_the_published_schema() -> None:
    if not PUBLISHED.is_file():
        require_or_skip("no published CloudEvents schema beside the project")
    schema = Draft7Validator(json.loads(PUBLISHED.read_text()))

    assert [] == [error.message for event in events() for error in schema.iter_errors(event)]


def test_source_and_id_are_unique() -> None:
    assert len({(event["source"], event["id"]) for event in events()}) == len(events())


def test_an_event_says_of_its_act_what_leaf_and_header_say() -> None:
    for event, told, entry in zip(events(), tell(), entries(), strict=True):
        if entry is None:
            continue
        header, tag = entry.act.header, entry.act.content.__struct_config__.tag
        data = event["data"]
        assert isinstance(data, dict)
        assert json.loads(msgspec.json.encode(entry.leaf)) == data["leaf"]
        assert json.loads(msgspec.json.encode(header)) == data["header"]
        assert (entry.leaf.act, f"tacit.{tag}") == (event["id"], event["type"])
        assert f"{entry.leaf.index:016}" == event["sequence"]
        assert msgspec.to_builtins(entry.leaf)["received_at"] == event["time"]
        assert (f"{header.body}/{header.channel}" if header.body else None) == event.get("subject")
        assert told.message.subject == subjects.event(organisation(), header.body, header.channel, str(tag))


def test_a_void_entry_is_told_as_void_and_without_anything_that_it_claims() -> None:
    void = [(event, told) for event, told, entry in zip(events(), tell(), entries(), strict=True) if entry is None]

    assert ["void:41", "void:42"] == [event["id"] for event, _ in void]
    for event, told in void:
        assert f"tacit.{VOID}" == event["type"]
        assert f"tacit.{organisation()[:12]}.events._._.void.v1" == told.message.subject
        assert {"subject", "time"}.isdisjoint(event)
        data = event["data"]
        assert isinstance(data, dict)
        assert {"leaf", "rule"} == data.keys()


def test_no_act_bears_the_tag_of_what_is_void() -> None:
    assert VOID not in {act.__struct_config__.tag for act in EVERY}


def words(node: object) -> Iterator[str]:
    """Every string below a node."""
    if isinstance(node, str):
        yield node
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from words(below)


def test_no_word_that_a_person_chose_goes_out() -> None:
    said = set()
    for entry in filter(None, entries()):
        content = msgspec.to_builtins(entry.act.content)
        hidden = {"title", "subject", "reason", "condition", "statement", "shown", "basis", "text", "name"}
        said |= {each for name in hidden for each in words(content.get(name)) if len(each) not in {0, 64}}
    sent = {each for event in events() for each in words(event["data"])}

    # What the registrar gives as a reason is one of two words of a list.
    assert {"overflights", "Article 4", "Thank you", "if paragraph 2 stands", "lost"} < said
    assert {"founding", "take-over"} == said & sent


@pytest.mark.parametrize("act", EVERY, ids=lambda act: str(act.__struct_config__.tag))
def test_a_field_of_free_text_or_octets_is_never_public(act: type[Content]) -> None:
    schemas, components = msgspec.json.schema_components([public_type(act)])

    for part in strings([schemas, components]):
        assert {"pattern", "enum", "const"} & part.keys() or part.get("format") == "date-time", part


def strings(node: object) -> Iterator[Json]:
    """Every schema of a string below a node."""
    if isinstance(node, dict):
        if node.get("type") == "string":
            yield node
        for below in node.values():
            yield from strings(below)
    elif isinstance(node, tuple | list):
        for below in node:
            yield from strings(below)


def test_the_public_part_keeps_what_has_a_closed_form() -> None:
    version = Version("0" * 64, "1" * 64)
    content = PositionDeclared(
        version=version, scope="para:2", stance="OBJECTS", condition="secret", statement="secret"
    )

    assert {"version": msgspec.to_builtins(version), "scope": "para:2", "stance": "OBJECTS"} == msgspec.to_builtins(
        public_part(content)
    )


def test_an_event_is_recognised_by_its_id_whatever_else_it_says() -> None:
    first, second = (each.message.data for each in tell()[:2])

    assert same_event(first, first.replace(b'"datacontenttype":"application/json",', b""))
    assert not same_event(first, second)
    assert not same_event(first, b"junk")
    assert not same_event(first, b'{"id":"\xff"}')


def test_every_act_of_the_vocabulary_is_in_the_record_that_is_looked_at() -> None:
    met = {type(entry.act.content) for entry in filter(None, entries())}

    assert story().world.state.void == 2
    assert len(met) >= 20
