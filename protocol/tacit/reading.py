"""From submitted bytes to an act: pure, strict, one error out. A registrar reads so, and whoever judges it again."""

from typing import Final

import msgspec

from tacit import acts, envelope, submission
from tacit.acts import Act
from tacit.detached import Detached
from tacit.envelope import ACT_TYPE, Envelope
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, BodyId, ChannelId, CredentialId, Digest
from tacit.limits import ENVELOPE_BYTES_MAX

Place = tuple[CredentialId, BodyId | None, ChannelId | None, int]
"""Where an act stands in its author's chain: credential, body, channel, number."""

_BEFORE: Final = len(b'{"envelope":')
_AFTER: Final = len(b',"detached":null}')


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A submission whose bytes are in order. Nothing is known yet about who signed it."""

    act: Act
    act_id: ActId
    envelope: Envelope
    envelope_bytes: bytes
    sealed: Digest
    detached: Detached | None

    @property
    def place(self) -> Place:
        """Where the act claims to stand in its author's chain."""
        header = self.act.header
        return (header.credential, header.body, header.channel, header.number)


def read(raw: bytes) -> Reading:
    """Read a submission.

    Raises:
        RefusedError: `profile.*`, `act.unknown_type` or `envelope.payload_type`, and nothing else.
    """
    handed_in = submission.decode(raw)
    signed = handed_in.envelope
    if signed.payload_type != ACT_TYPE:
        raise RefusedError(Rule.PAYLOAD_TYPE, f"{signed.payload_type[:80]} instead of {ACT_TYPE}")
    verbatim = _envelope_bytes(raw) if handed_in.detached is None else envelope.encode(signed)
    if len(verbatim) > ENVELOPE_BYTES_MAX:
        # A submission may be larger than an envelope, since it carries a body; an entry of the record may not.
        raise RefusedError(Rule.TOO_LARGE, f"envelope of {len(verbatim)} bytes, at most {ENVELOPE_BYTES_MAX}")
    act = acts.decode(signed.payload)
    named = envelope.act_id(signed.payload)
    return Reading(act, named, signed, verbatim, envelope.digest(verbatim), handed_in.detached)


def _envelope_bytes(raw: bytes) -> bytes:
    # The profile has just shown that these bytes are the one encoding, so the envelope within them is verbatim.
    return raw[_BEFORE:-_AFTER]


def refused_digest(raw: bytes) -> tuple[ActId | None, Digest]:
    """What a refusal can say of a submission that was not read to the end: the act's id if any, and the digest.

    The digest is that of the envelope where there is one, else of everything that came.
    """
    try:
        signed = submission.decode(raw).envelope
    except RefusedError:
        return None, envelope.digest(raw)
    known = envelope.act_id(signed.payload) if signed.payload_type == ACT_TYPE else None
    return known, envelope.digest(envelope.encode(signed))
