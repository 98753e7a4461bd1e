"""`tacit policy`: whose signatures count for the log of a record, as a file that other tools read, too."""

from pathlib import Path

import click

from tacit.cli.evidence import open_evidence
from tacit.cli.options import FOLDER
from tacit.cli.proving import charter_policy


@click.command(epilog="\b\nExample:\n  tacit policy archive > policy.txt")
@click.argument("source")
@click.option("--envelopes", type=FOLDER, help="Envelopes and bodies, laid out as in an archive.")
def policy(source: str, envelopes: Path | None) -> None:
    """Print the policy that follows from the charter of a record, in the form of C2SP `tlog-policy`.

    It names the keys of the log, the members' witnesses and the quorum. Compare the organisation's id in it with the
    one that you know: whoever gave you the record gave you the charter as well.
    """
    with open_evidence(source, envelopes) as evidence:
        click.echo(charter_policy(evidence).encode(), nl=False)
