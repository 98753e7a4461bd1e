"""What is asked of a notary over the bus: where the log stands, and proofs. Spec: docs/reference/notary.md.

Nobody need believe the answers: checkpoints are signed, and a proof leads to their roots or does not.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tacit import profile
from tacit.ids import Count
from tacit.limits import CHECKPOINT_BYTES_MAX, LOG_PROOF_HASHES_MAX, LOG_QUESTION_BYTES_MAX, PROOFS_ASKED_MAX

STANDING: Final = "standing"
PROOFS: Final = "proofs"

Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Hashes = Annotated[tuple[Hash, ...], Meta(max_length=LOG_PROOF_HASHES_MAX)]
"""An inclusion or consistency proof, the hash nearest to the leaf first."""
CheckpointBytes = Annotated[bytes, Meta(max_length=CHECKPOINT_BYTES_MAX)]
Indices = Annotated[tuple[Count, ...], Meta(max_length=PROOFS_ASKED_MAX)]
UnprovedReason = Literal["malformed", "not_reached", "archive", "no_notary", "not_connected", "no_answer", "unreadable"]


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="answer", tag="standing"):
    """The published checkpoint, which the quorum has cosigned; and the last that was signed, cosigned or not yet."""

    published: CheckpointBytes | None
    signed: CheckpointBytes | None


class ProofsAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For the tree of `size` entries: why it continues that of `old`, and the paths of these entries to its root."""

    size: Count
    old: Count | None
    indices: Indices


class ProofsFound(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="answer", tag="proofs"):
    """The proofs, those of inclusion in the order of the question; `consistency` is empty where none was asked."""

    consistency: Hashes
    inclusion: Annotated[tuple[Hashes, ...], Meta(max_length=PROOFS_ASKED_MAX)]


class Unproved(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="answer", tag="unproved"):
    """There is no answer now, and why."""

    reason: UnprovedReason


Answer = Standing | ProofsFound | Unproved

_asked: Final = msgspec.json.Decoder(ProofsAsked)
_answers: Final[msgspec.json.Decoder[Answer]] = msgspec.json.Decoder(Answer)
ANSWER_BYTES_MAX: Final = 900_000
"""An answer over the bus; a message of NATS may have a million bytes."""


def encode(asked: ProofsAsked) -> bytes:
    """The bytes of a question."""
    return profile.encode(asked)


def decode(raw: bytes) -> ProofsAsked:
    """Read a question.

    Raises:
        RefusedError: `profile.*`, and nothing else.
    """
    return profile.decode(raw, _asked, LOG_QUESTION_BYTES_MAX)


def encode_answer(answer: Answer) -> bytes:
    """The bytes of an answer."""
    return profile.encode(answer)


def decode_answer(raw: bytes) -> Answer:
    """Read an answer.

    Raises:
        RefusedError: `profile.*` or `act.unknown_type`, and nothing else.
    """
    return profile.decode(raw, _answers, ANSWER_BYTES_MAX)
