"""Judging a checkpoint: its form, who has signed it, whether that is enough, and when. Slow; any thread may do it."""

import msgspec

from tacit.audit.findings import Fault, Finding
from tacit.errors import RefusedError
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.cosignature import verify_note
from tacit.record.note import Note, parse_note
from tacit.record.organisation_log import check_log_lines
from tacit.record.policy import Policy


class Judged(msgspec.Struct, frozen=True):
    """A checkpoint under the policy of whoever audits; `by_the_log`: the log has signed it, whatever else is wrong."""

    name: str
    note: str
    """As it was found; empty where it is no checkpoint."""
    checkpoint: Checkpoint | None
    by_the_log: bool
    signatures: int
    times_s: tuple[int, ...]
    """When it was cosigned: by the witnesses of the policy, or by the log where it names none."""
    finding: Finding | None


def judge_checkpoint(name: str, raw: bytes, policy: Policy, *, every_log_key: bool) -> Judged:
    """Check one signed checkpoint. `every_log_key`: all keys of the log must have signed, as a charter demands.

    Never raises: what is wrong is in the finding.
    """
    try:
        note = parse_note(raw)
        checkpoint = parse_checkpoint(note.text)
        told = raw.decode()
    except RefusedError as error:
        return Judged(name, "", None, by_the_log=False, signatures=0, times_s=(), finding=_found(0, name, error))
    at = max(0, checkpoint.size - 1)
    if checkpoint.origin not in {line.vkey.name for line in policy.logs}:
        other = Finding(at, Fault.CHECKPOINT_ORIGIN, f"{name}: of {checkpoint.origin}")
        return Judged(name, told, checkpoint, by_the_log=False, signatures=0, times_s=(), finding=other)
    try:
        accepted = policy.check(note)
        if every_log_key:
            check_log_lines(note, (line.vkey for line in policy.logs))
    except RefusedError as error:
        signed, found = _by_the_log(note, checkpoint, policy), _found(at, name, error)
        return Judged(name, told, checkpoint, by_the_log=signed, signatures=0, times_s=(), finding=found)
    count, times = len(accepted.cosigned), accepted.times_s
    return Judged(name, told, checkpoint, by_the_log=True, signatures=count, times_s=times, finding=None)


def _by_the_log(note: Note, checkpoint: Checkpoint, policy: Policy) -> bool:
    """Whether a key of the log has signed it: that binds the log, whoever else did not, or is said to have."""
    try:
        return bool(verify_note(note, (line.vkey for line in policy.logs if line.vkey.name == checkpoint.origin)))
    except RefusedError:
        return False


def _found(at: int, name: str, error: RefusedError) -> Finding:
    return Finding(at, str(error.rule), f"{name}: {error.detail}")
