"""Rules of evidence: what was held back or lost, proven by those who saw it. Spec: docs/reference/spec/evidence.md.

The signatures within are checked beside those of the act that carries them; here they are taken as checked.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from tacit.acts import Act, EvidenceContent, EvidenceLodged, SilenceBroken, SilenceVoided
from tacit.errors import RefusedError, Rule
from tacit.ids import StateCode
from tacit.record.attestation import Attestation
from tacit.record.leaf import Leaf
from tacit.rules.authors import check_chain, check_standing, check_times, find_credential, find_releaser
from tacit.rules.effects import (
    ActContested,
    BreakProven,
    Effect,
    OutcomeVoided,
    ProofCameLate,
    SilenceBroke,
)
from tacit.rules.exhibits import Evidence, WitnessKey, find_registrar, find_witness, read_evidence, witness_keys
from tacit.rules.silence import break_silence, closing_period, in_time
from tacit.rules.state import Body, Chain, Credential, Silence, State

_STILL_CONTESTS: Final = {Rule.SILENCE_NOT_RUNNING, Rule.SILENCE_BROKEN_TWICE}
"""Where a proven break makes no difference any more, a receipt shows as much as it does without the proof."""


class Weight(msgspec.Struct, frozen=True):
    """What evidence is worth: it breaks, it came too late for that (also: the silence is void), or it only contests.

    `silence` is absent where the act is no break, or was not received in time. `advances`: the record lacks the act, so
    that its author's chain goes on from it.
    """

    worth: Literal["BREAKS", "LATE", "CONTESTS"]
    silence: Silence | None
    attested: int
    needed: int
    advances: bool


def quorum(state: State, member: StateCode) -> int:
    """How many witnesses must attest an act of a member: more than half of those that are not its own."""
    return quorum_of(witness_keys(state).values(), member)


def quorum_of(witnesses: Iterable[WitnessKey], member: StateCode) -> int:
    """The same for these witnesses."""
    return sum(witness.state != member for witness in witnesses) // 2 + 1


def chain_before(state: State, act: Act) -> Chain | None:
    """The author's own act that is lodged comes before the act that lodges it, though the record lacks it yet."""
    if not isinstance(act.content, EvidenceLodged):
        return None
    evidence = read_evidence(act.content)
    lodged, header = evidence.act.header, act.header
    same = (lodged.credential, lodged.body, lodged.channel) == (header.credential, header.body, header.channel)
    known = state.chains.get((header.credential, header.body, header.channel))
    last = known.number if known else 0
    return Chain(lodged.number, evidence.act_id) if same and lodged.number == last + 1 else None


def admit(state: State, body: Body, act: Act, content: EvidenceContent, at: datetime) -> None:
    """Check evidence, or what the chair makes of it, received `at`.

    Raises:
        RefusedError: `evidence.*`, `chain.*`, `silence.*`, or what the lodged act breaks in its own right.
    """
    if isinstance(content, SilenceVoided):
        _admit_void(body, act, content)
    else:
        _weigh(state, body, act, read_evidence(content), at)


def _weigh(state: State, body: Body, act: Act, evidence: Evidence, at: datetime) -> Weight:
    lodged = evidence.act
    if lodged.header.organisation != state.organisation:
        raise RefusedError(Rule.OTHER_ORGANISATION, lodged.header.organisation)
    place = (lodged.header.body, lodged.header.channel)
    if place != (act.header.body, act.header.channel):
        # Also not one on the register: whoever does not read this channel would not learn that its chain went on.
        raise RefusedError(Rule.EVIDENCE_PLACE, f"{place[0]}/{place[1]}")
    check_standing(state, lodged, body)
    _check_signatories(state, evidence)
    silence = _find_silence(body, lodged)
    needed = quorum(state, lodged.header.state)
    attested = _count(state, silence, evidence)
    if silence is not None and attested >= needed:
        try:
            return _weigh_break(state, silence, evidence, at, (attested, needed))
        except RefusedError as error:
            if evidence.leaf is None or error.rule not in _STILL_CONTESTS:
                raise
    if evidence.leaf is None:
        raise RefusedError(Rule.EVIDENCE_QUORUM, f"{attested} of {needed} that are needed, and no receipt")
    check_chain(state, lodged, evidence.act_id)
    contested = silence if silence and _timely(state, silence, evidence.leaf.received_at) else None
    return Weight("CONTESTS", contested, attested, needed, advances=True)


def _check_signatories(state: State, evidence: Evidence) -> None:
    """Nobody counts for anything who is no witness and no registrar, whether or not the signatures are checked here."""
    for keyid, _ in evidence.attestations:
        find_witness(state, keyid)
    if evidence.registrar is not None:
        find_registrar(state, evidence.registrar)


def _find_silence(body: Body, lodged: Act) -> Silence | None:
    if not isinstance(lodged.content, SilenceBroken):
        return None
    silence = body.silences.get(lodged.content.silence)
    if silence is None or silence.channel != lodged.header.channel:
        raise RefusedError(Rule.SILENCE_UNKNOWN, lodged.content.silence)
    return silence


def _timely(state: State, silence: Silence, at: datetime) -> bool:
    return silence.jeopardised or in_time(state.rules.silence, at, silence.deadline.at)


