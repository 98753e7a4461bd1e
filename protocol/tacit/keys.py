"""Keys, suites and verification. The algorithm always comes from the key directory, never from a message.

Spec: docs/reference/spec/keys.md.
Primitives: `cryptography` (Ed25519, RFC 8032; ML-DSA-65 and, for logs, ML-DSA-44, FIPS 204, pure, empty context).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey, MLDSA65PublicKey
from msgspec import Meta

from tacit import profile
from tacit.envelope import POSSESSION_TYPE, Signature, digest, pae
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, CredentialId, KeyId, OfficeName, StateCode, Suite

Algorithm = Literal["ed25519", "mldsa44", "mldsa65"]

ALGORITHMS: Final[dict[str, tuple[Algorithm, ...]]] = {
    "ed25519": ("ed25519",),
    "ed25519+mldsa65": ("ed25519", "mldsa65"),
}
"""The algorithms of each suite, in the order of their keys and signatures. Every one of them must verify."""

LOG_ALGORITHMS: Final[tuple[Algorithm, ...]] = ("ed25519", "mldsa44")
"""The algorithms of a log's keys, whatever the suite: those that C2SP has given a type of signature."""

PUBLIC_BYTES: Final[dict[Algorithm, int]] = {"ed25519": 32, "mldsa44": 1312, "mldsa65": 1952}
SIGNATURE_BYTES: Final[dict[Algorithm, int]] = {"ed25519": 64, "mldsa44": 2420, "mldsa65": 3309}

VERIFIERS_KEPT: Final = 1_024
"""Credentials whose keys a process keeps loaded of those that another sends."""

_FIELD_PRIME: Final = 2**255 - 19
_SMALL_ORDER_Y: Final = frozenset(
    {
        0,
        1,
        _FIELD_PRIME - 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    }
)


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One public key: what it is for, its algorithm, its raw bytes."""

    purpose: Literal["sign", "log"]
    algorithm: Algorithm
    key: Annotated[bytes, Meta(min_length=32, max_length=1952)]


Keys = Annotated[tuple[Key, ...], Meta(min_length=1, max_length=2)]
"""The keys of one credential, in the order of the suite."""


class _KeySet(msgspec.Struct, frozen=True):
    keys: Keys


class Possession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What new keys sign to prove that somebody holds them: whose they are to be, and their fingerprint."""

    organisation: ActId
    state: StateCode
    office: OfficeName
    credential: CredentialId


def key_id(key: Key) -> KeyId:
    """The first 16 hexadecimal digits of SHA-256 over the encoded key: a hint that tells one's keys apart."""
    return digest(profile.encode(key))[:16]


def fingerprint(keys: Keys) -> CredentialId:
    """The id of a credential: SHA-256 over its encoded key set."""
    return digest(profile.encode(_KeySet(keys)))


def possession_bytes(possession: Possession) -> bytes:
    """The bytes that each new key signs (spec: keys, clause 6)."""
    return pae(POSSESSION_TYPE, profile.encode(possession))


def check_keys(keys: Keys, suite: Suite) -> None:
    """Refuse keys that do not belong to the suite or that would let a signature mean nothing.

    Raises:
        RefusedError: `key.suite` or `key.unsafe` (small-order or non-canonical Ed25519 points verify every message).
    """
    _check(keys, "sign", ALGORITHMS[suite])


def check_log_keys(keys: Keys) -> None:
    """Refuse keys that are not those of a log, or that would let a signature mean nothing.

    Raises:
        RefusedError: `key.suite` or `key.unsafe`.
    """
    _check(keys, "log", LOG_ALGORITHMS)


def _check(keys: Keys, purpose: str, algorithms: tuple[Algorithm, ...]) -> None:
    if tuple((key.purpose, key.algorithm) for key in keys) != tuple((purpose, each) for each in algorithms):
        found = "+".join(f"{key.purpose}:{key.algorithm}" for key in keys)
        raise RefusedError(Rule.KEY_SUITE, f"{found} instead of {purpose}:{'+'.join(algorithms)}")
    for key in keys:
        if len(key.key) != PUBLIC_BYTES[key.algorithm]:
            raise RefusedError(Rule.KEY_UNSAFE, f"{len(key.key)} bytes for {key.algorithm}")
        if key.algorithm == "ed25519":
            check_point(key.key)


