"""Rules of the founding: one charter, then one acceptance for each founder. Spec: docs/reference/spec/founding.md."""

from tacit.acts import Act, CharterAccepted, CharterDeposited
from tacit.errors import RefusedError, Rule
from tacit.ids import NO_ACT, NOTARY, ORGANISATION, ROOT, ActId
from tacit.keys import Keys, Possession, check_keys, check_log_keys, check_possession, fingerprint
from tacit.record.organisation_log import witness_keys
from tacit.rules.authors import check_founder
from tacit.rules.effects import CharterInForce, Effect
from tacit.rules.state import Body, Credential, Office, State

REQUIRED_SERVICES = frozenset({"registrar", "timekeeper", "chair", "secretariat"})


def admit_charter(state: State, act: Act, charter: CharterDeposited) -> None:
    """The charter is entry 0 and nothing else; it names only what it contains.

    Raises:
        RefusedError: `charter.*`, `header.*` or `key.*`.
    """
    if state.charter is not None:
        raise RefusedError(Rule.CHARTER_TWICE)
    header = act.header
    if header.body is not None or header.channel is not None:
        raise RefusedError(Rule.PLACE, "an act on the register has neither body nor channel")
    author = (header.organisation, header.state, header.office, header.number, header.previous)
    if author != (NO_ACT, ORGANISATION, ROOT, 1, NO_ACT) or header.credential != fingerprint(charter.root):
        raise RefusedError(Rule.CHARTER_CONTENT, "signed by another than the organisation's own root")
    check_founder(header)
    named = state.rulesets.get(charter.ruleset.sha256)
    if named is None or (named.name, named.version) != (charter.ruleset.name, charter.ruleset.version):
        raise RefusedError(Rule.CHARTER_CONTENT, f"unknown rule-set {charter.ruleset.name}")
    _check_members(charter)
    _check_service_keys(charter)
    _check_witnesses(charter)


def _check_members(charter: CharterDeposited) -> None:
    states = [founder.state for founder in charter.founders]
    roots = [founder.root for founder in charter.founders]
    if len(set(states)) != len(states) or len(set(roots)) != len(roots) or ORGANISATION in states:
        raise RefusedError(Rule.CHARTER_CONTENT, "founders or their root keys are not distinct")
    if len({body.body for body in charter.bodies}) != len(charter.bodies):
        raise RefusedError(Rule.CHARTER_CONTENT, "bodies are not distinct")
    for body in charter.bodies:
        if not body.members or len(set(body.members)) != len(body.members) or not set(body.members) <= set(states):
            raise RefusedError(Rule.CHARTER_CONTENT, f"members of {body.body}")


def _check_service_keys(charter: CharterDeposited) -> None:
    check_keys(charter.root, charter.suite)
    offices = [service.office for service in charter.services]
    prints = [fingerprint(service.keys) for service in charter.services]
    if len(set(offices)) != len(offices) or not set(offices) >= REQUIRED_SERVICES or ROOT in offices:
        raise RefusedError(Rule.CHARTER_CONTENT, "service offices missing or not distinct")
    if len({*prints, fingerprint(charter.root), *(founder.root for founder in charter.founders)}) != (
        len(prints) + 1 + len(charter.founders)
    ):
        raise RefusedError(Rule.KEY_TAKEN, "a key set serves twice")
    for service, credential in zip(charter.services, prints, strict=True):
        if service.office == NOTARY:
            check_log_keys(service.keys)
        else:
            check_keys(service.keys, charter.suite)
        claim = Possession(NO_ACT, ORGANISATION, service.office, credential)
        check_possession(service.keys, service.possession, claim)


def _check_witnesses(charter: CharterDeposited) -> None:
    """One witness for a member at most, each with keys of its own; a quorum is more than half of them."""
    if not {witness.state for witness in charter.witnesses} <= {founder.state for founder in charter.founders}:
        raise RefusedError(Rule.CHARTER_CONTENT, "witnesses of others than founders")
    try:
        witnesses = witness_keys(charter).values()
    except RefusedError as error:
        raise RefusedError(Rule.CHARTER_CONTENT, f"a witness: {error.detail}") from error
    others = [key.key for keys in (charter.root, *(service.keys for service in charter.services)) for key in keys]
    keys = [vkey.key for vkeys in witnesses for vkey in vkeys]
    names = {vkeys[0].name for vkeys in witnesses}
    if len(names) != len(witnesses) or len({*keys, *others}) != len(keys) + len(set(others)):
        raise RefusedError(Rule.CHARTER_CONTENT, "the names or the keys of the witnesses are not distinct")
    count = len(witnesses)
    enough = count < 2 * charter.quorum <= 2 * count if count else charter.quorum == 0
    if not enough:
        raise RefusedError(Rule.CHARTER_CONTENT, f"a quorum of {charter.quorum} of {count} witnesses")


def enact_charter(state: State, charter: CharterDeposited, act_id: ActId) -> tuple[Effect, ...]:
    """The organisation exists; it is not in force before every founder has accepted."""
    state.charter, state.organisation = charter, act_id
    _bind(state, ROOT, charter.root, act_id)
    for service in charter.services:
        _bind(state, service.office, service.keys, act_id)
        credential = fingerprint(service.keys)
        state.offices[ORGANISATION, service.office] = Office(
            ORGANISATION, service.office, commits=False, credential=credential
        )
    for body in charter.bodies:
        state.bodies[body.body] = Body(body.body, body.title, body.members)
    return ()


def _bind(state: State, office: str, keys: Keys, act_id: ActId) -> None:
    credential = fingerprint(keys)
    state.credentials[credential] = Credential(credential, ORGANISATION, office, keys, act_id)


def admit_acceptance(state: State, act: Act, accepted: CharterAccepted, charter: CharterDeposited) -> None:
    """A founder accepts once, with the root key whose fingerprint the charter names.

    Raises:
        RefusedError: `charter.*`, `header.*` or `key.*`.
    """
    header = act.header
    founder = next((each for each in charter.founders if each.state == header.state), None)
    if founder is None:
        raise RefusedError(Rule.FOUNDER_UNKNOWN, header.state)
    if header.state in state.accepted:
        raise RefusedError(Rule.ACCEPTED_TWICE, header.state)
    if header.office != ROOT or not fingerprint(accepted.root) == founder.root == header.credential:
        raise RefusedError(Rule.FOUNDER_KEY, header.state)
    check_founder(header)
    check_keys(accepted.root, charter.suite)
    claim = Possession(header.organisation, header.state, ROOT, founder.root)
    check_possession(accepted.root, accepted.possession, claim)


def enact_acceptance(state: State, act: Act, accepted: CharterAccepted, act_id: ActId) -> tuple[Effect, ...]:
    """The founder's root key may now enrol and revoke."""
    header = act.header
    state.accepted.add(header.state)
    bound = Credential(header.credential, header.state, ROOT, accepted.root, act_id)
    state.credentials[header.credential] = bound
    return (CharterInForce(len(state.accepted)),) if state.in_force else ()
