"""What a service folds of the record, noted on its way: what it goes on from is not folded again."""

from types import ModuleType
from typing import Any

import pytest

from tacit.rules import apply_bytes


def noted(monkeypatch: pytest.MonkeyPatch, folding: ModuleType) -> list[int]:
    """The index of every entry that this module, which folds with `apply_bytes`, folds from now on."""
    found: list[int] = []

    def note(state: Any, raw: bytes) -> Any:
        found.append(state.size)
        return apply_bytes(state, raw)

    monkeypatch.setattr(folding, "apply_bytes", note)
    return found
