"""What is written about the WebSocket is what the frames, the table of fates and the limits say."""

import json
import re
from typing import Final, cast, get_args

import pytest
import yaml
from jsonschema import Draft7Validator

from tacit.query import QuestionRefusal
from tacit.session import ClientFrame, Fault, ServerFrame
from tacit.session.turns import TURNS
from tacit_services.gateway import GatewayConfig
from tacit_services.gateway.board_views import PUBLIC
from tacit_services.gateway.fates import FATES
from tests.conformance.asyncapi import PAGE, REPLIES, ROOT, Json, document, frames, schemas, text
from tests.requirement import SHARED, require_or_skip

WEBSOCKET: Final = ROOT / "docs" / "reference" / "websocket.md"
PUBLISHED: Final = SHARED / "vectors" / "asyncapi" / "3.1.0.json"


@pytest.fixture(scope="module")
def kept() -> Json:
    return cast("Json", yaml.safe_load(PAGE.read_text(encoding="utf-8")))


def test_the_document_is_the_one_that_the_frames_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "run: python -m tests.conformance.asyncapi"


def test_the_schemas_in_it_are_those_of_the_structs(kept: Json) -> None:
    components = cast("dict[str, Json]", kept["components"])

    assert components["schemas"] == json.loads(json.dumps(schemas()[1]))


def test_the_document_is_asyncapi(kept: Json) -> None:
    if not PUBLISHED.is_file():
        require_or_skip("no published AsyncAPI schema beside the project")
    found = [error.message for error in Draft7Validator(json.loads(PUBLISHED.read_text())).iter_errors(kept)]

    assert [] == found


def references(node: object) -> list[str]:
    """Every `$ref` below a node."""
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    return [found for value in node for found in references(value)] if isinstance(node, list) else []


def test_every_reference_in_it_leads_somewhere(kept: Json) -> None:
    for reference in references(kept):
        node: object = kept
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(node, dict)
            node = node[part]


def test_every_frame_of_a_client_says_what_may_follow() -> None:
    assert frames(ClientFrame).keys() == REPLIES.keys()
    assert {name for names in REPLIES.values() for name in names} < frames(ServerFrame).keys()


def test_every_frame_has_a_turn() -> None:
    turns = {frame for _, frame in TURNS} - {"error!"}

    assert turns == {*frames(ClientFrame), *frames(ServerFrame)}
    assert json.dumps(document())


def rows(heading: str, columns: int) -> list[list[str]]:
    """The rows of the first table under a heading of the page."""
    part = WEBSOCKET.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1]
    found = re.findall(r"^\| (.+) \|$", part.split("\n## ")[0], re.MULTILINE)
    return [[cell.strip("` ") for cell in row.split("|")] for row in found[1:] if row.count("|") == columns - 1]


def test_the_table_of_fates_is_the_code() -> None:
    told = {rule: (ends == "yes", int(code)) for rule, ends, code in rows("Fates", 3)}

    assert told == {str(rule): (fate.ends, fate.code) for rule, fate in FATES.items()}


def test_every_fault_is_on_the_page() -> None:
    page = WEBSOCKET.read_text(encoding="utf-8")

    assert [] == [fault for fault in Fault if f"`{fault}`" not in page]


def test_the_limits_on_the_page_are_the_defaults() -> None:
    limits = GatewayConfig(organisation="0" * 64).limits()
    told = {name: int(value) for name, value, _ in rows("Limits", 3)}

    assert told == {name: getattr(limits, name) for name in limits.__struct_fields__}


def test_the_columns_on_the_page_are_those_that_are_shown() -> None:
    told = {
        view: tuple(re.split(r", ", columns.split(";")[0])) for view, columns in rows("Over HTTP", 2)[-len(PUBLIC) :]
    }

    assert told == PUBLIC


def test_the_refusals_of_a_question_on_the_page_are_all() -> None:
    assert {reason for reason, _ in rows("Asking views", 2)} == set(get_args(QuestionRefusal))
