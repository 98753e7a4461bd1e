"""Rules of the register: who holds which office, which keys sign for it, which registrar serves."""

from datetime import datetime, timedelta
from typing import assert_never

from tacit.acts import Act, CredentialEnrolled, CredentialRevoked, OfficeAccredited, RegistrarTerm, RegistryContent
from tacit.errors import RefusedError, Rule
from tacit.ids import NOTARY, ORGANISATION, ROOT
from tacit.keys import Possession, check_keys, check_possession, fingerprint
from tacit.record.leaf import Leaf
from tacit.rules.effects import DeadlineJeopardised, Effect
from tacit.rules.state import Credential, Office, State


def admit(state: State, act: Act, content: RegistryContent) -> None:
    """Check an act on the register.

    Raises:
        RefusedError: `office.*`, `credential.*`, `key.*` or `registrar.term`.
    """
    match content:
        case OfficeAccredited():
            _admit_office(state, content)
        case CredentialEnrolled():
            _admit_enrolment(state, act, content)
        case CredentialRevoked():
            _admit_revocation(state, act, content)
        case RegistrarTerm():
            _admit_term(state, content)
        case _:
            assert_never(content)


def _admit_office(state: State, content: OfficeAccredited) -> None:
    known = {founder.state for founder in state.charter.founders} if state.charter else set()
    if content.state != ORGANISATION and content.state not in known:
        raise RefusedError(Rule.NOT_A_MEMBER, content.state)
    if content.office == ROOT or (content.state, content.office) in state.offices:
        raise RefusedError(Rule.OFFICE_TAKEN, f"{content.state}/{content.office}")


def _admit_enrolment(state: State, act: Act, content: CredentialEnrolled) -> None:
    if content.state != act.header.state:
        raise RefusedError(Rule.CREDENTIAL_OTHER_STATE, content.state)
    office = state.offices.get((content.state, content.office))
    if office is None:
        raise RefusedError(Rule.OFFICE_UNKNOWN, f"{content.state}/{content.office}")
    if content.replaces != office.credential:
        raise RefusedError(Rule.CREDENTIAL_OCCUPIED, f"{content.state}/{content.office} has another credential")
    if (content.state, content.office) == (ORGANISATION, NOTARY):
        raise RefusedError(Rule.KEY_SUITE, "the keys of the log are those of the charter")
    if state.charter is not None:
        check_keys(content.keys, state.charter.suite)
    credential = fingerprint(content.keys)
    if credential in state.credentials:
        raise RefusedError(Rule.KEY_TAKEN, credential)
    claim = Possession(act.header.organisation, content.state, content.office, credential)
    check_possession(content.keys, content.possession, claim)


def _admit_revocation(state: State, act: Act, content: CredentialRevoked) -> None:
    found = state.credentials.get(content.credential)
    if found is None or found.office == ROOT:
        raise RefusedError(Rule.CREDENTIAL_UNKNOWN, content.credential)
    if found.state != act.header.state:
        raise RefusedError(Rule.CREDENTIAL_OTHER_STATE, found.state)
    if found.revoked_at is not None:
        raise RefusedError(Rule.CREDENTIAL_REVOKED, content.credential)


def _admit_term(state: State, content: RegistrarTerm) -> None:
    founding = state.size == 1
    expected = None if founding else state.last_received_at
    if content.term != state.term + 1 or content.unavailable_since != expected:
        raise RefusedError(Rule.TERM, f"term {content.term} after {state.term}, unavailable since {expected}")
    if (content.reason == "founding") != founding:
        raise RefusedError(Rule.TERM, content.reason)


def enact(state: State, content: RegistryContent, leaf: Leaf) -> tuple[Effect, ...]:
    """Carry out an admitted act on the register."""
    match content:
        case OfficeAccredited():
            state.offices[content.state, content.office] = Office(content.state, content.office, content.commits)
        case CredentialEnrolled():
            _enrol(state, content, leaf)
        case CredentialRevoked():
            _revoke(state, content.credential, leaf, content.compromised_since)
        case RegistrarTerm():
            return _begin_term(state, content, leaf.received_at)
        case _:
            assert_never(content)
    return ()


def _enrol(state: State, content: CredentialEnrolled, leaf: Leaf) -> None:
    if content.replaces is not None:
        _revoke(state, content.replaces, leaf)
    credential = fingerprint(content.keys)
    bound = Credential(credential, content.state, content.office, content.keys, leaf.act, valid_from=leaf.received_at)
    state.credentials[credential] = bound
    state.offices[content.state, content.office].credential = credential


def _revoke(state: State, credential: str, leaf: Leaf, compromised_since: datetime | None = None) -> None:
    found = state.credentials[credential]
    found.revoked_at = leaf.index
    found.valid_until = min(leaf.received_at, compromised_since or leaf.received_at)
    office = state.offices[found.state, found.office]
    if office.credential == credential:
        office.credential = None


def _begin_term(state: State, content: RegistrarTerm, received_at: datetime) -> tuple[Effect, ...]:
    """No silence passes across an outage unseen: a deadline inside it, or too soon after it, is jeopardised."""
    state.term = content.term
    since = content.unavailable_since
    if since is None:
        return ()
    until = received_at + timedelta(seconds=state.rules.silence.outage_margin_s)
    hit = [silence for _, silence in state.silences_running() if since < silence.deadline.at <= until]
    for silence in hit:
        silence.jeopardised = True
    return tuple(DeadlineJeopardised(silence.silence, silence.deadline.at, since) for silence in hit)
