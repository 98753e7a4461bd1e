"""Evidence at the registrar: signatures within are checked in its threads, and what was lodged has had its place."""

from msgspec import structs

from tacit.acts import Act, MessagePosted
from tacit.compose import Link, sign
from tacit.detached import Detached
from tacit.errors import Rule
from tacit.submission import Submission, encode
from tacit.testing import COUNCIL, World
from tests.conformance.generate import watched
from tests.memory_registrar import Office, leaf, refusal


def late_hall() -> tuple[World, Office]:
    """Five seconds after the deadline of a silence that XAA has broken, as witnesses know and the record does not."""
    world = watched.watched()
    watched.until(world, 5)
    return world, Office(world)


async def test_a_break_that_was_held_back_breaks_by_evidence_and_its_number_is_spent() -> None:
    world, office = late_hall()
    held = watched.broken_by(world, "XAA")
    lodged = world.compose(world.author("XBB"), watched.evidence(world, held))

    async with office.serving() as registrar:
        recorded = leaf(await registrar.submit(encode(Submission(lodged.envelope, None))))
        forwarded = refusal(await registrar.submit(encode(Submission(held.envelope, None))))

    assert recorded.act == lodged.act_id
    assert forwarded.rule == Rule.NUMBER_USED
    assert office.refold().bodies[COUNCIL].silences[watched.silence(world).silence].breakers == ["XAA"]


async def test_its_author_goes_on_after_it() -> None:
    world, office = late_hall()
    held = watched.broken_by(world, "XAA")
    lodged = world.compose(world.author("XBB"), watched.evidence(world, held))
    body = Detached(b"\0" * 32, b"text")
    content = MessagePosted(subject="As I said", in_reply_to=None)
    next_link = Link(held.act.header.number + 1, held.act_id)
    after = watched.composed(world, "XAA", content, 0, next_link)
    header = structs.replace(after.act.header, detached=body.digest())
    said = sign(Act(header, content), world.author("XAA").signer)

    async with office.serving() as registrar:
        await registrar.submit(encode(Submission(lodged.envelope, None)))
        recorded = leaf(await registrar.submit(encode(Submission(said.envelope, body))))

    assert recorded.act == said.act_id


async def test_an_attestation_that_nobody_signed_is_refused() -> None:
    world, office = late_hall()
    content = watched.evidence(world, watched.broken_by(world, "XAA"))
    first, *others = content.attestations
    forged = structs.replace(first, signatures=(structs.replace(first.signatures[0], sig=b"\0" * 64),))
    bent = structs.replace(content, attestations=(forged, *others))
    lodged = world.compose(world.author("XBB"), bent)

    async with office.serving() as registrar:
        answer = refusal(await registrar.submit(encode(Submission(lodged.envelope, None))))

    assert answer.rule == Rule.SIGNATURE_INVALID
