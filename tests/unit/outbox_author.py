"""An author with an outbox, and everything that can come to it: a registrar, a log, another life of its process."""

from collections.abc import Sequence
from datetime import datetime

from tacit import envelope
from tacit.acts import ConsultationRequested
from tacit.client import Kept, MemoryStore, Stage
from tacit.client.outbox import Outbox
from tacit.client.surroundings import Surroundings
from tacit.compose import Composed
from tacit.errors import Rule
from tacit.ids import ORGANISATION
from tacit.record import Leaf, Refusal, sign_receipt, sign_refusal
from tacit.record.proof_file import ProofFile
from tacit.session import LogView, Verified
from tacit.submission import Submission
from tacit.testing import START, World, signer_for
from tests.ledger import Ledger

QUORUM = ("XAA", "XBB")
ALL = 1_000_000


class Author:
    """A member of a world with an outbox, and a log over what the world recorded."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.store = MemoryStore()
        self.ledger = Ledger.of(world)
        self.registrar = signer_for(f"{ORGANISATION}/registrar")
        self.restart()

    def restart(self) -> None:
        """Another process, with the same store."""
        assert self.world.state.charter is not None
        self.surroundings = Surroundings()
        for entry in self.world.entries:
            self.surroundings.learn(entry)
        self.log = LogView(self.world.organisation, "XAA")
        self.log.restore(*self.store.checkpoints())
        self.log.learn_charter(self.world.state.charter)
        credential = self.world.author("XAA").signer.credential
        self.outbox = Outbox(self.store, self.log, self.now, self.surroundings, credential)
        self.outbox.reconnected()
        self._ref = 0

    def now(self) -> datetime:
        return self.world.now

    def composes(self) -> Composed:
        content = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="A matter")
        return self.world.compose(self.world.author("XAA"), content)

    def adds(self) -> Composed:
        composed = self.composes()
        self.outbox.add(composed.act_id, Submission(composed.envelope, None))
        return composed

    def sends(self, act: str) -> int:
        assert self.outbox.to_send(act) is not None
        self._ref += 1
        self.outbox.sent(self._ref, act)
        return self._ref

    def records(self, composed: Composed) -> Leaf:
        """The registrar records it; nobody is told."""
        entry = self.world.record(composed)
        self.ledger.append(entry.leaf)
        return entry.leaf

    def receives(self, ref: int, leaf: Leaf) -> None:
        self.outbox.recorded(ref, leaf, sign_receipt(leaf, self.registrar))

    def refuses(self, ref: int, composed: Composed, rule: Rule = Rule.NUMBER_GAP) -> Refusal:
        assert self.world.state.charter is not None
        sealed, ruleset = envelope.digest(envelope.encode(composed.envelope)), self.world.state.charter.ruleset
        refusal = Refusal(self.world.organisation, composed.act_id, sealed, 1, 9, START, rule, "", ruleset)
        self.outbox.refused(ref, refusal, sign_refusal(refusal, self.registrar))
        return refusal

    def said(self) -> Composed:
        """An act with its receipt."""
        composed = self.adds()
        ref = self.sends(composed.act_id)
        leaf = self.records(composed)
        self.receives(ref, leaf)
        self.outbox.heard(leaf.index, leaf)
        return composed

    def shown(self, *states: str) -> Verified:
        size = self.ledger.size
        proof = self.ledger.consistency(self.log.size, size)
        found = self.log.take(self.log.size, proof, self.ledger.signed(size, *states))
        assert isinstance(found, Verified)
        self.outbox.proofs.shown(found)
        return found

    def proves(self) -> int:
        """Ask for proofs and get them; for how many acts."""
        wanted = self.outbox.proofs.wanted(ALL)
        if wanted is None:
            return 0
        leaves, verified = wanted
        self._ref += 1
        self.outbox.proofs.asked(self._ref, leaves)
        self.outbox.proofs.proved(self._ref, self.files(leaves, verified))
        return len(leaves)

    def files(self, leaves: Sequence[Leaf], verified: Verified) -> list[ProofFile]:
        size = verified.checkpoint.size
        return [ProofFile(leaf.index, self.ledger.inclusion(leaf.index, size), verified.note) for leaf in leaves]

    def stands(self, composed: Composed) -> Kept:
        found = self.outbox.kept(composed.act_id)
        assert found is not None
        return found

    def stage(self, composed: Composed) -> tuple[Stage, str]:
        found = self.stands(composed)
        return found.stage, found.why
