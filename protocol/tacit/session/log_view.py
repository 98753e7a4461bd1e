"""The log as one client has verified it: the last checkpoint, the last witnessed one, and what does not fit. Pure.

Everything it needs it takes from the charter (`organisation_policy`); the gateway that shows a checkpoint is believed
nothing. Spec: docs/reference/spec/log.md.
"""

from itertools import chain
from typing import NamedTuple

import msgspec

from tacit.acts import CharterDeposited, Seen
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, StateCode
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.cosignature import verify_note
from tacit.record.equivocation import encode_equivocation, same_size, shown_by_proof
from tacit.record.note import Note, parse_note
from tacit.record.organisation_log import organisation_policy, origin, witness_keys
from tacit.record.policy import Policy
from tacit.record.proofs import Proof, verify_consistency
from tacit.record.vkey import Vkey
from tacit.session.faults import Fault, SessionError


class Verified(NamedTuple):
    """A checkpoint that every key of the log has signed and that continues all that was verified before it.

    `is_witnessed`: the quorum of the charter has cosigned it, and where the client's own state has a witness, that one
    too. Without witnesses in the charter it is never so. `times_s`: the second since 1970 that each cosignature names.
    """

    checkpoint: Checkpoint
    note: Note
    cosigned: tuple[StateCode, ...]
    is_witnessed: bool
    times_s: tuple[int, ...] = ()


class Equivocation(msgspec.Struct, frozen=True):
    """Two signed checkpoints of one log. `certain`: of one size with two roots, which convicts the log by itself.

    Otherwise the later was not shown to continue the earlier: whoever runs the log can prove it, or is convicted too.
    `proof` is what was shown instead.
    """

    earlier: bytes
    later: bytes
    certain: bool
    proof: Proof = ()

    @property
    def evidence(self) -> bytes | None:
        """The file that proves it to anybody who has the keys of the log (docs/reference/witness.md, Equivocation).

        None where what was shown proves nothing: then the two checkpoints are what there is.
        """
        earlier, later = self.earlier.decode(), self.later.decode()
        if self.certain:
            return encode_equivocation(same_size(earlier, later))
        found = shown_by_proof(earlier, later, self.proof)
        return None if found is None else encode_equivocation(found)


class LogView:
    """What a client knows of its organisation's log. It outlives connections; `restore` brings it back from a file."""

    def __init__(self, organisation: ActId, state: StateCode) -> None:
        """`state` is the client's own: its witness is demanded if the charter names one."""
        self.organisation = organisation
        self._state = state
        self._policy: Policy | None = None
        self._witnesses: dict[StateCode, tuple[Vkey, ...]] = {}
        self._kept: tuple[bytes, ...] = ()
        self.last: Verified | None = None
        self.witnessed: Verified | None = None
        self.equivocation: Equivocation | None = None

    @property
    def has_log(self) -> bool:
        """Whether the charter, once it is learnt, names a log."""
        return self._policy is not None

    @property
    def has_witnesses(self) -> bool:
        """Whether it names witnesses."""
        return bool(self._witnesses)

    @property
    def size(self) -> int:
        """Entries under the last verified checkpoint."""
        return self.last.checkpoint.size if self.last else 0

    @property
    def seen(self) -> Seen | None:
        """What a new act says that its author has verified."""
        return Seen(self.size, self.last.checkpoint.root.hex()) if self.last else None

    def learn_charter(self, charter: CharterDeposited) -> None:
        """Take the keys of the log and of the witnesses from the charter, whose id was checked by the caller.

        Raises:
            RefusedError: `log.*`: what was restored before is no checkpoint of this log.
        """
        try:
            self._policy = organisation_policy(self.organisation, charter)
        except RefusedError:
            return  # it names no notary: there is no log
        self._witnesses = witness_keys(charter)
        kept, self._kept = self._kept, ()
        for raw in kept:
            self._remember(self.open(raw))

    def take(self, old: int, consistency: Proof, raw: bytes) -> Verified | Equivocation:
        """Verify a checkpoint that is shown as continuing the one of `old` entries, and remember it.

        Raises:
            RefusedError: `log.note`, `log.checkpoint` or `log.signature`: it proves nothing against anybody.
            SessionError: `session.checkpoint_behind`, or `session.unverified` if it is shown to continue another.
        """
        found = self.open(raw)
        last = self.last
        if last is not None and found.checkpoint != last.checkpoint:
            if found.checkpoint.size < last.checkpoint.size:
                raise SessionError(Fault.CHECKPOINT_BEHIND, f"{found.checkpoint.size} after {last.checkpoint.size}")
            if found.checkpoint.size > last.checkpoint.size and old != last.checkpoint.size:
                raise SessionError(Fault.UNVERIFIED, f"continues {old} instead of {last.checkpoint.size}")
            if not _continues(last.checkpoint, found.checkpoint, consistency):
                certain = found.checkpoint.size == last.checkpoint.size
                self.equivocation = Equivocation(last.note.encode(), raw, certain, consistency)
                return self.equivocation
        self._remember(found)
        return found

    def open(self, raw: bytes) -> Verified:
        """Check the signatures of a checkpoint; nothing is remembered. Raises as `take` does."""
        if self._policy is None:
            raise RefusedError(Rule.LOG_KEY, "the charter names no notary")
        note = parse_note(raw)
        checkpoint = parse_checkpoint(note.text)
        if checkpoint.origin != origin(self.organisation):
            raise RefusedError(Rule.LOG_CHECKPOINT, f"of {checkpoint.origin}")
        logs = {line.vkey for line in self._policy.logs}
        known = [*logs, *chain.from_iterable(self._witnesses.values())]
        found = {signed.vkey: signed.at_s or 0 for signed in verify_note(note, known)}
        if not logs <= found.keys():
            raise RefusedError(Rule.LOG_SIGNATURE, "not signed by every key of the log")
        signed = {state: vkeys for state, vkeys in self._witnesses.items() if found.keys() >= set(vkeys)}
        cosigned = tuple(sorted(signed))
        times = tuple(min(found[vkey] for vkey in signed[state]) for state in cosigned)
        return Verified(checkpoint, note, cosigned, self._is_witnessed(set(found), cosigned), times)

    def _is_witnessed(self, signers: set[Vkey], cosigned: tuple[StateCode, ...]) -> bool:
        own = self._state in cosigned or self._state not in self._witnesses
        return self.has_witnesses and own and self._policy is not None and self._policy.is_met(signers)

    def restore(self, *checkpoints: bytes) -> None:
        """Go on from checkpoints that were verified and kept in a file of one's own, the last one last.

        Their signatures are checked again when the charter is learnt.
        """
        self._kept = checkpoints

    def _remember(self, found: Verified) -> None:
        # Of one size the one with more cosignatures is as good and says more.
        if self.last is None or found.checkpoint.size > self.size or len(found.cosigned) >= len(self.last.cosigned):
            self.last = found
        if found.is_witnessed:
            self.witnessed = found


def _continues(earlier: Checkpoint, later: Checkpoint, consistency: Proof) -> bool:
    try:
        verify_consistency(earlier.size, earlier.root, later.size, later.root, consistency)
    except RefusedError:
        return False
    return True
