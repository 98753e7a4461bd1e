"""The page of reference says what the code says."""

from pathlib import Path
from typing import Final

from tacit_services.registrar import Limits

PAGE: Final = Path(__file__).resolve().parents[3] / "docs" / "reference" / "registrar.md"


def test_the_limits_on_the_page_are_those_in_force() -> None:
    text = PAGE.read_text()

    assert f"{Limits().arrivals_max:,} submissions or {Limits().arrivals_bytes_max // 1_000_000} MB" in text
    assert f"until {Limits().index_behind_max:,} acts" in text
