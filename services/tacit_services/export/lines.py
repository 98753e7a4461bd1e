"""An export as JSON Lines: what it is of, then an object for each entry, leaf and envelope byte for byte. Pure."""

import msgspec

from tacit.record.leaf import encode as encode_leaf
from tacit_services.export.choosing import Export, Shown


def write(export: Export) -> bytes:
    """The octets of the file."""
    head = msgspec.json.encode({"export": export.about})
    return b"".join(line + b"\n" for line in (head, *map(_line, export.shown)))


def _line(shown: Shown) -> bytes:
    leaf = msgspec.Raw(encode_leaf(shown.leaf))
    place = {"index": shown.leaf.index, "received_at": shown.leaf.received_at}
    if shown.told is None:
        return msgspec.json.encode({**place, "withheld": True, "leaf": leaf})
    told, header = shown.told, shown.told.entry.act.header
    said = {
        "withheld": False,
        "who": told.who,
        "state": header.state,
        "office": header.office,
        "capacity": told.capacity,
        "type": told.type,
        "words": told.words,
        "effects": told.effects,
        "void": told.void,
        "id": shown.leaf.act,
        "text": shown.text,
        "text_sha256": shown.text_sha256,
        "leaf": leaf,
        "envelope": msgspec.Raw(shown.envelope or b"null"),
    }
    return msgspec.json.encode(place | said)
