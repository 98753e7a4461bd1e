"""Taking over: read the whole record, make sure that it is whole and the clock is right, begin a term, only then serve.

The same way is taken at the founding, at every start and after every failure of the store.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from tacit import acts, envelope
from tacit.acts import CharterDeposited, RegistrarTerm
from tacit.compose import Author, Window, compose, next_link
from tacit.envelope import Envelope
from tacit.ids import ORGANISATION, ActId, Digest
from tacit.reading import Reading
from tacit.record import Entry
from tacit.rules import RuleSet, State, Verifiers, admit, apply_bytes, check_signatures, genesis, signing_keys
from tacit.rules.effects import Effect, EntryVoid
from tacit.signing import Signer
from tacit_services.copies import Seen
from tacit_services.ports import FencedError, NewMessage, StoredMessage, StoreFailedError
from tacit_services.registrar.errors import (
    ClockBehindError,
    CopyDiffersError,
    NotFoundedError,
    NotRegistrarError,
    OtherOrganisationError,
    RecordDiffersError,
    TakeOverLostError,
)
from tacit_services.registrar.heads import Heads
from tacit_services.registrar.judging import next_entry
from tacit_services.registrar.mending import Mending, behind, lacking
from tacit_services.registrar.ports import Row
from tacit_services.registrar.settings import CLOCK_BEHIND_MAX, Limits, Ports
from tacit_services.settle import append_settled
from tacit_services.standing import is_misplaced

REGISTRAR: Final = "registrar"
TERM_PLAYABLE: Final = timedelta(minutes=10)
FOLD_SLICE: Final = 256
TRIES_MAX: Final = 200
"""How often another registrar may get its batch in between our reading and our term."""

log = structlog.get_logger()


class Claimant:
    """One that wants to serve: what it has read so far, and what it signs with."""

    def __init__(
        self, rulesets: Mapping[Digest, RuleSet], ports: Ports, limits: Limits, signer: Signer, charter: bytes | None
    ) -> None:
        """Know nothing yet. `charter` is the envelope with which an empty record is founded."""
        self.state = genesis(rulesets)
        self.verifiers = Verifiers()
        self._rulesets = rulesets
        self._ports = ports
        self._limits = limits
        self._signer = signer
        self._charter = _read_charter(charter) if charter is not None else None
        self._trusted = 0
        self._heads = Heads()
        self._indexed: int | None = None
        self._own_term: int | None = None

    def forget(self) -> None:
        """Begin anew: what was judged was not recorded, or what was recorded the index was not told."""
        self.state = genesis(self._rulesets)
        self._heads = Heads()
        self._indexed = None

    def trust(self, durable: int) -> None:
        """The first `durable` entries this process has checked itself: their signatures need not be checked again."""
        self._trusted = durable

    async def take_over(self) -> None:
        """Begin a term; `state` is then that of a record whose last entry says so, durable.

        After a failure of the store it is called again. A term that is newer than this process's own then means that
        somebody else has taken over since.

        Raises a `RegistrarError`, `FencedError`, `StoreFailedError`, `OutcomeUnknownError` or
        `RecordGapError`.
        """
        for _ in range(TRIES_MAX):
            await self._ports.remade()
            sightings = await self._sightings()
            self._heads.expect(sightings)
            await self._read_on()
            self._check_whole()
            try:
                await self._mend(sightings or await self._sightings())
            except FencedError:
                # What was folded of the others' copies has not been appended, and somebody else writes here.
                self.forget()
                continue
            if self._own_term is not None and self.state.term != self._own_term:
                raise FencedError(self.state.size)
            self._check_whole()
            founding = self.state.size == 0
            message = self._charter_entry() if founding else self._term_entry()
            try:
                await append_settled(
                    self._ports.store,
                    [message],
                    self.state.size,
                    sleep=self._ports.sleep,
                    limits=self._limits.settle,
                )
            except FencedError:
                # The other one has not noticed yet, or was faster: what it wrote counts, so read it and try again.
                continue
            if not founding:
                self._own_term = self.state.term + 1
            await self._fold([StoredMessage(self.state.size + 1, message.subject, message.data)])
            if not founding:
                return
        raise TakeOverLostError(TRIES_MAX)

    async def _read_on(self) -> None:
        last = await self._ports.store.last_sequence()
        if last == self.state.size:
            return
        async with aclosing(self._ports.store.follow(self.state.size)) as batches:
            while self.state.size < last:
                try:
                    async with asyncio.timeout(self._limits.read_wait_s):
                        batch = await anext(batches)
                except TimeoutError as error:
                    raise StoreFailedError("timeout") from error
                await self._fold(batch)

    async def _fold(self, batch: Sequence[StoredMessage]) -> None:
        """Fold in slices, by the workers: the loop has others to serve while a long record is read."""
        for at in range(0, len(batch), FOLD_SLICE):
            messages = batch[at : at + FOLD_SLICE]
            work = partial(_fold_slice, self.state, messages, self.verifiers, self._trusted, self._heads)
            rows = await self._ports.workers.start(work)
            if self.state.organisation is not None:
                await self._index(self.state.organisation, rows)

    async def _index(self, organisation: str, rows: list[Row]) -> None:
        if self._indexed is None:
            known = await self._ports.index.begin(organisation)
            if known > self.state.size:
                return  # it knows these, and more: of what the record has lost it stays a sign until that is back
            self._indexed = known
        if self.state.size > self._indexed:
            await self._ports.index.write([row for row in rows if row[1][1] >= self._indexed], self.state.size)
            self._indexed = self.state.size

    def _check_whole(self) -> None:
        state = self.state
        if state.organisation is None:
            if state.size:
                raise OtherOrganisationError
            return
        if self._charter is not None and self._charter.act_id != state.organisation:
            raise OtherOrganisationError
        office = state.offices[ORGANISATION, REGISTRAR]
        if office.credential != self._signer.credential:
            raise NotRegistrarError(self._signer.credential)

    async def _sightings(self) -> list[Seen]:
        organisation = self._named()
        if organisation is None:
            return []
        found = await self._ports.elsewhere.seen(organisation)
        known = await self._ports.index.begin(organisation)
        return [*found, Seen(name="the registrar's own index", size=known)] if known else found

    def _named(self) -> ActId | None:
        return self.state.organisation or (self._charter.act_id if self._charter is not None else None)

    async def _mend(self, sightings: list[Seen]) -> None:
        """Append again what others have seen beyond the end, and check what they have seen before it."""
        organisation, mending = self._named(), Mending(self._ports)
        if organisation is None:
            return
        waited_s = 0.0
        while lack := lacking(sightings, self.state.size):
            messages = await mending.fetch(organisation, lack, self.state.size)
            if messages:
                await self._append_again(messages)
                continue
            if waited_s >= self._limits.mend_wait_s:
                raise behind(lack, self.state.size)
            await self._ports.sleep(self._limits.mend_pause_s)
            waited_s += self._limits.mend_pause_s
            sightings = await self._sightings()
        await mending.check(organisation, sightings, self.state.size)
        if (head := self._heads.failed) is not None:
            raise RecordDiffersError(await mending.first_difference(organisation, head), head.name)

    async def _append_again(self, messages: Sequence[StoredMessage]) -> None:
        """Folded first, as anything that is recorded: what the fold does not take is not appended."""
        before, void = self.state.size, self.state.void
        work = partial(_fold_slice, self.state, messages, self.verifiers, 0, self._heads)
        rows = await self._ports.workers.start(work)
        if self.state.void != void:
            self.forget()
            raise CopyDiffersError(before)
        new = [NewMessage(each.subject, each.data) for each in messages]
        await append_settled(self._ports.store, new, before, sleep=self._ports.sleep, limits=self._limits.settle)
        await self._index(self._named() or "", rows)

    def _received_at(self) -> datetime:
        now, last = self._ports.clock.now(), self.state.last_received_at
        if last is None:
            return now
        if last - now > CLOCK_BEHIND_MAX:
            raise ClockBehindError(now, last)
        return max(now, last)

    def _charter_entry(self) -> NewMessage:
        charter = self._charter
        if charter is None:
            raise NotFoundedError
        check_signatures(signing_keys(self.state, charter.act, self.verifiers), charter.envelope)
        return self._entry(charter, self._received_at(), 0)

    def _term_entry(self) -> NewMessage:
        state, now = self.state, self._received_at()
        assert state.organisation is not None, "entry 0 is a charter"
        founding = state.size == 1
        term = RegistrarTerm(
            term=state.term + 1,
            unavailable_since=None if founding else state.last_received_at,
            reason="founding" if founding else "take-over",
        )
        author = Author(state.organisation, ORGANISATION, REGISTRAR, self._signer)
        link = next_link(state, author, None)
        composed = compose(author, term, None, link, Window(now, now + TERM_PLAYABLE))
        return self._entry(_as_read(composed.envelope), now, term.term)

    def _entry(self, reading: Reading, received_at: datetime, term: int) -> NewMessage:
        admit(self.state, reading.act, reading.act_id, received_at)
        return next_entry(self.state, reading, received_at, term)[1]


def _read_charter(raw: bytes) -> Reading:
    reading = _as_read(envelope.decode(raw))
    if not isinstance(reading.act.content, CharterDeposited):
        raise NotFoundedError
    return reading


def _as_read(signed: Envelope) -> Reading:
    verbatim = envelope.encode(signed)
    act, named = acts.decode(signed.payload), envelope.act_id(signed.payload)
    return Reading(act, named, signed, verbatim, envelope.digest(verbatim), None)


def _fold_slice(
    state: State, messages: Sequence[StoredMessage], verifiers: Verifiers, trusted: int, heads: Heads
) -> list[Row]:
    """Fold messages and return what the index is to be told; of the first `trusted` no signature is checked."""
    rows: list[Row] = []
    heads.passed(messages)
    for message in messages:
        checked = message.sequence <= trusted
        entry, effects = apply_bytes(state, message.data, None if checked else verifiers)
        if entry is not None and not _is_void(effects):
            if is_misplaced(message.subject, entry):
                log.warning("entry_misplaced", index=entry.leaf.index, act=entry.leaf.act)
            rows.append(_row(entry))
    return rows


def _is_void(effects: Sequence[Effect]) -> bool:
    return any(isinstance(effect, EntryVoid) for effect in effects)


def _row(entry: Entry) -> Row:
    header = entry.act.header
    return (header.credential, header.body, header.channel, header.number), (entry.leaf.act, entry.leaf.index)
