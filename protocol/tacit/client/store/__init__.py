"""What an outbox keeps of each act, and the promise of the store that keeps it through a crash.

`memory.MemoryStore` is for clients that need not outlive their process, `sqlite.SqliteStore` for all others.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from tacit import acts, submission
from tacit.acts import Content, Header
from tacit.client.chains import Place, place_of
from tacit.client.errors import ClientError
from tacit.envelope import Envelope
from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit.record import Leaf
from tacit.record.refusal_file import RefusalFile, encode_refusal_file
from tacit.session import Difference, Equivocation
from tacit.submission import Submission

__all__ = ["UNANSWERED", "Kept", "OutboxError", "OutboxStore", "Stage"]


class Stage(StrEnum):
    """How far an act has come, as its author sees it."""

    COMPOSED = "composed"
    """Signed and kept; never handed to a connection."""
    SUBMITTED = "submitted"
    """Handed to a connection at least once; nobody has answered yet."""
    RECORDED = "recorded"
    """The registrar has signed a receipt, or the act was heard in the record."""
    NOTARISED = "notarised"
    """Proven to be under a checkpoint that the log has signed."""
    WITNESSED = "witnessed"
    """Proven to be under a checkpoint that the quorum, and one's own witness, have cosigned."""
    REFUSED = "refused"
    """The registrar has signed a refusal: the number may be signed anew."""
    LOST = "lost"
    """The record lacks it, and there is proof of it, a receipt or attestations: it is recorded again, or lodged."""
    LODGED = "lodged"
    """It came back inside an `evidence.lodged`; it has not ended before that entry is proven as far as any can be."""


UNANSWERED: Final = frozenset({Stage.COMPOSED, Stage.SUBMITTED})


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One act as it stands. `why`: what it waits for, in a word of docs/reference/outbox.md; empty where for nothing.

    `leaf` is that of its entry, or of the evidence that it came back in; `proof` a proof file (C2SP `tlog-proof`) about
    the same entry. `receipts`: all that it ever had; more than one only if it was lost. `lodged_by`: the act of the
    same author that lodges it as evidence, from when that is kept until it is refused. `attestations`: of witnesses of
    others, to whom it was shown; `needed` make a proof; `is_attested`: so many were made in time.
    """

    act: ActId
    submission: Submission
    stage: Stage
    since: datetime
    why: str = ""
    sent: int = 0
    leaf: Leaf | None = None
    receipts: tuple[Envelope, ...] = ()
    refusal: Envelope | None = None
    proof: bytes | None = None
    lodged_by: ActId | None = None
    attestations: tuple[Envelope, ...] = ()
    needed: int = 0
    is_attested: bool = False

    @property
    def refusal_file(self) -> bytes | None:
        """For `tacit verify --refusal` (docs/reference/verification.md, Refusals); None: it never was refused."""
        if self.refusal is None:
            return None
        return encode_refusal_file(RefusalFile(1, self.refusal, submission.encode(self.submission)))

    @property
    def header(self) -> Header:
        """The header of the act."""
        return acts.decode(self.submission.envelope.payload).header

    @property
    def content(self) -> Content | None:
        """What the act says; None where this version of the client cannot read it, though others may."""
        try:
            return acts.decode(self.submission.envelope.payload).content
        except RefusedError:
            return None

    @property
    def place(self) -> Place:
        """Body and channel, or None for an act on the register."""
        return place_of(self.header)


class OutboxError(ClientError):
    """The store of the outbox cannot be used; `reason` is one word: `in_use`, `another`, `damaged`, `failed`."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class OutboxStore(Protocol):
    """Keeps acts. Returning means durable: neither a crash of the process nor one of the machine takes it back.

    Every call raises OutboxError if it is not so; then nothing of that call is kept.
    """

    def waiting(self) -> list[Kept]:
        """Every act that has not been finished, in the order in which they were first put."""
        ...

    def put(self, kept: Sequence[Kept]) -> None:
        """Keep these, each in the place of what was kept of the same act; all or nothing."""
        ...

    def finish(self, kept: Sequence[Kept]) -> None:
        """Take these out of those that wait, and keep how they ended; all or nothing."""
        ...

    def finished(self, act: ActId) -> Kept | None:
        """How an act ended."""
        ...

    def checkpoints(self) -> tuple[bytes, ...]:
        """The checkpoints that were noted, the last one last."""
        ...

    def note(self, *checkpoints: bytes) -> None:
        """Remember these checkpoints in the place of those before."""
        ...

    def reaches(self, stage: Stage) -> None:
        """Remember how far the charter lets an act be proven, in the place of what was remembered before."""
        ...

    def reach(self) -> Stage | None:
        """How far; None where nobody has seen the charter yet."""
        ...

    def accuse(self, equivocation: Equivocation) -> None:
        """Keep evidence for good."""
        ...

    def evidence(self) -> list[Equivocation]:
        """All of it."""
        ...

    def differs(self, difference: Difference) -> None:
        """Keep for good that the record was not the same when it was read again."""
        ...

    def differences(self) -> list[Difference]:
        """All of those, in the order in which they were noticed."""
        ...
