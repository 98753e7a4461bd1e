"""The fold: what the registrar admits, what every reader makes of the record. Deterministic, free of IO, told the time.

`admit` asks, `enact` carries out what was admitted, `apply` does both for an entry of the record and never raises.
"""

from datetime import datetime, timedelta
from typing import Final

from tacit.acts import (
    Act,
    ChannelOpened,
    CharterAccepted,
    CharterDeposited,
    Content,
    EvidenceLodged,
    MessagePosted,
    RegistrarTerm,
    RevisionIssued,
    TextCirculated,
)
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, BodyId
from tacit.limits import RECEIVED_YEAR_MAX
from tacit.record.entry import Entry, decode_entry
from tacit.record.leaf import Leaf
from tacit.rules import evidence, founding, silence
from tacit.rules.authors import check_author, check_chain, check_times
from tacit.rules.effects import Effect, EntryVoid
from tacit.rules.families import IN_A_BODY, ON_THE_REGISTER
from tacit.rules.signatories import check_signatures, signing_keys
from tacit.rules.state import Body, Chain, State, Verifiers

# Asked of every entry, these are sets of types, and one type is compared: `isinstance` takes six times as long.
_WITH_BODY: Final = frozenset({MessagePosted, TextCirculated, RevisionIssued})
"""Acts that are nothing without their detached body."""
_BEFORE_IN_FORCE: Final = frozenset({CharterAccepted, RegistrarTerm})


def admit(state: State, act: Act, act_id: ActId, received_at: datetime) -> None:
    """Check everything about an act but its signatures and the bytes of its detached body. Changes nothing.

    Raises:
        RefusedError: with the first rule that the act breaks, in the order of the spec (act.md, section Admission).
    """
    header, content = act.header, act.content
    kind = type(content)
    check_times(header, received_at)
    if type(content) is CharterDeposited:
        founding.admit_charter(state, act, content)
        return
    if state.charter is None:
        raise RefusedError(Rule.CHARTER_MISSING)
    if header.organisation != state.organisation:
        raise RefusedError(Rule.OTHER_ORGANISATION, header.organisation)
    body = _check_place(state, act)
    if type(content) is CharterAccepted:
        founding.admit_acceptance(state, act, content, state.charter)
    else:
        check_author(state, act, body)
    check_chain(state, act, act_id, evidence.chain_before(state, act) if kind is EvidenceLodged else None)
    if not (state.in_force or kind in _BEFORE_IN_FORCE):
        raise RefusedError(Rule.CHARTER_NOT_IN_FORCE, f"{len(state.accepted)} of {len(state.charter.founders)}")
    if header.detached is None and kind in _WITH_BODY:
        raise RefusedError(Rule.DETACHED_MISSING, "the act carries no hash of its text")
    if body is None:
        ON_THE_REGISTER[kind].admit(state, act, content, received_at)
    else:
        IN_A_BODY[kind].admit(state, body, act, content, received_at)


def _check_place(state: State, act: Act) -> Body | None:
    """Acts on the register have no place; every other act is said in an open channel of a body."""
    body_id, channel = act.header.body, act.header.channel
    if type(act.content) in ON_THE_REGISTER:
        if body_id is not None or channel is not None:
            raise RefusedError(Rule.PLACE, "an act on the register has neither body nor channel")
        return None
    if body_id is None or channel is None:
        raise RefusedError(Rule.PLACE, "body and channel are missing")
    body = state.bodies.get(body_id)
    if body is None:
        raise RefusedError(Rule.BODY_UNKNOWN, body_id)
    if channel not in body.channels and not isinstance(act.content, ChannelOpened):
        raise RefusedError(Rule.CHANNEL_UNKNOWN, channel)
    return body


def enact(state: State, act: Act, leaf: Leaf) -> tuple[Effect, ...]:
    """Carry out an act that `admit` has just accepted against this very state. Changes the state in place."""
    header, content = act.header, act.content
    on_the_register = ON_THE_REGISTER.get(type(content))
    if on_the_register is not None:
        effects = on_the_register.enact(state, act, content, leaf)
    else:
        effects = IN_A_BODY[type(content)].enact(state, state.bodies[header.body or ""], act, content, leaf)
    state.chains[header.credential, header.body, header.channel] = Chain(header.number, leaf.act)
    state.size += 1
    state.last_received_at = leaf.received_at
    return effects


def apply(state: State, entry: Entry, verifiers: Verifiers | None = None) -> tuple[Effect, ...]:
    """Fold one entry. Never raises: what the rules do not admit becomes a void entry, a leaf without effect.

    With `verifiers` the signatures are checked too; without them they are taken as checked by whoever appended.
    """
    try:
        _check_leaf(state, entry.leaf, entry.act.content)
        if verifiers is not None:
            check_signatures(signing_keys(state, entry.act, verifiers), entry.envelope)
        admit(state, entry.act, entry.leaf.act, entry.leaf.received_at)
    except RefusedError as error:
        return _void(state, error)
    return enact(state, entry.act, entry.leaf)


def apply_bytes(
    state: State, raw: bytes, verifiers: Verifiers | None = None
) -> tuple[Entry | None, tuple[Effect, ...]]:
    """Fold one message of the record's stream, whatever it holds; the entry is None where it cannot be read."""
    try:
        entry = decode_entry(raw)
    except RefusedError as error:
        return None, _void(state, error)
    return entry, apply(state, entry, verifiers)


def step_over(state: State, leaf: Leaf | None, *, void: bool) -> None:
    """Fold an entry of a body that one may not read, of which only the leaf is known. Never raises.

    No act of the register, or of a body that one reads whole, depends on more of it than its index, its term and its
    time, and on whether it had an effect: `void` says that it had none. Its author's chain and its body stay unknown.
    """
    try:
        if void or leaf is None:
            raise RefusedError(Rule.LEAF, "withheld")
        _check_leaf(state, leaf, None)
    except RefusedError as error:
        _void(state, error)
        return
    state.size += 1
    state.last_received_at = leaf.received_at


def _check_leaf(state: State, leaf: Leaf, content: Content | None) -> None:
    organisation = leaf.act if type(content) is CharterDeposited else state.organisation
    term = content.term if type(content) is RegistrarTerm else state.term
    if leaf.organisation != organisation or leaf.index != state.size or leaf.term != term:
        raise RefusedError(Rule.LEAF, f"index {leaf.index}, term {leaf.term} at {state.size}, term {state.term}")
    if leaf.received_at.year > RECEIVED_YEAR_MAX:
        raise RefusedError(Rule.LEAF, f"received in the year {leaf.received_at.year}")
    if state.last_received_at is not None and leaf.received_at < state.last_received_at:
        raise RefusedError(Rule.ORDER, "received_at went back")


def _void(state: State, error: RefusedError) -> tuple[Effect, ...]:
    index = state.size
    state.size += 1
    state.void += 1
    return (EntryVoid(index, error.rule, error.detail),)


def deadlines(state: State) -> list[tuple[datetime, BodyId, ActId]]:
    """Every running clock: when a silence can be said to have passed or an acknowledgement is overdue, earliest first.

    Jeopardised silences are not among them: they wait for the chair.
    """
    closing = silence.closing_period(state) if state.charter is not None else timedelta(0)
    running = [
        (each.deadline.at + closing, body.body, each.silence)
        for body, each in state.silences_running()
        if not each.jeopardised
    ]
    running += [
        (each.deadline.at, body.body, each.request)
        for body in state.bodies.values()
        for each in body.acknowledgements.values()
        if each.status == "OPEN"
    ]
    return sorted(running)
