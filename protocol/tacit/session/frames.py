"""The frames of a session: one message, one frame. How they are written: `codecs`. Spec: docs/reference/websocket.md.

An entry travels verbatim (the very bytes in the record), so that every hash in it can be checked again.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tacit.detached import Detached
from tacit.envelope import Envelope, Signature
from tacit.ids import ActId, Count, CredentialId, Digest, Instant, OfficeName, Ordinal, Reason, StateCode
from tacit.limits import AUDIENCE_CHARS_MAX, CREDIT_MAX, INTEGER_MAX, NONCE_BYTES, PROOFS_ASKED_MAX
from tacit.log_query import CheckpointBytes, Hashes
from tacit.query import Question, QuestionRefusal, Table
from tacit.record.entry import ENTRY_BYTES_MAX
from tacit.record.leaf import Leaf
from tacit.submission import Submission

Nonce = Annotated[bytes, Meta(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]
Audience = Annotated[str, Meta(min_length=1, max_length=AUDIENCE_CHARS_MAX)]
"""The authority of the URL that the client dialled, such as `gateway.example:8443`: a sign-in cannot be relayed."""
After = Annotated[int, Meta(ge=-1, le=INTEGER_MAX)]
"""The index of the last entry that the client has; -1 if it has none."""
CreditCount = Annotated[int, Meta(ge=1, le=CREDIT_MAX)]
GoodbyeReason = Literal["slow_consumer", "credential_revoked", "going_away"]
RuleName = Annotated[str, Meta(pattern="^[a-z]+\\.[a-z0-9_]+$")]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What this gateway allows one connection; times in seconds."""

    frame_bytes_max: Ordinal
    in_flight_max: Ordinal
    submits_per_s: Ordinal
    submits_burst: Ordinal
    credit_max: Ordinal
    bad_frames_max: Ordinal
    sign_in_s: Ordinal
    stalled_s: Ordinal


class _Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="frame"):
    pass


class Challenge(_Frame, frozen=True, tag="challenge"):
    """First of all: a fresh nonce, whose record this is, and the limits."""

    nonce: Nonce
    organisation: ActId
    limits: Limits


class SignIn(_Frame, frozen=True, tag="sign_in"):
    """The credential, and its Ed25519 signature over the PAE of the `SignInClaim`."""

    credential: CredentialId
    audience: Audience
    signature: Signature


class Welcome(_Frame, frozen=True, tag="welcome"):
    """Signed in: as whom; the charter (its act id is the organisation); the size of the record here, and the time."""

    state: StateCode
    office: OfficeName
    charter: Envelope
    size: Count
    now: Instant


class Submit(_Frame, frozen=True, tag="submit"):
    """Hand in an act. `ref` is the client's own number, unused among its unanswered frames."""

    ref: Ordinal
    submission: Submission


class Receipt(_Frame, frozen=True, tag="receipt"):
    """The act is durable in the record: the leaf, signed by the registrar."""

    ref: Ordinal
    receipt: Envelope


class Refused(_Frame, frozen=True, tag="refusal"):
    """The act is not recorded: the rule, signed by the registrar."""

    ref: Ordinal
    refusal: Envelope


class Unavailable(_Frame, frozen=True, tag="unavailable"):
    """Nobody can say yet (of an act: whether it was recorded): hand in the same again."""

    ref: Ordinal
    reason: Annotated[str, Meta(pattern="^[a-z_]{1,40}$")]


class Subscribe(_Frame, frozen=True, tag="subscribe"):
    """Follow the record from `after` + 1 on; `credit` entries may come before more credit is given."""

    after: After
    credit: CreditCount


class Credit(_Frame, frozen=True, tag="credit"):
    """Allow so many entries more."""

    entries: CreditCount


class EntryFrame(_Frame, frozen=True, tag="entry"):
    """One entry of the record, verbatim."""

    index: Count
    entry: Annotated[bytes, Meta(max_length=ENTRY_BYTES_MAX)]


