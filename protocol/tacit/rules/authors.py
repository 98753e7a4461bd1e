"""Who an act claims to be from: by which office, when, in which place of which chain."""

from datetime import datetime, timedelta
from typing import Final

from tacit.acts import Act, CharterAccepted, Header, tag
from tacit.errors import RefusedError, Rule
from tacit.ids import ORGANISATION, ROOT, ActId
from tacit.limits import CLAIMED_AHEAD_S, VALIDITY_S_MAX
from tacit.rules.ruleset import Role
from tacit.rules.state import Body, Chain, Credential, State

_CAPACITIES: Final = {"chair": "chair", "secretariat": "secretariat", "registrar": "service", "timekeeper": "service"}
"""The capacity in which each of the organisation's own offices speaks."""
_NOBODY: Final = frozenset[Role]()
_ROOT: Final = frozenset[Role]({"root"})
_MEMBER: Final = frozenset[Role]({"member", "delegation"})
_DELEGATION: Final = frozenset[Role]({"delegation"})
_ORGANISATION_ROLES: Final[dict[str, frozenset[Role]]] = {
    "chair": frozenset({"chair"}),
    "secretariat": frozenset({"secretariat"}),
    "registrar": frozenset({"registrar"}),
    "timekeeper": frozenset({"timekeeper"}),
}
_NO_TIME: Final = timedelta(0)
_VALIDITY_MAX: Final = timedelta(seconds=VALIDITY_S_MAX)
_CLAIMED_AHEAD: Final = timedelta(seconds=CLAIMED_AHEAD_S)


def check_times(header: Header, received_at: datetime) -> None:
    """Check that the act may be played at that time.

    Raises:
        RefusedError: `header.expired`, `header.validity` or `header.claimed_ahead`.
    """
    if received_at > header.not_after:
        raise RefusedError(Rule.EXPIRED, f"not after {header.not_after.isoformat()}")
    if not _NO_TIME <= header.not_after - header.claimed_at <= _VALIDITY_MAX:
        raise RefusedError(Rule.VALIDITY, f"from claimed_at to not_after: 0 to {VALIDITY_S_MAX} s")
    if header.claimed_at - received_at > _CLAIMED_AHEAD:
        raise RefusedError(Rule.CLAIMED_AHEAD, f"more than {CLAIMED_AHEAD_S} s ahead of the registrar")


def check_author(state: State, act: Act, body: Body | None) -> None:
    """Check credential, office, membership, capacity, releaser and entitlement.

    Raises:
        RefusedError: `credential.*`, `body.not_a_member`, `header.*` or `office.not_entitled`.
    """
    found = find_credential(state, act.header)
    if found.revoked_at is not None:
        raise RefusedError(Rule.CREDENTIAL_REVOKED, act.header.credential)
    _check_standing(state, act, body, found)
    if act.header.releaser is not None and find_releaser(state, act.header, act.header.releaser).revoked_at is not None:
        raise RefusedError(Rule.RELEASER, "the credential of the releaser is revoked")


def check_standing(state: State, act: Act, body: Body | None) -> None:
    """Check what `check_author` checks, whether or not the credentials have been revoked since.

    Raises:
        RefusedError: `credential.*`, `body.not_a_member`, `header.*` or `office.not_entitled`.
    """
    _check_standing(state, act, body, find_credential(state, act.header))


def _check_standing(state: State, act: Act, body: Body | None, found: Credential) -> None:
    header = act.header
    if (found.state, found.office) != (header.state, header.office):
        raise RefusedError(Rule.CREDENTIAL_OTHER_OFFICE, f"it signs for {found.state}/{found.office}")
    if body is not None and header.state != ORGANISATION and header.state not in body.members:
        raise RefusedError(Rule.NOT_A_MEMBER, f"{header.state} in {body.body}")
    _check_capacity(header)
    if header.releaser is not None:
        find_releaser(state, header, header.releaser)
    kind = tag(act.content)
    if _roles(state, header).isdisjoint(state.rules.who.get(kind, ())):
        raise RefusedError(Rule.NOT_ENTITLED, f"{header.state}/{header.office}: {kind}")


def check_founder(header: Header) -> None:
    """Check what `check_author` checks and an author without a credential can break.

    Raises:
        RefusedError: `header.*`.
    """
    _check_capacity(header)
    if header.releaser is not None:
        raise RefusedError(Rule.RELEASER, "nobody releases an act of the founding")


def find_credential(state: State, header: Header) -> Credential:
    """The credential that the header names, revoked or not.

    Raises:
        RefusedError: `credential.unknown`.
    """
    found = state.credentials.get(header.credential)
    if found is None:
        raise RefusedError(Rule.CREDENTIAL_UNKNOWN, header.credential)
    return found


def find_releaser(state: State, header: Header, credential: str) -> Credential:
    """The credential that releases the act, revoked or not.

    Raises:
        RefusedError: `header.releaser`.
    """
    found = state.credentials.get(credential)
    if found is None or credential == header.credential or found.state != header.state or found.office == ROOT:
        raise RefusedError(Rule.RELEASER, "the releaser is another office of the same state with a valid credential")
    return found


def _check_capacity(header: Header) -> None:
    if header.on_behalf_of or header.capacity in {"on_behalf_of", "proxy"}:
        raise RefusedError(Rule.MANDATE, ", ".join(header.on_behalf_of))
    own = header.state != ORGANISATION or header.office == ROOT
    expected = "own" if own else _CAPACITIES.get(header.office, "service")
    if header.capacity != expected:
        raise RefusedError(Rule.CAPACITY, f"{header.capacity} instead of {expected}")


def _roles(state: State, header: Header) -> frozenset[Role]:
    if header.office == ROOT:
        return _ROOT
    if header.state == ORGANISATION:
        return _ORGANISATION_ROLES.get(header.office, _NOBODY)
    return _MEMBER if state.offices[header.state, header.office].commits else _DELEGATION


def check_chain(state: State, act: Act, act_id: ActId, after: Chain | None = None) -> None:
    """Check that the act follows the author's last one in this place; the first follows the author's enrolment.

    `after` stands for the author's last act where that is not in the record yet.

    Raises:
        RefusedError: `chain.*`.
    """
    header = act.header
    chain = after or state.chains.get((header.credential, header.body, header.channel))
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