def _count(state: State, silence: Silence | None, evidence: Evidence) -> int:
    """How many attestations count: by others than the author's own, in time, of an act that was good then."""
    if silence is None:
        return 0
    member = evidence.act.header.state
    return sum(
        find_witness(state, keyid).state != member
        and _timely(state, silence, attestation.at)
        and _was_good(state, evidence.act, attestation)
        for keyid, attestation in evidence.attestations
    )


def _was_good(state: State, act: Act, attestation: Attestation) -> bool:
    """Whether the act could have been received when it was attested."""
    header = act.header
    signers = [find_credential(state, header)]
    if header.releaser is not None:
        signers.append(find_releaser(state, header, header.releaser))
    try:
        check_times(header, attestation.at)
    except RefusedError:
        return False
    return all(_was_valid(signer, attestation.at) for signer in signers)


def _was_valid(credential: Credential, at: datetime) -> bool:
    begun = credential.valid_from is None or credential.valid_from <= at
    return begun and (credential.valid_until is None or at < credential.valid_until)


def _weigh_break(state: State, silence: Silence, evidence: Evidence, at: datetime, counted: tuple[int, int]) -> Weight:
    if silence.status == "WITHDRAWN":
        raise RefusedError(Rule.SILENCE_NOT_RUNNING, "it is WITHDRAWN")
    member = evidence.act.header.state
    if member in silence.breakers:
        raise RefusedError(Rule.SILENCE_BROKEN_TWICE, member)
    # A break that was held back may stand in the record as a late objection: then nothing is missing but its effect.
    advances = evidence.act_id not in silence.objections
    if advances:
        check_chain(state, evidence.act, evidence.act_id)
    if silence.status in {"RUNNING", "BROKEN"} and _lodged_in_time(state, silence, at):
        return Weight("BREAKS", silence, *counted, advances)
    if silence.status == "BROKEN":
        raise RefusedError(Rule.SILENCE_NOT_RUNNING, "it is BROKEN and its closing period is over")
    if member in silence.evidence.values():
        raise RefusedError(Rule.SILENCE_BROKEN_TWICE, member)
    return Weight("LATE", silence, *counted, advances)


def _lodged_in_time(state: State, silence: Silence, at: datetime) -> bool:
    closed = silence.deadline.at + closing_period(state)
    return silence.jeopardised or in_time(state.rules.silence, at, closed)


def enact(state: State, body: Body, act: Act, content: EvidenceContent, leaf: Leaf) -> tuple[Effect, ...]:
    """Carry out what was admitted: an act that was lodged has its place in its author's chain, and its effect."""
    if isinstance(content, SilenceVoided):
        return _void(body, content, leaf)
    evidence = read_evidence(content)
    weight = _weigh(state, body, act, evidence, leaf.received_at)
    lodged = evidence.act.header
    if weight.advances:
        state.chains[lodged.credential, lodged.body, lodged.channel] = Chain(lodged.number, evidence.act_id)
        body.lodged.add(evidence.act_id)
    if weight.worth == "BREAKS" and weight.silence is not None:
        return _prove(body, weight.silence, evidence, weight)
    if weight.silence is not None:
        weight.silence.evidence[leaf.act] = lodged.state
    if weight.worth == "LATE" and weight.silence is not None:
        late_s = (leaf.received_at - weight.silence.deadline.at - closing_period(state)) / timedelta(seconds=1)
        return (ProofCameLate(weight.silence.silence, evidence.act_id, lodged.state, late_s),)
    assert evidence.leaf is not None, "without a receipt nothing is contested"
    receipt = evidence.leaf
    silence = weight.silence.silence if weight.silence is not None else None
    return (ActContested(evidence.act_id, silence, lodged.state, receipt.index, receipt.received_at),)


def _prove(body: Body, silence: Silence, evidence: Evidence, weight: Weight) -> tuple[BreakProven, SilenceBroke]:
    member = evidence.act.header.state
    if silence.objections.pop(evidence.act_id, None) is not None:
        silence.late.remove(member)
    proven = BreakProven(silence.silence, evidence.act_id, member, weight.attested, weight.needed)
    return proven, break_silence(body, silence, member)


def _admit_void(body: Body, act: Act, content: SilenceVoided) -> None:
    silence = body.silences.get(content.silence)
    if silence is None or silence.channel != act.header.channel:
        raise RefusedError(Rule.SILENCE_UNKNOWN, content.silence)
    if silence.status not in {"RUNNING", "PASSED"}:
        raise RefusedError(Rule.SILENCE_NOT_RUNNING, f"it is {silence.status}")
    if (content.ground == "BREAK_HELD_BACK") != (content.evidence is not None):
        raise RefusedError(Rule.VOID_GROUND, "evidence goes with BREAK_HELD_BACK and with nothing else")
    if content.evidence is not None and content.evidence not in silence.evidence:
        raise RefusedError(Rule.VOID_GROUND, f"no such evidence on this silence: {content.evidence}")
    if silence.status == "PASSED" and content.evidence is None:
        raise RefusedError(Rule.VOID_GROUND, "a silence that has passed is voided on evidence alone")


def _void(body: Body, content: SilenceVoided, leaf: Leaf) -> tuple[Effect, ...]:
    silence = body.silences[content.silence]
    text = body.texts[silence.text]
    silence.status = "VOID"
    decision, text.decision = text.decision, None
    if decision is not None:
        body.decisions[decision].voided_by = leaf.act
    text.status = "NEGOTIATING"
    return (OutcomeVoided(silence.silence, text.text, decision),)
