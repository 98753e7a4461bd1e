"""`tacit verify` of a file that proves one thing: a bundle, a proof of one entry with its leaf beside it, evidence."""

from pathlib import Path
from typing import Final

import click
import msgspec
from rich.text import Text

from tacit.audit import Fault
from tacit.cli.bundle_view import bundle_report, show_bundle
from tacit.cli.equivocations import BEGINS, convict, words
from tacit.cli.prove import check_proof
from tacit.cli.report import show_equivocation
from tacit.cli.source import UnreadableError
from tacit.cli.terminal import output
from tacit.decision_bundle import Opened, decode_bundle_file, open_bundle
from tacit.errors import RefusedError, Rule
from tacit.limits import BUNDLE_BYTES_MAX
from tacit.record.equivocation import EQUIVOCATION_BYTES_MAX
from tacit.record.policy import Policy
from tacit.record.proof_file import HEADER
from tacit.record.refusal_file import BEGINS as REFUSAL
from tacit.words import printable

_BUNDLE: Final = b'{"v":1,"organisation":"'
_PROOF: Final = HEADER.encode()


def is_file_of_proof(name: str) -> bool:
    """Whether this is the name of a bundle, of a proof or of evidence, by how it begins."""
    path = Path(name)
    return path.is_file() and _read(path, len(_BUNDLE)).startswith((_BUNDLE, _PROOF, BEGINS))


def refuse_refusal(name: str) -> None:
    """A refusal is judged by a record, and is none. Raises UnreadableError where somebody names one as a source."""
    path = Path(name)
    if path.is_file() and _read(path, len(REFUSAL)) == REFUSAL:
        raise UnreadableError(f"{name} is a refusal, which a record judges: tacit verify SOURCE --refusal {name}")


def verify_file(
    name: str, policy: Policy | None, organisation: str | None, *, tolerance_s: float, as_json: bool
) -> int:
    """Say what it proves; the exit code. `tolerance_s`: between times. Raises UnreadableError."""
    path = Path(name)
    try:
        if _read(path, len(_PROOF)) == _PROOF:
            _verify_proof(path, policy, as_json=as_json)
        elif _read(path, len(BEGINS)) == BEGINS:
            _convict(path, policy, as_json=as_json)
            return 1
        else:
            opened = _opened(path, policy, organisation)
            if opened.ahead_s > tolerance_s:
                words = f"received, it says, {opened.ahead_s:.1f} s after it was cosigned"
                return _not_ok(name, Fault.TIME_AHEAD, words, as_json=as_json)
            _show_bundle(path, opened, as_json=as_json)
    except RefusedError as error:
        return _not_ok(name, error.rule, error.detail, as_json=as_json)
    return 0


def _not_ok(name: str, rule: str, detail: str, *, as_json: bool) -> int:
    if as_json:
        click.echo(msgspec.json.encode({"ok": False, "source": name, "rule": str(rule), "detail": detail}))
    else:
        output().print(Text(f"NOT OK: {rule} ({printable(detail)})", style="bold red"))
        hint = _hint(rule)
        if hint:
            output().print(hint)
    return 1


def _hint(rule: str) -> str:
    """What to try first where it may be a slip."""
    if rule.startswith("profile.") or rule in {Rule.LOG_PROOF_FILE, Rule.LOG_NOTE}:
        return "The file is not whole, or was changed: get it again from whoever made it."
    if rule == Rule.OTHER_ORGANISATION:
        return "It is of another organisation than the one that --organisation names."
    if rule in {Rule.LOG_SIGNATURE, Rule.LOG_QUORUM}:
        return "Is --policy of this organisation? `tacit policy SOURCE` writes that of a record."
    return ""


def _verify_proof(path: Path, policy: Policy | None, *, as_json: bool) -> None:
    if policy is None:
        raise UnreadableError("a proof names no keys: say with --policy whose signatures count.")
    proved = check_proof(path, policy)
    if as_json:
        click.echo(msgspec.json.encode({"ok": True, "source": str(path), "proved": [proved]}))
    else:
        output().print(f"{printable(proved)}\nOK")


def _convict(path: Path, policy: Policy | None, *, as_json: bool) -> None:
    """Say that a log has signed two histories. Raises UnreadableError where the file does not show it."""
    if policy is None:
        raise UnreadableError("evidence names no keys: say with --policy whose log it is about.")
    try:
        first, second = convict(_read(path, EQUIVOCATION_BYTES_MAX + 1), (line.vkey for line in policy.logs))
    except RefusedError as error:
        raise UnreadableError(f"{path} proves nothing against this log ({error}).") from error
    told, rule = words(first, second), str(Fault.EQUIVOCATION)
    if as_json:
        click.echo(msgspec.json.encode({"ok": False, "source": str(path), "rule": rule, "detail": told}))
    else:
        show_equivocation(told)


def _opened(path: Path, policy: Policy | None, organisation: str | None) -> Opened:
    bundle = decode_bundle_file(_read(path, BUNDLE_BYTES_MAX + 1))
    if organisation is not None and bundle.organisation != organisation:
        raise RefusedError(Rule.OTHER_ORGANISATION, f"it is {bundle.organisation}")
    return open_bundle(bundle, policy)


def _show_bundle(path: Path, opened: Opened, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(bundle_report(str(path), opened)))
    else:
        show_bundle(str(path), opened)
        output().print(Text("OK", style="bold green"))


def _read(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from error
