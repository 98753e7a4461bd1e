"""From arrival to answer within one term: stamped, read, checked in parallel, judged in order, committed in groups.

Awaits ports only. A pipeline is never repaired: when the store fails it answers everybody `Unavailable` and ends, and
a new one begins from the record.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final

from tacit.errors import RefusedError
from tacit.reading import read, refused_digest
from tacit.signing import Signer
from tacit_services.ports import FencedError, OutcomeUnknownError, RecordGapError, StoreError, StoreFailedError
from tacit_services.registrar.answering import INLINE_ACTS_MAX, Answerer, IndexWriter, unavailable
from tacit_services.registrar.arrival import Arrival
from tacit_services.registrar.batch import Batch
from tacit_services.registrar.errors import ClockBehindError
from tacit_services.registrar.judging import Judge
from tacit_services.registrar.keeping import Keeper
from tacit_services.registrar.ports import Reply
from tacit_services.registrar.settings import CLOCK_BEHIND_MAX, Limits, Ports
from tacit_services.registrar.signatures import check_claims
from tacit_services.registrar.watch import Watch
from tacit_services.settle import append_settled

BUSY: Final = unavailable("busy")
CLOSING: Final = unavailable("closing")
CLOCK_BEHIND: Final = unavailable("clock_behind")

_REASONS: Final[dict[type[StoreError], str]] = {
    FencedError: "superseded",
    OutcomeUnknownError: "outcome_unknown",
    RecordGapError: "record_damaged",
}

Checking = Awaitable[list[RefusedError | None]]


class Pipeline:
    """One term of one registrar."""

    def __init__(
        self, judge: Judge, ports: Ports, limits: Limits, signer: Signer, watch: Watch, keeper: Keeper
    ) -> None:
        """Begin after the last entry of the judge's state, which must be durable."""
        self._judge = judge
        self._ports = ports
        self._limits = limits
        self._watch = watch
        self._keeper = keeper
        self._now = ports.clock.now
        assert judge.state.last_received_at is not None, "nothing is received before the founding"
        self._stamp: datetime = judge.state.last_received_at
        self.durable = judge.state.size
        """How many entries are known to be durable."""
        self._loop_time = asyncio.get_running_loop().time
        self._open: set[Arrival] = set()
        self._open_bytes = 0
        self._closing = False
        self._stopped_for: ClockBehindError | None = None
        self._drained = asyncio.Event()
        self._arrived: deque[Arrival] = deque()
        self._arrival = asyncio.Event()
        self._checks: asyncio.Queue[tuple[list[Arrival], Checking]] = asyncio.Queue(limits.chunks_max)
        self._batch = Batch()
        self._judged = asyncio.Event()
        self._taken = asyncio.Event()
        self._answerer = Answerer(ports, limits, signer, watch, self._tell)
        self._answering = asyncio.Semaphore(limits.batches_answering_max)
        self._writer = IndexWriter(ports, limits, watch, judge.recent.told)

    def take(self, raw: bytes, reply: Reply, caller: str | None = None) -> None:
        """Stamp a submission and queue it; `reply` is called once, later or at once."""
        if self._closing:
            reply(CLOSING)
            return
        limits = self._limits
        if len(self._open) >= limits.arrivals_max or self._open_bytes + len(raw) > limits.arrivals_bytes_max:
            self._watch.unavailable(1, "busy")
            reply(BUSY)
            return
        now = self._now()
        if self._stamp - now > CLOCK_BEHIND_MAX:
            # Time would stand still for everybody: what comes too late would be stamped as in time.
            self._stop_for(ClockBehindError(now, self._stamp))
            reply(CLOCK_BEHIND)
            return
        # A clock that was set back a little must not take the record with it.
        self._stamp = stamp = max(now, self._stamp)
        arrival = Arrival(raw, stamp, self._loop_time(), reply, self._ports.tracing.journey(caller))
        self._open.add(arrival)
        self._open_bytes += len(raw)
        self._arrived.append(arrival)
        self._arrival.set()

    async def run(self) -> None:
        """Serve until `close`, then return. Whoever is still without an answer then is told that nobody knows.

        Raises `FencedError`, `StoreFailedError`, `OutcomeUnknownError` or `RecordGapError`, as `append_settled` does,
        and `ClockBehindError` when the clock is set back by more than `CLOCK_BEHIND_MAX`.
        """
        reason = "stopped"
        try:
            async with asyncio.TaskGroup() as tasks:
                own = [self._check(), self._fold(), self._commit(tasks), self._writer.run()]
                stages = [tasks.create_task(stage) for stage in own]
                await self._drained.wait()
                for stage in stages:
                    stage.cancel()
            if self._stopped_for is not None:
                reason = "clock_behind"
                raise self._stopped_for
        except* StoreError as group:
            failed = _store_error(group)
            reason = _REASONS.get(type(failed), "store_failed")
            raise failed from None
        finally:
            self._abandon(reason)

    @property
    def waiting_s(self) -> float:
        """For how long the oldest submission has had no answer; 0 where none waits."""
        return self._loop_time() - min((each.since_s for each in self._open), default=self._loop_time())

    async def close(self) -> None:
        """Take nothing more, let `run` return once everybody has an answer, at the latest after `drain_s`."""
        self._closing = True
        if self._open:
            # Those who still wait then are told so by `run`.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.drain_s):
                    await self._drained.wait()
        self._drained.set()

    def _stop_for(self, error: ClockBehindError) -> None:
        self._stopped_for = error
        self._closing = True
        self._drained.set()

    def _tell(self, arrival: Arrival, answer: bytes) -> None:
        self._open.discard(arrival)
        self._open_bytes -= len(arrival.raw)
        arrival.reply(answer)
        arrival.journey.end()
        if self._closing and not self._open:
            self._drained.set()

    def _abandon(self, reason: str) -> None:
        self._closing = True
        if self._open:
            self._watch.unavailable(len(self._open), reason)
        answer = unavailable(reason)
        for arrival in sorted(self._open, key=lambda each: each.since_s):
            arrival.journey.outcome("unavailable")
            self._tell(arrival, answer)

    async def _check(self) -> None:
        """Read what has come, look up who must have signed it, have the signatures checked."""
        while True:
            await self._arrival.wait()
            arrived = self._arrived
            # Two workers: half of what waits for each, as long as that is worth the hop.
            count = min(self._limits.chunk_acts_max, max(1, (len(arrived) + 1) // 2))
            chunk = [arrived.popleft() for _ in range(count)]
            if not arrived:
                self._arrival.clear()
            for arrival in chunk:
                self._read(arrival)
            await self._checks.put((chunk, self._start_check(chunk)))

    def _read(self, arrival: Arrival) -> None:
        arrival.journey.stage("verify")
        try:
            arrival.reading = reading = read(arrival.raw)
        except RefusedError as error:
            arrival.refused = error
            return
        arrival.journey.of(reading.act_id)
        # Else the judge looks again when it is this act's turn: an act that is under way may enrol its author.
        with suppress(RefusedError):
            arrival.claim = self._judge.claim(reading)

    def _start_check(self, chunk: Sequence[Arrival]) -> Checking:
        claims = [arrival.claim for arrival in chunk]
        if len(self._open) <= INLINE_ACTS_MAX:
            # Nobody else waits, so the loop may be kept busy; under load it must not be.
            done: asyncio.Future[list[RefusedError | None]] = asyncio.get_running_loop().create_future()
            done.set_result(check_claims(claims))
            return done
        return self._ports.workers.start(partial(check_claims, claims))

    async def _fold(self) -> None:
        """Judge in the order of the stamps; the next batch is judged by the state that the one before will leave."""
        while True:
            chunk, checking = await self._checks.get()
            for arrival, checked in zip(chunk, await checking, strict=True):
                while len(self._batch.arrivals) >= self._limits.batch_acts_max:
                    self._taken.clear()
                    self._judged.set()
                    await self._taken.wait()
                arrival.journey.stage("judge")
                self._judge_one(arrival, checked)
                arrival.journey.stage("wait")
            self._judged.set()

    def _judge_one(self, arrival: Arrival, checked: RefusedError | None) -> None:
        reading = arrival.reading
        if reading is None:
            assert arrival.refused is not None, "what cannot be read says why"
            known, digest = refused_digest(arrival.raw)
            verdict = self._judge.refuse(known, digest, arrival.received_at, arrival.refused)
            self._batch.add(arrival, verdict)
            return
        sure = arrival.claim is not None
        self._batch.add(arrival, self._judge.judge(reading, arrival.received_at, checked, sure=sure))

    async def _commit(self, tasks: asyncio.TaskGroup) -> None:
        """One append under way; whatever is judged meanwhile goes into the next."""
        while True:
            await self._judged.wait()
            self._judged.clear()
            batch, self._batch = self._batch, Batch()
            self._taken.set()
            if not batch.arrivals:
                continue
            batch.stage("commit")
            await (self._store(batch) if batch.messages else self._confirm())
            batch.stage("answer")
            await self._answering.acquire()
            tasks.create_task(self._answer(batch))

    async def _store(self, batch: Batch) -> None:
        begun_s = self._loop_time()
        if batch.bodies:
            await self._put_bodies(batch)
        settle = self._limits.settle
        self.durable = await append_settled(
            self._ports.store, batch.messages, self.durable, sleep=self._ports.sleep, limits=settle
        )
        self._watch.appended(len(batch.messages), self.durable, self._loop_time() - begun_s)
        self._writer.add(batch.rows, self.durable)
        self._keeper.appended(batch)
        if self._keeper.is_due(self._judge.state):
            await self._keeper.keep(self._judge.state)

    async def _put_bodies(self, batch: Batch) -> None:
        """A body is put as often as it takes: putting it twice changes nothing."""
        for left in reversed(range(self._limits.body_tries_max)):
            try:
                await self._ports.bodies.put_many(batch.bodies)
            except (StoreFailedError, OutcomeUnknownError) as error:
                if not left:
                    # Nothing of the batch is in the record, so it is a failure, whatever became of the bodies.
                    reason = error.reason if isinstance(error, StoreFailedError) else "store_error"
                    raise StoreFailedError(reason) from error
                await self._ports.sleep(self._limits.settle.pause_first_s)
            else:
                return

    async def _confirm(self) -> None:
        """Make sure that nobody took over before a refusal goes out: there is no append that would show it."""
        last = await self._ports.store.last_sequence()
        if last > self.durable:
            raise FencedError(self.durable + 1)
        if last < self.durable:
            raise RecordGapError(last + 1)

    async def _answer(self, batch: Batch) -> None:
        try:
            oldest_s = batch.arrivals[0].since_s
            await self._answerer.answer(batch)
            self._watch.answered(self._loop_time() - oldest_s, len(self._open))
        finally:
            self._answering.release()


def _store_error(group: BaseExceptionGroup[StoreError]) -> StoreError:
    """The one store error of a group: only the commit stage raises any."""
    first = group.exceptions[0]
    return _store_error(first) if isinstance(first, BaseExceptionGroup) else first
