"""What a vector of docs/reference/spec/session.md asks of a client that is shown a log, and what ours says."""

import msgspec

from tacit import acts, envelope
from tacit.acts import CharterDeposited
from tacit.ids import StateCode
from tacit.record.merkle import leaf_hash
from tacit.record.proofs import verify_inclusion
from tacit.session import LogView, Verified
from tests.conformance.octets import Case, Octets, Output


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A checkpoint as a gateway shows it: that it continues one of `old` entries, and what is to prove it."""

    old: int
    consistency: tuple[bytes, ...]
    checkpoint: Octets


class _Viewed(Case, frozen=True):
    """A client of a member, which knows the charter and has been shown these, one after another."""

    charter: Octets
    state: StateCode
    shown: tuple[Shown, ...]

    def view(self) -> LogView:
        """Before anything was shown."""
        content = acts.decode(self.charter.raw()).content
        assert isinstance(content, CharterDeposited)
        view = LogView(envelope.act_id(self.charter.raw()), self.state)
        view.learn_charter(content)
        return view

    def take(self) -> tuple[LogView, Output]:
        """Take all that was shown; the last decides."""
        view, output = self.view(), Output()
        for each in self.shown:
            found = view.take(each.old, each.consistency, each.checkpoint.raw())
            if isinstance(found, Verified):
                output = {"size": found.checkpoint.size, "cosigned": found.cosigned, "witnessed": found.is_witnessed}
            else:
                output = {"equivocation": True, "certain": found.certain}
        return view, output


class CheckpointShownCase(_Viewed, frozen=True, tag="checkpoint_shown"):
    def run(self) -> Output:
        return self.take()[1]


class SeenCase(_Viewed, frozen=True, tag="seen"):
    """What the header of its next act says."""

    def run(self) -> Output:
        return {"seen": msgspec.to_builtins(self.take()[0].seen)}


class StandingCase(_Viewed, frozen=True, tag="standing"):
    """How far an act has come whose leaf stands at an index, with what is to show it."""

    index: int
    leaf: Octets
    inclusion: tuple[bytes, ...]

    def run(self) -> Output:
        last = self.take()[0].last
        assert last is not None
        hashed = leaf_hash(self.leaf.raw())
        verify_inclusion(self.index, last.checkpoint.size, hashed, self.inclusion, last.checkpoint.root)
        return {"standing": "witnessed" if last.is_witnessed else "notarised"}
