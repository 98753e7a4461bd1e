"""The outbox: an act is kept before it is sent, and let go only when it is proven to be where others have seen it.

It decides what is sent and when, and opens no socket: whoever holds a connection tells it what has come. The same bytes
go out every time. Rules: docs/adr/0051, docs/reference/outbox.md.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from tacit.client.chains import Place
from tacit.client.errors import ActRefusedError, ClientError
from tacit.client.store import UNANSWERED, Kept, OutboxStore, Stage
from tacit.envelope import Envelope
from tacit.ids import ActId
from tacit.limits import PROOFS_ASKED_MAX
from tacit.record import Leaf, Refusal
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.proof_file import ProofFile, parse_proof_file
from tacit.session import LogView, Verified
from tacit.submission import Submission

AGAIN_FIRST_S: Final = 0.25
AGAIN_MAX_S: Final = 5.0
"""Between two times that the same bytes go out, or that the same proof is asked for, while nobody can say."""


def again_after_s(tries: int) -> float:
    """How long to wait after so many tries in vain: twice as long each time, up to `AGAIN_MAX_S`."""
    return min(AGAIN_FIRST_S * 2.0 ** min(tries - 1, 16), AGAIN_MAX_S)


class Outbox:
    """The acts of one credential that are on their way."""

    def __init__(self, store: OutboxStore, log: LogView, now: Callable[[], datetime]) -> None:
        self._store = store
        self._log = log
        self._now = now
        self._kept: dict[ActId, Kept] = {}
        self._at: dict[int, ActId] = {}
        self._answers: dict[ActId, asyncio.Future[Leaf]] = {}
        self._ends: dict[ActId, asyncio.Future[Kept]] = {}
        self._refs: dict[int, ActId] = {}
        self._heard: dict[ActId, Leaf] = {}
        self._asked: dict[int, tuple[ActId, ...]] = {}
        self._may_repeat = False
        self._hold(store.waiting())

    # What was handed in.

    def add(self, act: ActId, submission: Submission) -> asyncio.Future[Leaf]:
        """Keep an act, durably, before anything is sent; the answer will come in what is returned.

        Handing in the same act again waits for the same answer. Raises OutboxError: it is not kept, and never sent.
        """
        if act not in self._kept:
            kept = Kept(act=act, submission=submission, stage=Stage.COMPOSED, since=self._now(), why="not_connected")
            self._put([kept])
        return self.answer(act)

    def answer(self, act: ActId) -> asyncio.Future[Leaf]:
        """What will be answered to an act that is kept: the leaf of its receipt, or an error."""
        found = self._answers.get(act)
        if found is None:
            found = self._answers[act] = asyncio.get_running_loop().create_future()
            kept = self._kept[act]
            if kept.leaf is not None and (kept.receipts or kept.proof):
                found.set_result(kept.leaf)
        return found

    def end(self, act: ActId) -> asyncio.Future[Kept]:
        """How an act will end, or has: proven as far as the charter lets it be, or refused.

        Raises:
            ClientError: this outbox never had it, or does not remember it any more.
        """
        if act in self._kept:
            return self._ends.setdefault(act, asyncio.get_running_loop().create_future())
        done = self._store.finished(act)
        if done is None:
            raise ClientError(f"{act} is no act of this outbox")
        found: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        found.set_result(done)
        return found

    def kept(self, act: ActId) -> Kept | None:
        """How an act stands, whether it waits or has ended."""
        return self._kept.get(act) or self._store.finished(act)

    def waiting(self) -> list[Kept]:
        """Every act that has not ended, oldest first."""
        return list(self._kept.values())

    def unanswered(self, place: Place) -> list[Kept]:
        """Acts in a place that nobody has answered: each holds a number that nothing else may be signed under."""
        return [each for each in self._kept.values() if each.stage in UNANSWERED and each.place == place]

    def lost(self) -> list[Kept]:
        """Acts that had a receipt and whose place in the record is another's: what `evidence.lodged` is for."""
        return [each for each in self._kept.values() if each.stage == Stage.LOST]

    # One connection after another.

    def reconnected(self) -> None:
        """Forget the refs of the connection before. What was sent on it is not sent again before the record is read."""
        self._refs.clear()
        self._asked.clear()
        self._may_repeat = False
        for act, leaf in list(self._heard.items()):
            self._record(act, leaf, None)
        self._heard.clear()
        told = [each for each in self._kept.values() if each.stage == Stage.SUBMITTED]
        self._tell(told, "reading_record")

    def ready(self) -> list[ActId]:
        """What may be sent now: what never was, and, once the record was read to its end, what it lacks."""
        sent = set(self._refs.values())
        return [each.act for each in self._kept.values() if each.act not in sent and self._is_ready(each)]

    def _is_ready(self, kept: Kept) -> bool:
        if kept.stage == Stage.COMPOSED:
            return True
        if kept.stage == Stage.LOST:
            return self._may_repeat and kept.refusal is None
        if kept.stage == Stage.RECORDED:
            # Heard, and no log to prove it: a repeat gets the receipt that was missed.
            return self._may_repeat and not kept.receipts and not self._log.has_log
        return kept.stage == Stage.SUBMITTED and self._may_repeat

    def read_to_end(self) -> None:
        """The record has been heard to its end, as it was on this connection: what was not heard it lacks."""
        self._may_repeat = True

    def to_send(self, act: ActId) -> Submission | None:
        """What is to be sent for an act, noted as sent before it is; None if it may not be, or waits no more."""
        kept = self._kept.get(act)
        if kept is None or act in self._refs.values() or not self._is_ready(kept):
            return None
        stage = Stage.SUBMITTED if kept.stage == Stage.COMPOSED else kept.stage
        since = self._now() if stage != kept.stage else kept.since
        self._put([replace(kept, stage=stage, since=since, sent=kept.sent + 1, why="no_answer")])
        return kept.submission

    def sent(self, ref: int, act: ActId) -> None:
        """Note under which ref the answer will come on this connection."""
        self._refs[ref] = act

    # What is answered.

    def recorded(self, ref: int, leaf: Leaf, receipt: Envelope) -> Kept | None:
        """A receipt came; the act that it is for, as it was kept."""
        act = self._refs.pop(ref, None)
        kept = self._kept.get(act or "")
        if kept is not None:
            self._record(kept.act, leaf, receipt)
        return kept

    def heard(self, index: int, leaf: Leaf | None) -> bool:
        """An entry of the record came by: perhaps one of ours, perhaps another in the place that one of ours has.

        Whether it was about one of ours.
        """
        if leaf is not None and leaf.act in self._kept:
            if leaf.act in self._refs.values():
                self._heard[leaf.act] = leaf  # its receipt is on the way; if it does not come, this will do
            else:
                self._record(leaf.act, leaf, None)
        kept = self._kept.get(self._at.get(index, ""))
        if kept is not None and kept.leaf != leaf and kept.stage in {Stage.RECORDED, Stage.NOTARISED}:
            self._put([replace(kept, stage=Stage.LOST, since=self._now(), why="other_entry", refusal=None)])
        return kept is not None

    def refused(self, ref: int, refusal: Refusal, signed: Envelope) -> None:
        """A signed refusal came."""
        act = self._refs.pop(ref, None)
        kept = self._kept.get(act or "")
        if kept is None:
            return
        if kept.receipts:
            # It was recorded once, so this is no end: it is for evidence now.
            self._put([replace(kept, stage=Stage.LOST, since=self._now(), why=str(refusal.rule), refusal=signed)])
            return
        ended = replace(kept, stage=Stage.REFUSED, since=self._now(), why=str(refusal.rule), refusal=signed)
        self._finish([ended])
        self._fail(kept.act, ActRefusedError(refusal))

    def failed(self, ref: int, error: ClientError) -> None:
        """The gateway takes no such frame. That is its word alone: the act stays, and so does its number."""
        act = self._refs.pop(ref, None)
        kept = self._kept.get(act or "")
        if kept is not None:
            self._tell([kept], "frame_refused")
            self._fail(kept.act, error)

    def unavailable(self, ref: int, reason: str) -> tuple[ActId, float] | None:
        """Nobody can say: the act to send again, and after how many seconds."""
        act = self._refs.get(ref)
        kept = self._kept.get(act or "")
        if act is None or kept is None:
            return None
        self._tell([kept], reason)
        return act, again_after_s(kept.sent)

    def given_up(self, ref: int) -> None:
        """The pause after `unavailable` is over: the act may be sent under another ref."""
        self._refs.pop(ref, None)

    # What is proven.

    def shown(self, verified: Verified) -> None:
        """A checkpoint was verified. What is proven for its size already needs no further proof."""
        self._store.note(*(each.note.encode() for each in (self._log.witnessed, self._log.last) if each is not None))
        if verified.is_witnessed:
            same = [each for each in self._kept.values() if _proven_size(each) == verified.checkpoint.size]
            self._prove([(each, _path(each, verified)) for each in same], verified)

    def to_prove(self, after: int) -> tuple[list[Leaf], Verified] | None:
        """Whose proofs to ask for now, at most 64, and under which checkpoint; None: for nobody's.

        `after`: the last index that was heard. Beyond it nobody knows yet whether the entry is ours.
        """
        asked = {act for acts in self._asked.values() for act in acts}
        free = [each for each in self._kept.values() if each.leaf is not None and each.act not in asked]
        for verified, stages in (
            (self._log.witnessed, {Stage.RECORDED, Stage.NOTARISED}),
            (self._log.last, {Stage.RECORDED}),
        ):
            if verified is not None:
                size = min(verified.checkpoint.size, after + 1)
                leaves = [each.leaf for each in free if each.leaf and each.stage in stages and each.leaf.index < size]
                if leaves:
                    return leaves[:PROOFS_ASKED_MAX], verified
        return None

    def asked(self, ref: int, leaves: Iterable[Leaf]) -> None:
        """Proofs of these were asked for under this ref."""
        self._asked[ref] = tuple(leaf.act for leaf in leaves)

    def unproved(self, ref: int) -> bool:
        """Nobody can prove it now; whether anything was asked under this ref."""
        return self._asked.pop(ref, None) is not None

    def proved(self, ref: int, proofs: Sequence[ProofFile]) -> None:
        """Proofs came, and were checked."""
        acts = self._asked.pop(ref, ())
        if proofs:
            verified = self._log.open(proofs[0].checkpoint.encode())
            found = [(self._kept[act], proof) for act, proof in zip(acts, proofs, strict=True) if act in self._kept]
            self._prove(found, verified)

    def _prove(self, found: Sequence[tuple[Kept, ProofFile]], verified: Verified) -> None:
        stage = Stage.WITNESSED if verified.is_witnessed else Stage.NOTARISED
        why = "" if stage == self._last_stage else "witnesses"
        now = self._now()
        proven = [
            replace(kept, stage=stage, since=now, why=why, proof=proof.encode(), refusal=None) for kept, proof in found
        ]
        if stage == self._last_stage:
            self._finish(proven)
        else:
            self._put(proven)
        for each in proven:
            if each.leaf is not None:
                self._succeed(each.act, each.leaf)

    @property
    def _last_stage(self) -> Stage:
        """Where an act ends: as far as the charter lets anybody prove it."""
        if self._log.has_witnesses:
            return Stage.WITNESSED
        return Stage.NOTARISED if self._log.has_log else Stage.RECORDED

    # How it is kept.

    def _record(self, act: ActId, leaf: Leaf, receipt: Envelope | None) -> None:
        kept = self._kept.get(act)
        if kept is None or (receipt is None and kept.stage not in UNANSWERED):
            return
        receipts = kept.receipts if receipt is None or receipt in kept.receipts else (*kept.receipts, receipt)
        is_new = kept.stage in UNANSWERED or kept.stage == Stage.LOST or kept.leaf != leaf
        stage = Stage.RECORDED if is_new else kept.stage
        why = "checkpoint" if self._log.has_log else "" if receipts else "receipt"
        found = replace(kept, stage=stage, since=self._now(), why=why, leaf=leaf, receipts=receipts, refusal=None)
        if self._last_stage == Stage.RECORDED and receipts:
            self._finish([found])
        else:
            self._put([found])
        # Heard without a receipt it is the gateway's word: the author is told when it is proven.
        if receipt is not None:
            self._succeed(act, leaf)

    def _tell(self, kept: Iterable[Kept], why: str) -> None:
        told = [replace(each, why=why) for each in kept if each.why != why]
        if told:
            self._put(told)

    def _put(self, kept: Sequence[Kept]) -> None:
        self._store.put(kept)
        self._hold(kept)

    def _hold(self, kept: Iterable[Kept]) -> None:
        for each in kept:
            self._kept[each.act] = each
            if each.leaf is not None:
                self._at[each.leaf.index] = each.act

    def _finish(self, kept: Sequence[Kept]) -> None:
        self._store.finish(kept)
        for each in kept:
            self._kept.pop(each.act, None)
            if each.leaf is not None:
                self._at.pop(each.leaf.index, None)
            self._heard.pop(each.act, None)
            ending = self._ends.pop(each.act, None)
            if ending is not None and not ending.done():
                ending.set_result(each)

    def _succeed(self, act: ActId, leaf: Leaf) -> None:
        found = self._answers.get(act)
        if found is not None and not found.done():
            found.set_result(leaf)
        if act not in self._kept:
            self._answers.pop(act, None)

    def _fail(self, act: ActId, error: ClientError) -> None:
        found = self._answers.pop(act, None)
        if found is not None and not found.done():
            found.set_exception(error)
            # Whoever handed it in may have stopped waiting; then nobody is to be warned of an unread error.
            found.exception()


def _proven_size(kept: Kept) -> int | None:
    if kept.stage != Stage.NOTARISED or kept.proof is None:
        return None
    return parse_checkpoint(parse_proof_file(kept.proof).checkpoint.text).size


def _path(kept: Kept, verified: Verified) -> ProofFile:
    """The proof that an act has, under a checkpoint of the same size and root."""
    assert kept.proof is not None
    return ProofFile(parse_proof_file(kept.proof).index, parse_proof_file(kept.proof).hashes, verified.note)
