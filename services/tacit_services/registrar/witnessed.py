"""What a witness shows of the log, as a sighting: the head of the last checkpoint that it cosigned. Pure."""

from tacit import acts, envelope
from tacit.acts import CharterDeposited
from tacit.errors import RefusedError
from tacit.ids import StateCode
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.cosignature import verify_note
from tacit.record.note import parse_note
from tacit.record.organisation_log import log_vkeys, origin
from tacit_services.copies import Seen


def seen_by_witness(state: StateCode, raw: bytes, charter: bytes) -> Seen | None:
    """The sighting; None where no key of the log that the charter (an envelope) names has signed what is shown."""
    try:
        payload = envelope.decode(charter).payload
        organisation, content = envelope.act_id(payload), acts.decode(payload).content
        note = parse_note(raw)
        if not isinstance(content, CharterDeposited) or not verify_note(note, log_vkeys(organisation, content)):
            return None
        found = parse_checkpoint(note.text)
    except RefusedError:
        return None
    if found.origin != origin(organisation):
        return None
    return Seen(name=f"the witness of {state}", size=found.size, root=found.root)