def check_point(raw: bytes) -> None:
    """Refuse an Ed25519 key under which signatures verify that nobody made.

    Raises:
        RefusedError: `key.unsafe`.
    """
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    if y >= _FIELD_PRIME:
        raise RefusedError(Rule.KEY_UNSAFE, "non-canonical Ed25519 point")
    if y in _SMALL_ORDER_Y:
        raise RefusedError(Rule.KEY_UNSAFE, "Ed25519 point of small order")


class Verifier:
    """The loaded keys of one credential. Make it once per credential: loading costs a tenth of a verification."""

    __slots__ = ("_keys", "_public", "credential")

    def __init__(self, keys: Keys) -> None:
        """Load keys that `check_keys` accepted.

        Raises:
            RefusedError: `key.unsafe` if a key cannot be loaded.
        """
        self.credential = fingerprint(keys)
        self._public = keys
        try:
            self._keys = tuple((key_id(key), _load(key)) for key in keys)
        except ValueError as error:
            raise RefusedError(Rule.KEY_UNSAFE, str(error)) from error

    def __reduce__(self) -> tuple[Callable[[Keys], "Verifier"], tuple[Keys]]:
        """Loaded keys stay in their process: another loads them itself, once for as long as they keep coming."""
        return _loaded_here, (self._public,)

    @property
    def size(self) -> int:
        """How many signatures one signing makes."""
        return len(self._keys)

    def verify(self, message: bytes, signatures: tuple[Signature, ...]) -> None:
        """Check that exactly this credential's keys signed `message`, each once, in the order of the suite.

        Raises:
            RefusedError: `signature.count`, `signature.key` or `signature.invalid`.
        """
        if len(signatures) != len(self._keys):
            raise RefusedError(Rule.SIGNATURE_COUNT, f"{len(signatures)} instead of {len(self._keys)}")
        for signature, (keyid, key) in zip(signatures, self._keys, strict=True):
            if signature.keyid != keyid:
                raise RefusedError(Rule.SIGNATURE_KEY, f"{signature.keyid} is not a key of this credential")
            try:
                key.verify(signature.sig, message)
            except (InvalidSignature, ValueError) as error:
                raise RefusedError(Rule.SIGNATURE_INVALID, keyid) from error

    def verify_first(self, message: bytes, signature: Signature) -> None:
        """Check the Ed25519 signature alone: receipts, refusals and sign-in answers carry no other.

        Raises:
            RefusedError: `signature.key` or `signature.invalid`.
        """
        keyid, key = self._keys[0]
        if signature.keyid != keyid:
            raise RefusedError(Rule.SIGNATURE_KEY, f"{signature.keyid} is not the key of this credential")
        try:
            key.verify(signature.sig, message)
        except (InvalidSignature, ValueError) as error:
            raise RefusedError(Rule.SIGNATURE_INVALID, keyid) from error


@lru_cache(VERIFIERS_KEPT)
def _loaded_here(keys: Keys) -> Verifier:
    return Verifier(keys)


def _load(key: Key) -> Ed25519PublicKey | MLDSA44PublicKey | MLDSA65PublicKey:
    if key.algorithm == "ed25519":
        return Ed25519PublicKey.from_public_bytes(key.key)
    if key.algorithm == "mldsa44":
        return MLDSA44PublicKey.from_public_bytes(key.key)
    return MLDSA65PublicKey.from_public_bytes(key.key)


def check_possession(keys: Keys, possession: tuple[Signature, ...], claim: Possession) -> None:
    """Check that each of the keys signed the claim made for it.

    Raises:
        RefusedError: `key.possession`.
    """
    try:
        Verifier(keys).verify(possession_bytes(claim), possession)
    except RefusedError as error:
        raise RefusedError(Rule.KEY_POSSESSION, str(error)) from error
