"""Proving that an act was shown to others in time: check what their witnesses attest, count it, lodge it. Pure."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from tacit import acts, envelope
from tacit.acts import Act, CharterDeposited, EvidenceLodged
from tacit.envelope import Envelope
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, KeyId, StateCode
from tacit.limits import ATTESTATIONS_MAX
from tacit.record.attestation import Attestation, read_attestation, verify_attestation
from tacit.rules.evidence import quorum_of
from tacit.rules.exhibits import charter_witnesses


class Attested(msgspec.Struct, frozen=True):
    """An attestation that has been verified, and whose witness made it."""

    state: StateCode
    attestation: Attestation
    envelope: Envelope


class Proof:
    """The attestations of one act, one for each witness, the author's own left out."""

    def __init__(self, charter: CharterDeposited, signed: Envelope, deadline: datetime | None) -> None:
        """Begin for a signed act that did not get through.

        `deadline`: until when it has to be received; None for what no attestation helps.

        Raises:
            RefusedError: it cannot be read as an act.
        """
        self._witnesses = charter_witnesses(charter)
        self._signed = signed
        self._deadline = deadline
        self.act: Act = acts.decode(signed.payload)
        self.act_id: ActId = envelope.act_id(signed.payload)
        self._attested: dict[KeyId, Attested] = {}

    @property
    def needed(self) -> int:
        """How many witnesses must have attested the act in time."""
        return quorum_of(self._witnesses.values(), self.act.header.state)

    @property
    def attested(self) -> tuple[Attested, ...]:
        """Who has attested it so far."""
        return tuple(self._attested.values())

    def take(self, signed: Envelope) -> Attested:
        """Take what a witness handed out, if it is by a witness of the charter and about this act.

        Raises:
            RefusedError: `envelope.payload_type`, `profile.*`, `signature.*` or `evidence.attestation`.
        """
        attestation = read_attestation(signed)
        keyid = signed.signatures[0].keyid
        witness = self._witnesses.get(keyid)
        if witness is None:
            raise RefusedError(Rule.EVIDENCE_ATTESTATION, f"{keyid} is no witness of the charter")
        verify_attestation(signed, witness.vkey)
        if (attestation.organisation, attestation.act) != (self.act.header.organisation, self.act_id):
            raise RefusedError(Rule.EVIDENCE_ATTESTATION, f"about another act: {attestation.act}")
        if witness.state == self.act.header.state:
            raise RefusedError(Rule.EVIDENCE_ATTESTATION, "the author's own witness does not count")
        found = Attested(witness.state, attestation, signed)
        return self._attested.setdefault(keyid, found)

    @property
    def is_enough(self) -> bool:
        """Whether evidence with these attestations is a proof by the rules, as far as the author has heard.

        True of a break that enough witnesses have attested before the deadline of its silence.
        """
        deadline = self._deadline
        return deadline is not None and sum(each.attestation.at < deadline for each in self.attested) >= self.needed

    def evidence(self, receipt: Envelope | None = None) -> EvidenceLodged:
        """What is to be lodged, by whoever gets through."""
        return lodging(self._signed, (each.envelope for each in self.attested), receipt)


def lodging(signed: Envelope, attestations: Iterable[Envelope], receipt: Envelope | None) -> EvidenceLodged:
    """Evidence for an act, with no more attestations than it may carry."""
    return EvidenceLodged(envelope=signed, attestations=tuple(attestations)[:ATTESTATIONS_MAX], receipt=receipt)
