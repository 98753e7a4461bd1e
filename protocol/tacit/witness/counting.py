"""What a witness counts, and how it says so to whoever scrapes it (the text format of Prometheus, version 0.0.4)."""

from collections import Counter
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_COUNTERS: Final = {
    "tacit_witness_checkpoints_total": ("Checkpoints answered, by status.", "status"),
    "tacit_witness_attestations_total": ("Submissions answered, by status.", "status"),
    "tacit_witness_forwards_total": ("Submissions sent on, by outcome.", "outcome"),
    "tacit_witness_equivocations_total": ("Pairs of checkpoints that cannot both be true.", ""),
}


class Counts:
    """Counters that only grow."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in _COUNTERS}

    def checkpoint(self, status: int) -> None:
        """A checkpoint was answered."""
        self._counts["tacit_witness_checkpoints_total"][str(status)] += 1

    def attestation(self, status: int) -> None:
        """A submission was answered."""
        self._counts["tacit_witness_attestations_total"][str(status)] += 1

    def forward(self, outcome: str) -> None:
        """A submission was sent on, or not."""
        self._counts["tacit_witness_forwards_total"][outcome] += 1

    def equivocation(self) -> None:
        """A log has contradicted itself."""
        self._counts["tacit_witness_equivocations_total"][""] += 1

    def text(self) -> str:
        """All of them."""
        return "".join(self._told(name, *told) for name, told in _COUNTERS.items())

    def _told(self, name: str, told: str, label: str) -> str:
        counts = self._counts[name] if label else {"": self._counts[name][""]}
        lines = (
            f'{name}{{{label}="{value}"}} {count}' if label else f"{name} {count}" for value, count in counts.items()
        )
        return "\n".join([f"# HELP {name} {told}", f"# TYPE {name} counter", *sorted(lines), ""])
