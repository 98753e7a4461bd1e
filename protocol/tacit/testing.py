"""For tests of anything built on Tacit: a founded organisation in memory, with keys that are the same in every run.

The keys are derived from names and protect nothing: never use them outside a test.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from tacit import envelope
from tacit.acts import (
    ChannelOpened,
    CharterAccepted,
    Content,
    FoundingBody,
    OfficeAccredited,
    RegistrarTerm,
    RegistryContent,
    RosterContent,
    Witness,
)
from tacit.compose import Author, Composed, Link, Window, compose, next_link
from tacit.detached import Detached
from tacit.envelope import Envelope
from tacit.founding import Plan, compose_acceptance, compose_charter, enrolment
from tacit.ids import NOTARY, ORGANISATION, ROOT, ActId, OfficeName, StateCode, Suite
from tacit.keys import ALGORITHMS
from tacit.record import Entry, Leaf
from tacit.record.attestation import NO_ATTESTATION, Attestation, attestation_id, sign_attestation
from tacit.record.cosignature import NoteSigner
from tacit.record.log_signing import LogSigner
from tacit.record.vkey import ED25519_COSIGNATURE, MLDSA44_COSIGNATURE
from tacit.record.witness_signing import WitnessSigner
from tacit.rules import Effect, State, admit, apply, catalogue, enact, genesis, packaged
from tacit.signing import Signer

START: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COUNCIL: Final = "council"
EAST: Final = "east"
SERVICES: Final = ("chair", "secretariat", "registrar", "timekeeper")
OFFICE: Final = "permanent-representative"
_REGISTER: Final = RegistryContent | CharterAccepted | RosterContent


def signer_for(name: str, suite: Suite = "ed25519") -> Signer:
    """The signer that belongs to a name."""
    return Signer(suite, tuple(hashlib.sha256(f"{name} {each}".encode()).digest() for each in ALGORITHMS[suite]))


def log_signer(name: str = f"{ORGANISATION}/{NOTARY}") -> LogSigner:
    """The keys of a log that belong to a name."""
    return LogSigner(
        hashlib.sha256(f"{name} ed25519".encode()).digest(), hashlib.sha256(f"{name} mldsa44".encode()).digest()
    )


def witness_signer(state: StateCode) -> NoteSigner:
    """The Ed25519 key of a member's witness."""
    return NoteSigner(f"{state.lower()}.example/witness", ED25519_COSIGNATURE, witness_seed(state))


def witness_seed(state: StateCode) -> bytes:
    """Its seed."""
    return hashlib.sha256(f"{state}/witness ed25519".encode()).digest()


def hybrid_witness(state: StateCode) -> WitnessSigner:
    """The keys of a member's witness, where it has one of ML-DSA-44 beside that of Ed25519."""
    first = witness_signer(state)
    seed = hashlib.sha256(f"{state}/witness mldsa44".encode()).digest()
    return WitnessSigner(first, NoteSigner(first.vkey.name, MLDSA44_COSIGNATURE, seed))


