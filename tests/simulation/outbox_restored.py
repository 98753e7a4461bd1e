"""A play in which the record loses its end: acts with receipts are gone, others stand in their place."""

import asyncio
from contextlib import suppress
from typing import Final

from tacit.acts import Content, EvidenceLodged
from tacit.client import ClientError, Delegation
from tacit.client.evidence_file import evidence_of
from tacit.client.lodging import lodged_act, lodges
from tacit.client.store import Kept, Stage
from tacit.compose import Window, compose, next_link
from tacit.record import Entry, decode_entry
from tacit.record import leaf as leaf_format
from tacit.record.proof_file import parse_proof_file, verify_proof_file
from tacit.submission import Submission
from tests.simulation.outbox_lines import PLACE, WORLD
from tests.simulation.outbox_play import ACTS, MATTER, CrashError, Play

RESTORED_AFTER_S: Final = 25.0
OUTAGE_S: Final = 700.0
"""Longer than acts of a delegation may be played."""
OTHERS: Final = 6
"""Acts of another member that stand where lost ones stood."""


class RestoredPlay(Play):
    """One seed. Whoever lodges for others looks at the outbox, as the member's other office would."""

    span_s = Play.span_s + OUTAGE_S

    async def _calm_down(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._lodge_for_others())
            await self._lose_the_end()
            await super()._calm_down()

    async def _lose_the_end(self) -> None:
        await asyncio.sleep(self.chance.uniform(0.0, 10.0))
        self.notary_away = True
        await asyncio.sleep(self.chance.uniform(2.0, RESTORED_AFTER_S))
        self.outage = True
        for wire in self.wires:
            wire.cut()
        await asyncio.sleep(OUTAGE_S)
        size = max(len(WORLD.entries), self.house.ledger.size)
        self.note(f"the record ends after {size} of {self.clerk.record.last}")
        self.clerk = self.house.clerk = self.clerk.restored(WORLD, size)
        for _ in range(OTHERS):
            await self.another_says(MATTER)
        self.outage = self.notary_away = False

    async def another_says(self, content: Content) -> object:
        """XBB says it, and is recorded."""
        author, now = WORLD.author("XBB"), self.clock.now()
        link = next_link(self.clerk.state, author, PLACE)
        composed = compose(author, content, PLACE, link, Window(now, now))
        return await self.clerk.submit(Submission(composed.envelope, None))

    async def _lodge_for_others(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(1.0, 10.0))
            for lost in self.store.waiting():
                if lost.why == "others":
                    await self.another_says(evidence_of(lost).evidence)

    async def _speak(self, delegation: Delegation) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(0.0, 5.0))
            with suppress(ClientError, CrashError):  # refused, or it is for others to lodge what was lost before
                if len(self.kept) < ACTS:
                    await delegation.say(MATTER, PLACE)

    def check(self) -> None:
        """What had a receipt is in the record once: itself or inside evidence; what had none is so, or was refused."""
        assert 0 == self.clerk.state.void
        entries = [decode_entry(message.data) for message in self.clerk.record.messages()[len(WORLD.entries) :]]
        own = {entry.leaf.act: entry for entry in entries}
        lodging = [entry for entry in entries if isinstance(entry.act.content, EvidenceLodged)]
        lodged = {lodged_act(entry.act.content) or "": entry for entry in lodging}
        assert len(lodging) == len(lodged)
        assert not own.keys() & lodged.keys()
        for act in self.kept:
            ended = self.store.finished(act)
            assert ended is not None
            expected = {Stage.WITNESSED: own, Stage.LODGED: lodged}.get(ended.stage)
            if expected is not None:
                self._check_proof(ended, expected[act])
                continue
            assert act not in {**own, **lodged}
            assert ended.stage == Stage.REFUSED
            assert lodges(ended) is not None or not ended.receipts

    def _check_proof(self, ended: Kept, entry: Entry) -> None:
        assert entry.leaf == ended.leaf
        verify_proof_file(parse_proof_file(ended.proof or b""), leaf_format.encode(entry.leaf), self.policy)
