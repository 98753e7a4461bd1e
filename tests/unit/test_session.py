"""Two real sessions against each other over a fake wire: every test checks both ends."""

import base64

import pytest

from tacit.acts import LevelRaised
from tacit.envelope import Envelope
from tacit.errors import Rule
from tacit.ids import ORGANISATION
from tacit.keys import Verifier
from tacit.limits import CREDIT_MAX
from tacit.record import Refusal, sign_receipt, sign_refusal
from tacit.session import (
    Body,
    BodyArrived,
    CaughtUpWith,
    Challenge,
    Challenged,
    ClientSession,
    Codec,
    EntryArrived,
    EntryFrame,
    EntryWithheld,
    ErrorArrived,
    Fault,
    Fetch,
    GoodbyeArrived,
    Identity,
    Phase,
    Receipt,
    ReceiptArrived,
    RefusalArrived,
    Refused,
    ServerSession,
    SessionError,
    SignIn,
    Unavailable,
    UnavailableArrived,
    Welcome,
    Withheld,
)
from tacit.session.sign_in import answer
from tacit.testing import OFFICE, World, signer_for
from tests.codecs import both_codecs
from tests.unit.session_pair import AUDIENCE, LIMITS, MINE, NONCE, NOW, REGISTRAR, WORLD, Pair, forwarded, raw_entry


@both_codecs
def test_a_client_signs_in_with_its_credential(codec: Codec) -> None:
    pair = Pair(codec).signed_in()

    assert (Phase.OPEN, Phase.OPEN) == (pair.client.phase, pair.gateway.phase)


@both_codecs
@pytest.mark.parametrize(
    ("signer", "audience", "nonce"),
    [
        (signer_for("XBB/other"), AUDIENCE, NONCE),
        (MINE, AUDIENCE, b"o" * 32),
    ],
    ids=["another key", "another nonce"],
)
def test_a_sign_in_by_others_or_for_another_challenge_is_refused(
    codec: Codec, signer: object, audience: str, nonce: bytes
) -> None:
    assert isinstance(signer, type(MINE))
    identity = Identity(WORLD.organisation, signer, audience)
    challenged = ClientSession(identity, codec=codec).receive(
        codec.encode(Challenge(nonce, WORLD.organisation, LIMITS))
    )
    assert isinstance(challenged, Challenged)
    gateway = ServerSession(WORLD.organisation, NONCE, LIMITS, codec)
    gateway.challenge()
    frame = gateway.receive(challenged.reply)
    assert isinstance(frame, SignIn)

    with pytest.raises(SessionError) as caught:
        gateway.check_sign_in(frame, Verifier(MINE.keys))

    assert Fault.SIGN_IN_REFUSED == caught.value.rule


@both_codecs
def test_the_audience_is_part_of_what_is_signed(codec: Codec) -> None:
    pair = Pair(codec)
    challenged = pair.client.receive(pair.gateway.challenge())
    assert isinstance(challenged, Challenged)
    relayed = pair.gateway.receive(challenged.reply.replace(b"gateway.example", b"another.example"))
    assert isinstance(relayed, SignIn)

    with pytest.raises(SessionError):
        pair.gateway.check_sign_in(relayed, Verifier(MINE.keys))


def test_what_a_sign_in_signs_is_written_down() -> None:
    """For other implementations: these octets, signed with the first key of the credential."""
    nonce = base64.b64encode(NONCE).decode()
    claim = (
        f'{{"nonce":"{nonce}","organisation":"{WORLD.organisation}","credential":"{MINE.credential}",'
        f'"audience":"gateway.example:8443"}}'
    )
    signed = f"DSSEv1 37 application/vnd.tacit.sign-in.v1+json {len(claim)} {claim}".encode()
    frame = answer(NONCE, WORLD.organisation, AUDIENCE, MINE)

    assert MINE.sign_first(signed) == frame.signature


@both_codecs
def test_a_receipt_is_believed_only_under_the_registrars_signature(codec: Codec) -> None:
    pair = Pair(codec).signed_in()
    ref, entry = pair.submits()
    good = sign_receipt(entry.leaf, REGISTRAR)

    assert ReceiptArrived(ref, entry.leaf, good) == pair.client.receive(pair.gateway.send(Receipt(ref, good)))

    ref, entry = pair.submits()
    with pytest.raises(SessionError) as caught:
        pair.client.receive(pair.gateway.send(Receipt(ref, sign_receipt(entry.leaf, MINE))))
    assert Fault.UNVERIFIED == caught.value.rule


