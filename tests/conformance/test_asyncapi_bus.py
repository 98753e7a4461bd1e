"""What is written about the bus is what the acts, the relay and the registrar say."""

import json
from typing import Final, cast

import msgspec
import pytest
import yaml
from jsonschema import Draft7Validator

from tacit import subjects
from tacit_services.copies import AskedMessages, Seen
from tacit_services.ports import StoredMessage
from tests.conformance.asyncapi import Json
from tests.conformance.asyncapi_bus import PAGE, events, text
from tests.conformance.test_asyncapi import PUBLISHED, references
from tests.requirement import ROOT, require_or_skip
from tests.unit.relay.record import organisation, tell

BUS: Final = ROOT / "docs" / "reference" / "bus.md"


@pytest.fixture(scope="module")
def kept() -> Json:
    return cast("Json", yaml.safe_load(PAGE.read_text(encoding="utf-8")))


def test_the_document_is_the_one_that_the_acts_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "run: python -m tests.conformance.asyncapi_bus"


def test_the_document_is_asyncapi(kept: Json) -> None:
    if not PUBLISHED.is_file():
        require_or_skip("no published AsyncAPI schema beside the project")
    found = [error.message for error in Draft7Validator(json.loads(PUBLISHED.read_text())).iter_errors(kept)]

    assert [] == found


def test_every_reference_in_it_leads_somewhere(kept: Json) -> None:
    for reference in references(kept):
        node: object = kept
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(node, dict)
            node = node[part]


def test_every_event_is_as_the_document_says(kept: Json) -> None:
    schemas = {kind: Draft7Validator({**schema, "components": kept["components"]}) for kind, schema in events().items()}
    for told in tell():
        event = json.loads(told.message.data)
        kind = event["type"].removeprefix("tacit.")

        assert [] == [error.message for error in schemas[kind].iter_errors(event)]


def test_the_addresses_are_the_subjects_of_the_code(kept: Json) -> None:
    channels = cast("dict[str, dict[str, str]]", kept["channels"])
    names = {"tag": subjects.tag(organisation()), "body": "council", "channel": "east", "kind": "silence.set.v1"}

    assert channels["events"]["address"].format(**names) == subjects.event(
        organisation(), "council", "east", "silence.set.v1"
    )
    assert channels["submit"]["address"].format(**names) == subjects.submit(organisation())
    assert channels["seen"]["address"].format(**names) == subjects.seen(organisation())
    assert channels["held"]["address"].format(**names, holder="notary.x.0") == subjects.held(
        organisation(), "notary.x.0"
    )


def test_what_holders_say_is_as_the_document_says(kept: Json) -> None:
    messages = [StoredMessage(7, "tacit.x.record._._", b"octets")]
    said = {
        "seen": [Seen(name="a gateway", size=7, holder="gateway.x.0", digest="d" * 64, root=b"r" * 32)],
        "ask_held": AskedMessages(first=1, limit=500),
        "messages": messages,
        "body": None,
    }
    schemas = cast("dict[str, dict[str, Json]]", cast("dict[str, object]", kept["components"])["messages"])
    for name, value in said.items():
        schema = {**schemas[name]["payload"], "components": kept["components"]}
        plain = json.loads(msgspec.json.encode(value))

        assert [] == [error.message for error in Draft7Validator(schema).iter_errors(plain)], name


def test_the_page_of_the_bus_shows_an_event_as_it_is() -> None:
    shown = json.loads(BUS.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0])
    kinds = {json.loads(each.message.data)["type"]: json.loads(each.message.data) for each in tell()}

    assert shape(kinds[shown["type"]]) == shape(shown)


def shape(node: object) -> object:
    """What there is, without what it says."""
    return {name: shape(below) for name, below in node.items()} if isinstance(node, dict) else type(node).__name__
