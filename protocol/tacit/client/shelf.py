"""The acts of an outbox as they are kept: in the store first, then here; and who waits for what becomes of each."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from tacit.client.chains import Place
from tacit.client.errors import ClientError
from tacit.client.store import Kept, OutboxStore, Stage
from tacit.errors import RefusedError
from tacit.ids import ActId, CredentialId
from tacit.record import Leaf
from tacit.session import LogView


class Shelf:
    """Every act that has not ended. What is changed here is durable first."""

    def __init__(self, store: OutboxStore, log: LogView, now: Callable[[], datetime], credential: CredentialId) -> None:
        self._credential = credential
        self.store = store
        self.log = log
        self.now = now
        self._kept: dict[ActId, Kept] = {}
        self._at: dict[int, set[ActId]] = {}
        self._answers: dict[ActId, asyncio.Future[Leaf]] = {}
        self._ends: dict[ActId, asyncio.Future[Kept]] = {}
        self._moves: dict[ActId, list[asyncio.Future[None]]] = {}
        self._places: dict[Place, dict[ActId, None]] = {}
        self._place_of: dict[ActId, Place] = {}
        self._exposed: set[ActId] = set()
        self.exposed_moved = asyncio.Event()
        """Something is not as it was with an act that may have to be lodged; whoever waits for it clears it."""
        self._hold(store.waiting())

    def __contains__(self, act: ActId) -> bool:
        return act in self._kept

    def get(self, act: ActId | None) -> Kept | None:
        """An act that has not ended."""
        return self._kept.get(act or "")

    def all(self) -> list[Kept]:
        """Every one of them, oldest first."""
        return list(self._kept.values())

    def at(self, index: int) -> list[Kept]:
        """Those that stand at this index of the record: as themselves, or inside the evidence that stands there."""
        return [self._kept[act] for act in self._at.get(index, ())]

    def is_own(self, kept: Kept) -> bool:
        """Whether an act was signed with this credential, as far as this version can read it."""
        try:
            return kept.header.credential == self._credential
        except RefusedError:
            return False

    def said_in(self, place: Place) -> list[Kept]:
        """Our own that were said in a place, oldest first; what this version cannot read stands in none."""
        return [self._kept[act] for act in self._places.get(place, ())]

    def exposed(self) -> list[Kept]:
        """Those that may have to be lodged: lost, or attested, oldest first."""
        return [each for act, each in self._kept.items() if act in self._exposed] if self._exposed else []

    @property
    def last_stage(self) -> Stage:
        """Where an act ends: as far as the charter lets anybody prove it."""
        if self.log.has_witnesses:
            return Stage.WITNESSED
        return Stage.NOTARISED if self.log.has_log else Stage.RECORDED

    def put(self, kept: Sequence[Kept]) -> None:
        """Keep these, all or nothing."""
        self.store.put(kept)
        self._hold(kept)
        self._move(kept)

    def tell(self, kept: Iterable[Kept], why: str) -> None:
        """Note what these wait for, where it is not noted yet."""
        told = [replace(each, why=why) for each in kept if each.why != why]
        if told:
            self.put(told)

    def finish(self, kept: Sequence[Kept]) -> None:
        """These have ended so."""
        self.store.finish(kept)
        for each in kept:
            self._unindex(each.act)
            self._kept.pop(each.act, None)
            if each.act in self._place_of:
                del self._places[self._place_of.pop(each.act)][each.act]
            ending = self._ends.pop(each.act, None)
            if ending is not None and not ending.done():
                ending.set_result(each)
        self._move(kept)
        self._exposed.difference_update(each.act for each in kept)

    def _hold(self, kept: Iterable[Kept]) -> None:
        for each in kept:
            if each.act not in self._kept:
                self._put_in_place(each)
            self._unindex(each.act)
            self._kept[each.act] = each
            if each.leaf is not None:
                self._at.setdefault(each.leaf.index, set()).add(each.act)
            if each.stage == Stage.LOST or each.is_attested:
                self._exposed.add(each.act)

    def _put_in_place(self, kept: Kept) -> None:
        if self.is_own(kept):
            self._place_of[kept.act] = kept.place
            self._places.setdefault(kept.place, {})[kept.act] = None

    def _unindex(self, act: ActId) -> None:
        before = self._kept.get(act)
        if before is not None and before.leaf is not None:
            there = self._at[before.leaf.index]
            there.discard(act)
            if not there:
                del self._at[before.leaf.index]

    def _move(self, kept: Iterable[Kept]) -> None:
        for each in kept:
            if each.act in self._exposed:
                self.exposed_moved.set()
            for move in self._moves.pop(each.act, ()):
                if not move.done():
                    move.set_result(None)

    # Who waits.

    def answer(self, act: ActId) -> asyncio.Future[Leaf]:
        """What will be answered to an act that is kept: the leaf of its receipt, or an error."""
        found = self._answers.get(act)
        if found is None:
            found = self._answers[act] = asyncio.get_running_loop().create_future()
            kept = self._kept[act]
            if kept.leaf is not None and kept.stage != Stage.LOST and (kept.receipts or kept.proof):
                found.set_result(kept.leaf)
        return found

    def succeed(self, act: ActId, leaf: Leaf) -> None:
        """Answer whoever handed it in: it is recorded there."""
        found = self._answers.get(act)
        if found is not None and not found.done():
            found.set_result(leaf)
        if act not in self._kept:
            self._answers.pop(act, None)

    def fail(self, act: ActId, error: ClientError) -> None:
        """Answer whoever handed it in: it is not recorded."""
        found = self._answers.pop(act, None)
        if found is not None and not found.done():
            found.set_exception(error)
            # Whoever handed it in may have stopped waiting; then nobody is to be warned of an unread error.
            found.exception()

    def end(self, act: ActId) -> asyncio.Future[Kept]:
        """How an act will end, or has.

        Raises:
            ClientError: this outbox never had it, or does not remember it any more.
        """
        if act in self._kept:
            return self._ends.setdefault(act, asyncio.get_running_loop().create_future())
        done = self.store.finished(act)
        if done is None:
            raise ClientError(f"{act} is no act of this outbox")
        found: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        found.set_result(done)
        return found

    async def moved(self, act: ActId) -> None:
        """Return once an act that has not ended is not as it is now."""
        move: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._moves.setdefault(act, []).append(move)
        await move