@both_codecs
def test_a_receipt_for_another_act_is_not_believed(codec: Codec) -> None:
    pair = Pair(codec).signed_in()
    ref, _ = pair.submits()

    with pytest.raises(SessionError) as caught:
        pair.client.receive(pair.gateway.send(Receipt(ref, sign_receipt(WORLD.entries[3].leaf, REGISTRAR))))

    assert Fault.UNVERIFIED == caught.value.rule


def refusal(submission: str) -> Envelope:
    charter = WORLD.state.charter
    assert charter is not None
    told = Refusal(
        WORLD.organisation, None, submission, 1, WORLD.state.size, NOW, Rule.NUMBER_GAP, "number 9", charter.ruleset
    )
    return sign_refusal(told, REGISTRAR)


@both_codecs
def test_a_refusal_is_about_the_submission_that_was_made(codec: Codec) -> None:
    pair = Pair(codec).signed_in()
    ref, entry = pair.submits()
    event = pair.client.receive(pair.gateway.send(Refused(ref, refusal(entry.leaf.envelope))))
    assert isinstance(event, RefusalArrived)
    assert Rule.NUMBER_GAP == event.refusal.rule

    ref, _ = pair.submits()
    with pytest.raises(SessionError) as caught:
        pair.client.receive(pair.gateway.send(Refused(ref, refusal("0" * 64))))
    assert Fault.UNVERIFIED == caught.value.rule


@both_codecs
def test_an_act_may_be_unavailable_and_handed_in_again(codec: Codec) -> None:
    pair = Pair(codec).signed_in()
    ref, _ = pair.submits()

    assert UnavailableArrived(ref, "timeout") == pair.client.receive(pair.gateway.send(Unavailable(ref, "timeout")))
    assert pair.submits()[0] == ref + 1


@both_codecs
def test_an_answer_to_nothing_is_a_fault(codec: Codec) -> None:
    pair = Pair(codec).signed_in()

    with pytest.raises(SessionError) as caught:
        pair.client.receive(pair.gateway.send(Unavailable(77, "timeout")))

    assert Fault.UNKNOWN_REF == caught.value.rule


@both_codecs
def test_entries_arrive_in_order_verbatim_and_once(codec: Codec) -> None:
    pair = Pair(codec).following()
    for entry in WORLD.entries:
        event = pair.client.receive(forwarded(pair, entry))
        assert EntryArrived(entry.leaf.index, raw_entry(entry), entry) == event

    assert CaughtUpWith(len(WORLD.entries)) == pair.client.receive(pair.gateway.caught_up())


@both_codecs
def test_a_withheld_entry_keeps_the_count(codec: Codec) -> None:
    pair = Pair(codec, after=3).following()
    pair.gateway.forward(4)
    leaf = WORLD.entries[4].leaf

    assert EntryWithheld(4, leaf, void=False) == pair.client.receive(
        codec.encode(Withheld(4, leaf, void=False, digest=None))
    )
    assert isinstance(pair.client.receive(forwarded(pair, WORLD.entries[5])), EntryArrived)


@both_codecs
@pytest.mark.parametrize(("index", "fault"), [(6, Fault.GAP), (4, Fault.DUPLICATE), (0, Fault.DUPLICATE)])
def test_a_gap_or_a_repetition_ends_the_session(codec: Codec, index: int, fault: Fault) -> None:
    pair = Pair(codec, after=4).following()

    with pytest.raises(SessionError) as caught:
        pair.client.receive(codec.encode(EntryFrame(index, raw_entry(WORLD.entries[index]))))

    assert fault == caught.value.rule


@both_codecs
def test_an_entry_that_stands_elsewhere_is_void_and_not_believed(codec: Codec) -> None:
    pair = Pair(codec, after=4).following()

    event = pair.client.receive(codec.encode(EntryFrame(5, raw_entry(WORLD.entries[6]))))

    assert EntryArrived(5, raw_entry(WORLD.entries[6]), None) == event


@both_codecs
def test_a_receipt_that_the_record_contradicts_is_found(codec: Codec) -> None:
    pair = Pair(codec, after=len(WORLD.entries) - 1).following()
    ref, entry = pair.submits()
    pair.client.receive(pair.gateway.send(Receipt(ref, sign_receipt(entry.leaf, REGISTRAR))))
    other = WORLD.seal(WORLD.compose(WORLD.author(ORGANISATION, "chair"), LevelRaised(level="HEIGHTENED", reason="")))

    with pytest.raises(SessionError) as caught:
        pair.client.receive(forwarded(pair, other))

    assert Fault.CONTRADICTION == caught.value.rule


