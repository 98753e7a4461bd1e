"""The client's side of a session: it believes the gateway nothing that it can check."""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar, assert_never

import msgspec

from tacit import envelope
from tacit.envelope import Envelope
from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit.query import Question, Table
from tacit.record import Entry, Leaf, decode_entry
from tacit.record import leaf as leaf_format
from tacit.record.merkle import leaf_hash
from tacit.record.proof_file import ProofFile
from tacit.record.proofs import verify_inclusion
from tacit.session import frames, sign_in
from tacit.session.codecs import JSON, Codec
from tacit.session.events import (
    BodyArrived,
    CaughtUpWith,
    Challenged,
    CheckpointArrived,
    EntryArrived,
    EntryWithheld,
    EquivocationArrived,
    ErrorArrived,
    Event,
    GoodbyeArrived,
    ProofsArrived,
    QueryRefusedArrived,
    ReceiptArrived,
    RefusalArrived,
    RowsArrived,
    UnavailableArrived,
    Welcomed,
)
from tacit.session.faults import Fault, SessionError
from tacit.session.frames import (
    Body,
    CaughtUp,
    Challenge,
    CheckpointFrame,
    Credit,
    EntryFrame,
    ErrorFrame,
    Fetch,
    Goodbye,
    Proofs,
    Prove,
    QueryFrame,
    QueryRefusedFrame,
    Receipt,
    Refused,
    RowsFrame,
    Submit,
    Subscribe,
    Unavailable,
    Watch,
    Welcome,
    Withheld,
)
from tacit.session.log_view import LogView, Verified
from tacit.session.registrars import Registrars
from tacit.session.turns import Phase, Turns
from tacit.signing import Signer
from tacit.submission import Submission

T = TypeVar("T")

RECEIPTS_REMEMBERED_MAX: Final = 1_024
"""Receipts whose entries have not come yet and are to be compared with them."""


class Proving(NamedTuple):
    """What proofs were asked for, and against which checkpoint."""

    leaves: tuple[Leaf, ...]
    verified: Verified


class Identity(msgspec.Struct, frozen=True):
    """Who signs in, to which organisation, at the gateway dialled under which authority."""

    organisation: ActId
    signer: Signer
    audience: str


