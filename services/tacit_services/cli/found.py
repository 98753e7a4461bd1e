"""`tacit found`: how an organisation is founded by those who hold its keys, each at its own place."""

from pathlib import Path
from typing import Final

import click

from tacit import envelope
from tacit.acts import CharterDeposited
from tacit.cli.offers import Offer, OfferingGroup
from tacit.compose import Composed
from tacit.errors import TacitError
from tacit.ids import Suite
from tacit.keys import fingerprint
from tacit_services.cli.sentences import sentences
from tacit_services.run import founding
from tacit_services.run.founding import FoundingError
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.entropy import MACHINE_ENTROPY
from tacit_services.shell.errors import OperatorError

UNUSABLE: Final = 2
SUITES: Final[tuple[Suite, ...]] = ("ed25519", "ed25519+mldsa65")
TOLD: Final = (OperatorError, TacitError)

_file = click.Path(path_type=Path, dir_okay=False)


@click.group("found", cls=OfferingGroup, epilog="\b\nExample:\n  tacit found key ORG registrar --out registrar.json")
def found() -> None:
    """Found an organisation: a key at each place, a charter, an acceptance by each founder.

    Private keys never leave the place where they were made; what is handed on ends in .public.json.
    """


found.offer(
    Offer("submit", "tacit_services.cli.found_submit:submit", "Hand signed acts in to the registrar that serves.")
)


@found.command(epilog="\b\nExample:\n  tacit found key ORG registrar --out registrar.json")
@click.argument("state", metavar="STATE")
@click.argument("office", metavar="OFFICE")
@click.option("--out", type=_file, required=True, help="The key file; its public part is written beside it.")
@click.option("--suite", type=click.Choice(SUITES), default=SUITES[0], help="The algorithms of the key.")
def key(state: str, office: str, out: Path, suite: Suite) -> None:
    """Make the key of an office where it will be used: ORG registrar, ORG timekeeper, XAA root, ...

    Everything in one organisation has the same suite as its root key, ORG root.
    """
    with sentences(TOLD, UNUSABLE):
        part = founding.make_key(out, state, office, suite, MACHINE_ENTROPY)
    click.echo(fingerprint(part.keys))


@found.command(epilog="\b\nExample:\n  tacit found charter plan.toml *.public.json --root root.json --out charter.json")
@click.argument("plan", type=_file)
@click.argument("parts", metavar="PUBLIC...", nargs=-1, required=True, type=_file)
@click.option("--root", type=_file, required=True, help="The organisation's root key.")
@click.option("--out", type=_file, required=True, help="The charter.")
def charter(plan: Path, parts: tuple[Path, ...], root: Path, out: Path) -> None:
    """Compose the charter from a PLAN and the public parts of everybody's keys.

    It may be handed in within a day: the registrar does so when it is started.
    """
    with sentences(TOLD, UNUSABLE):
        public = [founding.read_part(path) for path in parts]
        now = SystemClock().now()
        composed = founding.compose(founding.read_plan(plan), founding.read_key(root), public, now)
        _write(out, composed)
    click.echo(composed.act_id)


@found.command(epilog="\b\nExample:\n  tacit found accept charter.json XAA --key root.json --out acceptance.json")
@click.argument("path", metavar="CHARTER", type=_file)
@click.argument("state", metavar="STATE")
@click.option("--key", "root", type=_file, required=True, help="The founder's root key.")
@click.option("--out", type=_file, required=True, help="The acceptance.")
def accept(path: Path, state: str, root: Path, out: Path) -> None:
    """Sign a founder's acceptance of a charter, after showing what the charter says.

    It may be handed in within a day.
    """
    with sentences(TOLD, UNUSABLE):
        raw, content = founding.read_charter(path)
        composed = founding.accept(raw, content, state, founding.read_key(root), SystemClock().now())
        _write(out, composed)
    click.echo(_said(content, envelope.act_id(envelope.decode(raw).payload)))


def _write(out: Path, composed: Composed) -> None:
    if out.exists():
        raise FoundingError(f"{out} is there already: name another file.")
    out.write_bytes(envelope.encode(composed.envelope))


def _said(content: CharterDeposited, organisation: str) -> str:
    bodies = [f"  {body.body}: {', '.join(body.members)}" for body in content.bodies]
    offices = ", ".join(service.office for service in content.services)
    names = ", ".join(witness.state for witness in content.witnesses)
    witnesses = f"{names}; a quorum of {content.quorum}" if names else "none"
    lines = (
        f"organisation  {organisation}",
        f"name          {content.name} ({content.purpose})",
        f"rule-set      {content.ruleset.name} {content.ruleset.version}",
        f"root key      {fingerprint(content.root)}",
        f"offices       {offices}",
        f"witnesses     {witnesses}",
        "bodies",
        *bodies,
    )
    return "\n".join(lines)
