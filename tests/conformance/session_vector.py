"""What a vector of docs/reference/spec/session.md asks of a client that is shown a log, and what ours says."""

import msgspec

from tacit import acts, envelope
from tacit.acts import CharterDeposited
from tacit.ids import StateCode
from tacit.record.merkle import leaf_hash
from tacit.record.proofs import verify_inclusion
from tacit.session import Difference, Heard, LogView, Verified
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


def _heard(entries: tuple[Octets, ...], heard: Heard) -> Difference | None:
    """Hear entries of the log in their order; given back is how they first differ from those heard before."""
    differences = [heard.take(leaf_hash(each.raw())) for each in entries]
    return next((each for each in differences if each is not None), None)


class HeardCase(_Viewed, frozen=True, tag="heard"):
    """What the client has heard when all that was shown has been shown."""

    entries: tuple[Octets, ...]

    def run(self) -> Output:
        heard, view = Heard(), self.view()
        _heard(self.entries, heard)
        for each in self.shown:
            found = view.take(each.old, each.consistency, each.checkpoint.raw())
            assert isinstance(found, Verified)
            heard.shown(found.checkpoint)
        return {"heard": heard.size, "agreed": heard.agreed}


class ResumedCase(Case, frozen=True, tag="resumed"):
    """The first entry that comes on another connection, to a client that has heard some before."""

    before: tuple[Octets, ...]
    index: int
    entry: Octets

    def run(self) -> Output:
        heard = Heard()
        _heard(self.before, heard)
        return {"goes_on": heard.is_last(self.index, leaf_hash(self.entry.raw()))}


class ReadAgainCase(_Viewed, frozen=True, tag="read_again"):
    """The record read from its first entry, by a client that had heard some and was shown checkpoints of them."""

    before: tuple[Octets, ...]
    now: tuple[Octets, ...]

    def run(self) -> Output:
        heard, view = Heard(), self.view()
        _heard(self.before, heard)
        for each in self.shown:
            found = view.take(each.old, each.consistency, each.checkpoint.raw())
            assert isinstance(found, Verified)
            heard.shown(found.checkpoint)
        difference = _heard(self.now, heard.again())
        return {"same": difference is None, "first": None if difference is None else difference.first}