class ClientSession:
    """One connection's session, seen by the client. `receive` takes one message and gives one event.

    Reordering nothing, it hands on entries in the order of the record and ends at the first gap or repetition. It
    outlives no connection: after a reconnect make a new one with `after` of the old, the same `registrars` and `log`.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        after: int = -1,
        registrars: Registrars | None = None,
        log: LogView | None = None,
        codec: Codec = JSON,
    ) -> None:
        self.identity = identity
        self._codec = codec
        self.after = after
        self.registrars = registrars or Registrars(identity.organisation)
        self.log = log
        self.credit = 0
        self._turns = Turns()
        self._ref = 0
        self._waiting: dict[int, Envelope | int | Question | Proving] = {}
        self._promised: dict[int, Leaf] = {}

    @property
    def phase(self) -> Phase:
        """How far the session has come."""
        return self._turns.phase

    def submit(self, submission: Submission) -> tuple[int, bytes]:
        """The frame that hands in an act, and the ref under which the answer will come.

        Raises:
            SessionError: `session.out_of_turn` before the welcome or after the end.
        """
        self._turns.take("submit")
        self._ref += 1
        self._waiting[self._ref] = submission.envelope
        return self._ref, self._codec.encode(Submit(self._ref, submission))

    def fetch(self, index: int) -> tuple[int, bytes]:
        """The frame that asks for the detached body of the act at `index`, and the ref of the answer.

        Raises:
            SessionError: `session.out_of_turn`.
        """
        self._turns.take("fetch")
        self._ref += 1
        self._waiting[self._ref] = index
        return self._ref, self._codec.encode(Fetch(self._ref, index))

    def ask(self, question: Question) -> tuple[int, bytes]:
        """The frame that asks a view, and the ref of the answer.

        Raises:
            SessionError: `session.out_of_turn`.
        """
        self._turns.take("query")
        self._ref += 1
        self._waiting[self._ref] = question
        return self._ref, self._codec.encode(QueryFrame(self._ref, question))

    def watch(self) -> bytes | None:
        """The frame that asks for the checkpoints of the log, from the last verified one on. Once per session.

        None where there is nothing to watch: the charter names no notary.

        Raises:
            SessionError: `session.out_of_turn`.
        """
        if self.log is None or not self.log.has_log:
            return None
        self._turns.take("watch")
        return self._codec.encode(Watch(self.log.size))

    def prove(self, leaves: Sequence[Leaf], under: Verified | None = None) -> tuple[int, bytes]:
        """The frame that asks for the proofs of these leaves, 1 to 64, and its ref.

        They are to be `under` a checkpoint that this log has verified: the last one where none is named.

        Raises:
            SessionError: `session.out_of_turn`.
            ValueError: no checkpoint has been verified that covers them all.
        """
        last = under or (self.log.last if self.log else None)
        if last is None or any(leaf.index >= last.checkpoint.size for leaf in leaves):
            raise ValueError("no verified checkpoint covers these entries")
        self._turns.take("prove")
        self._ref += 1
        self._waiting[self._ref] = Proving(tuple(leaves), last)
        frame = Prove(self._ref, last.checkpoint.size, tuple(leaf.index for leaf in leaves))
        return self._ref, self._codec.encode(frame)

    def subscribe(self, credit: int) -> bytes:
        """The frame that asks for every entry after `self.after`, `credit` of them for now. Once per session.

        Raises:
            SessionError: `session.out_of_turn`.
        """
        self._turns.take("subscribe")
        self.credit += credit
        return self._codec.encode(Subscribe(self.after, credit))

    def allow(self, entries: int) -> bytes:
        """The frame that allows so many entries more.

        Raises:
            SessionError: `session.out_of_turn`.
        """
        self._turns.take("credit")
        self.credit += entries
        return self._codec.encode(Credit(entries))

    def receive(self, raw: bytes) -> Event:
        """Take one message of the gateway.

        Raises:
            SessionError: the gateway broke a rule; nothing more of it can be believed, so close the connection.
        """
        frame = self._codec.decode_server(raw)
        self._turns.take(frames.turn_of(frame))
        try:
            return self._event(frame)
        except RefusedError as error:
            raise SessionError(Fault.UNVERIFIED, str(error)) from error

    def _event(self, frame: frames.ServerFrame) -> Event:
        match frame:
            case Challenge():
                return self._challenged(frame)
            case Welcome():
                return self._welcomed(frame)
            case Receipt() | Refused() | Unavailable():
                return self._answered(frame)
            case EntryFrame() | Withheld():
                return self._entered(frame)
            case CaughtUp():
                self._require(frame.size == self.after + 1, Fault.GAP, f"caught up with {frame.size}")
                return CaughtUpWith(frame.size)
            case Body() | RowsFrame() | QueryRefusedFrame():
                return self._told(frame)
            case CheckpointFrame() | Proofs():
                return self._shown(frame) if isinstance(frame, CheckpointFrame) else self._proved(frame)
            case ErrorFrame() | Goodbye():
                return self._ended(frame)
            case _:
                assert_never(frame)

    def _ended(self, frame: ErrorFrame | Goodbye) -> ErrorArrived | GoodbyeArrived:
        if isinstance(frame, Goodbye):
            return GoodbyeArrived(frame.reason, frame.resume_after)
        self._waiting.pop(frame.ref or 0, None)
        return ErrorArrived(frame.rule, frame.detail, frame.ref, frame.ends)

    def _challenged(self, frame: Challenge) -> Challenged:
        mine = self.identity
        self._require(frame.organisation == mine.organisation, Fault.OTHER_ORGANISATION, frame.organisation)
        reply = sign_in.answer(frame.nonce, mine.organisation, mine.audience, mine.signer)
        self._turns.take("sign_in")
        return Challenged(self._codec.encode(reply), frame.limits)

    def _welcomed(self, frame: Welcome) -> Welcomed:
        charter = self.registrars.learn_charter(frame.charter)
        if self.log is None:
            self.log = LogView(self.identity.organisation, frame.state)
        self.log.learn_charter(charter)
        return Welcomed(frame.state, frame.office, frame.size, frame.now)

    def _answered(self, frame: Receipt | Refused | Unavailable) -> Event:
        if isinstance(frame, Unavailable):
            self._taken(frame.ref, object)
            return UnavailableArrived(frame.ref, frame.reason)
        submitted = self._taken(frame.ref, Envelope)
        if isinstance(frame, Refused):
            refusal = self.registrars.open_refusal(frame.refusal)
            ours = refusal.submission == envelope.digest(envelope.encode(submitted))
            self._require(ours, Fault.UNVERIFIED, "a refusal of another submission")
            return RefusalArrived(frame.ref, refusal, frame.refusal)
        leaf = self.registrars.open_receipt(frame.receipt)
        self._require(leaf.act == envelope.act_id(submitted.payload), Fault.UNVERIFIED, "a receipt for another act")
        self._remember(leaf)
        return ReceiptArrived(frame.ref, leaf, frame.receipt)

    def _taken(self, ref: int, kind: type[T]) -> T:
        """What waits under a ref for an answer of this kind, which has come."""
        found = self._waiting.pop(ref, None)
        if found is None or not isinstance(found, kind):
            raise SessionError(Fault.UNKNOWN_REF, str(ref))
        return found

    def _told(self, frame: Body | RowsFrame | QueryRefusedFrame) -> BodyArrived | RowsArrived | QueryRefusedArrived:
        if isinstance(frame, Body):
            return BodyArrived(frame.ref, self._taken(frame.ref, int), frame.detached)
        if isinstance(frame, RowsFrame):
            return self._found(frame.ref, frame.table)
        self._taken(frame.ref, Question)
        return QueryRefusedArrived(frame.ref, frame.reason, frame.detail)

    def _found(self, ref: int, table: Table) -> RowsArrived:
        """A page that is one of what was asked: nothing else can be checked, for no signature stands behind a view."""
        question = self._taken(ref, Question)
        width, after = len(table.columns), table.next
        kept = table.view == question.view and len(table.rows) <= question.limit
        kept = kept and all(len(row) == width for row in table.rows)
        kept = kept and (after is None or (after > question.after and table.rows != ()))
        self._require(kept, Fault.UNVERIFIED, f"rows of {table.view} that were not asked for")
        return RowsArrived(ref, question, table)

    def _shown(self, frame: CheckpointFrame) -> CheckpointArrived | EquivocationArrived:
        if self.log is None:
            raise SessionError(Fault.OUT_OF_TURN, "a checkpoint before the welcome")
        found = self.log.take(frame.old, frame.consistency, frame.checkpoint)
        return CheckpointArrived(found) if isinstance(found, Verified) else EquivocationArrived(found)

    def _proved(self, frame: Proofs) -> ProofsArrived:
        leaves, verified = self._taken(frame.ref, Proving)
        self._require(len(frame.inclusion) == len(leaves), Fault.UNVERIFIED, f"{len(frame.inclusion)} proofs")
        size, root = verified.checkpoint.size, verified.checkpoint.root
        for leaf, path in zip(leaves, frame.inclusion, strict=True):
            verify_inclusion(leaf.index, size, leaf_hash(leaf_format.encode(leaf)), path, root)
        files = zip(leaves, frame.inclusion, strict=True)
        proofs = tuple(ProofFile(leaf.index, path, verified.note) for leaf, path in files)
        return ProofsArrived(frame.ref, leaves, proofs)

    def _remember(self, leaf: Leaf) -> None:
        if leaf.index > self.after and len(self._promised) < RECEIPTS_REMEMBERED_MAX:
            self._promised[leaf.index] = leaf

    def _entered(self, frame: EntryFrame | Withheld) -> EntryArrived | EntryWithheld:
        expected = self.after + 1
        self._require(frame.index >= expected, Fault.DUPLICATE, f"entry {frame.index} after {self.after}")
        self._require(frame.index == expected, Fault.GAP, f"entry {frame.index} after {self.after}")
        self._require(self.credit > 0, Fault.BEYOND_CREDIT, f"entry {frame.index}")
        self.credit -= 1
        self.after = frame.index
        if isinstance(frame, Withheld):
            one = (frame.leaf is None) != (frame.digest is None)
            self._require(one, Fault.UNVERIFIED, f"entry {frame.index} is withheld without what the log says of it")
            self._compare(frame.index, frame.leaf)
            return EntryWithheld(frame.index, frame.leaf, frame.void, frame.digest)
        entry = self._read(frame)
        self._compare(frame.index, entry.leaf if entry else None)
        return EntryArrived(frame.index, frame.entry, entry)

    def _read(self, frame: EntryFrame) -> Entry | None:
        """The entry, if it is one and says itself that it stands here; the rules call anything else void."""
        try:
            entry = decode_entry(frame.entry)
        except RefusedError:
            return None
        if (entry.leaf.organisation, entry.leaf.index) != (self.identity.organisation, frame.index):
            return None
        self.registrars.learn(entry)
        return entry

    def _compare(self, index: int, leaf: Leaf | None) -> None:
        promised = self._promised.pop(index, None)
        kept = promised is None or promised == leaf
        self._require(kept, Fault.CONTRADICTION, f"the receipt for {index} names another entry")

    @staticmethod
    def _require(condition: bool, fault: Fault, detail: str) -> None:
        if not condition:
            raise SessionError(fault, detail)
