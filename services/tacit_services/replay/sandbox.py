"""The sandbox on a real server, with a real registrar in this process whose clock shows the time of the original."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from prometheus_client import CollectorRegistry

from tacit import envelope, subjects, submission
from tacit.compose import Composed
from tacit.errors import RefusedError
from tacit.ids import ORGANISATION, ActId
from tacit.record import Entry, decode_entry
from tacit.submission import Refused, Submission
from tacit_services.ports import READ_MESSAGES_MAX, StoredMessage
from tacit_services.registrar import Registrar
from tacit_services.registrar.main import Options, assemble
from tacit_services.replay.playing import OtherPlayError
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.nats_connection import NatsConnection
from tacit_services.shell.organisation_files import OrganisationFiles

IN_FLIGHT_MAX: Final = 512
"""Acts without an answer: well below what a registrar takes at a time."""
SERVING_WAIT_S: Final = 900.0
"""Until the registrar serves: taken up again it first reads the record, and verifies every signature in it."""
RECEIPT: Final = b'{"answer":"receipt"'


class NotRecordedError(OperatorError):
    """The sandbox's registrar did not record an act that its rules admit."""

    def __init__(self, answer: bytes) -> None:
        read = submission.decode_answer(answer)
        why = "refused" if isinstance(read, Refused) else "without an answer"
        super().__init__(f"The sandbox's registrar left an act {why}: the same command goes on from the record.")


class PlayedClock:
    """`Clock` that shows what it is set to: nobody can turn it from outside this process."""

    def __init__(self) -> None:
        self._now: datetime | None = None

    def turn(self, now: datetime) -> None:
        """Show another time from now on."""
        self._now = now

    def now(self) -> datetime:
        """What it was turned to last."""
        assert self._now is not None, "turned before anybody looks"
        return self._now

    async def sleep_until(self, instant: datetime) -> None:
        """Return once it was turned so far."""
        while self.now() < instant:  # noqa: ASYNC110 - it is turned between two turns of this loop
            await asyncio.sleep(0)


class RegistrarSandbox:
    """`Sandbox` within a block: what is in its record, and the registrar that adds to it, from when it is needed."""

    def __init__(self, files: OrganisationFiles, link: NatsConnection) -> None:
        self._files = files
        self._link = link
        self._clock = PlayedClock()
        self._stack = AsyncExitStack()
        self._registrar: Registrar | None = None
        self._store: JetStreamEventStore | None = None
        self._last = 0
        self._read: tuple[int, list[StoredMessage]] = (0, [])
        self._waiting: deque[asyncio.Future[bytes]] = deque()

    async def __aenter__(self) -> Self:
        charter = self._files.read_charter()
        if charter is not None:
            self._store = await _open_store(self._link, envelope.act_id(envelope.decode(charter).payload))
            self._last = await self._store.last_sequence()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    @property
    def store(self) -> JetStreamEventStore:
        """The record."""
        assert self._store is not None, "founded"
        return self._store

    async def held(self, index: int) -> Entry | None:
        """The entry, of those that were there when a registrar last took over."""
        if index >= self._last:
            return None
        first, batch = self._read
        if not first <= index < first + len(batch):
            first, batch = self._read = index, await self.store.read(index + 1, READ_MESSAGES_MAX)
        try:
            return decode_entry(batch[index - first].data)
        except RefusedError as error:
            raise OtherPlayError(index) from error

    async def found(self, charter: Composed, at: datetime) -> None:
        """Keep the charter, then serve."""
        kept = self._files.read_charter()
        if kept is None:
            self._files.write_charter(envelope.encode(charter.envelope))
            self._store = await _open_store(self._link, charter.act_id)
        elif envelope.act_id(envelope.decode(kept).payload) != charter.act_id:
            raise OtherPlayError(0)
        await self.serve(at)

    async def serve(self, at: datetime) -> None:
        """Start one where none runs."""
        if self._registrar is None:
            await self.begin_term(at)

    async def begin_term(self, at: datetime) -> None:
        """Stop the one that runs, start another."""
        await self.settle()
        await self._stack.aclose()
        self._clock.turn(at)
        self._registrar = await self._stack.enter_async_context(self._serving())
        self._last = await self.store.last_sequence()

    async def submit(self, handed_in: Submission, at: datetime) -> None:
        """Hand in; wait only where many have no answer yet."""
        assert self._registrar is not None, "served before anything is submitted"
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._clock.turn(at)
        self._registrar.take(submission.encode(handed_in), answer.set_result)
        self._waiting.append(answer)
        while len(self._waiting) >= IN_FLIGHT_MAX:
            _check(await self._waiting.popleft())

    async def settle(self) -> None:
        """Return once everything that was submitted is recorded.

        Raises:
            NotRecordedError: something is not.
        """
        while self._waiting:
            _check(await self._waiting.popleft())

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[Registrar]:
        charter, signer = self._files.read_charter(), self._files.signer(ORGANISATION, "registrar")
        assert charter is not None, "kept before it is served"
        assert signer is not None, "made before the charter"
        index, registry = self._files.registrar_index, CollectorRegistry()
        async with (
            assemble(self._link, charter, signer, index, registry, Options(clock=self._clock)) as registrar,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(registrar.run())
            async with asyncio.timeout(SERVING_WAIT_S):
                await registrar.serving.wait()
            yield registrar
            await registrar.stop()


def _check(answer: bytes) -> None:
    if not answer.startswith(RECEIPT):
        raise NotRecordedError(answer)


async def _open_store(link: NatsConnection, organisation: ActId) -> JetStreamEventStore:
    settings = StreamSettings(subjects.record_stream(organisation), subjects.record_subjects(organisation))
    return await JetStreamEventStore.open(link, settings)
