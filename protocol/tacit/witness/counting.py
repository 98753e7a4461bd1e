"""What a witness counts, and how it says so to whoever scrapes it (the text format of Prometheus, version 0.0.4)."""

from collections import Counter
from typing import Final, Literal

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Signing = Literal["checkpoint", "attestation"]

_COUNTERS: Final = {
    "tacit_witness_checkpoints_total": ("Checkpoints answered, by status.", "status"),
    "tacit_witness_attestations_total": ("Submissions answered, by status.", "status"),
    "tacit_witness_forwards_total": ("Submissions sent on, by outcome.", "outcome"),
    "tacit_witness_clock_refusals_total": ("What was not signed because a clock is far ahead.", "what"),
    "tacit_witness_equivocations_total": ("Pairs of checkpoints that cannot both be true.", ""),
}
_AHEAD: Final = "tacit_witness_ahead_seconds"


class Counts:
    """Counters that only grow, and by how much the last checkpoint would have been signed ahead of its log."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
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

    def clock_refusal(self, what: Signing) -> None:
        """Nothing was signed, since the time to sign for is far ahead."""
        self._counts["tacit_witness_clock_refusals_total"][what] += 1

    def ahead(self, seconds: float) -> None:
        """A checkpoint was asked for, and its time is so far ahead of the log's."""
        self._ahead_s = seconds

    def equivocation(self) -> None:
        """A log has contradicted itself."""
        self._counts["tacit_witness_equivocations_total"][""] += 1

    def text(self) -> str:
        """All of them."""
        counters = (self._told(name, *told) for name, told in _COUNTERS.items())
        told = "Time to sign the last checkpoint for, minus the time that its log names."
        return "".join([*counters, f"# HELP {_AHEAD} {told}\n# TYPE {_AHEAD} gauge\n{_AHEAD} {self._ahead_s:.0f}\n"])

    def _told(self, name: str, told: str, label: str) -> str:
        counts = self._counts[name] if label else {"": self._counts[name][""]}
        lines = (
            f'{name}{{{label}="{value}"}} {count}' if label else f"{name} {count}" for value, count in counts.items()
        )
        return "\n".join([f"# HELP {name} {told}", f"# TYPE {name} counter", *sorted(lines), ""])
