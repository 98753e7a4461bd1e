"""Proving that an act was shown to others in time: collect their attestations, and lodge them. Pure."""

from datetime import datetime

import msgspec

from tacit import acts, envelope
from tacit.acts import Act, EvidenceLodged, SilenceBroken
from tacit.compose import Author, Composed, Link, Window, compose
from tacit.envelope import ATTESTATION_TYPE, Envelope
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, KeyId, StateCode
from tacit.record.attestation import Attestation, read_attestation, verify_attestation
from tacit.rules.evidence import quorum
from tacit.rules.exhibits import find_witness
from tacit.rules.silence import in_time
from tacit.rules.state import State


class Attested(msgspec.Struct, frozen=True):
    """An attestation that has been verified, and whose witness made it."""

    state: StateCode
    attestation: Attestation
    envelope: Envelope


class Proof:
    """The attestations of one act, one for each witness, the author's own left out."""

    def __init__(self, state: State, signed: Envelope) -> None:
        """Begin for a signed act that did not get through. `state` is the fold as far as the author has heard.

        Raises:
            RefusedError: it cannot be read as an act.
        """
        self._state = state
        self._signed = signed
        self.act: Act = acts.decode(signed.payload)
        self.act_id: ActId = envelope.act_id(signed.payload)
        self._attested: dict[KeyId, Attested] = {}

    @property
    def needed(self) -> int:
        """How many witnesses must have attested the act in time."""
        return quorum(self._state, self.act.header.state)

    @property
    def attested(self) -> tuple[Attested, ...]:
        """Who has attested it so far."""
        return tuple(self._attested.values())

    def take(self, raw: bytes) -> Attested:
        """Take what a witness handed out, if it is by a witness of the charter and about this act.

        Raises:
            RefusedError: `profile.*`, `envelope.payload_type`, `signature.*` or `evidence.attestation`.
        """
        signed = envelope.decode(raw, ATTESTATION_TYPE)
        attestation = read_attestation(signed)
        keyid = signed.signatures[0].keyid
        witness = find_witness(self._state, keyid)
        verify_attestation(signed, witness.vkey)
        if (attestation.organisation, attestation.act) != (self.act.header.organisation, self.act_id):
            raise RefusedError(Rule.EVIDENCE_ATTESTATION, f"about another act: {attestation.act}")
        if witness.state == self.act.header.state:
            raise RefusedError(Rule.EVIDENCE_ATTESTATION, "the author's own witness does not count")
        found = Attested(witness.state, attestation, signed)
        return self._attested.setdefault(keyid, found)

    @property
    def is_enough(self) -> bool:
        """Whether evidence with these attestations would be admitted now, as far as the author has heard.

        True of a break that enough witnesses have attested by the deadline of its silence.
        """
        deadline = self._deadline()
        if deadline is None:
            return False
        rules = self._state.rules.silence
        return sum(in_time(rules, each.attestation.at, deadline) for each in self.attested) >= self.needed

    def _deadline(self) -> datetime | None:
        content, body = self.act.content, self._state.bodies.get(self.act.header.body or "")
        silence = body.silences.get(content.silence) if body and isinstance(content, SilenceBroken) else None
        return silence.deadline.at if silence else None

    def evidence(self, receipt: Envelope | None = None) -> EvidenceLodged:
        """What is to be lodged, by whoever gets through."""
        attestations = tuple(each.envelope for each in self.attested)
        return EvidenceLodged(envelope=self._signed, attestations=attestations, receipt=receipt)

    def compose_own(self, author: Author, window: Window, receipt: Envelope | None = None) -> Composed:
        """The evidence as an act of the author of the lodged act itself: it has the number after it."""
        header = self.act.header
        place = (header.body or "", header.channel or "")
        return compose(author, self.evidence(receipt), place, Link(header.number + 1, self.act_id), window)
