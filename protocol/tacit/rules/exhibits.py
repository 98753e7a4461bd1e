"""What evidence carries, read and not yet weighed: an act, attestations, a receipt, and who must have signed each."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec

from tacit import acts, envelope
from tacit.acts import Act, CharterAccepted, CharterDeposited, EvidenceLodged
from tacit.envelope import ACT_TYPE, LEAF_TYPE, Envelope, Signature, pae
from tacit.errors import RefusedError, Rule
from tacit.ids import ORGANISATION, ActId, Digest, KeyId, StateCode
from tacit.keys import Verifier, key_id
from tacit.record import leaf as leaf_format
from tacit.record.attestation import Attestation, read_attestation, verify_attestation, witness_key_id
from tacit.record.leaf import Leaf
from tacit.record.organisation_log import witness_vkeys
from tacit.record.vkey import Vkey
from tacit.rules.state import Credential, State, Verifiers

_NEVER_LODGED: Final = (EvidenceLodged, CharterDeposited, CharterAccepted)
"""Evidence of evidence would have no end; acts of the founding bring their own keys along."""


class WitnessKey(msgspec.Struct, frozen=True):
    """A witness of the charter: whose it is, and its key."""

    state: StateCode
    vkey: Vkey


class Evidence(msgspec.Struct, frozen=True):
    """Evidence as it has been read. Nothing is verified, and nothing weighed."""

    act: Act
    act_id: ActId
    sealed: Digest
    attestations: tuple[tuple[KeyId, Attestation], ...]
    leaf: Leaf | None
    registrar: KeyId | None
    """Whose receipt it is, by its signature."""


def read_evidence(content: EvidenceLodged) -> Evidence:
    """Read what is lodged.

    Raises:
        RefusedError: `evidence.act`, `evidence.attestation` or `evidence.receipt`, and nothing else.
    """
    lodged = content.envelope
    try:
        if lodged.payload_type != ACT_TYPE:
            raise RefusedError(Rule.PAYLOAD_TYPE, lodged.payload_type[:80])
        act = acts.decode(lodged.payload)
    except RefusedError as error:
        raise RefusedError(Rule.EVIDENCE_ACT, str(error)) from error
    if isinstance(act.content, _NEVER_LODGED):
        raise RefusedError(Rule.EVIDENCE_ACT, f"{acts.tag(act.content)} is never lodged")
    sealed = envelope.digest(envelope.encode(lodged))
    act_id = envelope.act_id(lodged.payload)
    attested = tuple(_attestation(each, act, act_id) for each in content.attestations)
    if len({keyid for keyid, _ in attested}) != len(attested):
        raise RefusedError(Rule.EVIDENCE_ATTESTATION, "two by one witness")
    if content.receipt is None:
        return Evidence(act, act_id, sealed, attested, None, None)
    leaf = _leaf(content.receipt, act, act_id, sealed)
    return Evidence(act, act_id, sealed, attested, leaf, content.receipt.signatures[0].keyid)


def _attestation(attested: Envelope, act: Act, act_id: ActId) -> tuple[KeyId, Attestation]:
    try:
        read = read_attestation(attested)
    except RefusedError as error:
        raise RefusedError(Rule.EVIDENCE_ATTESTATION, str(error)) from error
    if (read.organisation, read.act) != (act.header.organisation, act_id):
        raise RefusedError(Rule.EVIDENCE_ATTESTATION, f"about another act: {read.act}")
    return attested.signatures[0].keyid, read


def _leaf(receipt: Envelope, act: Act, act_id: ActId, sealed: Digest) -> Leaf:
    try:
        if receipt.payload_type != LEAF_TYPE or len(receipt.signatures) != 1:
            raise RefusedError(Rule.PAYLOAD_TYPE, receipt.payload_type[:80])
        leaf = leaf_format.decode(receipt.payload)
    except RefusedError as error:
        raise RefusedError(Rule.EVIDENCE_RECEIPT, str(error)) from error
    if (leaf.organisation, leaf.act, leaf.envelope) != (act.header.organisation, act_id, sealed):
        raise RefusedError(Rule.EVIDENCE_RECEIPT, f"about another act: {leaf.act}")
    return leaf


@lru_cache(maxsize=16)
def charter_witnesses(charter: CharterDeposited) -> dict[KeyId, WitnessKey]:
    """The witnesses that a charter names, by the key id under which they attest.

    Raises:
        RefusedError: `log.key` if one of them is no verifier key.
    """
    return {witness_key_id(vkey): WitnessKey(state, vkey) for state, vkey in witness_vkeys(charter).items()}


def witness_keys(state: State) -> dict[KeyId, WitnessKey]:
    """Those of the charter of this organisation; none before it is founded. Raises as `charter_witnesses` does."""
    return charter_witnesses(state.charter) if state.charter is not None else {}


def find_witness(state: State, keyid: KeyId) -> WitnessKey:
    """The witness that attests under this key id.

    Raises:
        RefusedError: `evidence.attestation`.
    """
    found = witness_keys(state).get(keyid)
    if found is None:
        raise RefusedError(Rule.EVIDENCE_ATTESTATION, f"{keyid} is no witness of the charter")
    return found


def find_registrar(state: State, keyid: KeyId) -> Credential:
    """The credential of the registrar that signs under this key id, though it may have been replaced since.

    Raises:
        RefusedError: `evidence.receipt`.
    """
    for found in state.credentials.values():
        if (found.state, found.office) == (ORGANISATION, "registrar") and key_id(found.keys[0]) == keyid:
            return found
    raise RefusedError(Rule.EVIDENCE_RECEIPT, f"{keyid} is no key of a registrar")


class ShownAttestation:
    """An attestation within an act: its own witness signed it."""

    __slots__ = ("_attested", "_witness")
    size = 0

    def __init__(self, witness: WitnessKey, attested: Envelope) -> None:
        self._witness = witness
        self._attested = attested

    def verify(self, message: bytes, signatures: tuple[Signature, ...]) -> None:  # noqa: ARG002 - it has its own
        """Check the signature of the attestation."""
        verify_attestation(self._attested, self._witness.vkey)


class ShownReceipt:
    """A receipt within an act: a registrar signed it."""

    __slots__ = ("_receipt", "_registrar")
    size = 0

    def __init__(self, registrar: Verifier, receipt: Envelope) -> None:
        self._registrar = registrar
        self._receipt = receipt

    def verify(self, message: bytes, signatures: tuple[Signature, ...]) -> None:  # noqa: ARG002 - it has its own
        """Check the signature of the receipt."""
        self._registrar.verify_first(pae(LEAF_TYPE, self._receipt.payload), self._receipt.signatures[0])


def exhibits(state: State, content: EvidenceLodged, verifiers: Verifiers) -> Iterator[ShownAttestation | ShownReceipt]:
    """Who signed attestations and receipt.

    Raises:
        RefusedError: `evidence.attestation` or `evidence.receipt`.
    """
    for attested in content.attestations:
        yield ShownAttestation(find_witness(state, attested.signatures[0].keyid), attested)
    if content.receipt is not None:
        registrar = find_registrar(state, content.receipt.signatures[0].keyid)
        yield ShownReceipt(verifiers.of(registrar.credential, registrar.keys), content.receipt)
