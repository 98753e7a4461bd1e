"""The private keys of a log: they sign checkpoints, and once the proof that somebody holds them; never an act."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tacit.envelope import Signature
from tacit.ids import ActId, OfficeName, StateCode
from tacit.keys import Key, Keys, Possession, fingerprint, key_id, possession_bytes
from tacit.record.checkpoint import Checkpoint
from tacit.record.cosignature import NoteSigner
from tacit.record.note import Note
from tacit.record.vkey import ED25519, MLDSA44_COSIGNATURE


class LogSigner:
    """The two private keys of a log, Ed25519 and ML-DSA-44."""

    __slots__ = ("_seeds", "credential", "keys")

    def __init__(self, ed25519: bytes, mldsa44: bytes) -> None:
        """Take a seed of 32 bytes for each.

        Raises:
            ValueError: a seed has another length.
        """
        self._seeds = (ed25519, mldsa44)
        raw = [private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) for private in self._private()]
        self.keys: Keys = (Key("log", "ed25519", raw[0]), Key("log", "mldsa44", raw[1]))
        self.credential = fingerprint(self.keys)

    def __repr__(self) -> str:
        return f"LogSigner({self.credential[:16]})"

    def prove(self, organisation: ActId, state: StateCode, office: OfficeName) -> tuple[Signature, ...]:
        """Prove possession of these keys for an office (spec: keys, clause 6)."""
        message = possession_bytes(Possession(organisation, state, office, self.credential))
        signatures = [private.sign(message) for private in self._private()]
        return tuple(Signature(key_id(key), sig) for key, sig in zip(self.keys, signatures, strict=True))

    def sign(self, checkpoint: Checkpoint, at_s: int) -> Note:
        """The checkpoint with both lines of the log, the second of which names the second `at_s` since 1970."""
        names = zip((ED25519, MLDSA44_COSIGNATURE), self._seeds, strict=True)
        signers = [NoteSigner(checkpoint.origin, kind, seed) for kind, seed in names]
        return Note(checkpoint.text, tuple(signer.sign(checkpoint.text, at_s) for signer in signers))

    def _private(self) -> tuple[Ed25519PrivateKey, MLDSA44PrivateKey]:
        ed25519, mldsa44 = self._seeds
        return Ed25519PrivateKey.from_private_bytes(ed25519), MLDSA44PrivateKey.from_seed_bytes(mldsa44)
