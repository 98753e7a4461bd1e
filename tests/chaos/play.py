"""One play: a fleet under load, faults at moments of chance, and what must be true when everybody has recovered."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp
import structlog

from tacit.acts import ChannelOpened
from tacit.compose import Link, Window, compose, next_link
from tacit.ids import Digest
from tacit.keys import Verifier
from tacit.record import Leaf, decode_entry
from tacit.record.archive import CHECKPOINT
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import parse_note
from tacit.rules import Verifiers, apply_bytes, catalogue, genesis
from tacit_services.archived import ArchivedRecord
from tacit_services.copies import SharedCopies
from tacit_services.log_reading import LogReader
from tacit_services.ports import RecordGapError, StoredMessage, StoreFailedError
from tacit_services.shell.archive import FolderArchive
from tacit_services.shell.copies import BusCopies
from tacit_services.shell.entropy import MACHINE_ENTROPY
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.up.accession import Accession
from tacit_services.up.mirror import Mirror
from tacit_services.up.organisation import COUNCIL, MEMBER_OFFICE, WINDOW
from tacit_services.up.recording import SubmittingRecorder
from tests.chaos.fleet import Fleet
from tests.chaos.load import CHANNEL, Secretary, Speaker
from tests.chaos.witnessed import Onlooker

log = structlog.get_logger()

RECOVER_WAIT_S: Final = 90.0
LOAD_S: Final = (0.1, 0.9)


class Seen(NamedTuple):
    """What a test itself looks at: the record, its bodies, who else has some of it."""

    store: JetStreamEventStore
    bodies: JetStreamBodyStore
    copies: SharedCopies


class Play:
    """A fleet whose members speak."""

    def __init__(
        self,
        fleet: Fleet,
        seen: Seen,
        speakers: list[Speaker],
        onlookers: list[Onlooker],
        secretary: Secretary,
        dice: random.Random,
    ) -> None:
        self.fleet = fleet
        self.dice = dice
        self.told: list[str] = []
        self._store, self._bodies, self._copies = seen
        self._speakers = speakers
        self.onlookers = onlookers
        self.secretary = secretary

    @property
    def receipts(self) -> list[Leaf]:
        return [leaf for speaker in self._speakers for leaf in speaker.receipts]

    async def hush(self) -> None:
        """Nobody speaks any more, and every witness has cosigned all that was said, also those that were busy."""
        for each in self._speakers:
            each.quiet = True
        async with asyncio.timeout(RECOVER_WAIT_S):
            while any(each.waits for each in self._speakers):  # noqa: ASYNC110 - ends with an answer: no event
                await asyncio.sleep(0.1)
            await self._witnessed(await self.size())

    async def followed(self) -> None:
        """Wait until somebody follows the record again: what nobody but the server ever had no copy gives back."""
        size = await self.size()
        async with asyncio.timeout(RECOVER_WAIT_S):
            while max((each.size for each in await self._copies.seen()), default=0) < size:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.1)

    def speak_on(self) -> None:
        """They go on."""
        for each in self._speakers:
            each.quiet = False

    async def load(self) -> None:
        """Some load, for a time of chance."""
        await asyncio.sleep(self.dice.uniform(*LOAD_S))

    async def checked_archive(self) -> int:
        """The size of the published checkpoint, all under which is there and sound."""
        with FolderArchive(self.fleet.archive) as archive:
            record = await ArchivedRecord.open(archive, self.fleet.organisation.organisation)
            assert record is not None
            async for _ in record.check():
                pass
            return record.size

    async def named_bodies(self) -> list[Digest]:
        """What the entries of the record name."""
        named = [decode_entry(each.data).act.header.detached for each in await self.messages()]
        return [each for each in named if each is not None]

    async def has_body(self, digest: Digest) -> bool:
        """Whether the store has it."""
        return await self._bodies.get(digest) is not None

    async def check_durable(self) -> None:
        """Every checkpoint that a witness has cosigned last is covered by files."""
        with FolderArchive(self.fleet.archive) as archive:
            for head in [each.heads[-1] for each in self.onlookers]:
                assert head.root == await LogReader(archive).root(head.size)

    async def published_beyond(self, size: int) -> None:
        """Wait until a checkpoint over more than so many entries is published."""
        path = self.fleet.archive / CHECKPOINT
        async with asyncio.timeout(RECOVER_WAIT_S):
            while parse_checkpoint(parse_note(path.read_bytes()).text).size <= size:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)

    async def recovered(self, *, by_itself: bool = False) -> None:
        """Everybody has handed in and got a receipt; or the registrar has said why not, and an operator has done that.

        `by_itself`: no operator is needed. The first receipt may have been on its way when the fault came; who gets a
        second one asked for it afterwards.
        """
        begun_s = asyncio.get_running_loop().time()
        before = [len(each.receipts) for each in self._speakers]
        restored = False
        async with asyncio.timeout(RECOVER_WAIT_S):
            while not all(len(each.receipts) > one + 1 for each, one in zip(self._speakers, before, strict=True)):
                registrar = self.fleet.supervisors["registrar"]
                said = self.fleet.last_words("registrar") if registrar.code == 3 else ""
                if "tacit restore" in said and not restored:
                    assert not by_itself, said
                    await self._restore(said)
                    restored = True
                await asyncio.sleep(0.1)
        self.tell(f"recovered after {asyncio.get_running_loop().time() - begun_s:.1f} s, {len(self.receipts)} receipts")

    def tell(self, words: str) -> None:
        """Remember what happened; shown where a test fails."""
        self.told.append(words)
        log.info("told", words=words)

    async def _restore(self, said: str) -> None:
        self.tell(said)
        done = await asyncio.to_thread(self.fleet.restore, "--anew")
        self.tell(done.stdout.strip() or done.stderr.strip())
        assert 0 == done.returncode, done.stderr

    async def check(self) -> list[StoredMessage]:
        """Every act whose author holds a receipt stands once, at the place of its receipt; and the record is sound.

        Every witness has cosigned that much of it, and nothing else ever.
        """
        receipts = self.receipts  # those that come while the record is read may lie beyond what was read
        await self._witnessed(max(leaf.index for leaf in receipts) + 1)
        messages = await self.messages()
        leaves = [decode_entry(each.data).leaf for each in messages]
        times = [leaf.received_at for leaf in leaves]
        assert times == sorted(times), "the time of receipt goes back"
        acts = [leaf.act for leaf in leaves]
        assert len(acts) == len(set(acts)), "an act stands twice"
        lost = [leaf for leaf in receipts if leaf.index >= len(leaves) or leaves[leaf.index] != leaf]
        assert not lost, f"{len(lost)} receipts are not kept, the first at {lost[0].index}: {self.told}"
        state, verifiers = genesis(catalogue()), Verifiers()
        for each in messages:
            apply_bytes(state, each.data, verifiers)
        assert 0 == state.void
        for onlooker in self.onlookers:
            onlooker.check(messages)
            await onlooker.check_faithful(self.fleet.organisation.log_signer())
        return messages

    async def _witnessed(self, size: int) -> None:
        """Wait until every witness has cosigned so much of the record."""
        async with asyncio.timeout(RECOVER_WAIT_S):
            while not all(each.size >= size for each in self.onlookers):  # noqa: ASYNC110 - other processes: no event
                await asyncio.sleep(0.1)

    async def size(self) -> int:
        """How many entries the record has."""
        return await self._store.last_sequence()

    async def has_again(self, size: int) -> None:
        """Wait until the record has so many entries and somebody serves: there is one more."""
        async with asyncio.timeout(RECOVER_WAIT_S):
            while not await self._grown(size):  # noqa: ASYNC110 - other processes: no event
                await asyncio.sleep(0.1)

    async def _grown(self, size: int) -> bool:
        try:
            return await self.size() > size
        except StoreFailedError:
            return False

    async def messages(self) -> list[StoredMessage]:
        """The whole record."""
        async with asyncio.timeout(RECOVER_WAIT_S):
            while True:
                try:
                    found: list[StoredMessage] = []
                    while part := await self._store.read(len(found) + 1, 1_000):
                        found += part
                except (StoreFailedError, RecordGapError):
                    await asyncio.sleep(0.2)
                else:
                    return found


@asynccontextmanager
async def playing(folder: Path, seed: int, clocks: Sequence[str] = ()) -> AsyncIterator[Play]:
    """A founded organisation whose members speak within the block. `clocks`: as a fleet takes it."""
    fleet = Fleet(folder, clocks)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(fleet.running())
        link, door = [await stack.enter_async_context(fleet.linked(user)) for user in ("administrator", "founding")]
        store = await fleet.store(link)
        submitter = NatsSubmitter(door, fleet.organisation.organisation)
        registrar = Verifier(fleet.organisation.service("registrar").signer.keys)
        copies = BusCopies(link, fleet.organisation.organisation)
        recorder = SubmittingRecorder(submitter, registrar)
        links, opened = await _found(fleet, store, recorder)
        streams = OrganisationStreams(fleet.organisation.organisation)
        bodies = await JetStreamBodyStore.open(link, streams.bodies, make=False)
        secretary = Secretary(fleet.organisation.service("secretariat"), opened, recorder)
        speakers = [
            Speaker(fleet.organisation.author(state, MEMBER_OFFICE), link, submitter, registrar, MACHINE_ENTROPY)
            for state, link in links.items()
        ]
        http = await stack.enter_async_context(aiohttp.ClientSession())
        onlookers = [Onlooker(each, fleet.organisation.organisation, http) for each in fleet.delegations]
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        doing = [tasks.create_task(each) for each in (*map(Speaker.speak, speakers), *map(Onlooker.look_on, onlookers))]
        try:
            yield Play(fleet, Seen(store, bodies, copies), speakers, onlookers, secretary, random.Random(seed))
        finally:
            for each in doing:
                each.cancel()


async def _found(
    fleet: Fleet, store: JetStreamEventStore, recorder: SubmittingRecorder
) -> tuple[dict[str, Link], Link]:
    """Where the members' chains go on in the channel, and that of the secretariat which has opened it."""
    mirror = Mirror(store)
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(mirror.follow())
        await Accession(fleet.organisation, mirror, recorder).complete(datetime.now(UTC))
        secretariat, now = fleet.organisation.service("secretariat"), datetime.now(UTC)
        place = (COUNCIL, CHANNEL)
        opening = ChannelOpened(title="Chaos", kind="standing")
        chain = next_link(mirror.state, secretariat, place)
        composed = compose(secretariat, opening, place, chain, Window(now, now + WINDOW))
        await recorder.record(composed)
        credentials = mirror.state.credentials
        following.cancel()
    authors = {state: fleet.organisation.author(state, MEMBER_OFFICE) for state in fleet.organisation.design.members}
    links = {state: Link(1, credentials[each.signer.credential].enrolled_by) for state, each in authors.items()}
    return links, Link(chain.number + 1, composed.act_id)
