"""Who an act claims to be from: whose keys must have signed it, in which place of which chain, by which office."""

from typing import Final

from tacit.acts import Act, CharterAccepted, CharterDeposited, Header, tag
from tacit.envelope import ACT_TYPE, Envelope, pae
from tacit.errors import RefusedError, Rule
from tacit.ids import ORGANISATION, ROOT, ActId
from tacit.keys import Verifier
from tacit.rules.ruleset import Role
from tacit.rules.state import Body, Credential, State, Verifiers

_CAPACITIES: Final = {"chair": "chair", "secretariat": "secretariat", "registrar": "service", "timekeeper": "service"}
"""The capacity in which each of the organisation's own offices speaks."""
_ORGANISATION_ROLES: Final[dict[str, Role]] = {
    "chair": "chair",
    "secretariat": "secretariat",
    "registrar": "registrar",
    "timekeeper": "timekeeper",
}


def signing_keys(state: State, act: Act, verifiers: Verifiers) -> tuple[Verifier, ...]:
    """Those whose signatures the act must bear, in order: the author, then the releaser if one is named.

    Fast, and reads the state; `check_signatures` is slow, and does not.

    Raises:
        RefusedError: `credential.unknown`, `header.releaser` or `key.unsafe`.
    """
    header, content = act.header, act.content
    if isinstance(content, CharterDeposited | CharterAccepted):
        # These keys are only claimed: kept under a credential that is claimed too, they would stand in for its owner's.
        return (Verifier(content.root),)
    author = verifiers.of(header.credential, _credential(state, header).keys)
    if header.releaser is None:
        return (author,)
    return (author, verifiers.of(header.releaser, _releaser(state, header, header.releaser).keys))


def check_signatures(signers: tuple[Verifier, ...], envelope: Envelope) -> None:
    """Check that exactly these signed, each with every key of its suite, in order. Thread-safe; releases the GIL.

    Raises:
        RefusedError: `signature.*`.
    """
    wanted = sum(signer.size for signer in signers)
    if len(envelope.signatures) != wanted:
        raise RefusedError(Rule.SIGNATURE_COUNT, f"{len(envelope.signatures)} instead of {wanted}")
    message, at = pae(ACT_TYPE, envelope.payload), 0
    for signer in signers:
        signer.verify(message, envelope.signatures[at : at + signer.size])
        at += signer.size


def check_author(state: State, act: Act, body: Body | None) -> None:
    """Check credential, office, membership, capacity, releaser and entitlement.

    Raises:
        RefusedError: `credential.*`, `body.not_a_member`, `header.*` or `office.not_entitled`.
    """
    header = act.header
    found = _credential(state, header)
    if found.revoked_at is not None:
        raise RefusedError(Rule.CREDENTIAL_REVOKED, header.credential)
    if (found.state, found.office) != (header.state, header.office):
        raise RefusedError(Rule.CREDENTIAL_OTHER_OFFICE, f"it signs for {found.state}/{found.office}")
    if body is not None and header.state != ORGANISATION and header.state not in body.members:
        raise RefusedError(Rule.NOT_A_MEMBER, f"{header.state} in {body.body}")
    _check_capacity(header)
    if header.releaser is not None:
        _releaser(state, header, header.releaser)
    allowed = state.rules.who.get(tag(act.content), ())
    if not _roles(state, header) & set(allowed):
        raise RefusedError(Rule.NOT_ENTITLED, f"{header.state}/{header.office}: {tag(act.content)}")


def check_founder(header: Header) -> None:
    """Check what `check_author` checks and an author without a credential can break.

    Raises:
        RefusedError: `header.*`.
    """
    _check_capacity(header)
    if header.releaser is not None:
        raise RefusedError(Rule.RELEASER, "nobody releases an act of the founding")


def _credential(state: State, header: Header) -> Credential:
    found = state.credentials.get(header.credential)
    if found is None:
        raise RefusedError(Rule.CREDENTIAL_UNKNOWN, header.credential)
    return found


def _releaser(state: State, header: Header, credential: str) -> Credential:
    found = state.credentials.get(credential)
    valid = found is not None and found.revoked_at is None and credential != header.credential
    if found is None or not valid or found.state != header.state or found.office == ROOT:
        raise RefusedError(Rule.RELEASER, "the releaser is another office of the same state with a valid credential")
    return found


def _check_capacity(header: Header) -> None:
    if header.on_behalf_of or header.capacity in {"on_behalf_of", "proxy"}:
        raise RefusedError(Rule.MANDATE, ", ".join(header.on_behalf_of))
    own = header.state != ORGANISATION or header.office == ROOT
    expected = "own" if own else _CAPACITIES.get(header.office, "service")
    if header.capacity != expected:
        raise RefusedError(Rule.CAPACITY, f"{header.capacity} instead of {expected}")


def _roles(state: State, header: Header) -> set[Role]:
    if header.office == ROOT:
        return {"root"}
    if header.state == ORGANISATION:
        role = _ORGANISATION_ROLES.get(header.office)
        return {role} if role else set()
    office = state.offices[header.state, header.office]
    return {"member", "delegation"} if office.commits else {"delegation"}


def check_chain(state: State, act: Act, act_id: ActId) -> None:
    """Check that the act follows the author's last one in this place; the first follows the author's enrolment.

    Raises:
        RefusedError: `chain.*`.
    """
    header = act.header
    chain = state.chains.get((header.credential, header.body, header.channel))
    number = chain.number if chain else 0
    if header.number <= number:
        other = chain is not None and header.number == number and chain.head != act_id
        raise RefusedError(Rule.EQUIVOCATION if other else Rule.NUMBER_USED, f"number {header.number} after {number}")
    if header.number > number + 1:
        raise RefusedError(Rule.NUMBER_GAP, f"number {header.number} after {number}")
    previous = chain.head if chain else _enrolment(state, act)
    if header.previous != previous:
        raise RefusedError(Rule.PREVIOUS, f"instead of {previous}")


def _enrolment(state: State, act: Act) -> ActId:
    if isinstance(act.content, CharterAccepted):
        return state.organisation or ""
    return state.credentials[act.header.credential].enrolled_by
