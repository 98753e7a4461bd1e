"""The form of a bundle: entries with proofs, a signed checkpoint, the text. Spec: docs/reference/spec/bundle.md."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tacit import profile
from tacit.detached import Detached
from tacit.ids import ActId, Count
from tacit.limits import (
    BUNDLE_BYTES_MAX,
    BUNDLE_ENTRIES_MAX,
    ENVELOPE_BYTES_MAX,
    LOG_PROOF_HASHES_MAX,
    NOTE_BYTES_MAX,
)
from tacit.record.leaf import LEAF_BYTES_MAX
from tacit.record.merkle import HASH_BYTES

Hash = Annotated[bytes, Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]


class Proven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the record, octet by octet, and why it is in the tree of the checkpoint."""

    index: Count
    leaf: Annotated[bytes, Meta(max_length=LEAF_BYTES_MAX)]
    envelope: Annotated[bytes, Meta(max_length=ENVELOPE_BYTES_MAX)]
    proof: Annotated[tuple[Hash, ...], Meta(max_length=LOG_PROOF_HASHES_MAX)]


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What proves a decision. `text` is the detached body of the version decided on, where whoever made it held it."""

    v: Literal[1]
    organisation: ActId
    decision: ActId
    checkpoint: Annotated[bytes, Meta(max_length=NOTE_BYTES_MAX)]
    entries: Annotated[tuple[Proven, ...], Meta(min_length=1, max_length=BUNDLE_ENTRIES_MAX)]
    text: Detached | None


_decoder: Final = msgspec.json.Decoder(Bundle)


def encode_bundle_file(bundle: Bundle) -> bytes:
    """The one encoding of a bundle."""
    return profile.encode(bundle)


def decode_bundle_file(raw: bytes) -> Bundle:
    """Read a bundle; nothing in it is verified yet.

    Raises:
        RefusedError: `profile.*`, and nothing else.
    """
    return profile.decode(raw, _decoder, BUNDLE_BYTES_MAX)
