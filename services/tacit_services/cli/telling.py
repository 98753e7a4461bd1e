"""What `tacit up` says to a person while things happen."""

from typing import Final

from rich.console import Console
from rich.markup import escape

from tacit.acts import Deadline
from tacit_services.scenario import Outcome
from tacit_services.up.demonstration import Counts
from tacit_services.up.runtime import Running

_CLOCK: Final = "[dim]{:%H:%M:%S}[/]  "


class ConsoleTeller:
    """Writes to the terminal; with `to_stderr` standard output stays free for the result."""

    def __init__(self, *, to_stderr: bool) -> None:
        self._console = Console(stderr=to_stderr, highlight=False)

    def serving(self, run: Running) -> None:
        """Say where, and which organisation."""
        self._say(f"[bold]EXERCISE[/] {escape(run.organisation.design.name)} {run.organisation.organisation[:12]}")
        self._say(f"page and WebSocket: [bold]{run.address}[/]    data folder: {run.organisation.files.folder}")
        if run.log_address:
            self._say(f"the log of the record, for anybody to check: [bold]{run.log_address}[/]")
        if run.witnesses:
            quorum = run.organisation.content().quorum
            self._say(f"witnesses of {', '.join(run.witnesses)}: a checkpoint counts when {quorum} have cosigned it")

    def in_force(self, run: Running, offices: int) -> None:
        """Say that everybody is there."""
        members = len(run.organisation.design.members)
        self._say(
            f"{members} members have accepted the charter, {offices} offices are connected, "
            f"{run.mirror.state.size} entries, term {run.mirror.state.term}"
        )

    def scene(self, name: str, channel: str) -> None:
        """Give the scenario a heading."""
        self._say(f"\n[bold]{name}[/] in channel {channel}")

    def row(self, outcome: Outcome) -> None:
        """One line for each row of the script."""
        row = outcome.row
        line = _CLOCK.format(outcome.at) + f"{row.who:<12}{escape(row.says)}  {_result(outcome)}"
        self._say(line)
        if outcome.failure:
            self._say(f"          [bold red]{escape(outcome.failure)}[/]")

    def staying(self, run: Running, deadline: Deadline) -> None:
        """Say what goes on and how to look at it."""
        self._say(f"\nA real silence runs until [bold]{escape(deadline.shown)}[/] ({deadline.at:%H:%M:%S} UTC).")
        self._say(f"Everything stays up at [bold]{run.address}[/]. Stop it with Ctrl-C.")

    def stopping(self) -> None:
        """Say that the signal was heard."""
        self._say("\nstopping: delegations, gateway, notary, witnesses, relay, timekeeper, registrar, server")

    def stopped(self, counts: Counts) -> None:
        """Sum up."""
        self._say(
            f"\n{counts.entries} entries, {counts.consultations} consultations, {counts.decisions} decisions, "
            f"{counts.silences} silences, {counts.refused} refused, {counts.seconds} s"
        )

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)


def _result(outcome: Outcome) -> str:
    if outcome.refused is not None:
        return f"[yellow]refused: {outcome.refused}[/]"
    if outcome.entry is not None:
        return f"[green]#{outcome.entry.leaf.index}[/]"
    reason = outcome.row.not_yet_played
    return f"[dim]not yet played: {escape(reason)}[/]" if reason else "[dim]-[/]"
