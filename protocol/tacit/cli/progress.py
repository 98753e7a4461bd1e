"""A bar on standard error where that is a terminal: how far, how fast, how long still."""

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from tacit.cli.terminal import talk


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s")


def progress_bar() -> Progress:
    """A bar to be used as a context manager; it is gone when the work is done."""
    console = talk()
    bar = BarColumn(bar_width=30)
    words = TextColumn("{task.description}")
    columns = (words, bar, MofNCompleteColumn(), _RateColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
