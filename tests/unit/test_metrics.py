"""Every metric keeps the naming rules of Prometheus, has labels from closed lists, and stands in docs/reference.

The rules are those of "Metric and label naming" and of `promtool check metrics`, as far as they can be computed.
"""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, get_args

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from tacit.errors import Rule
from tacit.query import QuestionRefusal, RefusalReason, UnansweredReason
from tacit.session import Fault
from tacit.session.frames import GoodbyeReason
from tacit_services.gateway.metrics import ANSWERS, OTHER, Metrics
from tacit_services.notary import Watch as NotaryWatch
from tacit_services.projector import VIEWS
from tacit_services.projector.watch import Watch as ProjectorWatch
from tacit_services.registrar.pipeline import _REASONS
from tacit_services.registrar.watch import Watch as RegistrarWatch
from tacit_services.relay.watch import Watch as RelayWatch
from tests.requirement import ROOT

SHIPPED: Final = ROOT / "services" / "tacit_services"
PAGE: Final = ROOT / "docs" / "reference" / "metrics.md"
MADE_IN: Final[dict[str, Callable[[CollectorRegistry], object]]] = {
    "gateway/metrics.py": Metrics,
    "notary/watch.py": NotaryWatch,
    "projector/watch.py": ProjectorWatch,
    "registrar/watch.py": RegistrarWatch,
    "relay/watch.py": RelayWatch,
}
INSTRUMENTS: Final = frozenset({"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"})

NAME: Final = re.compile(r"tacit(_[a-z]+){2,}")
UNITS: Final = frozenset({"seconds", "bytes", "entries", "acts", "connections", "boards", "witnesses"})
STATES: Final = frozenset({"running", "stopped", "term"})
"""What a gauge without a unit may say: 1 or 0, or a number that is an id."""
KINDS: Final = frozenset(
    {"counter", "gauge", "histogram", "summary", "metric", "info", "bucket", "sum", "count", "created"}
)
NO_BASE_UNITS: Final = frozenset(
    {"ms", "us", "ns", "milliseconds", "microseconds", "minutes", "hours", "days", "kb", "mb", "kilobytes", "percent"}
)
LABELS: Final[dict[str, frozenset[str]]] = {
    "rule": frozenset(str(each) for each in (*Rule, *Fault)),
    "outcome": frozenset({"accepted", "refused", "too_many_connections"}),
    "answer": ANSWERS
    | {OTHER, "rows", *get_args(RefusalReason), *get_args(UnansweredReason), *get_args(QuestionRefusal)},
    "cause": frozenset({"gone", "closed", "fault", *get_args(GoodbyeReason)}),
    "view": frozenset(view.table.name for view in VIEWS),
}
"""Every label there is, with everything that it can be."""
LABEL_VALUES_MAX: Final = 200


class Instrument(NamedTuple):
    """One metric, under the name by which it is scraped."""

    name: str
    kind: str
    labels: tuple[str, ...]
    told: str


def instruments() -> Iterator[Instrument]:
    registry = CollectorRegistry()
    for make in MADE_IN.values():
        make(registry)
    for made in list(registry._collector_to_names):
        assert isinstance(made, MetricWrapperBase)
        name = f"{made._name}_total" if made._type == "counter" else made._name
        yield Instrument(name, made._type or "", tuple(made._labelnames), made._documentation)


def faults(found: Instrument) -> Iterator[str]:
    """What is wrong with a name or with labels."""
    words = found.name.split("_")
    own = words[:-1] if found.kind == "counter" else words
    if not NAME.fullmatch(found.name):
        yield "not tacit_SERVICE_WHAT in snake_case"
    if (words[-1] == "total") != (found.kind == "counter"):
        yield "_total is the end of a counter, and of nothing else"
    if KINDS.intersection(words):
        yield "the name says of what kind it is"
    if NO_BASE_UNITS.intersection(words):
        yield "not in a base unit"
    if "seconds" in own[:-1]:
        yield "the unit stands at the end"
    if found.kind != "counter" and own[-1] not in UNITS | STATES:
        yield "no unit"
    if found.kind == "histogram" and own[-1] not in UNITS:
        yield "a histogram of what"
    for label in found.labels:
        if label not in LABELS:
            yield f"label {label}: its values are in no closed list"
        if {label, f"{label}s"}.intersection(words):
            yield f"label {label} stands in the name"
    if not found.told[:1].isupper() and not found.told[:1].isdigit():
        yield "it does not say what it is"


ALL: Final = sorted(instruments())


@pytest.mark.parametrize("found", ALL, ids=lambda each: each.name)
def test_a_metric_keeps_the_rules(found: Instrument) -> None:
    assert [] == list(faults(found))


@pytest.mark.parametrize(
    ("name", "kind", "labels"),
    [
        ("tacit_gateway_submissions", "counter", ()),
        ("tacit_gateway_entries_total", "gauge", ()),
        ("tacit_gateway_submit_ms", "histogram", ()),
        ("tacit_gateway_seconds_submit", "gauge", ()),
        ("tacit_gateway_lag", "gauge", ()),
        ("tacit_gateway_running", "histogram", ()),
        ("tacit_gateway_entries_count", "gauge", ()),
        ("tacit_gateway_openActs", "gauge", ()),
        ("gateway_acts", "gauge", ()),
        ("tacit_projector_view_entries", "gauge", ("view",)),
        ("tacit_gateway_acts_total", "counter", ("act",)),
    ],
)
def test_the_rules_bite(name: str, kind: str, labels: tuple[str, ...]) -> None:
    assert list(faults(Instrument(name, kind, labels, "Something")))


def test_every_metric_is_made_in_a_room_that_is_checked_here() -> None:
    made = set()
    for path in SHIPPED.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "prometheus_client":
                made |= {str(path.relative_to(SHIPPED)) for each in node.names if each.name in INSTRUMENTS}

    assert MADE_IN.keys() == made


def test_labels_are_bounded() -> None:
    assert {label for each in ALL for label in each.labels} == LABELS.keys()
    assert all(len(values) <= LABEL_VALUES_MAX for values in LABELS.values())


def test_a_reason_that_is_not_known_makes_no_label() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)

    metrics.answered("busy")
    metrics.answered("whatever a stranger answers")

    assert 1 == registry.get_sample_value("tacit_gateway_submissions_total", {"answer": "busy"})
    assert 1 == registry.get_sample_value("tacit_gateway_submissions_total", {"answer": OTHER})


def test_the_reasons_of_the_registrar_are_known_to_the_gateway() -> None:
    page = (ROOT / "docs" / "reference" / "registrar.md").read_text()
    table = page[page.index("| reason |") : page.index("An empty request")]
    rows = [line.split("|")[1] for line in table.splitlines()[2:] if line.startswith("|")]
    told = {word for row in rows for word in re.findall(r"`([a-z_]+)`", row)}

    assert {"busy", *_REASONS.values()} <= told <= ANSWERS


def test_the_page_has_every_metric_and_no_other() -> None:
    rows = re.findall(r"^\| `(tacit_\w+)` \| (\w+) \|([^|]*)\|", PAGE.read_text(), re.MULTILINE)
    told = [(name, kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows]

    assert [(each.name, each.kind, each.labels) for each in ALL] == sorted(told)


def test_the_page_has_every_label_and_no_other() -> None:
    assert LABELS.keys() == set(re.findall(r"^\| `([a-z]+)` \|", PAGE.read_text(), re.MULTILINE))
