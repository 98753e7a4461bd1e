"""Private keys. A `Signer` signs for one credential; its seeds never leave it."""

from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tacit.envelope import ACT_TYPE, Envelope, Signature, pae
from tacit.ids import ActId, OfficeName, StateCode, Suite
from tacit.keys import ALGORITHMS, Algorithm, Key, Keys, Possession, fingerprint, key_id, possession_bytes

SEED_BYTES: Final = 32
"""The private form of both algorithms (RFC 8032 section 5.1.5; FIPS 204 section 3.6.3)."""


class _PrivateKey(Protocol):
    def sign(self, data: bytes, /) -> bytes: ...


class Signer:
    """The private keys of one credential or root."""

    __slots__ = ("_private", "credential", "keys", "suite")

    def __init__(self, suite: Suite, seeds: tuple[bytes, ...]) -> None:
        """Take one 32-byte seed for each algorithm of the suite.

        Raises:
            ValueError: a seed is missing, surplus or of another length.
        """
        loaded = [_load(algorithm, seed) for algorithm, seed in zip(ALGORITHMS[suite], seeds, strict=True)]
        self.suite = suite
        self.keys: Keys = tuple(key for key, _ in loaded)
        self.credential = fingerprint(self.keys)
        self._private = tuple((key_id(key), private) for key, private in loaded)

    def __repr__(self) -> str:
        return f"Signer({self.credential[:16]})"

    def sign(self, message: bytes) -> tuple[Signature, ...]:
        """One signature for each key, in the order of the suite."""
        return tuple(Signature(keyid, private.sign(message)) for keyid, private in self._private)

    def sign_first(self, message: bytes) -> Signature:
        """The Ed25519 signature alone (receipts, refusals, sign-in)."""
        keyid, private = self._private[0]
        return Signature(keyid, private.sign(message))

    def sign_act(self, payload: bytes) -> Envelope:
        """Sign encoded act bytes as their author."""
        return Envelope(payload, ACT_TYPE, self.sign(pae(ACT_TYPE, payload)))

    def prove(self, organisation: ActId, state: StateCode, office: OfficeName) -> tuple[Signature, ...]:
        """Prove possession of these keys for an office (spec: keys, clause 6)."""
        return self.sign(possession_bytes(Possession(organisation, state, office, self.credential)))


def _load(algorithm: Algorithm, seed: bytes) -> tuple[Key, _PrivateKey]:
    if len(seed) != SEED_BYTES:
        message = f"a seed has {SEED_BYTES} bytes, not {len(seed)}"
        raise ValueError(message)
    if algorithm == "ed25519":
        ed25519 = Ed25519PrivateKey.from_private_bytes(seed)
        raw = ed25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Key("sign", algorithm, raw), ed25519
    mldsa = MLDSA65PrivateKey.from_seed_bytes(seed)
    return Key("sign", algorithm, mldsa.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)), mldsa
