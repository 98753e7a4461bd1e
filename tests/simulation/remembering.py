"""Verifiers that check the same signature only once, however many plays begin with the same founding."""

from typing import ClassVar

from tacit.envelope import Signature
from tacit.keys import Keys, Verifier
from tacit.rules import Verifiers


class RememberingVerifier(Verifier):
    """Checks as every verifier does, but the same signature under the same message only once in all plays."""

    _known: ClassVar[set[tuple[str, bytes, tuple[Signature, ...]]]] = set()

    def verify(self, message: bytes, signatures: tuple[Signature, ...]) -> None:
        claim = (self.credential, message, signatures)
        if claim not in self._known:
            super().verify(message, signatures)
            self._known.add(claim)


class RememberingVerifiers(Verifiers):
    """Hands these out. Most of the time of a play would otherwise go into checking the founding again and again."""

    def of(self, credential: str, keys: Keys) -> Verifier:
        found = self._loaded.get(credential)
        if found is None:
            found = self._loaded[credential] = RememberingVerifier(keys)
        return found
