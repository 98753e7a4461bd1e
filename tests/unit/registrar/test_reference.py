"""The page of reference says what the code says."""

import re
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from tacit_services.registrar import Limits, Watch

PAGE: Final = Path(__file__).resolve().parents[3] / "docs" / "reference" / "registrar.md"


def test_every_metric_is_on_the_page_and_nothing_else() -> None:
    registry = CollectorRegistry()
    Watch(registry)
    named = {f"{each.name}_total" if each.type == "counter" else each.name for each in registry.collect()}

    assert set(re.findall(r"`(tacit_registrar_\w+)`", PAGE.read_text())) == named


def test_the_limits_on_the_page_are_those_in_force() -> None:
    text = PAGE.read_text()

    assert f"{Limits().arrivals_max:,} submissions or {Limits().arrivals_bytes_max // 1_000_000} MB" in text
    assert f"until {Limits().index_behind_max:,} acts" in text
