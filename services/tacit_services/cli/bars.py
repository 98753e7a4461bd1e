"""Steps of a long run as a bar on standard error: how far, how fast, how long still."""

from rich.progress import Progress, TaskID


class BarTeller:
    """One bar after the other."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def begin(self, words: str, total: int | None) -> None:
        """Put a new bar in the place of the old one."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(words, total=total)

    def advance(self, steps: int) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.advance(self._task, steps)
