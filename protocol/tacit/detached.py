"""Detached bodies: the text or message that lives beside its act. Spec: docs/reference/spec/detached.md.

The act carries SHA-256(salt || bytes), so a short paragraph cannot be guessed from its hash, and a body can be withheld
or lawfully shredded without touching the record. The body is not sealed yet.
"""

import hashlib
import hmac
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tacit import profile
from tacit.errors import RefusedError, Rule
from tacit.ids import Digest
from tacit.limits import DETACHED_BYTES_MAX, FRAME_BYTES_MAX, SALT_BYTES


class Detached(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A detached body: a fresh random salt and the bytes of the text (UTF-8 for every act of this vocabulary)."""

    salt: Annotated[bytes, Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
    data: Annotated[bytes, Meta(max_length=DETACHED_BYTES_MAX)]

    def digest(self) -> Digest:
        """SHA-256 over salt and bytes: what the act carries as `detached`."""
        return hashlib.sha256(self.salt + self.data).hexdigest()


_decoder: Final = msgspec.json.Decoder(Detached)


def decode(raw: bytes) -> Detached:
    """Read a stored body.

    Raises:
        RefusedError: `profile.*`, and nothing else.
    """
    return profile.decode(raw, _decoder, FRAME_BYTES_MAX)


def is_detached(raw: bytes, digest: Digest) -> bool:
    """Whether these octets are the body that acts claim by this digest, and no other nor noise."""
    try:
        return decode(raw).digest() == digest
    except RefusedError:
        return False


def check_detached(claimed: Digest | None, body: Detached | None) -> None:
    """Check that a body is there exactly when its act carries a hash, and that it is the body that was signed.

    Raises:
        RefusedError: `detached.missing`, `detached.surplus` or `detached.mismatch`.
    """
    if claimed is None:
        if body is not None:
            raise RefusedError(Rule.DETACHED_SURPLUS, "the act carries no hash of a body")
        return
    if body is None:
        raise RefusedError(Rule.DETACHED_MISSING, claimed)
    if not hmac.compare_digest(claimed, body.digest()):
        raise RefusedError(Rule.DETACHED_MISMATCH, claimed)
