"""What one gives to another to lodge: the evidence for an act, and the text beside that act. Pure."""

from typing import Final

import msgspec

from tacit import acts, profile, submission
from tacit.acts import EvidenceLodged
from tacit.client.chains import Place, place_of
from tacit.client.store import Kept
from tacit.detached import Detached, check_detached
from tacit.errors import RefusedError
from tacit.limits import FRAME_BYTES_MAX
from tacit.proving import lodging
from tacit.rules.exhibits import read_evidence


class EvidenceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Evidence as it is lodged, and the text beside the lodged act where whoever gives it has it."""

    evidence: EvidenceLodged
    detached: Detached | None

    @property
    def place(self) -> Place:
        """Where it is to be lodged: in the place in which the act was said."""
        return place_of(read_evidence(self.evidence).act.header)

    def encode(self) -> bytes:
        """The bytes of the file."""
        return profile.encode(self)


_files: Final = msgspec.json.Decoder(EvidenceFile)


def evidence_of(kept: Kept) -> EvidenceFile:
    """For an act of ours."""
    receipt = kept.receipts[0] if kept.receipts else None
    return EvidenceFile(lodging(kept.submission.envelope, kept.attestations, receipt), kept.submission.detached)


def read_evidence_file(raw: bytes) -> EvidenceFile:
    """Read one. Nothing in it is verified: that is for the rules.

    Raises:
        RefusedError: `profile.*`, `evidence.*`, or `detached.mismatch`.
    """
    return _checked(profile.decode(raw, _files, FRAME_BYTES_MAX))


def evidence_in(raw: bytes) -> EvidenceFile | None:
    """Evidence in what somebody was sent: such a file, or a submission as witnesses send it on; None: another act.

    Raises:
        RefusedError: `profile.*`, `act.unknown_type`, `evidence.*` or `detached.mismatch`.
    """
    try:
        shown = submission.decode(raw)
    except RefusedError:
        return read_evidence_file(raw)
    content = acts.decode(shown.envelope.payload).content
    if not isinstance(content, EvidenceLodged):
        return None
    return _checked(EvidenceFile(content, shown.detached))


def _checked(found: EvidenceFile) -> EvidenceFile:
    header = read_evidence(found.evidence).act.header
    if found.detached is not None:
        check_detached(header.detached, found.detached)
    return found
