"""The command as a whole: its group, its version, what others add to it, and how it says that something is wrong.

Exit codes: 0 done and nothing found, 1 done and something found, 2 not done, 130 Ctrl-C (docs/reference/command.md).
"""

import sys
from collections.abc import Iterable
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from typing import Final

import click

from tacit.cli.offers import Offer, OfferingGroup

PLUGINS: Final = "tacit.commands"
"""The entry-point group by which other distributions add commands: each entry names a tuple of click commands, or of
offers of such, which are then imported only when they are used."""
UNUSABLE: Final = 2
OFFERS: Final = (
    Offer(
        "completion",
        "tacit.cli.completion:completion",
        "Print the script by which a shell completes commands.",
    ),
    Offer("log", "tacit.cli.log:log", "Show the acts of a record, in order."),
    Offer(
        "outbox",
        "tacit.cli.outbox:outbox",
        "List the acts of a client that are not yet proven.",
    ),
    Offer(
        "state",
        "tacit.cli.state:state",
        "Show the register, rosters, channels and their levels, consultations, silences, receipts, texts.",
    ),
    Offer(
        "verify",
        "tacit.cli.verify:verify",
        "Check a record from its first entry.",
    ),
    Offer(
        "witness", "tacit.cli.witness:witness", "A delegation's own witness: it cosigns checkpoints and attests acts."
    ),
    Offer("bundle", "tacit.cli.bundle:bundle", "Write one file that proves one decision."),
    Offer("policy", "tacit.cli.policy:policy", "Print the policy that follows from the charter of a record."),
    Offer("prove", "tacit.cli.prove:prove_entry", "Write a proof that an entry is in the log."),
    Offer("who-knew", "tacit.cli.who_knew:who_knew", "Show who could read an act, and who shows to have known of it."),
)


def _version() -> str:
    try:
        return version("tacit")
    except PackageNotFoundError:
        return "not installed"


@click.group(
    cls=OfferingGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExample:\n  tacit verify record.jsonl",
)
@click.version_option(_version(), prog_name="tacit")
def tacit() -> None:
    """Consultation among those who decide by consensus: every position a signed act, on one record.

    A SOURCE is an archive, a file of JSON lines as `tacit log --json` writes it, `-` for standard input, or, where
    tacit-services is installed, a data folder or a file of settings. `verify` also takes the address of a log, and
    any file that proves something.
    """


for _each in OFFERS:
    tacit.offer(_each)


def main() -> None:
    """Run the command with what other distributions add to it. Raises KeyboardInterrupt, and SystemExit at its end."""
    add_plugins(tacit, entry_points(group=PLUGINS))
    try:
        status = tacit.main(prog_name="tacit", standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except OSError as error:
        # Whatever the system refuses somewhere below is about a name that somebody gave, or about the machine.
        reason = error.strerror or type(error).__name__
        click.echo(
            f"tacit: {error.filename} cannot be used: {reason}." if error.filename else f"tacit: {reason}.", err=True
        )
        sys.exit(UNUSABLE)
    sys.exit(status if isinstance(status, int) else 0)


def add_plugins(group: OfferingGroup, plugins: Iterable[EntryPoint]) -> None:
    """Add the commands of all plugins. One that cannot be loaded is named on standard error, and the rest works."""
    for plugin in plugins:
        try:
            commands: Iterable[click.Command | Offer] = plugin.load()
        except Exception as error:  # noqa: BLE001 - whatever a stranger's package raises, verify must still run
            click.echo(f"tacit: the commands of {plugin.value} are missing: {error}", err=True)
            continue
        for command in commands:
            if isinstance(command, Offer):
                group.offer(command)
            else:
                group.add_command(command)
