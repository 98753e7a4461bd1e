"""Who signed: whose keys count, and what a stranger cannot do with the name of a member."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from tacit.acts import Act, CharterAccepted, CredentialEnrolled, OfficeAccredited, RegistrarTerm
from tacit.compose import Link, Window, compose, sign
from tacit.envelope import Envelope, Signature
from tacit.errors import Rule
from tacit.founding import enrolment
from tacit.ids import ROOT
from tacit.submission import Submission, encode
from tacit.testing import World, signer_for
from tests.memory_registrar import Office, Speaker, leaf, refusal


@pytest.fixture
def office() -> Office:
    return Office()


async def test_with_the_hybrid_suite_both_signatures_count() -> None:
    office = Office(World(("XAA", "XBB"), suite="ed25519+mldsa65"))
    composed, raw = Speaker.of(office.world, "XAA").request()
    half = Envelope(composed.envelope.payload, composed.envelope.payload_type, composed.envelope.signatures[:1])

    async with office.serving() as registrar:
        refused = refusal(await registrar.submit(encode(Submission(half, None))))
        accepted = leaf(await registrar.submit(raw))

    assert Rule.SIGNATURE_COUNT == refused.rule
    assert composed.act_id == accepted.act
    assert office.refold().size == office.record.last


async def test_a_signature_by_another_key_is_refused(office: Office) -> None:
    composed, _ = Speaker.of(office.world, "XAA").request()
    forged = Envelope(
        composed.envelope.payload,
        composed.envelope.payload_type,
        (Signature(composed.envelope.signatures[0].keyid, b"\0" * 64),),
    )

    async with office.serving() as registrar:
        size = office.record.last
        answer = refusal(await registrar.submit(encode(Submission(forged, None))))

    assert answer.rule == Rule.SIGNATURE_INVALID
    assert size == office.record.last


async def test_an_author_enrolled_by_an_act_under_way_is_looked_up_again(office: Office) -> None:
    world = office.world
    secretariat = world.author("ORG", "secretariat")
    accredited = world.compose(
        secretariat, OfficeAccredited(state="XAA", office="deputy", title="Deputy", commits=True)
    )
    signer = signer_for("XAA/deputy")
    content: CredentialEnrolled = enrolment(world.organisation, "XAA", "deputy", signer)
    enrolled = world.compose(world.author("XAA", ROOT), content)
    deputy = Speaker(world.author("XAA", "deputy"), enrolled.act_id, lambda: world.now)
    said = [encode(Submission(each.envelope, None)) for each in (accredited, enrolled)] + [deputy.request()[1]]

    async with office.serving() as registrar:
        answers = await asyncio.gather(*map(registrar.submit, said))

    assert [leaf(each).index for each in answers] == [office.record.last - 3 + at for at in range(3)]


async def test_the_keys_of_a_stranger_are_never_kept_under_the_credential_of_a_member(office: Office) -> None:
    world, thief = office.world, signer_for("thief")
    forged, _ = Speaker.of(world, "XAA").request()
    header = msgspec.structs.replace(forged.act.header, body=None, channel=None)
    proof = thief.prove(world.organisation, "XAA", ROOT)
    lure = sign(Act(header, CharterAccepted(root=thief.keys, possession=proof)), thief)
    by_thief = sign(forged.act, thief)

    async with office.serving() as registrar:
        await registrar.submit(encode(Submission(lure.envelope, None)))
        answer = refusal(await registrar.submit(encode(Submission(by_thief.envelope, None))))

    assert answer.rule == Rule.SIGNATURE_KEY


async def test_a_stranger_cannot_have_a_member_reported_for_equivocation(office: Office) -> None:
    world, thief = office.world, signer_for("thief")
    victim = next(entry for entry in world.entries if isinstance(entry.act.content, CharterAccepted))
    proof = thief.prove(world.organisation, victim.act.header.state, ROOT)
    framed = sign(Act(victim.act.header, CharterAccepted(root=thief.keys, possession=proof)), thief)

    async with office.serving() as registrar:
        answer = refusal(await registrar.submit(encode(Submission(framed.envelope, None))))
        repeated = leaf(await registrar.submit(encode(Submission(victim.envelope, None))))

    assert answer.rule != Rule.EQUIVOCATION
    assert 0 == office.metric("equivocations_total")
    assert victim.leaf == repeated


async def test_a_registrar_records_no_term_but_its_own(office: Office) -> None:
    async with office.serving() as registrar:
        state = office.refold()
        author = office.world.author("ORG", "registrar")
        chain = state.chains[author.signer.credential, None, None]
        term = RegistrarTerm(term=3, unavailable_since=state.last_received_at, reason="take-over")
        now = office.world.now
        composed = compose(
            author, term, None, Link(chain.number + 1, chain.head), Window(now, now + timedelta(minutes=5))
        )
        answer = refusal(await registrar.submit(encode(Submission(composed.envelope, None))))

    assert answer.rule == Rule.TERM
