"""Whose signatures an act must bear, on itself and on what it lodges. To name them is fast; to check them is slow."""

from typing import Protocol

from tacit.acts import Act, CharterAccepted, CharterDeposited, EvidenceLodged
from tacit.envelope import ACT_TYPE, Envelope, Signature, pae
from tacit.errors import RefusedError, Rule
from tacit.keys import Verifier
from tacit.rules.authors import find_credential, find_releaser
from tacit.rules.exhibits import exhibits, read_evidence
from tacit.rules.state import State, Verifiers


class Signatory(Protocol):
    """Somebody who signed: with so many of the signatures of the act's own envelope, or with none of them."""

    @property
    def size(self) -> int:
        """How many signatures of the envelope are its own."""
        ...

    def verify(self, message: bytes, signatures: tuple[Signature, ...]) -> None:
        """Check those signatures. Thread-safe; lets go of the GIL.

        Raises:
            RefusedError: `signature.*`.
        """
        ...


class LodgedAct:
    """An act within an act: signed by its own author, and by nobody for the act that carries it."""

    __slots__ = ("_envelope", "_signers")
    size = 0

    def __init__(self, signers: tuple[Signatory, ...], envelope: Envelope) -> None:
        self._signers = signers
        self._envelope = envelope

    def verify(self, message: bytes, signatures: tuple[Signature, ...]) -> None:  # noqa: ARG002 - it has its own
        """Check the signatures of the act that is lodged."""
        check_signatures(self._signers, self._envelope)


def signing_keys(state: State, act: Act, verifiers: Verifiers) -> tuple[Signatory, ...]:
    """Those whose signatures the act must bear, in order: the author, then the releaser if one is named.

    Evidence is followed by those who signed what it carries. Fast, and reads the state; `check_signatures` is slow, and
    does not.

    Raises:
        RefusedError: `credential.unknown`, `header.releaser`, `key.unsafe` or `evidence.*`.
    """
    header, content = act.header, act.content
    if type(content) is CharterDeposited or type(content) is CharterAccepted:
        # They bring their keys along, which are only claimed: kept under a credential that is claimed too, they would
        # stand in for its owner's.
        return (Verifier(content.root),)
    signers: tuple[Signatory, ...] = (verifiers.of(header.credential, find_credential(state, header).keys),)
    if header.releaser is not None:
        signers += (verifiers.of(header.releaser, find_releaser(state, header, header.releaser).keys),)
    return signers + _exhibits(state, content, verifiers) if type(content) is EvidenceLodged else signers


def _exhibits(state: State, content: EvidenceLodged, verifiers: Verifiers) -> tuple[Signatory, ...]:
    evidence = read_evidence(content)
    lodged = LodgedAct(signing_keys(state, evidence.act, verifiers), content.envelope)
    return (lodged, *exhibits(state, content, verifiers))


def check_signatures(signers: tuple[Signatory, ...], envelope: Envelope) -> None:
    """Check that exactly these signed, each with every key of its suite, in order. Thread-safe; releases the GIL.

    Raises:
        RefusedError: `signature.*`.
    """
    wanted = sum([signer.size for signer in signers])
    if len(envelope.signatures) != wanted:
        raise RefusedError(Rule.SIGNATURE_COUNT, f"{len(envelope.signatures)} instead of {wanted}")
    message, at = pae(ACT_TYPE, envelope.payload), 0
    for signer in signers:
        signer.verify(message, envelope.signatures[at : at + signer.size])
        at += signer.size
