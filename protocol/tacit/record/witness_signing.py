"""The private keys of a witness: Ed25519, and ML-DSA-44 if it has one. It cosigns checkpoints with all of them."""

from typing import NamedTuple

from tacit.record.cosignature import NoteSigner
from tacit.record.note import NoteLine
from tacit.record.vkey import ED25519_COSIGNATURE, MLDSA44_COSIGNATURE, Vkey


class WitnessSigner(NamedTuple):
    """The keys of one witness, which bear one name. It attests with the first alone."""

    ed25519: NoteSigner
    mldsa44: NoteSigner | None = None

    @classmethod
    def of_seeds(cls, name: str, ed25519: bytes, mldsa44: bytes | None = None) -> "WitnessSigner":
        """The keys from seeds of 32 bytes.

        Raises:
            RefusedError: `log.key` for a name that no key may have.
            ValueError: a seed has another length.
        """
        second = None if mldsa44 is None else NoteSigner(name, MLDSA44_COSIGNATURE, mldsa44)
        return cls(NoteSigner(name, ED25519_COSIGNATURE, ed25519), second)

    @property
    def name(self) -> str:
        """The name of its keys."""
        return self.ed25519.vkey.name

    @property
    def vkeys(self) -> tuple[Vkey, ...]:
        """Its verifier keys, as a charter names them."""
        return tuple(signer.vkey for signer in self._signers)

    def sign(self, text: str, at_s: int) -> tuple[NoteLine, ...]:
        """A line by each key on a checkpoint, at a second since 1970.

        Raises:
            RefusedError: `log.checkpoint` if there is a second key and the text is no checkpoint.
        """
        return tuple(signer.sign(text, at_s) for signer in self._signers)

    @property
    def _signers(self) -> tuple[NoteSigner, ...]:
        return (self.ed25519,) if self.mldsa44 is None else (self.ed25519, self.mldsa44)
