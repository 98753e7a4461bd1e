"""Records as files of JSON lines, for tests of the command."""

import asyncio
from functools import cache
from pathlib import Path

from tacit import envelope
from tacit.cli.lines import Told, encode_line
from tacit.record import Entry, Leaf, decode_entry, encode_entry
from tacit_services.scenario import packaged
from tests.unit.scenario.exercise import Playing

NOTHING = Told(index=0, words="", effects=(), void=False)


@cache
def record_of(name: str) -> tuple[bytes, ...]:
    """The entries of a scenario played in virtual time; the same bytes in every run."""
    playing = Playing(packaged(name))
    asyncio.run(playing.play())
    return tuple(playing.record)


def write(path: Path, entries: list[bytes] | tuple[bytes, ...]) -> Path:
    """Write entries as JSON lines."""
    path.write_bytes(b"".join(encode_line(raw, NOTHING) + b"\n" for raw in entries))
    return path


def entry_with(raw: bytes, **changes: object) -> bytes:
    """An entry whose leaf says something else and still fits its envelope."""
    entry: Entry = decode_entry(raw)
    fields = {name: getattr(entry.leaf, name) for name in Leaf.__struct_fields__} | changes
    return encode_entry(Leaf(**fields), envelope.encode(entry.envelope))


def forged(raw: bytes) -> bytes:
    """The same act under a signature that is not its author's: leaf and envelope agree."""
    entry = decode_entry(raw)
    signature = entry.envelope.signatures[0]
    bent = type(signature)(signature.keyid, bytes([signature.sig[0] ^ 1]) + signature.sig[1:])
    signed = envelope.encode(envelope.Envelope(entry.envelope.payload, entry.envelope.payload_type, (bent,)))
    fields = {name: getattr(entry.leaf, name) for name in Leaf.__struct_fields__}
    return encode_entry(Leaf(**fields | {"envelope": envelope.digest(signed)}), signed)