class Withheld(_Frame, frozen=True, tag="withheld"):
    """An entry of a body to which the credential's state does not belong: its leaf, as the log has it.

    `void`: the rules give it no effect, so whoever folds the rest passes it over. `digest`: of the whole message, where
    it is no leaf and the envelope that it is about; then there is no leaf.
    """

    index: Count
    leaf: Leaf | None
    void: bool
    digest: Digest | None


class CaughtUp(_Frame, frozen=True, tag="caught_up"):
    """Every entry below `size` has been sent: what follows is live. Said once for each subscription."""

    size: Count


class Fetch(_Frame, frozen=True, tag="fetch"):
    """Ask for the detached body of the act at `index`."""

    ref: Ordinal
    index: Count


class Body(_Frame, frozen=True, tag="body"):
    """The detached body asked for; absent if it is withheld, released from the store, or never was."""

    ref: Ordinal
    detached: Detached | None


class QueryFrame(_Frame, frozen=True, tag="query"):
    """Ask a view, in the name of the state that has signed in."""

    ref: Ordinal
    question: Question


class RowsFrame(_Frame, frozen=True, tag="rows"):
    """A page of the view asked for: rows of bodies that the credential's state may read, and of the register."""

    ref: Ordinal
    table: Table


class QueryRefusedFrame(_Frame, frozen=True, tag="query_refused"):
    """The question has no answer: asking the same again is of no use now."""

    ref: Ordinal
    reason: QuestionRefusal
    detail: Reason


class Watch(_Frame, frozen=True, tag="watch"):
    """Show every checkpoint of the log from now on. `size`: of the last that the client has verified; 0 if none."""

    size: Count


class CheckpointFrame(_Frame, frozen=True, tag="checkpoint"):
    """A signed checkpoint of the log, and why it continues the one of `old` entries: the last shown, or the client's.

    It may say the same size again with further cosignatures; never a smaller one.
    """

    old: Count
    consistency: Hashes
    checkpoint: CheckpointBytes


class Prove(_Frame, frozen=True, tag="prove"):
    """Ask for the inclusion proofs of entries in the tree of `size`, a size for which a checkpoint was shown."""

    ref: Ordinal
    size: Count
    indices: Annotated[tuple[Count, ...], Meta(min_length=1, max_length=PROOFS_ASKED_MAX)]


class Proofs(_Frame, frozen=True, tag="proofs"):
    """The paths to the root, one for each index asked for, in that order."""

    ref: Ordinal
    inclusion: Annotated[tuple[Hashes, ...], Meta(min_length=1, max_length=PROOFS_ASKED_MAX)]


class ErrorFrame(_Frame, frozen=True, tag="error"):
    """A frame of the client breaks a rule; `ref` names it where it could be read. `ends`: the connection ends."""

    rule: RuleName
    detail: Reason
    ref: Ordinal | None
    ends: bool


class Goodbye(_Frame, frozen=True, tag="goodbye"):
    """The connection ends through no fault of form; subscribe again with `resume_after`."""

    reason: GoodbyeReason
    resume_after: After


ServerFrame = (
    Challenge
    | Welcome
    | Receipt
    | Refused
    | Unavailable
    | EntryFrame
    | Withheld
    | CaughtUp
    | Body
    | RowsFrame
    | QueryRefusedFrame
    | CheckpointFrame
    | Proofs
    | ErrorFrame
    | Goodbye
)
ClientFrame = SignIn | Submit | Subscribe | Credit | Fetch | QueryFrame | Watch | Prove


class SignInClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sign-in signs: this nonce, this organisation, this credential, at this gateway."""

    nonce: Nonce
    organisation: ActId
    credential: CredentialId
    audience: Audience


def turn_of(frame: ServerFrame | ClientFrame) -> str:
    """The name under which the table of turns knows a frame."""
    if isinstance(frame, ErrorFrame) and frame.ends:
        return "error!"
    return str(frame.__struct_config__.tag)
