"""What the pages of the specification say is what the code does: names, fields, limits, who may sign."""

import re
from pathlib import Path
from typing import Final

import msgspec
import pytest
from msgspec import inspect, structs

from tacit import limits
from tacit.acts import Header
from tacit.decision_bundle import Bundle
from tacit.detached import Detached
from tacit.envelope import Envelope
from tacit.errors import Rule
from tacit.keys import Key, Possession
from tacit.record import Leaf, Refusal
from tacit.rules import RuleSet, packaged
from tacit.rules.ruleset import PACKAGED
from tests.conformance.clauses import SPEC, Clause, clauses, table
from tests.conformance.vector import files, load
from tests.property.strategies import tags
from tests.requirement import SHARED

CLAUSES: Final = {clause.name: clause for clause in clauses()}
ACTS: Final = list(tags().items())

FORMATS: Final[list[tuple[str, str, type[msgspec.Struct]]]] = [
    ("act", "## The header", Header),
    ("envelope", "### 1. Form", Envelope),
    ("keys", "### 1. Key", Key),
    ("keys", "### 6. Possession", Possession),
    ("record", "### 1. Leaf", Leaf),
    ("refusals", "### 1. The signed refusal", Refusal),
    ("detached", "### 1. Form", Detached),
    ("rulesets", "### 2. Fields", RuleSet),
    ("bundle", "### 1. Form", Bundle),
]


def fields(struct: type[msgspec.Struct]) -> list[str]:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return [field.encode_name for field in info.fields]


def who(tag: str) -> tuple[str, ...]:
    """Who may sign, by the first packaged rule-set that says so."""
    return next(named for name in PACKAGED if (named := packaged(name).rules.who.get(tag)))


def act_clause(number: int) -> Clause:
    return CLAUSES[f"vocabulary {number}"]


@pytest.mark.parametrize(("page", "heading", "struct"), FORMATS, ids=lambda value: getattr(value, "__name__", value))
def test_a_table_has_the_fields_of_its_struct_in_their_order(
    page: str, heading: str, struct: type[msgspec.Struct]
) -> None:
    assert fields(struct) == [row[0] for row in table(page, heading)]


@pytest.mark.parametrize(("number", "act"), list(enumerate(ACTS, 1)), ids=[tag for tag, _ in ACTS])
def test_an_act_is_described_as_it_is(number: int, act: tuple[str, type[msgspec.Struct]]) -> None:
    tag, struct = act
    clause = act_clause(number)
    allowed = re.search(r"^\*May sign:\* (.+)\.$", clause.text, re.MULTILINE)

    assert f"`{tag}`" == clause.title
    assert fields(struct) == [row[0] for row in table("vocabulary", f"### {number}. {clause.title}")]
    assert allowed is not None
    assert list(who(tag)) == re.findall(r"`(\w+)`", allowed[1])


def test_the_vocabulary_has_every_act_and_no_other() -> None:
    assert [f"`{tag}`" for tag, _ in ACTS] == [
        clause.title for clause in clauses() if clause.name.startswith("vocabulary ")
    ]
    assert {tag for tag, _ in ACTS} == {tag for name in PACKAGED for tag in packaged(name).rules.who}


def test_the_refusals_are_the_rules_in_their_order() -> None:
    assert [str(rule) for rule in Rule] == [row[0] for row in table("refusals", "### 3. The rules")]


def test_every_rule_is_named_by_the_clause_that_it_enforces() -> None:
    for rule, _, clause in table("refusals", "### 3. The rules"):
        assert f"`{rule}`" in CLAUSES[clause].text, rule


def test_every_rule_that_a_page_names_exists() -> None:
    named = {word for page in SPEC.glob("*.md") for word in re.findall(r"`([a-z]+\.[a-z_0-9]+)`", page.read_text())}
    rooms = {rule.partition(".")[0] for rule in Rule}
    acts = {tag.removesuffix(".v1") for tag, _ in ACTS}

    assert set() == {word for word in named if word.partition(".")[0] in rooms} - set(Rule) - acts


def test_a_refusing_vector_shows_a_rule_that_its_clause_or_page_names() -> None:
    for path in files():
        vector = load(path)
        page = vector.clause.split()[0]
        named = "".join((SPEC / f"{name}.md").read_text() for name in (page, "act", "profile"))
        assert vector.expect == "accepted" or f"`{vector.expect}`" in named, path


def test_the_limits_are_the_limits() -> None:
    told = sorted((name, int(value)) for name, value, _ in table("limits", "# Limits"))
    real = sorted((name, value) for name, value in vars(limits).items() if name.isupper() and isinstance(value, int))

    assert real == told


def test_the_parameters_of_the_packaged_rule_set_are_told() -> None:
    rules = packaged("nato-like").rules
    parameters = msgspec.structs.asdict(rules.silence) | msgspec.structs.asdict(rules.consensus)

    for name, value in table("rulesets", "### 7. The packaged rule-set"):
        assert str(parameters[name]) == value


def test_the_rule_set_of_the_demonstration_differs_in_its_closing_period_alone() -> None:
    earnest, exercise = packaged("nato-like-2").rules, packaged("nato-like-exercise").rules
    silence = structs.replace(earnest.silence, closing_period_s=1)

    assert structs.replace(earnest, name="nato-like-exercise", version=1, silence=silence) == exercise


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in SPEC.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+\.md)\)", page.read_text()):
            elsewhere = "websocket.md" in target
            assert elsewhere or (page.parent / target).resolve().exists(), f"{page.name}: {target}"


def glossary(text: str) -> set[str]:
    """The terms in bold at the head of a row."""
    return set(re.findall(r"^\| \*\*(.+?)\*\* \|", text, re.MULTILINE))


def test_the_words_are_told_once() -> None:
    text = (SPEC.parent / "vocabulary.md").read_text()
    terms = re.findall(r"^\| (?!term|---)(.+?) \|", text, re.MULTILINE)

    assert len(set(terms)) == len(terms)
    assert {"**Silence procedure**", "**Position**", "act", "registrar"} <= set(terms)


@pytest.mark.requires("shared")
def test_the_words_are_those_of_the_field() -> None:
    source: Path = SHARED / "reference" / "domain.md"

    assert set() == glossary((SPEC.parent / "vocabulary.md").read_text()) - glossary(source.read_text())
