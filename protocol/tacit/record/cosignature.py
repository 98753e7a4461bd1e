"""What the signatures of a note cover, by type, and how they are made and verified (C2SP `tlog-cosignature`).

Spec: docs/reference/spec/log.md.
Primitives: `cryptography` (Ed25519, RFC 8032; ML-DSA-44, FIPS 204, pure, empty context).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tacit.errors import RefusedError, Rule
from tacit.limits import LOG_COSIGNED_S_MAX
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.note import Note, NoteLine
from tacit.record.vkey import ALGORITHM_OF, ED25519, ED25519_COSIGNATURE, Vkey, checked_vkey

TIME_BYTES: Final = 8
KEYS_KEPT: Final = 4_096
"""Public keys that are kept ready: all of a policy, and of a few more."""
_SUBTREE: Final = b"subtree/v1\n\0"


class Cosigned(NamedTuple):
    """A signature that verified: by which key, and the second since 1970 that it names (None: it names none)."""

    vkey: Vkey
    at_s: int | None


def cosignature_message(text: str, at_s: int) -> bytes:
    """What a signature of type 0x04 covers."""
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()


def subtree_message(cosigner: str, at_s: int, checkpoint: Checkpoint) -> bytes:
    """What a signature of type 0x06 on a checkpoint covers: the subtree from leaf 0 to its size."""
    name, origin = cosigner.encode(), checkpoint.origin.encode()
    return b"".join(
        (
            _SUBTREE,
            bytes([len(name)]),
            name,
            at_s.to_bytes(8, "big"),
            bytes([len(origin)]),
            origin,
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


class NoteSigner:
    """A private key that signs notes under one name. The seed never leaves it."""

    __slots__ = ("_private", "vkey")

    def __init__(self, name: str, kind: int, seed: bytes) -> None:
        """Take the 32-byte seed of a key of type 0x01, 0x04 or 0x06.

        Raises:
            RefusedError: `log.key` for a name that no key may have.
            ValueError: the seed has another length.
        """
        self._private: Ed25519PrivateKey | MLDSA44PrivateKey
        if ALGORITHM_OF[kind] == "ed25519":
            self._private = Ed25519PrivateKey.from_private_bytes(seed)
        else:
            self._private = MLDSA44PrivateKey.from_seed_bytes(seed)
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.vkey = checked_vkey(Vkey(name, kind, raw))

    def __repr__(self) -> str:
        return f"NoteSigner({self.vkey.name}+{self.vkey.key_id.hex()})"

    def sign(self, text: str, at_s: int = 0) -> NoteLine:
        """The signature line over a text, at a second since 1970 (type 0x01 names no time).

        Raises:
            RefusedError: `log.checkpoint` if the type demands a checkpoint and the text is none.
        """
        signature = self._private.sign(_message(self.vkey, text, at_s))
        time = b"" if self.vkey.kind == ED25519 else at_s.to_bytes(TIME_BYTES, "big")
        return NoteLine(self.vkey.name, self.vkey.key_id, time + signature)

    def sign_bytes(self, message: bytes) -> bytes:
        """The bare signature over bytes that no line of a note covers: its caller keeps the two apart."""
        return self._private.sign(message)


def verify_note(note: Note, keys: Iterable[Vkey]) -> tuple[Cosigned, ...]:
    """The signatures of a note by known keys, in their order; lines of others are passed over.

    Raises:
        RefusedError: `log.signature` if a line of a known key does not verify, or if none is by a known key.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found = [
        verify_line(note.text, line, key)
        for line in note.lines
        if (key := known.get((line.name, line.key_id))) is not None
    ]
    if not found:
        raise RefusedError(Rule.LOG_SIGNATURE, "no signature by a known key")
    return tuple(found)


def named_s(note: Note, keys: Iterable[Vkey]) -> int:
    """The last second that these keys name in what they have signed, 0 if they name none. Raises as `verify_note`."""
    return max(each.at_s or 0 for each in verify_note(note, keys))


def signed_by(note: Note, keys: Iterable[Vkey]) -> Note:
    """The note with one line of each of these keys that has signed it, and no other: what strangers add is left out.

    Raises:
        RefusedError: as `verify_note`.
    """
    signers = {(each.vkey.name, each.vkey.key_id) for each in verify_note(note, keys)}
    lines: dict[tuple[str, bytes], NoteLine] = {}
    for line in note.lines:
        lines.setdefault((line.name, line.key_id), line)
    return Note(note.text, tuple(line for signer, line in lines.items() if signer in signers))


def verify_line(text: str, line: NoteLine, key: Vkey) -> Cosigned:
    """Verify one line by the key that it names.

    Raises:
        RefusedError: `log.signature`, and nothing else.
    """
    at_s, signature = None, line.signature
    if key.kind != ED25519:
        at_s, signature = int.from_bytes(signature[:TIME_BYTES], "big"), signature[TIME_BYTES:]
    try:
        if (line.name, line.key_id) != (key.name, key.key_id) or (at_s or 0) > LOG_COSIGNED_S_MAX:
            raise RefusedError(Rule.LOG_SIGNATURE, f"not by {key.name}+{key.key_id.hex()}")
        _public(key).verify(signature, _message(key, text, at_s or 0))
    except (InvalidSignature, ValueError, RefusedError) as error:
        raise RefusedError(Rule.LOG_SIGNATURE, f"{key.name}+{key.key_id.hex()}") from error
    return Cosigned(key, at_s)


def verify_bytes(key: Vkey, message: bytes, signature: bytes) -> None:
    """Verify a bare signature over bytes that no line of a note covers.

    Raises:
        RefusedError: `log.signature`, and nothing else.
    """
    try:
        _public(key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise RefusedError(Rule.LOG_SIGNATURE, f"{key.name}+{key.key_id.hex()}") from error


def _message(key: Vkey, text: str, at_s: int) -> bytes:
    if key.kind == ED25519:
        return text.encode()
    if key.kind == ED25519_COSIGNATURE:
        return cosignature_message(text, at_s)
    return subtree_message(key.name, at_s, parse_checkpoint(text))


@lru_cache(maxsize=KEYS_KEPT)
def _public(key: Vkey) -> Ed25519PublicKey | MLDSA44PublicKey:
    if ALGORITHM_OF[key.kind] == "ed25519":
        return Ed25519PublicKey.from_public_bytes(key.key)
    return MLDSA44PublicKey.from_public_bytes(key.key)
