"""Taking over: read the whole record, make sure that it is whole and the clock is right, begin a term, only then serve.

The same way is taken at the founding, at every start and after every failure of the store.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Final

from tacit import acts, envelope
from tacit.acts import CharterDeposited, RegistrarTerm
from tacit.compose import Author, Window, compose, next_link
from tacit.envelope import Envelope
from tacit.ids import ORGANISATION, ActId, Digest
from tacit.reading import Reading
from tacit.record.merkle import CompactRange
from tacit.rules import RuleSet, State, Verifiers, admit, check_signatures, signing_keys
from tacit.signing import Signer
from tacit_services.copies import Seen
from tacit_services.ports import FencedError, NewMessage, StoredMessage, StoreFailedError
from tacit_services.registrar.bodies import Named
from tacit_services.registrar.errors import (
    ClockBehindError,
    NotFoundedError,
    NotRegistrarError,
    OtherOrganisationError,
    TakeOverLostError,
)
from tacit_services.registrar.fetching import MisledError
from tacit_services.registrar.folding import Folding
from tacit_services.registrar.judging import next_entry
from tacit_services.registrar.keeping import Keeper
from tacit_services.registrar.mending import Mending
from tacit_services.registrar.settings import CLOCK_BEHIND_MAX, Limits, Ports
from tacit_services.settle import append_settled

REGISTRAR: Final = "registrar"
TERM_PLAYABLE: Final = timedelta(minutes=10)
TRIES_MAX: Final = 200
"""How often another registrar may get its batch in between our reading and our term."""


class Claimant:
    """One that wants to serve: what it has read so far, and what it signs with."""

    def __init__(
        self,
        rulesets: Mapping[Digest, RuleSet],
        ports: Ports,
        limits: Limits,
        signer: Signer,
        charter: bytes | None,
        keeper: Keeper,
    ) -> None:
        """Know nothing yet. `charter` is the envelope with which an empty record is founded."""
        self._folding = Folding(rulesets, ports)
        self._ports = ports
        self._limits = limits
        self._signer = signer
        self._charter = _read_charter(charter) if charter is not None else None
        self._keeper = keeper
        self._own_term: int | None = None
        self._distrusted: set[str] = set()
        """Holders that have given what is no continuation of this record."""
        self._told: dict[str, Seen] = {}
        """What anybody has said during this take-over: who falls silent meanwhile has seen it all the same."""

    @property
    def state(self) -> State:
        """Of what has been read."""
        return self._folding.state

    @property
    def tree(self) -> CompactRange:
        """Over the entries of `state`."""
        return self._folding.heads.tree

    @property
    def named(self) -> Named:
        """The bodies that they name."""
        return self._folding.named

    @property
    def verifiers(self) -> Verifiers:
        """Of the keys in it."""
        return self._folding.verifiers

    def forget(self) -> None:
        """As `Folding.forget`."""
        self._folding.forget()

    def trust(self, durable: int) -> None:
        """As `Folding.trust`."""
        self._folding.trust(durable)

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
            await self._read_on()
            self._check_whole()
            try:
                await self._mend(sightings or await self._sightings())
            except FencedError:
                # What was folded of the others' copies has not been appended, and somebody else writes here.
                self.forget()
                continue
            except MisledError as error:
                self._distrusted |= error.holders
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
            await self._folding.fold([StoredMessage(self.state.size + 1, message.subject, message.data)])
            if not founding:
                self._told.clear()
                return
        raise TakeOverLostError(TRIES_MAX)

    async def _read_on(self) -> None:
        last = await self._ports.store.last_sequence()
        if self.state.size == 0:
            await self._restore(last)
        async with aclosing(self._read(self.state.size, last)) as batches:
            async for batch in batches:
                await self._folding.fold(batch)

    async def _read(self, after: int, last: int) -> AsyncGenerator[Sequence[StoredMessage], None]:
        """Batches from `after` on until `last` has come; more may come with it."""
        if after >= last:
            return
        async with aclosing(self._ports.store.follow(after)) as batches:
            while after < last:
                try:
                    async with asyncio.timeout(self._limits.read_wait_s):
                        batch = await anext(batches)
                except TimeoutError as error:
                    raise StoreFailedError("timeout") from error
                after += len(batch)
                yield batch

    async def _restore(self, last: int) -> None:
        """Go on from the state that was kept, if the entries of the record have its root."""
        named = self._named()
        found = await self._keeper.read(named, last) if named is not None and last else None
        if found is None or await self._ports.index.begin(found.organisation) < found.size:
            return  # an index that lacks these is told of each act again
        async with aclosing(self._read(0, found.size)) as batches:
            held = await self._folding.go_on(found, batches)
        if held:
            self._keeper.restored(found.size)
        else:
            self._keeper.differs()

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

    async def _mend(self, sightings: list[Seen]) -> None:
        organisation = self._named()
        if organisation is not None:
            mending = Mending(self._ports, self._limits, self._folding, organisation, self._distrusted)
            await mending.mend(sightings, self._sightings)

    async def _sightings(self) -> list[Seen]:
        organisation = self._named()
        if organisation is None:
            return []
        found = await self._ports.elsewhere.seen(organisation)
        known = await self._ports.index.begin(organisation)
        if known:
            found.append(Seen(name="the registrar's own index", size=known))
        self._told |= {each.holder or each.name: each for each in found}
        told = list(self._told.values())
        self._folding.heads.expect(told)
        return told

    def _named(self) -> ActId | None:
        return self.state.organisation or (self._charter.act_id if self._charter is not None else None)

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
