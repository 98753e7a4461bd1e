"""Evidence as somebody may lodge it: of a break or a message, recorded or held back, attested now or a while ago."""

from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from msgspec import structs

from tacit import acts, envelope
from tacit.acts import Act, Content, EvidenceLodged, MessagePosted, SilenceBroken
from tacit.compose import Composed, sign
from tacit.envelope import Envelope
from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit.record import Leaf, sign_receipt
from tacit.record.attestation import NO_ATTESTATION, Attestation, sign_attestation
from tacit.testing import World, signer_for, witness_signer

AGO_S: Final = (0.0, 0.7, 29.0, 61.0)


def evidence(world: World, silences: SearchStrategy[ActId]) -> SearchStrategy[EvidenceLodged]:
    """Evidence that fits what has been said so far."""
    breaks = st.builds(SilenceBroken, silence=silences, kind=st.just("TIMING"), reason=st.just(""))
    message = st.just(MessagePosted(subject="Message", in_reply_to=None))
    members = st.sampled_from(world.states)
    held = st.builds(lambda state, content: _held(world, state, content), members, breaks | message)
    said = [each.envelope for each in world.entries if isinstance(each.act.content, SilenceBroken)]
    lodged = st.sampled_from(said) | held if said else held
    return lodged.flatmap(lambda each: _proven(world, each))


def _held(world: World, state: str, content: Content) -> Envelope:
    return world.compose(world.author(state), content).envelope


def _proven(world: World, lodged: Envelope) -> SearchStrategy[EvidenceLodged]:
    witnesses = st.lists(st.sampled_from([*world.states, *world.states, "XZZ"]), min_size=1, max_size=3)
    return st.builds(
        lambda by, ago_s, receipted: EvidenceLodged(
            envelope=lodged,
            attestations=tuple(_attested(world, lodged, each, ago_s) for each in by),
            receipt=_receipt(world, lodged, ago_s) if receipted else None,
        ),
        witnesses,
        st.sampled_from(AGO_S),
        st.booleans(),
    )


def _attested(world: World, lodged: Envelope, state: str, ago_s: float) -> Envelope:
    at = world.now - timedelta(seconds=ago_s)
    act_id = envelope.act_id(lodged.payload)
    return sign_attestation(Attestation(world.organisation, act_id, at, 1, NO_ATTESTATION), witness_signer(state))


def _receipt(world: World, lodged: Envelope, ago_s: float) -> Envelope:
    at, act_id = world.now - timedelta(seconds=ago_s), envelope.act_id(lodged.payload)
    sealed = envelope.digest(envelope.encode(lodged))
    leaf = Leaf(1, world.organisation, world.state.size, world.state.term, at, act_id, sealed)
    return sign_receipt(leaf, signer_for("ORG/registrar"))


def lodged_before(world: World) -> SearchStrategy[ActId | None]:
    """Evidence on which the chair may void something, if there is any."""
    silences = world.state.bodies["council"].silences.values()
    return st.sampled_from([None, *(each for silence in silences for each in silence.evidence)])


def after_its_own(world: World, composed: Composed) -> Composed:
    """The same act; but who lodges an act of its own that the record lacks gives the evidence the number after it."""
    content, header = composed.act.content, composed.act.header
    if not isinstance(content, EvidenceLodged):
        return composed
    try:
        lodged = acts.decode(content.envelope.payload).header
    except RefusedError:
        return composed
    if (lodged.credential, lodged.number) != (header.credential, header.number):
        return composed
    follows = structs.replace(header, number=lodged.number + 1, previous=envelope.act_id(content.envelope.payload))
    return sign(Act(follows, content), world.author(header.state, header.office).signer)
