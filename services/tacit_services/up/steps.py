"""What a long run tells about its steps."""

from typing import Protocol


class StepTeller(Protocol):
    """Tells a person how far it is. Never raises."""

    def begin(self, words: str, total: int | None) -> None:
        """Something begins; it has so many steps, if that is known."""
        ...

    def advance(self, steps: int) -> None:
        """So many steps more are done."""
        ...
