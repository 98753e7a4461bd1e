"""The log of an organisation follows from its charter, and the notary's keys are the log's and nobody else's."""

import pytest
from msgspec import structs

from tacit import acts
from tacit.acts import CharterDeposited, RegistrarTerm
from tacit.compose import Author, compose
from tacit.errors import RefusedError, Rule
from tacit.founding import enrolment
from tacit.ids import NOTARY, ORGANISATION, ROOT, Suite
from tacit.keys import Verifier
from tacit.limits import PAYLOAD_BYTES_MAX
from tacit.record.checkpoint import Checkpoint
from tacit.record.merkle import EMPTY_ROOT
from tacit.record.organisation_log import (
    check_log_lines,
    log_vkeys,
    open_checkpoint,
    organisation_policy,
    origin,
    witness_vkeys,
)
from tacit.record.policy import parse_policy
from tacit.rules import admit
from tacit.testing import World, log_signer, signer_for, witness_signer

STATES = ("XAA", "XBB", "XCC")


def charter(world: World) -> CharterDeposited:
    assert world.state.charter is not None
    return world.state.charter


def test_a_policy_says_the_same_after_a_round_through_its_file() -> None:
    world = World(STATES, witnessed=True)
    policy = organisation_policy(world.organisation, charter(world))

    assert policy == parse_policy(policy.encode())
    assert (2, {*STATES}) == (policy.groups["quorum"].threshold, set(policy.witnesses))
    assert {state: witness_signer(state).vkey for state in STATES} == witness_vkeys(charter(world))


def test_a_witness_with_two_keys_is_one_witness_that_needs_both() -> None:
    world = World(STATES, witnessed="hybrid")
    policy = organisation_policy(world.organisation, charter(world))
    note = log_signer().sign(Checkpoint(origin(world.organisation), 0, EMPTY_ROOT), 1)
    first, second, _ = (world.witness(state).sign(note.text, 1) for state in STATES)

    assert policy == parse_policy(policy.encode())
    assert (2, 6, 4) == (policy.groups["quorum"].threshold, len(policy.witnesses), len(policy.groups))
    assert 0 == open_checkpoint(note.with_lines(*first, *second), policy).checkpoint.size
    for lines in (first, (*first, second[0]), (*first, second[1]), (first[0], second[0]), (*first, *first)):
        with pytest.raises(RefusedError) as refused:
            open_checkpoint(note.with_lines(*lines), policy)
        assert Rule.LOG_QUORUM == refused.value.rule


def test_a_charter_without_witnesses_demands_nobodys_cosignature() -> None:
    world = World(STATES, notary=True)
    policy = organisation_policy(world.organisation, charter(world))
    note = log_signer().sign(Checkpoint(origin(world.organisation), 0, EMPTY_ROOT), 1)

    assert b"quorum none" in policy.encode()
    assert 0 == open_checkpoint(note, policy).checkpoint.size


def test_half_of_the_logs_keys_are_not_enough() -> None:
    world = World(STATES, notary=True)
    note = log_signer().sign(Checkpoint(origin(world.organisation), 0, EMPTY_ROOT), 1)
    keys = log_vkeys(world.organisation, charter(world))

    for line in note.lines:
        with pytest.raises(RefusedError) as refused:
            check_log_lines(note._replace(lines=(line,)), keys)
        assert Rule.LOG_SIGNATURE == refused.value.rule


@pytest.mark.parametrize("world", [World(STATES, notary=True), World(STATES)], ids=["notary", "no notary"])
def test_the_keys_of_the_log_cannot_be_exchanged(world: World) -> None:
    root = Author(world.organisation, ORGANISATION, ROOT, signer_for(f"{ORGANISATION}/{ROOT}"))
    held = world.state.offices.get((ORGANISATION, NOTARY))
    if held is None:
        office = acts.OfficeAccredited(state=ORGANISATION, office=NOTARY, title="Notary", commits=False)
        world.organ("secretariat", office)
    content = enrolment(
        world.organisation, ORGANISATION, NOTARY, signer_for("another"), held.credential if held else None
    )
    composed = compose(root, content, None, world.link(root, None), world.window())

    with pytest.raises(RefusedError) as refused:
        world.record(composed)
    assert Rule.KEY_SUITE == refused.value.rule


def test_the_keys_of_the_log_say_nothing_but_checkpoints() -> None:
    world = World(STATES, notary=True)
    keys = log_signer()
    header = structs.replace(world.entries[1].act.header, office=NOTARY, credential=keys.credential, number=1)
    header = structs.replace(header, previous=world.organisation)
    term = RegistrarTerm(term=2, unavailable_since=world.state.last_received_at, reason="take-over")

    with pytest.raises(RefusedError) as refused:
        admit(world.state, acts.Act(header, term), "0" * 64, world.now)
    assert Rule.NOT_ENTITLED == refused.value.rule
    assert 2 == Verifier(keys.keys).size


def test_a_charter_of_thirty_hybrid_members_with_witnesses_and_a_notary_fits() -> None:
    states = tuple(f"X{first}{second}" for first in "ABCDEFGHIJ" for second in "ABC")
    world = World(states, suite="ed25519+mldsa65", witnessed=True)

    assert len(acts.encode(world.entries[0].act)) <= PAYLOAD_BYTES_MAX
    assert 16 == charter(world).quorum


@pytest.mark.parametrize(("suite", "members"), [("ed25519", 18), ("ed25519+mldsa65", 3)])
def test_so_many_witnesses_with_two_keys_fit_into_a_charter(suite: Suite, members: int) -> None:
    states = tuple(f"X{first}{second}" for first in "ABCDEF" for second in "ABC")[:members]
    world = World(states, suite=suite, witnessed="hybrid")

    assert len(acts.encode(world.entries[0].act)) <= PAYLOAD_BYTES_MAX
    assert members == len(witness_vkeys(charter(world)))