class World:
    """A founded organisation: one council, an open crisis channel `east`, one committing office for each member.

    What is said is said in `place`, which may be set to another body and channel.
    """

    def __init__(
        self,
        states: tuple[StateCode, ...] = ("XAA", "XBB", "XCC"),
        suite: Suite = "ed25519",
        start: datetime = START,
        ruleset: str = "nato-like",
        *,
        notary: bool = False,
        witnessed: bool | Literal["hybrid"] = False,
        witnesses: tuple[StateCode, ...] = (),
    ) -> None:
        """Found it at `start`; after this `state.in_force` is true and every member can speak.

        `notary`: its charter names the keys of a log; `witnessed`: these, and a witness of each member;
        `hybrid`: with two keys each; `witnesses`: the members that have one, where not all do or no log is wanted.
        """
        self.notary = log_signer() if notary or witnessed else None
        self.witnesses = states if witnessed else witnesses
        self._hybrid = witnessed == "hybrid"
        self._attested: dict[StateCode, Attestation] = {}
        self.ruleset = ruleset
        self.suite: Suite = suite
        self.states = states
        self.now = start
        self.state: State = genesis(catalogue())
        self.place = (COUNCIL, EAST)
        self.entries: list[Entry] = []
        self.effects: list[tuple[Effect, ...]] = []
        self._found()

    @property
    def organisation(self) -> ActId:
        """The organisation's id."""
        return self.entries[0].leaf.act

    def witness(self, state: StateCode) -> WitnessSigner:
        """The keys of a member's witness."""
        return hybrid_witness(state) if self._hybrid else WitnessSigner(witness_signer(state))

    def author(self, state: StateCode, office: OfficeName = OFFICE) -> Author:
        """An office of a member, or with `ORG` one of the organisation's own."""
        return Author(self.organisation, state, office, signer_for(f"{state}/{office}", self.suite))

    def compose(
        self, author: Author, content: Content, *, text: bytes | None = None, references: tuple[ActId, ...] = ()
    ) -> Composed:
        """Compose an act as the author's next one, on the register or in `place` as its content demands."""
        place = None if isinstance(content, _REGISTER) else self.place
        link = self.link(author, place)
        detached = Detached(b"\0" * 32, text).digest() if text is not None else None
        return compose(author, content, place, link, self.window(), detached=detached, references=references)

    def link(self, author: Author, place: tuple[str, str] | None) -> Link:
        """The author's next place in its chain."""
        return next_link(self.state, author, place)

    def window(self) -> Window:
        """Claimed now, playable for ten minutes."""
        return Window(self.now, self.now + timedelta(minutes=10))

    def say(
        self, state: StateCode, content: Content, *, office: OfficeName = OFFICE, text: bytes | None = None
    ) -> Entry:
        """Compose, admit and record one act.

        Raises:
            RefusedError: when the rules refuse it; then nothing has changed.
        """
        return self.record(self.compose(self.author(state, office), content, text=text))

    def organ(self, office: OfficeName, content: Content, *, text: bytes | None = None) -> Entry:
        """Record an act of one of the organisation's own offices (chair, secretariat, registrar, timekeeper)."""
        return self.say(ORGANISATION, content, office=office, text=text)

    def record(self, composed: Composed) -> Entry:
        """Admit and record a composed act, received now.

        Raises:
            RefusedError: when the rules refuse it.
        """
        admit(self.state, composed.act, composed.act_id, self.now)
        entry = self.seal(composed)
        self.effects.append(enact(self.state, composed.act, entry.leaf))
        self.entries.append(entry)
        return entry

    def seal(self, composed: Composed) -> Entry:
        """The entry that would hold the act at the end of the record."""
        term = composed.act.content.term if isinstance(composed.act.content, RegistrarTerm) else self.state.term
        organisation = self.state.organisation or composed.act_id
        sealed = envelope.digest(envelope.encode(composed.envelope))
        leaf = Leaf(1, organisation, self.state.size, term, self.now, composed.act_id, sealed)
        return Entry(leaf, composed.envelope, composed.act)

    def attest(self, composed: Composed, *states: StateCode) -> tuple[Envelope, ...]:
        """The witnesses of these members attest now that they were shown the act, each in its own chain."""
        return tuple(self._attest(composed.act_id, state) for state in states)

    def _attest(self, act_id: ActId, state: StateCode) -> Envelope:
        last = self._attested.get(state)
        counter, previous = (last.counter + 1, attestation_id(last)) if last else (1, NO_ATTESTATION)
        attestation = Attestation(self.organisation, act_id, self.now, counter, previous)
        self._attested[state] = attestation
        return sign_attestation(attestation, witness_signer(state))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def refold(self) -> State:
        """Fold the entries again from nothing."""
        state = genesis(catalogue())
        for entry in self.entries:
            apply(state, entry)
        return state

    def _found(self) -> None:
        roots = {state: signer_for(f"{state}/{ROOT}", self.suite) for state in self.states}
        services: dict[OfficeName, Signer | LogSigner] = {
            office: signer_for(f"{ORGANISATION}/{office}", self.suite) for office in SERVICES
        }
        if self.notary is not None:
            services[NOTARY] = self.notary
        witnesses = tuple(Witness(state, str(vkey)) for state in self.witnesses for vkey in self.witness(state).vkeys)
        council = FoundingBody(COUNCIL, "Council", self.states)
        plan = Plan(
            name="Exercise council",
            exercise=True,
            ruleset=packaged(self.ruleset),
            bodies=(council,),
            witnesses=witnesses,
            quorum=len(self.witnesses) // 2 + 1 if witnesses else 0,
        )
        root = signer_for(f"{ORGANISATION}/{ROOT}", self.suite)
        self.record(compose_charter(plan, root, services, roots, self.window()))
        self.organ("registrar", RegistrarTerm(term=1, unavailable_since=None, reason="founding"))
        for state, signer in roots.items():
            self.record(compose_acceptance(self.organisation, state, signer, self.window()))
        for state in self.states:
            self.organ(
                "secretariat",
                OfficeAccredited(state=state, office=OFFICE, title="Permanent Representative", commits=True),
            )
            self.say(state, self._enrolment(state), office=ROOT)
        self.organ("secretariat", ChannelOpened(title="East", kind="crisis"))

    def _enrolment(self, state: StateCode) -> Content:
        return enrolment(self.organisation, state, OFFICE, signer_for(f"{state}/{OFFICE}", self.suite))
