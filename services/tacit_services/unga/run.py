"""The import from an empty folder, or from wherever an earlier one was interrupted, to the last tally.

It puts a server, a registrar in its own process and the importer together, and stops them in order.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from tacit import acts, envelope, subjects
from tacit.acts import CharterDeposited
from tacit.compose import Author
from tacit.ids import ActId, StateCode
from tacit.keys import Verifier
from tacit_services.ports import EventStore
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.data_folder import size_bytes
from tacit_services.shell.entropy import MACHINE_ENTROPY
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.resident import resident_bytes
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.shell.threads import Threads
from tacit_services.unga.composer import PLACE, SECRETARIAT, Composer, Shuffle
from tacit_services.unga.importing import Importer, StoppedError, TwiceDoor
from tacit_services.unga.outcome import Memory, Summary, compare
from tacit_services.unga.registrar_process import Order, registrar_process
from tacit_services.unga.source import RollCall, Source
from tacit_services.up.accession import Accession
from tacit_services.up.mirror import Mirror
from tacit_services.up.organisation import MEMBER_OFFICE, Design, Organisation, open_organisation
from tacit_services.up.recording import SubmittingRecorder
from tacit_services.up.steps import StepTeller

NAME: Final = "RE-ENACTMENT of recorded votes of the General Assembly; no state signed anything"
READ_WAIT_S: Final = 1_800.0
"""For reading the whole record, however long it has become."""
FOUNDING_WAIT_S: Final = 300.0
STOPS_MAX: Final = 10
"""How often in a row an import may stop without a receipt, each time after a pause, before it is given up."""
STOP_PAUSE_S: Final = 1.0
ACTS_AROUND_VOTES: Final = 3
"""The number, the text, the tally."""
SAMPLES: Final = 10
"""How often in the course of a run the registrar's memory is looked at."""


class OtherFolderError(OperatorError):
    """The data folder belongs to another organisation."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"The record in {folder} is not a re-enactment of these votes: name another data folder.")


class NoProgressError(OperatorError):
    """The registrar gives no receipts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"The registrar gave no receipt in {STOPS_MAX} tries: read the log in {folder}, start again.")


def design(source: Source) -> Design:
    """The organisation of the re-enactment: every state of the collection is a member and has its own keys."""
    return Design(NAME, source.states, ruleset="tally-2", body=PLACE[0], title="General Assembly (re-enactment)")


class Manner(msgspec.Struct, frozen=True):
    """How it is imported. `twice`: every act is handed in twice. `shuffle`: gives votes another order."""

    twice: bool = False
    shuffle: Shuffle | None = None


PLAIN: Final = Manner()


async def run_import(
    folder: Path, source: Source, limit: int | None, teller: StepTeller, manner: Manner = PLAIN
) -> Summary:
    """Import the first `limit` roll calls, or all, into the data folder.

    Raises:
        OperatorError: what an operator must put right. RefusedError: the registrar refused an act.
    """
    async with AsyncExitStack() as stack:
        teller.begin("starting", None)
        server = await stack.enter_async_context(EmbeddedNats(folder))
        files, secret = OrganisationFiles(folder), server.credentials
        organisation = open_organisation(files, design(source), SystemClock().now(), MACHINE_ENTROPY)
        _check_own(organisation, source)
        order = Order(server.url, secret.user, secret.password, str(folder))
        pid = await stack.enter_async_context(registrar_process(order))
        link = await stack.enter_async_context(connect(server.url, secret, "import"))
        threads = stack.enter_context(Threads(1, "compose"))
        run = _Run(organisation, await _store(link, organisation.organisation), link, threads, teller, manner)
        await run.found()
        await run.send(source.roll_calls[:limit], pid)
        await run.read_back()
        return await run.summary(source, limit)


def _check_own(organisation: Organisation, source: Source) -> None:
    charter = acts.decode(envelope.decode(organisation.charter).payload).content
    founders = {founder.state for founder in charter.founders} if isinstance(charter, CharterDeposited) else set()
    if not isinstance(charter, CharterDeposited) or charter.name != NAME or founders != set(source.states):
        raise OtherFolderError(organisation.files.folder)


async def _store(link: NatsConnection, organisation: ActId) -> JetStreamEventStore:
    settings = StreamSettings(subjects.record_stream(organisation), subjects.record_subjects(organisation))
    return await JetStreamEventStore.open(link, settings)


