"""Reading a record for an export: folded to its end, and what is said in one channel kept in words."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from tacit.acts import tag
from tacit.ids import ORGANISATION, ROOT, BodyId, ChannelId, CredentialId, Digest, OfficeName, StateCode
from tacit.record import Entry, Leaf
from tacit.rules import Effect, State
from tacit.rules.effects import EntryVoid
from tacit.words import describe, describe_author, describe_effect
from tacit_services.export.choosing import About, Export, Format, Told, show
from tacit_services.ports import EventStore
from tacit_services.shell.errors import OperatorError
from tacit_services.up.mirror import Mirror
from tacit_services.up.steps import StepTeller

READ_WAIT_S: Final = 1_800.0

Bound = int | datetime | None


class ExportError(OperatorError):
    """The export cannot be made, or not be recorded; then no file is written."""


class Wish(msgspec.Struct, frozen=True):
    """What is to be exported, for whom, by which office, into which file."""

    channel: ChannelId
    first: Bound
    last: Bound
    format: Format
    reader: StateCode
    zone: str
    author: tuple[StateCode, OfficeName]
    file: Path


class Reading:
    """The record, folded to where it ended when the export was asked for, and what it says in the channel."""

    def __init__(self, wish: Wish, store: EventStore, teller: StepTeller) -> None:
        self._wish = wish
        self._store = store
        self._teller = teller
        self._last: int | None = None
        self._span: tuple[Leaf, Leaf] | None = None
        self.mirror = Mirror(store)
        self.told: list[Told] = []

    async def finish(self) -> None:
        """Read on, to the end of the record as it is now. Entries that come later are folded, and not exported."""
        last = await self._store.last_sequence()
        if self._last is None:
            self._last = last
            self._teller.begin("reading the record", last)
            self.mirror.watch(self._watch)
        async with asyncio.timeout(READ_WAIT_S), asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self.mirror.follow())
            await self.mirror.wait_for(lambda seen: seen.size >= last)
            following.cancel()

    def _watch(self, entry: Entry, effects: tuple[Effect, ...]) -> None:
        self._teller.advance(1)
        leaf = entry.leaf
        if leaf.index >= (self._last or 0) or not _after(leaf, self._wish.first) or not _before(leaf, self._wish.last):
            return
        self._span = (self._span[0] if self._span else leaf, leaf)
        if entry.act.header.channel == self._wish.channel:
            self.told.append(_tell(entry, effects, self.mirror.state))

    @property
    def body(self) -> BodyId:
        """The body in which the channel is."""
        found = [body.body for body in self.mirror.state.bodies.values() if self._wish.channel in body.channels]
        if len(found) != 1:
            where = f"in {len(found)} bodies" if found else "not in this record"
            raise ExportError(f"The channel {self._wish.channel} is {where}: see tacit state for those that there are.")
        return found[0]

    def export(self, texts: dict[Digest, str], now: datetime) -> Export:
        """Everything that is written."""
        wish, state, body = self._wish, self.mirror.state, self.body
        charter = state.charter
        if self._span is None or charter is None:
            raise ExportError("No entry of the record lies in that span: name bounds within it, the earlier first.")
        if wish.reader != ORGANISATION and all(each.state != wish.reader for each in charter.founders):
            raise ExportError(f"{wish.reader} is no member of this organisation: name one, or ORG, with --reader.")
        shown = show(self.told, texts, state, wish.reader, body)
        first, last = self._span
        about = About(
            organisation=state.organisation or "",
            name=charter.name,
            purpose=charter.purpose,
            root=_root(state),
            ruleset=charter.ruleset,
            body=body,
            channel=wish.channel,
            title=state.bodies[body].channels[wish.channel].title,
            first=first.index,
            last=last.index,
            from_at=first.received_at,
            to_at=last.received_at,
            entries=len(shown),
            withheld=sum(each.told is None for each in shown),
            reader=wish.reader,
            zone=wish.zone,
            made_at=now,
            recorded_by="/".join(wish.author),
        )
        return Export(about, shown)


def _root(state: State) -> CredentialId:
    """The organisation's root key: the credential of whoever signed entry 0."""
    return next(
        each.credential for each in state.credentials.values() if (each.state, each.office) == (ORGANISATION, ROOT)
    )


def _after(leaf: Leaf, bound: Bound) -> bool:
    return bound is None or (leaf.received_at >= bound if isinstance(bound, datetime) else leaf.index >= bound)


def _before(leaf: Leaf, bound: Bound) -> bool:
    return bound is None or (leaf.received_at <= bound if isinstance(bound, datetime) else leaf.index <= bound)


def _tell(entry: Entry, effects: tuple[Effect, ...], state: State) -> Told:
    header = entry.act.header
    return Told(
        entry=entry,
        who=describe_author(header),
        capacity=header.capacity,
        type=tag(entry.act.content),
        words=describe(entry.act, state),
        effects=tuple(filter(None, (describe_effect(effect, state) for effect in effects))),
        void=any(isinstance(effect, EntryVoid) for effect in effects),
    )
