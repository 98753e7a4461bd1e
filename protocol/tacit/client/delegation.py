"""A delegation at work: it says acts, hears the record, and stays connected. Restarts of the gateway go unnoticed."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import aiohttp
from msgspec.structs import replace

from tacit import submission
from tacit.acts import Content
from tacit.client.chains import Place
from tacit.client.conversation import Conversation
from tacit.client.desk import Desk
from tacit.client.errors import ClientError, FrameRefusedError, GatewayFaultError, RecordChangedError
from tacit.client.evidence_file import EvidenceFile, evidence_of
from tacit.client.handing import Handing
from tacit.client.inbox import WINDOW_ENTRIES, Followed
from tacit.client.line import Endpoint, LineLostError, open_line
from tacit.client.lodging import compose_evidence
from tacit.client.memory import Memory
from tacit.client.settings import Witnesses
from tacit.client.store import Kept, OutboxStore
from tacit.client.store.memory import MemoryStore
from tacit.client.waiting import LOOK_S
from tacit.client.witnesses import Asking
from tacit.compose import Author, Composed, Window, compose
from tacit.detached import Detached, check_detached
from tacit.envelope import Envelope, act_id
from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit.limits import SALT_BYTES
from tacit.query import Question, Table, Value
from tacit.record import Entry, Leaf
from tacit.record.proof_file import ProofFile, parse_proof_file
from tacit.session import ClientSession, Difference, Identity, SessionError
from tacit.submission import Submission

RECONNECT_FIRST_S: Final = 0.05
RECONNECT_MAX_S: Final = 5.0

VALID_S: Final = 600
"""How long an act may be played after it was signed."""


class Delegation:
    """One office of one delegation. Made by `connect`.

    One at a time for each credential: two that speak with the same keys would sign the same number twice.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        author: Author,
        desk: Desk,
        now: Callable[[], datetime],
        witnesses: Witnesses | None = None,
    ) -> None:
        self._witnesses = witnesses
        self._endpoint = endpoint
        self._author = author
        self._desk = desk
        self._now = now
        self._conversation: Conversation | None = None
        self._places: dict[Place, asyncio.Lock] = {}

    @property
    def author(self) -> Author:
        """Who speaks."""
        return self._author

    @property
    def memory(self) -> Memory:
        """What to keep in order to resume later."""
        return self._desk.memory

    async def caught_up(self) -> None:
        """Return once the record has been heard up to its end as it was when we connected."""
        await self._desk.caught_up.wait()

    async def say(self, content: Content, place: Place, *, text: bytes | None = None) -> Leaf:
        """Compose the next act in this place, sign it, hand it in and return the leaf of its receipt.

        One act at a time in each place; cancelling the wait does not take the act back.

        Raises:
            ActRefusedError: the act is not recorded. ClientError: it could not be handed in.
        """
        body = None if text is None else Detached(secrets.token_bytes(SALT_BYTES), text)
        return await self._say(content, place, body)

    async def lodge(self, found: EvidenceFile) -> Leaf:
        """Lodge for another what it cannot lodge itself (`read_evidence_file`). Raises as `say` does."""
        return await self._say(found.evidence, found.place, found.detached)

    async def _say(self, content: Content, place: Place, body: Detached | None) -> Leaf:
        async with self._places.setdefault(place, asyncio.Lock()):
            await self._settle(place)
            composed = self._compose(content, place, body)
            answer = self._hand_in(composed.act_id, composed.envelope, body)
            return await self._answer(answer, composed.act_id)

    async def _settle(self, place: Place) -> None:
        """Hear what became of the acts before: one that nobody has answered still holds its number.

        Raises:
            ClientError: the gateway takes one of them in no form, or others have to lodge it; what stands there may be
                signed under no other act.
        """
        outbox = self._desk.outbox
        await self.caught_up()
        while held := outbox.unsettled(place):
            for kept in held:
                if kept.why == "frame_refused":
                    raise ClientError(f"number {kept.header.number} is held by an act that the gateway does not take")
            await outbox.shelf.moved(held[0].act)
            await self.caught_up()
        for kept in outbox.shelf.said_in(place):
            if kept.why == "others":
                raise ClientError(f"{kept.act} was lost, and only others can lodge it: wait for them, or give it up")

    def _compose(self, content: Content, place: Place, body: Detached | None) -> Composed:
        link = self._desk.memory.chains.next(place)
        if link is None:
            raise ClientError("the record as heard so far does not enrol this credential")
        seen, digest = self._desk.memory.log.seen, body.digest() if body else None
        return compose(self._author, content, place, link, self._window(), detached=digest, seen=seen)

    def _window(self) -> Window:
        now = self._now()
        return Window(now, now + timedelta(seconds=VALID_S))

    async def submit(self, envelope: Envelope, detached: Detached | None = None) -> Leaf:
        """Hand in a signed act and return the leaf of its receipt; the same bytes go out until there is an answer.

        Raises:
            ActRefusedError, FrameRefusedError.
        """
        act = act_id(envelope.payload)
        return await self._answer(self._hand_in(act, envelope, detached), act)

    def _hand_in(self, act: ActId, envelope: Envelope, detached: Detached | None) -> asyncio.Future[Leaf]:
        handed_in = Submission(envelope, detached)
        try:
            submission.decode(submission.encode(handed_in))
        except RefusedError as error:
            # No gateway would take it, and once kept it would be sent, and end the connection, for ever.
            raise FrameRefusedError(error.rule, error.detail) from error
        return self._desk.outbox.add(act, handed_in)

    async def _answer(self, answer: asyncio.Future[Leaf], act: ActId) -> Leaf:
        conversation = self._conversation
        if conversation is not None and conversation.is_open:
            # If the line is lost now, it goes out again on the next one.
            with suppress(LineLostError):
                await conversation.submit(act)
        return await asyncio.shield(answer)

    def standing(self, act: ActId) -> Kept | None:
        """How far an act of ours has come, and what it waits for; None if this outbox never had it."""
        return self._desk.outbox.kept(act)

    def outbox(self) -> list[Kept]:
        """Every act that is not yet where it has to come to, oldest first."""
        return self._desk.outbox.waiting()

    def lost(self) -> list[Kept]:
        """Acts that the record lacks, and of which there is proof. They are lodged; `why` says where others have to."""
        return self._desk.outbox.lost()

    def evidence(self, act: ActId) -> EvidenceFile:
        """What others lodge for an act of ours that was lost, with the text beside it.

        Raises:
            ClientError: it is not lost.
        """
        return evidence_of(self._desk.outbox.find_lost(act))

    def give_up(self, act: ActId) -> None:
        """Let a lost act go: it is lodged no more, and its number may be signed anew.

        Raises:
            ClientError: it is not lost.
        """
        self._desk.outbox.give_up(act)

    def differences(self) -> list[Difference]:
        """How the record was found to be another than the one that was heard, each time it was; kept in the outbox."""
        return self._desk.store.differences()

    async def proof(self, act: ActId) -> ProofFile:
        """The proof that an act is witnessed (where the charter names no witnesses: notarised), once it is.

        Cancelling the wait changes nothing: the outbox goes on.

        Raises:
            ClientError: it was refused, or the charter names no notary: then there is no proof.
        """
        ended = await asyncio.shield(self._desk.outbox.shelf.end(act))
        if ended.proof is None:
            raise ClientError(f"there is no proof of it: {ended.stage} {ended.why}".rstrip())
        return parse_proof_file(ended.proof)

    async def follow(self) -> AsyncIterator[Followed]:
        """Every entry of the record after `memory.after`, in order, each once, without end; for one reader.

        Raises:
            ClientError: this delegation was connected without `listen`.
            RecordChangedError: what was read from some entry on is not in the record any more. Follow again: it comes
                as it stands now, from that entry on.
        """
        if self._desk.inbox is None:
            raise ClientError("connect with listen=True to follow the record")
        while True:
            found = await self._desk.inbox.take()
            if isinstance(found, Difference):
                raise RecordChangedError(found)
            yield found

    async def fetch(self, entry: Entry) -> Detached | None:
        """The detached body of an entry, or None if it has none or it is not to be had; its hash has been checked.

        Raises:
            RefusedError: `detached.mismatch`: the gateway handed out another text.
        """
        claimed = entry.act.header.detached
        if claimed is None:
            return None
        index = entry.leaf.index
        answer = self._desk.fetches.add(index)
        if self._conversation is not None and self._conversation.is_open:
            with suppress(LineLostError):
                await self._conversation.fetch(index)
        body = await asyncio.shield(answer)
        if body is not None:
            check_detached(claimed, body)
        return body

    async def ask(self, question: Question) -> Table:
        """One page of a view, as far as our state may see it. It is the gateway's word, not proved by the record.

        Raises:
            QueryRefusedError: asking the same again is of no use. QueryUnavailableError: nobody can answer now.
        """
        number, answer = self._desk.questions.add(question)
        try:
            if self._conversation is not None and self._conversation.is_open:
                # If the line is lost now, it goes out again on the next one.
                with suppress(LineLostError):
                    await self._conversation.ask(number)
            return await answer
        finally:
            self._desk.questions.drop(number)

    async def ask_all(self, question: Question) -> AsyncIterator[dict[str, Value]]:
        """Every row of a view, page after page, by the names of its columns; all as of one moment of the record.

        Raises:
            QueryRefusedError, QueryUnavailableError.
        """
        while True:
            table = await self.ask(question)
            for record in table.records():
                yield record
            if table.next is None:
                return
            # What is asked as of now would move between two pages.
            as_of = table.size - 1 if question.as_of is None else question.as_of
            question = replace(question, as_of=as_of, after=table.next)

    async def stay_connected(self, http: aiohttp.ClientSession) -> None:
        """Connect, and connect again whenever the connection is lost, at growing intervals.

        Raises:
            ClientError: connecting again is of no use.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._lodge())
            if self._witnesses is not None:
                tasks.create_task(Asking(http, self._desk.outbox.showing, self._witnesses).run())
            if self._witnesses is not None and self._witnesses.lodgers:
                lodging, lodgers = self._desk.outbox.lodging, self._witnesses.lodgers
                tasks.create_task(Handing(http, lodging, lambda: self._desk.memory.chains, lodgers).run())
            await self._connect_again(http)

    async def _lodge(self) -> None:
        """Lodge as evidence what was lost or held back, whenever the record was read to its end and lacks it."""
        outbox = self._desk.outbox
        while True:
            outbox.shelf.exposed_moved.clear()
            if not await self._lodge_one():
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S if outbox.lodging.is_timed else None):
                        await outbox.shelf.exposed_moved.wait()

    async def _lodge_one(self) -> bool:
        desk, conversation = self._desk, self._conversation
        if conversation is None or not (conversation.is_open and desk.outbox.is_read):
            return False
        due = desk.outbox.lodging.due(desk.memory.chains)
        if due is None:
            return False
        lost, link = due
        composed = compose_evidence(self._author, lost, link, self._window(), desk.memory.log.seen)
        if not desk.outbox.lodging.refuse(lost, composed):
            desk.outbox.lodge(lost, composed.act_id, Submission(composed.envelope, lost.submission.detached))
            with suppress(LineLostError):
                await conversation.submit(composed.act_id)
        return True

    async def _connect_again(self, http: aiohttp.ClientSession) -> None:
        pause_s = RECONNECT_FIRST_S
        while True:
            try:
                await self._converse(http)
            except* LineLostError:
                pass
            except* SessionError as group:
                fault = next(error for error in group.exceptions if isinstance(error, SessionError))
                raise GatewayFaultError(fault.rule, fault.detail) from fault
            of_use = self._conversation is not None and self._conversation.was_of_use
            self._conversation = None
            pause_s = RECONNECT_FIRST_S if of_use else min(pause_s * 2, RECONNECT_MAX_S)
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnections, no secret

    async def _converse(self, http: aiohttp.ClientSession) -> None:
        room = WINDOW_ENTRIES if self._desk.inbox is None else await self._desk.inbox.room()
        memory, author = self._desk.memory, self._author
        identity = Identity(author.organisation, author.signer, self._endpoint.audience)
        begin = partial(
            ClientSession, identity, after=memory.resume_after, registrars=memory.registrars, log=memory.log
        )
        async with open_line(http, self._endpoint, lambda codec: begin(codec=codec)) as line:
            self._conversation = Conversation(self._desk, line, room)
            await self._conversation.hold()


def _utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def connect(
    endpoint: Endpoint,
    author: Author,
    *,
    listen: bool = False,
    memory: Memory | None = None,
    outbox: OutboxStore | None = None,
    witnesses: Witnesses | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> AsyncIterator[Delegation]:
    """A delegation that stays connected within the block. With `listen` somebody must read `follow()`.

    `outbox` is where acts are kept until they are proven: a `SqliteStore`, so that they outlive this process. To
    `witnesses` of other members (`read_witnesses`) an act is shown that nobody answers.

    Raises:
        ClientError: (out of the block) the credential is refused or revoked, or the gateway cannot be believed.
    """
    memory = memory or Memory(author)
    desk = Desk(memory, memory.listen(follows=listen), outbox or MemoryStore(), now)
    delegation = Delegation(endpoint, author, desk, now, witnesses)
    failure: BaseException | None = None
    try:
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
            staying = tasks.create_task(delegation.stay_connected(http))
            try:
                yield delegation
            except Exception as error:  # noqa: BLE001 - it is raised again below, outside the group
                failure = error
            finally:
                staying.cancel()
    except* ClientError as group:
        # Whatever the block raised on being interrupted, this is why.
        failure = _first(group)
    if failure is not None:
        raise failure


def _first(group: BaseExceptionGroup[ClientError]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
