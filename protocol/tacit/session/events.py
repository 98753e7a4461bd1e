"""What a client session reports: each is one received frame, checked."""

from datetime import datetime

import msgspec

from tacit.detached import Detached
from tacit.envelope import Envelope
from tacit.ids import Digest, OfficeName, StateCode
from tacit.query import Question, QuestionRefusal, Table
from tacit.record import Entry, Leaf, Refusal
from tacit.record.proof_file import ProofFile
from tacit.session.frames import GoodbyeReason, Limits
from tacit.session.log_view import Equivocation, Verified


class Challenged(msgspec.Struct, frozen=True):
    """Send `reply` to sign in."""

    reply: bytes
    limits: Limits


class Welcomed(msgspec.Struct, frozen=True):
    """Signed in; the charter is the one that the organisation's id names."""

    state: StateCode
    office: OfficeName
    size: int
    now: datetime


class ReceiptArrived(msgspec.Struct, frozen=True):
    """The act handed in under `ref` is recorded; the registrar's signature and the act id have been checked.

    `receipt` is what the registrar has signed: keep it, it is evidence.
    """

    ref: int
    leaf: Leaf
    receipt: Envelope


class RefusalArrived(msgspec.Struct, frozen=True):
    """The act handed in under `ref` is refused; the registrar's signature and the envelope's hash have been checked."""

    ref: int
    refusal: Refusal
    signed: Envelope


class UnavailableArrived(msgspec.Struct, frozen=True):
    """Nobody can say (of an act: whether it is recorded) what was handed in under `ref`: hand in the same again."""

    ref: int
    reason: str


class EntryArrived(msgspec.Struct, frozen=True):
    """The entry at `index`, the one after the last. `entry` is None where the bytes are no entry: it is void."""

    index: int
    raw: bytes
    entry: Entry | None


class EntryWithheld(msgspec.Struct, frozen=True):
    """The entry at `index` exists and is not for us. Fold it with `tacit.rules.step_over`.

    `digest`: of the message, where there is no leaf.
    """

    index: int
    leaf: Leaf | None
    void: bool
    digest: Digest | None = None


class CaughtUpWith(msgspec.Struct, frozen=True):
    """Everything below `size` has arrived."""

    size: int


class BodyArrived(msgspec.Struct, frozen=True):
    """The detached body asked for under `ref`. Its hash is to be compared with the act's (`tacit.detached`)."""

    ref: int
    index: int
    detached: Detached | None


class RowsArrived(msgspec.Struct, frozen=True):
    """A page of the view asked for under `ref`. It is the gateway's word: no hash stands behind it."""

    ref: int
    question: Question
    table: Table


class QueryRefusedArrived(msgspec.Struct, frozen=True):
    """The question under `ref` has no answer."""

    ref: int
    reason: QuestionRefusal
    detail: str


class CheckpointArrived(msgspec.Struct, frozen=True):
    """The log stands here: its signatures have been checked, and that it continues what was shown before."""

    verified: Verified


class EquivocationArrived(msgspec.Struct, frozen=True):
    """Two checkpoints signed by the log, of which the later was not shown to continue the earlier. Both are kept.

    Believe nothing further from this gateway, and hand the two on: any third party can check them.
    """

    equivocation: Equivocation


class ProofsArrived(msgspec.Struct, frozen=True):
    """The inclusion of these leaves has been checked against the root of a checkpoint that was verified before."""

    ref: int
    leaves: tuple[Leaf, ...]
    proofs: tuple[ProofFile, ...]


class ErrorArrived(msgspec.Struct, frozen=True):
    """The gateway says that a frame of ours breaks a rule."""

    rule: str
    detail: str
    ref: int | None
    ends: bool


class GoodbyeArrived(msgspec.Struct, frozen=True):
    """The gateway ends the connection."""

    reason: GoodbyeReason
    resume_after: int


Event = (
    Challenged
    | Welcomed
    | ReceiptArrived
    | RefusalArrived
    | UnavailableArrived
    | EntryArrived
    | EntryWithheld
    | CaughtUpWith
    | BodyArrived
    | RowsArrived
    | QueryRefusedArrived
    | CheckpointArrived
    | EquivocationArrived
    | ProofsArrived
    | ErrorArrived
    | GoodbyeArrived
)
