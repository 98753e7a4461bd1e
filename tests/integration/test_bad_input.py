"""A hundred wrong things over a real socket, to a real gateway, registrar and server.

Each gets an answer that names its rule, the connection's fate is what the table says, nothing is recorded, and a
well-behaved member beside it goes on as before.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
import pytest_asyncio

from tacit.acts import SilenceBroken
from tacit.audit import Verdict
from tacit.errors import Rule
from tacit.session import JSON, Challenged, Codec, ErrorArrived, Fault, Fetch, ReceiptArrived, RefusalArrived, SignIn
from tacit.submission import Submission
from tests.codecs import both_codecs
from tests.integration.acting import BadAct
from tests.integration.bad_acts import BAD_ACTS
from tests.integration.bad_frames import BAD_FRAMES, KEPT, BadFrame
from tests.integration.bad_packed import BAD_PACKED
from tests.integration.bad_procedure import BAD_PROCEDURE
from tests.integration.bad_turns import BAD_TURNS
from tests.integration.doorstep import Hand, enter, knock
from tests.integration.town import Town, settled

EVERY_FRAME = [*BAD_FRAMES, *BAD_PACKED, *BAD_TURNS]

pytestmark = [pytest.mark.requires("nats-server"), pytest.mark.asyncio(loop_scope="module")]


class Neighbour:
    """A well-behaved member, connected all the while."""

    def __init__(self, town: Town, hand: Hand) -> None:
        self._town = town
        self._hand = hand

    async def speaks(self) -> None:
        """Its next act is recorded, as the very next entry."""
        size = await self._town.size()
        receipt = await handed_in(self._hand, self._town.good(self._town.story.author("XBB")))
        assert isinstance(receipt, ReceiptArrived)
        assert size == receipt.leaf.index
        await self._town.catch_up()


async def handed_in(hand: Hand, submission: Submission) -> object:
    _, raw = hand.session.submit(submission)
    await hand.write(raw)
    return await hand.event()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with settled(tmp_path_factory.mktemp("town") / "data") as town:
        yield town


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def neighbour(town: Town) -> AsyncIterator[Neighbour]:
    async with AsyncExitStack() as stack:
        hand = await stack.enter_async_context(enter(town.url, town.story.author("XBB")))
        yield Neighbour(town, hand)


async def test_the_table_is_long_enough_and_says_each_thing_once() -> None:
    names = [row.name for row in EVERY_FRAME] + [row.name for row in (*BAD_ACTS, *BAD_PROCEDURE)]

    assert len(names) == len(set(names))
    assert len(names) >= 100


@pytest.mark.parametrize("row", [*BAD_ACTS, *BAD_PROCEDURE], ids=lambda row: row.name)
async def test_a_bad_act_is_refused_by_its_rule(town: Town, neighbour: Neighbour, row: BadAct) -> None:
    before = await town.size()
    act = row.make(town.story)
    async with enter(town.url, town.story.author()) as hand:
        answer = await handed_in(hand, act)
        assert isinstance(answer, RefusalArrived), answer
        assert row.rule == answer.refusal.rule
        assert before == await town.size() == answer.refusal.size
        assert Verdict.JUSTIFIED == await town.judged_again(act, answer.signed)
        # The connection goes on: the same member says something good.
        assert isinstance(await handed_in(hand, town.good(town.story.author())), ReceiptArrived)
        await town.catch_up()
    await neighbour.speaks()


@pytest.mark.parametrize("row", EVERY_FRAME, ids=lambda row: row.name)
async def test_a_bad_frame_is_answered_by_its_rule(town: Town, neighbour: Neighbour, row: BadFrame) -> None:
    before = await town.size()
    async with enter(town.url, town.story.author(), codec=row.codec) as hand:
        for raw in row.before:
            await hand.write(raw)
        as_text = row.codec.is_text != row.of_other_kind
        await hand.socket.send_frame(row.make(town), aiohttp.WSMsgType.TEXT if as_text else aiohttp.WSMsgType.BINARY)
        errors, code = await until_answered(hand, len(row.before) if row.rule == Fault.BAD_FRAMES else 0, row.rule)
        assert row.rule == (errors[-1].rule if errors else None)
        assert row.code == code
        if row.code is KEPT:
            assert isinstance(await handed_in(hand, town.good(town.story.author())), ReceiptArrived)
            await town.catch_up()
            before += 1
    assert before == await town.size()
    await neighbour.speaks()


async def until_answered(hand: Hand, skipped: int, rule: str | None) -> tuple[list[ErrorArrived], int | None]:
    """The errors, and the code if the connection ended; entries that come in between are passed over."""
    errors: list[ErrorArrived] = []
    while True:
        raw = await hand.raw()
        if isinstance(raw, int):
            return errors, raw
        frame = hand.codec.decode_server(raw)
        if frame.__struct_config__.tag != "error":
            continue
        event = hand.session.receive(raw)
        assert isinstance(event, ErrorArrived)
        errors.append(event)
        if rule is not None and not event.ends and len(errors) > skipped:
            return errors, KEPT


@both_codecs
@pytest.mark.parametrize("wrong", ["audience", "credential", "revoked", "signature"])
async def test_a_bad_sign_in_is_refused_without_saying_why(
    town: Town, neighbour: Neighbour, wrong: str, codec: Codec
) -> None:
    story = town.story
    author = story.author("XDD") if wrong == "revoked" else story.author()
    audience = "elsewhere.example:1" if wrong == "audience" else None
    async with knock(town.url, author, audience=audience, codec=codec) as hand:
        good = sign_in_of(await hand.event(), codec)
        if wrong == "credential":
            good = SignIn("1" * 64, good.audience, good.signature)
        elif wrong == "signature":
            good = SignIn(good.credential, good.audience, story.author("XBB").signer.sign_first(b"something"))
        await hand.write(codec.encode(good))
        error = await hand.event()
        assert isinstance(error, ErrorArrived)
        assert (Fault.SIGN_IN_REFUSED, True) == (error.rule, error.ends)
        assert 1008 == await hand.close_code()
    await neighbour.speaks()


def sign_in_of(challenged: object, codec: Codec) -> SignIn:
    assert isinstance(challenged, Challenged)
    frame = codec.decode_client(challenged.reply)
    assert isinstance(frame, SignIn)
    return frame


@pytest.mark.parametrize("raw", [JSON.encode(Fetch(1, 0)), b"{}", b""], ids=["a fetch", "no frame", "nothing"])
async def test_whoever_has_not_signed_in_is_shown_out_at_the_first_fault(
    town: Town, neighbour: Neighbour, raw: bytes
) -> None:
    async with knock(town.url, town.story.author()) as hand:
        await hand.event()
        await hand.write(raw)
        error = await hand.event()
        assert isinstance(error, ErrorArrived)
        assert error.ends
        assert 1008 == await hand.close_code()
    await neighbour.speaks()


async def test_a_second_sign_in_is_out_of_turn(town: Town, neighbour: Neighbour) -> None:
    async with knock(town.url, town.story.author()) as hand:
        reply = JSON.encode(sign_in_of(await hand.event(), JSON))
        await hand.write(reply)
        await hand.event()
        await hand.write(reply)
        error = await hand.event()
        assert isinstance(error, ErrorArrived)
        assert (Fault.OUT_OF_TURN, True) == (error.rule, error.ends)
    await neighbour.speaks()


async def test_a_replay_gets_the_first_receipt_again(town: Town, neighbour: Neighbour) -> None:
    submission = town.good(town.story.author("XCC"))
    receipts = []
    for author in (town.story.author("XCC"), town.story.author("XCC"), town.story.author("XAA")):
        async with enter(town.url, author) as hand:
            receipt = await handed_in(hand, submission)
            assert isinstance(receipt, ReceiptArrived)
            receipts.append(receipt.leaf)
    size = await town.size()
    await town.catch_up()

    assert [receipts[0]] * 3 == receipts
    assert size == receipts[0].index + 1
    await neighbour.speaks()


async def test_an_objection_within_the_hour_is_recorded_as_late_and_once(town: Town, neighbour: Neighbour) -> None:
    story = town.story
    late = SilenceBroken(silence=story.expired, kind="SUBSTANCE", reason="late")
    async with enter(town.url, story.author("XCC")) as hand:
        receipt = await handed_in(hand, Submission(story.act(story.author("XCC"), late).envelope, None))
        assert isinstance(receipt, ReceiptArrived)
        await town.catch_up()
        silence = story.world.state.bodies["council"].silences[story.expired]
        assert (["XCC"], [], "RUNNING") == (silence.late, silence.breakers, silence.status)
        again = await handed_in(hand, Submission(story.act(story.author("XCC"), late).envelope, None))
        assert isinstance(again, RefusalArrived)
        assert Rule.SILENCE_BROKEN_TWICE == again.refusal.rule
    await neighbour.speaks()


async def test_many_bad_clients_at_once_disturb_nobody(town: Town, neighbour: Neighbour) -> None:
    async def misbehave(row: BadFrame) -> None:
        async with knock(town.url, town.story.author()) as hand:
            await hand.event()
            await hand.write(row.make(town))
            await hand.close_code()

    rows = [row for row in BAD_FRAMES if not row.of_other_kind and not row.before][:20]
    before = await town.size()
    await asyncio.gather(*(misbehave(row) for row in rows))
    assert before == await town.size()
    await neighbour.speaks()
