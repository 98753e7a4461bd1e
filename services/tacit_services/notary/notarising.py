"""Notarising: follow the record, write it down, sign where it stands, have it cosigned, publish. Awaits ports only.

The order is what makes it safe, and a crash between any two steps loses nothing: files durable; the head that will be
signed durable; signature; cosignatures; archived; published. Whatever was signed or seen before must be passed through
again by the tree over the record, before anything else is signed.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from tacit.ids import StateCode
from tacit.record.archive import CHECKPOINT, log_entry, witnessed_path
from tacit.record.checkpoint import Checkpoint
from tacit.record.log_signing import LogSigner
from tacit.record.note import Note
from tacit.record.organisation_log import witness_keys
from tacit.record.tiles import TILE_WIDTH
from tacit.rules import Snapshot, State
from tacit_services.archive import Archive, ArchiveConflictError, ArchiveFile
from tacit_services.log_reading import LogDamagedError, LogReader, read_entries
from tacit_services.notary.asking import Asked, Witnesses
from tacit_services.notary.confirming import NOTHING, SIGNED, Confirming, Log
from tacit_services.notary.envelopes import Envelopes
from tacit_services.notary.errors import ArchiveDamagedError, NotaryError, RecordBehindError, RecordDiffersError
from tacit_services.notary.intake import Intake
from tacit_services.notary.keeping import Keeping
from tacit_services.notary.ports import Witness
from tacit_services.notary.resuming import resume_edge
from tacit_services.notary.settings import NotarySettings
from tacit_services.notary.standing import Pins, encode_signed, head_of_note
from tacit_services.notary.watch import Watch
from tacit_services.notary.writing import Writer
from tacit_services.ports import (
    BodyStore,
    Clock,
    EventStore,
    KeptState,
    OutcomeUnknownError,
    RecordGapError,
    StoredMessage,
    StoreFailedError,
)
from tacit_services.right_edge import Head
from tacit_services.settle import Sleep

SLICE_ENTRIES: Final = 128
"""Entries that are folded in one turn, so that others on the loop get theirs."""
RETRY_S: Final = 0.5
"""The pause while a store or the archive fails."""
LOOK_S: Final = 0.25
"""The shortest wait for the record to grow."""

T = TypeVar("T")


@dataclass(frozen=True)
class Ports:
    """What a notary needs of the world."""

    record: EventStore
    bodies: BodyStore
    archive: Archive
    witnesses: Mapping[StateCode, Witness]
    clock: Clock
    sleep: Sleep
    kept: KeptState


class Notary:
    """The notary of one organisation. `published` is what stands under a published checkpoint."""

    def __init__(
        self, ports: Ports, log: Log, signer: LogSigner, genesis: State, settings: NotarySettings, watch: Watch
    ) -> None:
        """`genesis` is the state before entry 0; the record gives the rest."""
        self._ports = ports
        self._log = log
        self._signer = signer
        self._intake = Intake(genesis)
        self._settings = settings
        self._watch = watch
        self._reader = LogReader(ports.archive)
        self._keeping = Keeping(ports.kept, watch, settings.state_entries)
        self._known: Snapshot | None = None
        self._received: deque[tuple[int, datetime]] = deque()
        self._news = asyncio.Event()
        self._bundle: tuple[bytes, ...] = ()
        self._resumed_at = 0
        self.published = NOTHING
        self._asked: Asked | None = None

    @property
    def signed(self) -> Note | None:
        """The checkpoint that this notary signed last since it began, with every cosignature that has come."""
        return self._asked.cosigned if self._asked else None

    @property
    def entries_read(self) -> int:
        """How many entries of the record have been read, and compared with the archive where that has them."""
        return self._intake.size

    async def run(self) -> None:
        """Notarise until cancelled. What a store or the archive does not take now is tried again for ever.

        Raises:
            NotaryError: nothing may be signed before an operator has done what it says.
            RecordGapError: the record itself has a hole.
        """
        failed: list[NotaryError | RecordGapError] = []
        try:
            async with asyncio.TaskGroup() as tasks:
                vkeys = witness_keys(self._log.charter)
                again_s = self._settings.checkpoint_s
                witnesses = Witnesses(tasks, self._ports.witnesses, vkeys, self._reader, self._watch, again_s)
                writer = await self._begin(witnesses)
                tasks.create_task(self._follow(writer))
                tasks.create_task(self._checkpoints(writer, witnesses))
        except* (NotaryError, RecordGapError) as group:
            failed += [error for error in group.exceptions if isinstance(error, NotaryError | RecordGapError)]
        except* LogDamagedError as group:
            size = self.published.size
            failed += [
                ArchiveDamagedError(each.path, size) for each in group.exceptions if isinstance(each, LogDamagedError)
            ]
        if failed:
            self._watch.stopped(failed[0])
            raise failed[0]

    async def _begin(self, witnesses: Witnesses) -> Writer:
        """Find out what has to hold, and that the record can hold it."""
        ports, confirming = self._ports, Confirming(self._log, self._ports.archive, self._reader, self._watch)
        self.published = await self._patiently(confirming.published)
        pins = await self._patiently(confirming.signed)
        pins += await confirming.witnessed(witnesses, ports.sleep)
        ahead = Pins(await self._patiently(lambda: confirming.check_behind(self.published, pins)))
        entries = await self._long_enough(max([self.published.size, *(pin.head.size for pin in pins)]))
        if entries < self.published.size:
            raise RecordBehindError(entries, self.published.size, "the published checkpoint")
        ahead.check_end(entries)
        edge = await self._patiently(lambda: resume_edge(ports.archive, self.published.size))
        if edge.head != self.published:
            raise ArchiveDamagedError(CHECKPOINT, self.published.size)
        self._resumed_at = self.published.size
        if self.published.size:
            found = partial(self._keeping.find, self._log.organisation, self.published.size, self._reader)
            self._known = await self._patiently(found)
        self._watch.started(self.published.size, entries)
        envelopes = Envelopes(self.published.size - self.published.size % TILE_WIDTH)
        return Writer(ports.archive, ports.bodies, edge, envelopes, ahead, self._watch)

    async def _long_enough(self, size: int) -> int:
        """How many entries the record has; one that ends before `size` may be being made again, and is waited for."""
        waited_s, entries = 0.0, await self._patiently(self._ports.record.last_sequence)
        while entries < size and waited_s < self._settings.mend_wait_s:
            await self._ports.sleep(RETRY_S)
            waited_s += RETRY_S
            grown = await self._patiently(self._ports.record.last_sequence)
            entries, waited_s = grown, 0.0 if grown > entries else waited_s
        return entries

    async def _follow(self, writer: Writer) -> None:
        async with aclosing(self._ports.record.follow(0)) as batches:
            async for batch in batches:
                for start in range(0, len(batch), SLICE_ENTRIES):
                    await self._take(batch[start : start + SLICE_ENTRIES], writer)
                    await self._patiently(writer.relieve)

    async def _take(self, messages: Sequence[StoredMessage], writer: Writer) -> None:
        received: datetime | None = None
        for message in messages:
            index = message.sequence - 1
            if self._known is not None:
                await self._pass(index, message, self._known)
                continue
            taken = self._intake.take(message)
            if index < self._resumed_at:
                await self._compare(index, taken.entry)
                writer.keep_again(index, taken)
                await self._look(writer)
                continue
            writer.append(taken)
            await self._look(writer)
            if received is None and taken.received_at is not None:
                received = taken.received_at
                self._received.append((index, received))
        self._watch.lagging(writer.size - self.published.size)
        self._news.set()
        await asyncio.sleep(0)

    async def _pass(self, index: int, message: StoredMessage, known: Snapshot) -> None:
        """An entry that had been folded when the state was kept: the archive has it, under its root."""
        await self._compare(index, log_entry(message.data))
        if index + 1 == known.size:
            self._intake.go_on(known.state)
            self._known = None

    async def _look(self, writer: Writer) -> None:
        """Keep the state, if it is time."""
        size = self._intake.size
        if self._keeping.is_due(size):
            new = size > self._resumed_at
            root = writer.root if new else await self._patiently(lambda: self._reader.root(size, self._resumed_at))
            self._keeping.take(self._intake.state, root)
            await self._keeping.covered(self.published.size)

    async def _compare(self, index: int, entry: bytes) -> None:
        """Whether this is what the archive has under its checkpoint."""
        if index % TILE_WIDTH == 0:
            bundle = index // TILE_WIDTH
            self._bundle = await self._patiently(lambda: read_entries(self._ports.archive, bundle, self._resumed_at))
        if self._bundle[index % TILE_WIDTH] != entry:
            raise RecordDiffersError(index)

    async def _checkpoints(self, writer: Writer, witnesses: Witnesses) -> None:
        time_s, everybody = asyncio.get_running_loop().time, len(self._ports.witnesses)
        while True:
            await self._until_due(writer)
            began_s = time_s()
            asked = await self._patiently(lambda: self._checkpoint(writer, witnesses))
            # Whoever is late still gets its line under this checkpoint, until the next one is due.
            left_s = max(0.0, began_s + self._settings.checkpoint_s - time_s())
            await asked.until(everybody, left_s)
            await self._publish_late()
            await self._ports.sleep(max(0.0, began_s + self._settings.checkpoint_s - time_s()))

    async def _until_due(self, writer: Writer) -> None:
        """Wait for something to sign, or for the next heartbeat. Lines that come meanwhile are published."""
        time_s = asyncio.get_running_loop().time
        beat_s = time_s() + self._settings.heartbeat_s
        while not writer.may_sign or writer.size == self.published.size:
            if writer.may_sign and self._is_bracketing and time_s() >= beat_s:
                return
            self._news.clear()
            await self._publish_late()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(LOOK_S, beat_s - time_s())):
                    await self._news.wait()

    @property
    def _is_bracketing(self) -> bool:
        """Whether times of receipt must be bracketed now: by those of cosignatures, or else by the log's own.

        Before the record is read to where the log stands, a deadline may run that is not known yet.
        """
        return self._intake.size < self.published.size or self._intake.deadline_open

    async def _checkpoint(self, writer: Writer, witnesses: Witnesses) -> Asked:
        head = await writer.flush()
        await self._ports.archive.replace(ArchiveFile(SIGNED, encode_signed(head)))
        asked = self._asked = witnesses.ask(partial(self._sign, head), self._news)
        if not await asked.until(self._log.charter.quorum, self._settings.witness_wait_s):
            self._watch.unmet(head.size, len(asked.lines))
            return asked
        await self._publish(asked)
        await writer.tidy()
        return asked

    def _sign(self, head: Head) -> Note:
        at_s = int(self._ports.clock.now().timestamp())
        return self._signer.sign(Checkpoint(self._log.origin, head.size, head.root), at_s)

    async def _publish(self, asked: Asked) -> None:
        """Archive it for ever, then show it."""
        # Lines may come while files are written: those are not under what is published now.
        note, count, head = asked.cosigned, len(asked.lines), head_of_note(asked.note)
        now = self._ports.clock.now()
        raw = note.encode()
        with suppress(ArchiveConflictError):  # one of this second, with as many lines, is as good
            path = witnessed_path(head.size, int(now.timestamp()), len(note.lines))
            await self._ports.archive.put([ArchiveFile(path, raw)])
        await self._ports.archive.replace(ArchiveFile(CHECKPOINT, raw))
        covered = [self._received.popleft()[1] for _ in range(sum(at < head.size for at, _ in self._received))]
        self.published, asked.published = head, count
        await self._keeping.covered(head.size)
        delay_s = (now - covered[0]).total_seconds() if covered else None
        self._watch.published(head.size, count, delay_s)
        self._watch.lagging(max(0, self._intake.size - head.size))

    async def _publish_late(self) -> None:
        """Publish the last checkpoint again while it has lines that were not published with it."""
        asked = self._asked
        while asked and self._is_published(asked) and len(asked.lines) > asked.published:
            await self._patiently(partial(self._publish, asked))

    def _is_published(self, asked: Asked) -> bool:
        return head_of_note(asked.note) == self.published and len(asked.lines) >= self._log.charter.quorum

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await work()
            except (StoreFailedError, OutcomeUnknownError) as error:
                self._watch.interrupted(self.published.size, error)
                await self._ports.sleep(RETRY_S)
