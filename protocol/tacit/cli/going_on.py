"""What a verification keeps beside its signed result, so that the next one need not fold the same entries again.

The result names the octets by their digest, and its key has signed it. So they are taken from nobody else; and whoever
can sign results could as well sign one of a record that was never verified.
"""

from pathlib import Path
from typing import NamedTuple

import click

from tacit.audit import Pass, Standing, decode_standing, encode_standing
from tacit.cli.results import Result, policy_digest, read_result, state_digest
from tacit.envelope import digest
from tacit.errors import RefusedError
from tacit.ids import Digest
from tacit.record.organisation_log import organisation_policy
from tacit.record.policy import Policy
from tacit.rules import DamagedSnapshotError, OtherSnapshotError, State, catalogue, decode_snapshot
from tacit.signing import Signer

SUFFIX = ".state"


class GoingOn(NamedTuple):
    """Where an earlier verification stood, and the state of the fold there."""

    standing: Standing
    state: State


def read_earlier(path: Path, signer: Signer) -> Result:
    """Read a result to go on from, and say if other rules judged it: then its root alone counts.

    Raises UnreadableError.
    """
    found = read_result(path, signer)
    if found.by_other_rules:
        why = "was judged by other rules than those of this version, or does not say by which"
        click.echo(f"{path} {why}: every entry is folded and every signature verified again.", err=True)
    return found


def kept_beside(result: Path) -> Path:
    """The file beside a result."""
    return result.with_name(result.name + SUFFIX)


def keep_standing(path: Path, passed: Pass) -> Digest:
    """Write where a pass stands beside the result at `path`, before that; its digest. Raises OSError."""
    raw = encode_standing(passed.standing())
    kept_beside(path).write_bytes(raw)
    return digest(raw)


def read_standing(path: Path, result: Result, policy: Policy | None, tolerance_s: float) -> GoingOn | None:
    """What lies beside the result at `path`, if it can be gone on from; otherwise None, and said why."""
    if result.standing is None or not result.skips:
        return None
    try:
        return _read(kept_beside(path), result, policy, tolerance_s)
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except DamagedSnapshotError:
        why = "is not what was signed"
    except OtherSnapshotError as error:
        why = f"is not for this run ({error})"
    click.echo(f"{kept_beside(path)} {why}: every entry is folded again.", err=True)
    return None


def _read(path: Path, result: Result, policy: Policy | None, tolerance_s: float) -> GoingOn:
    raw = path.read_bytes()
    if digest(raw) != result.standing:
        raise DamagedSnapshotError
    standing = decode_standing(raw)
    found = decode_snapshot(standing.snapshot, catalogue())
    if (found.size, found.digest, state_digest(found.state)) != (result.size, result.root, result.state):
        raise DamagedSnapshotError
    if standing.tolerance_s != tolerance_s or policy_digest(policy or charter_policy(found.state)) != result.policy:
        raise OtherSnapshotError("another tolerance or policy")
    return GoingOn(standing, found.state)


def charter_policy(state: State) -> Policy | None:
    """The policy that follows from the charter; None where it names no notary, or is not at hand."""
    if state.charter is None or state.organisation is None:
        return None
    try:
        return organisation_policy(state.organisation, state.charter)
    except RefusedError:
        return None
