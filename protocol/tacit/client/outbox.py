"""The outbox: an act is kept before it is sent, and let go only when it is proven to be where others have seen it.

It decides what is sent and when, and opens no socket: whoever holds a connection tells it what has come. The same bytes
go out every time. Rules: docs/adr/0051, docs/adr/0058, docs/reference/outbox.md.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from tacit.client.chains import Place
from tacit.client.errors import ActRefusedError, ClientError
from tacit.client.lodging import Lodging, lodges
from tacit.client.proofs import Proofs
from tacit.client.shelf import Shelf
from tacit.client.showing import Showing
from tacit.client.store import UNANSWERED, Kept, OutboxStore, Stage
from tacit.client.surroundings import Surroundings
from tacit.client.waiting import again_after_s
from tacit.envelope import Envelope
from tacit.ids import ActId, CredentialId
from tacit.record import Leaf, Refusal
from tacit.session import LogView
from tacit.submission import Submission

_UNKNOWN: Final = UNANSWERED | {Stage.LOST}
"""States of an act that the record is not known to have."""


class Outbox:
    """The acts of one credential on their way. `is_read`: on this connection the record was heard to its end."""

    def __init__(
        self,
        store: OutboxStore,
        log: LogView,
        now: Callable[[], datetime],
        surroundings: Surroundings,
        credential: CredentialId,
    ) -> None:
        self.shelf = Shelf(store, log, now, credential)
        self.proofs = Proofs(self.shelf)
        self.showing = Showing(self.shelf, surroundings)
        self.lodging = Lodging(self.shelf, surroundings)
        self.is_read = False
        self._log = log
        self._now = now
        self._refs: dict[int, ActId] = {}
        self._heard: dict[ActId, Leaf] = {}
        self._size = 0

    # What was handed in.

    def add(self, act: ActId, submission: Submission) -> asyncio.Future[Leaf]:
        """Keep an act, durably, before anything is sent; the answer will come in what is returned.

        Handing in the same act again waits for the same answer. Raises OutboxError: it is not kept, and never sent.
        """
        if act not in self.shelf:
            done = self.shelf.store.finished(act)
            if done is not None and done.leaf is not None and done.stage != Stage.LOST:
                found: asyncio.Future[Leaf] = asyncio.get_running_loop().create_future()
                found.set_result(done.leaf)
                return found
            kept = done or Kept(act=act, submission=submission, stage=Stage.COMPOSED, since=self._now())
            # What was given up or refused once and is handed in again keeps its receipts: nothing else proves it.
            anew = replace(kept, stage=Stage.COMPOSED, since=self._now(), why="not_connected", leaf=None)
            self.shelf.put([replace(anew, refusal=None, proof=None, lodged_by=None)])
        return self.shelf.answer(act)

    def lodge(self, lodged: Kept, act: ActId, submission: Submission) -> None:
        """Keep the evidence that was composed for an act of ours, in one step with the word that it was."""
        evidence = Kept(act=act, submission=submission, stage=Stage.COMPOSED, since=self._now(), why="not_connected")
        why = "evidence" if lodged.stage in {Stage.LOST, self.shelf.last_stage} else lodged.why
        self.shelf.put([evidence, replace(lodged, lodged_by=act, why=why)])

    def kept(self, act: ActId) -> Kept | None:
        """How an act stands, whether it waits or has ended."""
        return self.shelf.get(act) or self.shelf.store.finished(act)

    def waiting(self) -> list[Kept]:
        """Every act that has not ended, oldest first."""
        return self.shelf.all()

    def unsettled(self, place: Place) -> list[Kept]:
        """Acts of ours in a place that nobody has answered, or that were lost and go out once more or are to be lodged.

        Each holds a number that nothing else may be signed under.
        """
        return [each for each in self.shelf.said_in(place) if self._is_unsettled(each)]

    @staticmethod
    def _lacks_receipt(kept: Kept) -> bool:
        """Whether it was heard and neither promised nor proven: what followed it could not come back without it."""
        return kept.stage == Stage.RECORDED and not kept.receipts and kept.refusal is None

    def _is_unsettled(self, kept: Kept) -> bool:
        if self._lacks_receipt(kept):
            return True
        is_to_repeat = kept.stage == Stage.LOST and kept.refusal is None and kept.lodged_by is None
        return kept.stage in UNANSWERED or is_to_repeat or self.lodging.is_open(kept)

    def lost(self) -> list[Kept]:
        """Acts that the record lacks and that can be proven: what `evidence.lodged` is for."""
        return [each for each in self.shelf.exposed() if each.stage == Stage.LOST]

    def find_lost(self, act: ActId) -> Kept:
        """An act that is lost.

        Raises:
            ClientError: it is not.
        """
        kept = self.shelf.get(act)
        if kept is None or kept.stage != Stage.LOST:
            raise ClientError(f"{act} is not lost")
        return kept

    def give_up(self, act: ActId) -> None:
        """Let a lost act go: nothing is sent or lodged for it any more. Raises as `find_lost` does."""
        self.shelf.finish([replace(self.find_lost(act), since=self._now(), why="given_up")])
        self.shelf.fail(act, ClientError(f"{act} was lost and given up"))

    # One connection after another.

    def reconnected(self) -> None:
        """Forget the refs of the connection before. What was sent on it is not sent again before the record is read."""
        self._refs.clear()
        self.proofs.reconnected()
        self.is_read = False
        for act, leaf in list(self._heard.items()):
            self._record(act, leaf, None)
        self._heard.clear()
        self.shelf.tell([each for each in self.shelf.all() if each.stage == Stage.SUBMITTED], "reading_record")

    def ready(self) -> list[ActId]:
        """What may be sent now: what never was, and, once the record was read to its end, what it lacks."""
        sent = set(self._refs.values())
        return [each.act for each in self.shelf.all() if each.act not in sent and self._is_ready(each)]

    def _is_ready(self, kept: Kept) -> bool:
        if kept.stage == Stage.COMPOSED:
            return True
        if kept.stage == Stage.LOST:
            return self.is_read and kept.refusal is None
        if kept.stage == Stage.RECORDED:
            # A repeat gets the receipt that was missed. Without it nobody could prove the act if the record lost it.
            return self.is_read and self._lacks_receipt(kept)
        return kept.stage == Stage.SUBMITTED and self.is_read

    def learnt(self) -> None:
        """The charter is known: how far an act can come is in the file for whoever looks into it."""
        if self.shelf.store.reach() != self.shelf.last_stage:
            self.shelf.store.reaches(self.shelf.last_stage)

    def read_to_end(self) -> None:
        """The record has been heard to its end, as it was on this connection: what was not heard it lacks."""
        self.is_read = True
        self.shelf.exposed_moved.set()

    def to_send(self, act: ActId) -> Submission | None:
        """What is to be sent for an act, noted as sent before it is; None if it may not be, or waits no more."""
        kept = self.shelf.get(act)
        if kept is None or act in self._refs.values() or not self._is_ready(kept):
            return None
        stage = Stage.SUBMITTED if kept.stage == Stage.COMPOSED else kept.stage
        since = self._now() if stage != kept.stage else kept.since
        self.shelf.put([replace(kept, stage=stage, since=since, sent=kept.sent + 1, why="no_answer")])
        return kept.submission

    def sent(self, ref: int, act: ActId) -> None:
        """Note under which ref the answer will come on this connection."""
        self._refs[ref] = act

    # What is answered.

    def recorded(self, ref: int, leaf: Leaf, receipt: Envelope) -> Kept | None:
        """A receipt came; the act that it is for, as it was kept."""
        kept = self.shelf.get(self._refs.pop(ref, None))
        if kept is not None:
            self._record(kept.act, leaf, receipt)
        return kept

    def heard(self, index: int, leaf: Leaf | None, lodged: ActId | None = None) -> list[Kept]:
        """An entry of the record came by. `lodged`: the act that it lodges as evidence.

        Given back are the acts of ours that are lost by it, since it stands in their place.
        """
        self._size = index + 1
        if leaf is not None and leaf.act in self.shelf:
            if leaf.act in self._refs.values():
                self._heard[leaf.act] = leaf  # its receipt is on the way; if it does not come, this will do
            else:
                self._record(leaf.act, leaf, None)
        if leaf is not None and lodged is not None:
            self.lodging.found(lodged, leaf, is_promised=False)
        return self._lose(index, leaf)

    def covered(self, size: int) -> None:
        """The log has signed so many entries: what was heard among them waits for its receipt no longer."""
        for act, leaf in [found for found in self._heard.items() if found[1].index < size]:
            del self._heard[act]
            self._record(act, leaf, None)

    def begins_anew(self) -> None:
        """The record is heard from its beginning again."""
        self._size = 0

    def _lose(self, index: int, leaf: Leaf | None) -> list[Kept]:
        stages = {Stage.RECORDED, Stage.NOTARISED, Stage.LODGED}
        lost = [each for each in self.shelf.at(index) if each.leaf != leaf and each.stage in stages]
        if lost:
            since = self._now()
            self.shelf.put(
                [replace(each, stage=Stage.LOST, since=since, why="other_entry", refusal=None) for each in lost]
            )
        return lost

    def refused(self, ref: int, refusal: Refusal, signed: Envelope) -> None:
        """A signed refusal came."""
        kept = self.shelf.get(self._refs.pop(ref, None))
        if kept is None or kept.stage == Stage.LODGED:
            return
        if self._is_heard(kept):
            # The record has it, whatever was signed. Both are kept: the refusal is wrong, and anybody can see it.
            self.shelf.put([replace(self.shelf.get(kept.act) or kept, refusal=signed)])
            return
        evidence_for = lodges(kept)
        told = replace(kept, since=self._now(), why=str(refusal.rule), refusal=signed)
        if evidence_for is None and (kept.receipts or self.lodging.is_hopeful(kept)):
            # It was recorded once, or others have seen it in time: so this is no end. It is for evidence now.
            why = "evidence" if kept.lodged_by else told.why
            self.shelf.put([replace(told, stage=Stage.LOST, why=why)])
            return
        self.shelf.finish([replace(told, stage=Stage.REFUSED)])
        self.shelf.fail(kept.act, ActRefusedError(refusal))
        if evidence_for is not None:
            self.lodging.refused(evidence_for, refusal.rule)

    def _is_heard(self, kept: Kept) -> bool:
        """Whether an act was heard in the record where it will be proven; it is noted, if it was not yet."""
        heard = self._heard.pop(kept.act, None)
        if heard is not None:
            self._record(kept.act, heard, None)
        found = self.shelf.get(kept.act)
        if found is None or found.leaf is None or not self._log.has_log:
            return False
        return found.stage in {Stage.RECORDED, Stage.NOTARISED} and found.leaf.index < self._size

    def failed(self, ref: int, error: ClientError) -> None:
        """The gateway takes no such frame. That is its word alone: the act stays, and so does its number."""
        kept = self.shelf.get(self._refs.pop(ref, None))
        if kept is not None:
            self.shelf.tell([kept], "frame_refused")
            self.shelf.fail(kept.act, error)

    def unavailable(self, ref: int, reason: str) -> tuple[ActId, float] | None:
        """Nobody can say: the act to send again, and after how many seconds."""
        kept = self.shelf.get(self._refs.get(ref))
        if kept is None:
            return None
        self.shelf.tell([kept], reason)
        return kept.act, again_after_s(kept.sent)

    def given_up(self, ref: int) -> None:
        """The pause after `unavailable` is over: the act may be sent under another ref."""
        self._refs.pop(ref, None)

    @staticmethod
    def _is_news(kept: Kept, leaf: Leaf) -> bool:
        """Whether that the record has it there says more than is known. Of two places the first has the effect."""
        if kept.stage in {Stage.RECORDED, Stage.NOTARISED} and kept.leaf is not None:
            return leaf.index < kept.leaf.index
        return kept.stage in _UNKNOWN

    def _record(self, act: ActId, leaf: Leaf, receipt: Envelope | None) -> None:
        kept = self.shelf.get(act)
        if kept is None or (receipt is None and not self._is_news(kept, leaf)):
            return
        receipts = kept.receipts if receipt is None or receipt in kept.receipts else (*kept.receipts, receipt)
        found = replace(kept, receipts=receipts)
        if kept.stage in _UNKNOWN or (kept.stage != Stage.LODGED and kept.leaf != leaf):
            why = "checkpoint" if self._log.has_log else "" if receipts else "receipt"
            found = replace(
                found, stage=Stage.RECORDED, since=self._now(), why=why, leaf=leaf, proof=None, refusal=None
            )
        if receipts and found.stage == self.shelf.last_stage and not self.lodging.is_late(found):
            self.shelf.finish([found])
        else:
            self.shelf.put([found])
        # Heard without a receipt it is the gateway's word: the author is told when it is proven.
        if receipt is not None:
            self.shelf.succeed(act, leaf)
        evidence_for = lodges(found)
        if evidence_for is not None:
            self.lodging.found(evidence_for, leaf, is_promised=receipt is not None)
