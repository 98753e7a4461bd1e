"""`tacit witness`: run a witness, make its key, look at what it holds against a log."""

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from tacit.acts import CharterDeposited, decode
from tacit.cli.opening import open_source
from tacit.cli.source import UnreadableError
from tacit.envelope import Envelope, act_id
from tacit.envelope import decode as decode_envelope
from tacit.errors import RefusedError
from tacit.limits import ENVELOPE_BYTES_MAX
from tacit.record import decode_entry
from tacit.record.equivocation import check_equivocation, decode_equivocation
from tacit.record.organisation_log import log_vkeys, witness_keys
from tacit.witness import (
    KeyFileError,
    SettingsError,
    StoreError,
    WitnessSettings,
    make_key,
    read_key,
    read_settings,
    serve_witness,
)
from tacit.witness.file import doubted_in, evidence_in
from tacit.witness.settings import witnessed
from tacit.witness.telling import JsonLines

SEED_BYTES: Final = 32


@click.group()
def witness() -> None:
    """A delegation's own witness: it cosigns checkpoints and attests acts that did not get through."""


@witness.command(epilog="\b\nExample:\n  tacit witness keygen witness.xaa.example witness.key")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--hybrid", is_flag=True, help="A second key, of ML-DSA-44, beside the one of Ed25519.")
def keygen(name: str, file: Path, *, hybrid: bool) -> None:
    """Make the key of a witness and print its verifier key, the line that the charter names; --hybrid: two lines.

    NAME is that of the witness, such as witness.xaa.example: no spaces, no plus. FILE is new and stays with you.
    """
    try:
        signer = make_key(file, name, os.urandom(SEED_BYTES), os.urandom(SEED_BYTES) if hybrid else None)
    except FileExistsError as error:
        raise UnreadableError(f"{file} is there already: a key is never written over. Name another file.") from error
    except KeyFileError as error:
        raise UnreadableError(f"{error}.") from error
    for vkey in signer.vkeys:
        click.echo(vkey)


@witness.command(epilog="\b\nExample:\n  tacit witness run witness.toml")
@click.argument("settings", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def run(settings: Path) -> None:
    """Serve until SIGTERM or Ctrl-C. SETTINGS is a TOML file (docs/how-to/run-a-witness.md)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    try:
        read = read_settings(settings)
        asyncio.run(_serve(read, settings.parent))
    except OSError as error:
        raise UnreadableError(f"{error.filename or 'the address cannot be had'}: {error.strerror}.") from error
    except (SettingsError, KeyFileError, StoreError) as error:
        raise UnreadableError(f"{error}.") from error


async def _serve(settings: WitnessSettings, folder: Path) -> None:
    serving = asyncio.current_task()
    assert serving is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, serving.cancel)
    signer = await asyncio.to_thread(read_key, folder / settings.key)
    try:
        await serve_witness(settings, signer, folder / settings.data, click.echo)
    except asyncio.CancelledError:
        serving.uncancel()


@witness.command(name="settings", epilog="\b\nExample:\n  tacit witness settings charter.json XAA > witness.toml")
@click.argument("source")
@click.argument("state")
def settings_(source: str, state: str) -> None:
    """Print settings for the witness of a member, with the keys of the log from the charter.

    SOURCE is the charter that you accepted, or a record. STATE is the member's code. Addresses of registrar and chair
    are for you to add.
    """
    sealed = _charter(source)
    try:
        organisation, content = act_id(sealed.payload), decode(sealed.payload).content
        if not isinstance(content, CharterDeposited):
            raise UnreadableError(f"{source} begins with an act that is no charter.")
        keys, witnesses = log_vkeys(organisation, content), witness_keys(content)
    except RefusedError as error:
        raise UnreadableError(f"{source} holds no charter with a log ({error}).") from error
    if state not in witnesses:
        known = ", ".join(sorted(witnesses)) or "nobody"
        raise UnreadableError(f"the charter names no witness of {state}: it names those of {known}.")
    click.echo(
        "".join(f"# The charter names this witness as {vkey}\n" for vkey in witnesses[state])
        + f'state = "{state}"\nkey = "witness.key"\ndata = "witness-data"\nhost = "127.0.0.1"\nport = 7470\n\n'
        f'[[logs]]\norganisation = "{organisation}"\nkeys = [\n'
        + "".join(f'    "{key}",\n' for key in keys)
        + ']\n# url = "https://log.example"  # the tiles there convict a fork; mirror = true keeps all entries\n'
        + "registrar = []  # such as https://gateway.example/v1/submit\nchair = []"
    )


def _charter(source: str) -> Envelope:
    """The charter itself, or the first entry of a record. Raises UnreadableError."""
    path = Path(source)
    if path.is_file():
        with path.open("rb") as file, suppress(RefusedError):
            return decode_envelope(file.read(ENVELOPE_BYTES_MAX + 1))
    with open_source(source) as opened:
        raw = next(iter(opened.entries()), b"")
    try:
        return decode_entry(raw).envelope
    except RefusedError as error:
        raise UnreadableError(f"entry 0 of {source} is no charter ({error.rule}).") from error


@witness.command(epilog="\b\nExample:\n  tacit witness evidence witness.toml")
@click.argument("settings", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def evidence(settings: Path) -> None:
    """Show what logs have signed that cannot be true together. Exit status 1 if there is any, 0 if there is none.

    Each is checked again from its file alone, which any third party can do as well.
    """
    try:
        read = read_settings(settings)
        kept, doubted = evidence_in(settings.parent / read.data), doubted_in(settings.parent / read.data)
    except SettingsError as error:
        raise UnreadableError(f"{error}.") from error
    keys = tuple(key for log in witnessed(read) for key in log.keys)
    found = False
    for raw in kept:
        try:
            first, second = check_equivocation(decode_equivocation(raw), keys)
        except RefusedError as error:
            click.echo(f"a file that proves nothing: {error}")
            continue
        found = True
        click.echo(f"EQUIVOCATION of {first.origin}: {first.size} entries {first.root.hex()}")
        click.echo(f"  and {second.size} entries {second.root.hex()}, which do not continue them")
    for path in doubted:
        click.echo(f"unproven: {path} is signed by its log, which has not shown that it continues what is held here")
    if found:
        raise click.exceptions.Exit(1)
    click.echo("no log has contradicted itself before this witness")
