"""What an operator forges: signatures, offices, charters."""

from pathlib import Path

from msgspec import structs

from tacit.acts import Act, CharterDeposited, Content
from tacit.compose import Composed, Link, compose, sign
from tacit.envelope import ACT_TYPE, Envelope, pae
from tacit.ids import ORGANISATION, ROOT, OfficeName, StateCode
from tacit.signing import Signer
from tacit.testing import World
from tests.attacks.case import Outcome
from tests.attacks.detectors import verified
from tests.attacks.operator import Operator


def signed_as(composed: Composed, forger: Signer) -> Composed:
    """The same act under the key id of its author, signed with another key."""
    made = forger.sign(pae(ACT_TYPE, composed.envelope.payload))
    bent = tuple(
        structs.replace(claimed, sig=signature.sig)
        for claimed, signature in zip(composed.envelope.signatures, made, strict=True)
    )
    return structs.replace(composed, envelope=Envelope(composed.envelope.payload, ACT_TYPE, bent))


def claimed(world: World, state: StateCode, service: OfficeName, content: Content) -> Composed:
    """An act that says it is a member's, and is well signed by a service."""
    author = structs.replace(world.author(state), signer=world.author(ORGANISATION, service).signer)
    link = Link(1, world.state.credentials[author.signer.credential].enrolled_by)
    return compose(author, content, world.place, link, world.window(), detached="0" * 64)


def charter_of(world: World) -> CharterDeposited:
    """The charter of an organisation."""
    found = world.entries[0].act.content
    assert isinstance(found, CharterDeposited)
    return found


def under_another_charter(folder: Path, content: CharterDeposited, world: World, owner: World) -> Outcome:
    """The record of `world` under a charter that says something else, signed with the keys of `owner`.

    The organisation's own acts can be signed anew, as its first one shows; those of members cannot.
    """
    operator, header = Operator(world), world.entries[0].act.header
    root, registrar = (owner.author(ORGANISATION, office).signer for office in (ROOT, "registrar"))
    charter = sign(Act(structs.replace(header, credential=root.credential), content), root)
    begun = world.entries[1].act
    signed = {"organisation": charter.act_id, "credential": registrar.credential, "previous": charter.act_id}
    term = sign(Act(structs.replace(begun.header, **signed), begun.content), registrar)
    for at, forged in enumerate((charter, term)):
        operator.raw[at] = operator.seal(forged, world.entries[at].leaf.received_at, at, at)
    for at in range(operator.size):
        operator.replace(at, organisation=charter.act_id)
    return verified(operator, operator.rewritten(), folder, 0)