class _Run:
    """The steps of one import, and what they measure."""

    def __init__(
        self,
        organisation: Organisation,
        store: EventStore,
        link: NatsConnection,
        threads: Threads,
        teller: StepTeller,
        manner: Manner,
    ) -> None:
        self._manner = manner
        self._organisation = organisation
        self._store = store
        self._mirror = Mirror(store)
        self._door = NatsSubmitter(link, organisation.organisation)
        self._threads = threads
        self._teller = teller
        self._clock = SystemClock()
        self._registrar = Verifier(organisation.service("registrar").signer.keys)
        self._memory: list[Memory] = []
        self._acts = 0
        self._seconds = 0.0
        self._read: tuple[int, float] = (0, 0.0)
        self._mirror.watch(lambda _entry, _effects: teller.advance(1))

    async def found(self) -> None:
        """Read what is recorded, and do what the founding lacks."""
        recorder = SubmittingRecorder(self._door, self._registrar)
        self._teller.begin("reading the record", await self._store.last_sequence())
        async with self._following():
            async with asyncio.timeout(READ_WAIT_S):
                await self._mirror.catch_up()
            self._teller.begin("founding", 1 + 3 * len(self._organisation.design.members))
            async with asyncio.timeout(FOUNDING_WAIT_S):
                await Accession(self._organisation, self._mirror, recorder).complete(self._clock.now())

    async def send(self, calls: Sequence[RollCall], pid: int) -> None:
        """Hand in what the record lacks; where that stops, read the record and go on from there.

        Raises:
            NoProgressError: it stopped too often without a receipt in between. RefusedError: an act was refused.
        """
        stops = 0
        while True:
            composer = Composer(self._authors(), self._mirror.state, MACHINE_ENTROPY)
            missing = [call for call in calls if not composer.is_counted(call)]
            before = self._acts
            try:
                await self._send(composer, missing, pid)
            except StoppedError:
                stops = stops + 1 if self._acts == before else 1
            else:
                return
            await asyncio.sleep(STOP_PAUSE_S)
            if stops > STOPS_MAX:
                raise NoProgressError(self._organisation.files.folder)
            await self.read_back()

    async def _send(self, composer: Composer, calls: Sequence[RollCall], pid: int) -> None:
        door = TwiceDoor(self._door) if self._manner.twice else self._door
        importer = Importer(door, self._registrar, self._threads, self._clock.now, self._manner.shuffle)
        total = sum(len(call.votes) + ACTS_AROUND_VOTES for call in calls)
        begun, now = self._mirror.state.size, asyncio.get_running_loop().time
        done, every, begun_s = 0, max(total // SAMPLES, 1), now()
        self._teller.begin("importing", total)
        self._sample(begun, pid)

        def advanced(count: int) -> None:
            nonlocal done
            done, before = done + count, done
            self._teller.advance(count)
            if done // every > before // every:
                self._sample(begun + done, pid)

        try:
            await importer.run(composer, calls, advanced)
        finally:
            self._acts += done
            self._seconds += now() - begun_s

    def _sample(self, entries: int, pid: int) -> None:
        resident = resident_bytes(pid)
        if resident is not None:
            self._memory.append(Memory(entries, resident))

    async def read_back(self) -> None:
        """Fold what has come since, as any member would: from here on the record speaks, not the receipts."""
        known, now = self._mirror.state.size, asyncio.get_running_loop().time
        last, begun_s = await self._store.last_sequence(), now()
        self._teller.begin("reading back", last - known)
        async with self._following(), asyncio.timeout(READ_WAIT_S):
            await self._mirror.catch_up()
        self._read = (self._mirror.state.size - known, now() - begun_s)

    async def summary(self, source: Source, limit: int | None) -> Summary:
        """What has come of it."""
        state, calls = self._mirror.state, source.roll_calls[:limit]
        entries, seconds = self._read
        return Summary(
            organisation=self._organisation.organisation,
            name=NAME,
            states=len(source.states),
            roll_calls=len(calls),
            acts=self._acts,
            seconds=round(self._seconds, 3),
            acts_per_second=round(self._acts / self._seconds, 1) if self._seconds else 0.0,
            entries=state.size,
            void=state.void,
            record_bytes=self._mirror.octets,
            stored_bytes=await asyncio.to_thread(size_bytes, self._organisation.files.folder),
            read_back_entries=entries,
            read_back_seconds=round(seconds, 3),
            registrar_memory=tuple(self._memory),
            tallies=compare(calls, source.tallies, state.bodies[PLACE[0]]),
        )

    def _authors(self) -> dict[StateCode, Author]:
        members = {each: self._organisation.author(each, MEMBER_OFFICE) for each in self._organisation.design.members}
        return {SECRETARIAT: self._organisation.service("secretariat"), **members}

    @asynccontextmanager
    async def _following(self) -> AsyncIterator[None]:
        """Fold the record within the block; outside it the importer has the processor to itself."""
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._mirror.follow())
            yield
            following.cancel()
