"""Evidence against a model of it: who attested when, lodged when, after what else had happened."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tacit import envelope
from tacit.acts import (
    Act,
    CredentialRevoked,
    Deadline,
    EvidenceLodged,
    MessagePosted,
    ReferenceAllotted,
    SilenceBroken,
    SilencePassed,
    SilenceSet,
    SilenceVoided,
    SilenceWithdrawn,
    TextCirculated,
    Version,
)
from tacit.acts.evidence import Ground
from tacit.compose import Composed, Window, compose, sign
from tacit.envelope import Signature
from tacit.errors import RefusedError, Rule
from tacit.ids import ROOT, ActId
from tacit.record import Leaf, encode_entry, sign_receipt
from tacit.record.attestation import NO_ATTESTATION, Attestation, contradict, sign_attestation
from tacit.rules import Effect, Verifiers, admit, apply_bytes, catalogue, deadlines, genesis
from tacit.rules.effects import ActContested, BreakProven, EntryVoid, ProofCameLate
from tacit.rules.state import Silence
from tacit.testing import COUNCIL, EAST, World, signer_for, witness_signer

MEMBERS: Final = ("XAA", "XBB", "XCC", "XDD", "XEE")
AHEAD_S: Final = 120
CLOSING_S: Final = 30
EVIDENCE: Final = settings(max_examples=max(40, settings.default.max_examples // 2) if settings.default else 40)
# Seconds from the deadline.
ATTESTED_S: Final = st.sampled_from([-700.0, -30.0, -0.000001, 0.0, 0.000001, 1.0])
ONE_TO_THREE: Final = st.integers(1, 3)
LODGED_S: Final = st.sampled_from([-1.0, 0.0, 1.0, 29.999999, 30.0, 30.000001, 500.0])


class Case(NamedTuple):
    """Who has a witness, who attested when, when it was lodged, and what happened before."""

    witnesses: tuple[str, ...]
    attested: dict[str, float]
    lodged_s: float
    before: str
    receipted: bool


BEFORE: Final = (
    "nothing",
    "broken by another",
    "recorded late",
    "passed",
    "revoked at -20",
    "number taken",
    "withdrawn",
    "void in time",
    "void on evidence",
)


def cases() -> st.SearchStrategy[Case]:
    """Mostly everybody has a witness, and most of these have attested in time."""
    some = st.sets(st.sampled_from(MEMBERS), min_size=1).map(lambda states: tuple(sorted(states)))
    return st.one_of(st.just(MEMBERS), st.just(MEMBERS), some).flatmap(
        lambda witnesses: st.builds(
            Case, st.just(witnesses), _attested(witnesses), LODGED_S, st.sampled_from(BEFORE), st.booleans()
        )
    )


def _attested(witnesses: tuple[str, ...]) -> st.SearchStrategy[dict[str, float]]:
    good = st.dictionaries(
        st.sampled_from(witnesses), st.sampled_from([-30.0, -30.0, 0.0]), min_size=len(witnesses) - 1
    )
    return st.one_of(good, st.dictionaries(st.sampled_from([*witnesses, *witnesses, *MEMBERS]), ATTESTED_S, max_size=5))


class Hall:
    """An organisation with a silence that ends two minutes from its start."""

    def __init__(self, witnesses: tuple[str, ...]) -> None:
        self.world = World(MEMBERS, ruleset="nato-like-2", witnesses=witnesses)
        self.world.organ("secretariat", ReferenceAllotted(reference="CC-M(2026)0001", subject="Draft"))
        circulated = TextCirculated(reference="CC-M(2026)0001", title="Draft", paragraphs=1)
        text = self.world.organ("secretariat", circulated, text=b"1. The council agrees.")
        version = Version(text.leaf.act, text.act.header.detached or "")
        self.deadline = self.world.now + timedelta(seconds=AHEAD_S)
        shown = Deadline(self.deadline, "Europe/Brussels", "10:00 Brussels")
        self.silence = self.world.organ("chair", SilenceSet(version=version, deadline=shown)).leaf.act
        self.held = self.breaks("XAA", -40)
        self.other = self.breaks("XCC", -40)

    def at(self, after_deadline_s: float) -> datetime:
        return self.deadline + timedelta(seconds=after_deadline_s)

    def breaks(self, state: str, at_s: float) -> Composed:
        author, content = self.world.author(state), SilenceBroken(silence=self.silence, kind="SUBSTANCE", reason="")
        window = Window(self.at(at_s), self.at(at_s) + timedelta(minutes=10))
        return compose(author, content, (COUNCIL, EAST), self.world.link(author, (COUNCIL, EAST)), window)

    def evidence(self, attested: dict[str, float], held: Composed | None = None) -> EvidenceLodged:
        held = held or self.held
        signed = tuple(
            sign_attestation(
                Attestation(self.world.organisation, held.act_id, self.at(at_s), 1, NO_ATTESTATION),
                witness_signer(state),
            )
            for state, at_s in attested.items()
        )
        return EvidenceLodged(envelope=held.envelope, attestations=signed, receipt=None)

    def receipted(self, held: Composed) -> EvidenceLodged:
        sealed = envelope.digest(envelope.encode(held.envelope))
        leaf = Leaf(1, self.world.organisation, 99, self.world.state.term, self.at(-20), held.act_id, sealed)
        receipt = sign_receipt(leaf, signer_for("ORG/registrar"))
        return EvidenceLodged(envelope=held.envelope, attestations=(), receipt=receipt)

    def meet(self, before: str) -> None:
        """What happened before evidence was lodged."""
        world = self.world
        if before == "broken by another":
            world.now = self.at(-5)
            world.record(self.breaks("XBB", -5))
        if before == "recorded late":
            world.now = self.at(0.5)
            world.record(self.held)
        if before == "revoked at -20":
            world.now = self.at(-20)
            held = world.author("XAA").signer.credential
            world.say("XAA", CredentialRevoked(credential=held, reason="", compromised_since=None), office=ROOT)
        if before == "number taken":
            world.now = self.at(-8)
            world.say("XAA", SilenceBroken(silence=self.silence, kind="TIMING", reason="another act"))
        if before == "withdrawn":
            world.now = self.at(-5)
            world.organ("chair", SilenceWithdrawn(silence=self.silence, reason=""))
        if before == "void in time":
            world.now = self.at(-5)
            self.void("SYSTEM_OUTAGE", None)
        if before in {"passed", "void on evidence"}:
            world.now = self.at(CLOSING_S + 1)
            world.organ("timekeeper", SilencePassed(silence=self.silence, deadline=self.deadline))
        if before == "void on evidence":
            self.void("BREAK_HELD_BACK", world.say("XDD", self.receipted(self.other)).leaf.act)

    def void(self, ground: Ground, evidence: ActId | None) -> None:
        content = SilenceVoided(silence=self.silence, ground=ground, evidence=evidence, reason="")
        self.world.organ("chair", content)

    @property
    def found(self) -> Silence:
        return self.world.state.bodies[COUNCIL].silences[self.silence]


def counted(case: Case) -> int:
    """Attestations of others, in time, at most five minutes before the break was signed, under a valid credential."""
    ends_s = -20 if case.before == "revoked at -20" else 0
    good = [at_s for state, at_s in case.attested.items() if state in case.witnesses and state != "XAA"]
    return sum(-340 <= at_s <= 0 and (at_s < ends_s or case.before != "revoked at -20") for at_s in good)


ALONE: Final = {Rule.EVIDENCE_QUORUM, Rule.SILENCE_BROKEN_TWICE, Rule.SILENCE_NOT_RUNNING}
"""What a proof is refused by, and a receipt is not."""
NOT_LACKING: Final = {"number taken": Rule.EQUIVOCATION, "recorded late": Rule.NUMBER_USED}


def expected(case: Case, received_s: float) -> type[Effect] | Rule:
    found = proven(case, received_s)
    return NOT_LACKING.get(case.before, ActContested) if case.receipted and found in ALONE else found


def proven(case: Case, received_s: float) -> type[BreakProven | ProofCameLate] | Rule:
    if any(state not in case.witnesses for state in case.attested):
        return Rule.EVIDENCE_ATTESTATION
    needed = len([state for state in case.witnesses if state != "XAA"]) // 2 + 1
    if counted(case) < needed:
        return Rule.EVIDENCE_QUORUM
    if case.before == "number taken":
        return Rule.SILENCE_BROKEN_TWICE
    if case.before == "withdrawn":
        return Rule.SILENCE_NOT_RUNNING
    if case.before.startswith("void"):
        return ProofCameLate
    if case.before != "passed" and received_s <= CLOSING_S:
        return BreakProven
    return Rule.SILENCE_NOT_RUNNING if case.before == "broken by another" else ProofCameLate


@EVIDENCE
@given(case=cases())
def test_evidence_is_worth_what_the_model_says(case: Case) -> None:
    hall = Hall(case.witnesses)
    hall.meet(case.before)
    hall.world.now = max(hall.world.now, hall.at(case.lodged_s))
    received_s = (hall.world.now - hall.deadline).total_seconds()
    content = hall.evidence(case.attested)
    if case.receipted:
        content = structs.replace(content, receipt=hall.receipted(hall.held).receipt)
    try:
        folded(hall, hall.world.compose(hall.world.author("XBB"), content))
        hall.world.say("XBB", content)
    except RefusedError as error:
        outcome: object = error.rule
    else:
        outcome = type(hall.world.effects[-1][0])

    assert expected(case, received_s) == outcome
    broken = {"XAA": outcome is BreakProven or case.before == "number taken", "XBB": case.before == "broken by another"}
    assert {member for member, broke in broken.items() if broke} == set(hall.found.breakers)
    assert (hall.found.status == "BROKEN") is any(broken.values())
    assert (hall.found.status == "VOID") is case.before.startswith("void"), "nothing gives it another outcome"
    if outcome in {BreakProven, ProofCameLate, ActContested} and case.before != "recorded late":
        assert hall.held.act_id == hall.world.state.chains[hall.held.act.header.credential, COUNCIL, EAST].head
    assert hall.world.state == hall.world.refold()


def folded(hall: Hall, composed: Composed) -> None:
    """Fold the record and one more entry from its bytes, signatures and all: void is refused."""
    state, verifiers = genesis(catalogue()), Verifiers()
    effects: tuple[Effect, ...] = ()
    for entry in [*hall.world.entries, hall.world.seal(composed)]:
        _, effects = apply_bytes(state, encode_entry(entry.leaf, envelope.encode(entry.envelope)), verifiers)
    for effect in effects:
        if isinstance(effect, EntryVoid):
            raise RefusedError(effect.rule, effect.detail)


@pytest.mark.parametrize(
    ("witness", "registrar", "outcome"),
    [
        ("XBB", "registrar", None),
        ("XZZ", "registrar", Rule.EVIDENCE_ATTESTATION),
        ("XBB", "chair", Rule.EVIDENCE_RECEIPT),
    ],
)
def test_who_signed_what_is_lodged_is_asked_by_the_rules_too(
    witness: str, registrar: str, outcome: Rule | None
) -> None:
    hall = Hall(MEMBERS)
    held = hall.world.compose(hall.world.author("XAA"), MessagePosted(subject="Message", in_reply_to=None))
    sealed = envelope.digest(envelope.encode(held.envelope))
    leaf = Leaf(1, hall.world.organisation, 99, hall.world.state.term, hall.world.now, held.act_id, sealed)
    attestation = Attestation(hall.world.organisation, held.act_id, hall.world.now, 1, NO_ATTESTATION)
    content = EvidenceLodged(
        envelope=held.envelope,
        attestations=(sign_attestation(attestation, witness_signer(witness)),),
        receipt=sign_receipt(leaf, signer_for(f"ORG/{registrar}")),
    )
    composed = hall.world.compose(hall.world.author("XBB"), content)

    assert [outcome, outcome] == [refusal(folded, hall, composed), refusal(admitted, hall, composed)]


def admitted(hall: Hall, composed: Composed) -> None:
    admit(hall.world.state, composed.act, composed.act_id, hall.world.now)


def refusal(judge: Callable[[Hall, Composed], None], hall: Hall, composed: Composed) -> Rule | None:
    try:
        judge(hall, composed)
    except RefusedError as error:
        return error.rule
    return None


@EVIDENCE
@given(lodged_s=LODGED_S)
def test_no_silence_is_said_to_have_passed_while_evidence_can_still_break_it(lodged_s: float) -> None:
    hall = Hall(MEMBERS)
    hall.world.now = hall.at(lodged_s)
    passed = SilencePassed(silence=hall.silence, deadline=hall.deadline)
    said = hall.world.compose(hall.world.author("ORG", "timekeeper"), passed)
    lodged = hall.world.compose(hall.world.author("XBB"), hall.evidence({"XBB": -1, "XCC": -1, "XDD": -1}))
    try:
        admit(hall.world.state, said.act, said.act_id, hall.world.now)
        may_pass = True
    except RefusedError:
        may_pass = False
    hall.world.record(lodged)

    assert may_pass is (hall.found.status == "RUNNING")
    assert may_pass is (deadlines(hall.world.state) != [])


@EVIDENCE
@given(
    bent=st.sampled_from(["act", "attestation"]),
    octet=st.integers(0, 63),
    bit=st.integers(0, 7),
)
def test_one_bit_of_one_signature_within_makes_evidence_void(bent: str, octet: int, bit: int) -> None:
    hall = Hall(MEMBERS)
    content = hall.evidence({"XBB": -1, "XCC": -1, "XDD": -1})
    if bent == "act":
        content = structs.replace(content, envelope=flipped(content.envelope, octet, bit))
    else:
        first, *others = content.attestations
        content = structs.replace(content, attestations=(*others, flipped(first, octet, bit)))
    with pytest.raises(RefusedError, match=Rule.SIGNATURE_INVALID):
        folded(hall, hall.world.compose(hall.world.author("XBB"), content))


def flipped(signed: envelope.Envelope, octet: int, bit: int) -> envelope.Envelope:
    first = signed.signatures[0]
    raw = bytearray(first.sig)
    raw[octet] ^= 1 << bit
    return structs.replace(signed, signatures=(Signature(first.keyid, bytes(raw)),))


@given(counters=st.tuples(ONE_TO_THREE, ONE_TO_THREE), seconds=st.tuples(ONE_TO_THREE, ONE_TO_THREE))
def test_attestations_contradict_one_another_where_no_chain_can_hold_both(
    counters: tuple[int, int], seconds: tuple[int, int]
) -> None:
    hall = Hall(MEMBERS)
    chain = [Attestation(hall.world.organisation, f"{n:064x}", hall.at(n), n, f"{n:064x}") for n in range(1, 4)]
    one, other = (
        structs.replace(chain[counter - 1], at=hall.at(at_s)) for counter, at_s in zip(counters, seconds, strict=True)
    )
    backwards = (counters[0] - counters[1]) * (seconds[0] - seconds[1]) < 0
    unlinked = abs(counters[0] - counters[1]) == 1
    same = counters[0] == counters[1] and seconds[0] != seconds[1]

    assert contradict(one, other) is (backwards or unlinked or same)
    assert contradict(one, other) is contradict(other, one)
    assert not contradict(one, one)


def test_an_author_lodges_its_own_act_under_the_number_after_it() -> None:
    hall = Hall(MEMBERS)
    hall.world.now = hall.at(5)
    author = hall.world.author("XAA")
    content = hall.evidence({"XBB": -1, "XCC": -1, "XDD": -1})
    plain = hall.world.compose(author, content)
    header = structs.replace(plain.act.header, number=plain.act.header.number + 1, previous=hall.held.act_id)

    hall.world.record(sign(Act(header, content), author.signer))

    assert hall.found.breakers == ["XAA"]
    assert hall.world.link(author, (COUNCIL, EAST)).number == header.number + 1