@both_codecs
def test_no_entry_comes_beyond_the_credit(codec: Codec) -> None:
    pair = Pair(codec).following(credit=1)
    first = forwarded(pair, WORLD.entries[0])
    pair.client.receive(first)

    with pytest.raises(SessionError) as ours:
        pair.gateway.forward(1)
    with pytest.raises(SessionError) as theirs:
        pair.client.receive(codec.encode(EntryFrame(1, raw_entry(WORLD.entries[1]))))

    assert (Fault.BEYOND_CREDIT, Fault.BEYOND_CREDIT) == (ours.value.rule, theirs.value.rule)


@both_codecs
def test_credit_is_bounded(codec: Codec) -> None:
    pair = Pair(codec).following(credit=CREDIT_MAX)

    with pytest.raises(SessionError) as caught:
        pair.gateway.receive(pair.client.allow(1))

    assert Fault.CREDIT == caught.value.rule


@both_codecs
def test_a_detached_body_comes_under_its_ref(codec: Codec) -> None:
    pair = Pair(codec).signed_in()
    ref, raw = pair.client.fetch(7)
    assert Fetch(ref, 7) == pair.gateway.receive(raw)

    assert BodyArrived(ref, 7, None) == pair.client.receive(pair.gateway.send(Body(ref, None)))


@both_codecs
def test_a_ref_is_used_once_at_a_time(codec: Codec) -> None:
    pair = Pair(codec).signed_in()
    _, raw = pair.client.fetch(7)
    pair.gateway.receive(raw)

    with pytest.raises(SessionError) as caught:
        pair.gateway.receive(raw)

    assert Fault.REF_IN_USE == caught.value.rule


@both_codecs
def test_after_goodbye_nothing_is_said(codec: Codec) -> None:
    pair = Pair(codec).following()
    pair.client.receive(forwarded(pair, WORLD.entries[0]))
    event = pair.client.receive(pair.gateway.goodbye("slow_consumer"))

    assert GoodbyeArrived("slow_consumer", 0) == event
    assert (Phase.ENDED, Phase.ENDED) == (pair.client.phase, pair.gateway.phase)
    with pytest.raises(SessionError) as caught:
        pair.client.allow(1)
    assert Fault.OUT_OF_TURN == caught.value.rule


@both_codecs
@pytest.mark.parametrize("ends", [False, True])
def test_an_error_says_whether_the_session_ends(codec: Codec, ends: bool) -> None:
    pair = Pair(codec).signed_in()
    fault = SessionError(Rule.DUPLICATE_KEY, "ref")

    event = pair.client.receive(pair.gateway.error(fault, None, ends=ends))

    assert ErrorArrived(Rule.DUPLICATE_KEY, "ref", None, ends) == event
    assert (Phase.ENDED if ends else Phase.OPEN) == pair.client.phase


@both_codecs
def test_nothing_but_a_sign_in_is_taken_before_it(codec: Codec) -> None:
    pair = Pair(codec)
    pair.gateway.challenge()

    with pytest.raises(SessionError) as caught:
        pair.gateway.receive(codec.encode(Fetch(1, 0)))

    assert Fault.OUT_OF_TURN == caught.value.rule


@both_codecs
def test_another_organisations_gateway_is_left_before_anything_is_signed(codec: Codec) -> None:
    pair = Pair(codec)

    with pytest.raises(SessionError) as caught:
        pair.client.receive(ServerSession("1" * 64, NONCE, LIMITS, codec).challenge())

    assert Fault.OTHER_ORGANISATION == caught.value.rule


@both_codecs
def test_a_charter_of_another_organisation_is_not_believed(codec: Codec) -> None:
    pair = Pair(codec)
    challenged = pair.client.receive(pair.gateway.challenge())
    assert isinstance(challenged, Challenged)
    pair.gateway.receive(challenged.reply)
    false = World(states=("XAA", "XBB")).entries[0].envelope

    with pytest.raises(SessionError) as caught:
        pair.client.receive(pair.gateway.send(Welcome("XAA", OFFICE, false, 1, NOW)))

    assert Fault.UNVERIFIED == caught.value.rule
