"""Whose receipts a client believes: the keys that the organisation's own root key gave the registrar, nobody else's."""

import msgspec
import pytest

from tacit import envelope
from tacit.acts import CredentialRevoked
from tacit.compose import Author
from tacit.envelope import LEAF_TYPE, Envelope
from tacit.errors import RefusedError, Rule
from tacit.founding import enrolment
from tacit.ids import ORGANISATION
from tacit.record import Entry, Refusal, sign_receipt, sign_refusal
from tacit.session.registrars import Registrars
from tacit.signing import Signer
from tacit.testing import OFFICE, START, World, signer_for

OLD = signer_for(f"{ORGANISATION}/registrar")
NEW = signer_for(f"{ORGANISATION}/registrar anew")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def registrars(world: World) -> Registrars:
    known = Registrars(world.organisation)
    known.learn_charter(world.entries[0].envelope)
    return known


def receipt(world: World, signer: Signer = OLD) -> Envelope:
    return sign_receipt(world.entries[-1].leaf, signer)


def replaced(world: World) -> Entry:
    """The organisation's root key gives the registrar new keys."""
    content = enrolment(world.organisation, ORGANISATION, "registrar", NEW, OLD.credential)
    return world.say(ORGANISATION, content, office="root")


def rule_of(registrars: Registrars, answer: Envelope) -> Rule:
    with pytest.raises(RefusedError) as caught:
        registrars.open_receipt(answer)
    return caught.value.rule


def test_the_charters_registrar_is_believed(world: World, registrars: Registrars) -> None:
    assert world.entries[-1].leaf == registrars.open_receipt(receipt(world))


def test_nobody_is_believed_before_the_charter_is_known(world: World) -> None:
    assert Rule.SIGNATURE_KEY == rule_of(Registrars(world.organisation), receipt(world))


def test_new_keys_are_believed_and_the_old_ones_no_more(world: World, registrars: Registrars) -> None:
    registrars.learn(replaced(world))

    assert world.entries[-1].leaf == registrars.open_receipt(receipt(world, NEW))
    assert Rule.SIGNATURE_KEY == rule_of(registrars, receipt(world))


def test_revoked_keys_are_believed_no_more(world: World, registrars: Registrars) -> None:
    content = CredentialRevoked(credential=OLD.credential, reason="", compromised_since=None)
    registrars.learn(world.say(ORGANISATION, content, office="root"))

    assert Rule.SIGNATURE_KEY == rule_of(registrars, receipt(world))


def test_keys_that_the_gateway_made_up_are_not_believed(world: World, registrars: Registrars) -> None:
    """The same enrolment, signed by somebody else: only the record's own root key gives keys to the registrar."""
    false = world.compose(
        Author(world.organisation, ORGANISATION, "root", signer_for(f"{ORGANISATION}/root")),
        enrolment(world.organisation, ORGANISATION, "registrar", NEW, OLD.credential),
    )
    forged = signer_for("somebody").sign_act(false.envelope.payload)
    registrars.learn(msgspec.structs.replace(world.seal(false), envelope=forged))

    assert Rule.SIGNATURE_KEY == rule_of(registrars, receipt(world, NEW))
    assert world.entries[-1].leaf == registrars.open_receipt(receipt(world))


def test_keys_for_other_offices_are_not_the_registrars(world: World, registrars: Registrars) -> None:
    content = enrolment(world.organisation, "XAA", OFFICE, NEW, world.author("XAA").signer.credential)
    registrars.learn(world.say("XAA", content, office="root"))

    assert Rule.SIGNATURE_KEY == rule_of(registrars, receipt(world, NEW))


def test_a_receipt_of_another_organisation_is_not_ours(world: World, registrars: Registrars) -> None:
    """The same keys may serve an exercise and its successor; a receipt says which record it is about."""
    leaf = msgspec.structs.replace(world.entries[-1].leaf, organisation="1" * 64)

    assert Rule.OTHER_ORGANISATION == rule_of(registrars, sign_receipt(leaf, OLD))


def test_a_refusal_is_no_receipt(world: World, registrars: Registrars) -> None:
    assert world.state.charter is not None
    ruleset = world.state.charter.ruleset
    told = Refusal("1" * 64, None, "2" * 64, 1, 9, START, Rule.NUMBER_GAP, "", ruleset)
    answer = sign_refusal(told, OLD)

    assert Rule.PAYLOAD_TYPE == rule_of(registrars, answer)
    with pytest.raises(RefusedError) as caught:
        registrars.open_refusal(answer)
    assert Rule.OTHER_ORGANISATION == caught.value.rule
    assert LEAF_TYPE != answer.payload_type


def test_what_is_no_charter_is_not_taken_for_one(world: World) -> None:
    entry = world.entries[-1]
    known = Registrars(envelope.act_id(entry.envelope.payload))

    with pytest.raises(RefusedError) as caught:
        known.learn_charter(entry.envelope)
    assert Rule.CHARTER_CONTENT == caught.value.rule
