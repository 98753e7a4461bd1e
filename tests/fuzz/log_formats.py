"""The formats of the log as targets. What can be verified of a value is tried, too: that may refuse, and no more."""

from typing import Final

from tacit.record.add_checkpoint import AddCheckpoint, parse_add_checkpoint, read_size
from tacit.record.archive import decode_kept, encode_kept, kept_of, log_entry, message_of
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.cosignature import NoteSigner, verify_note
from tacit.record.note import Note, encode_lines, parse_note, read_lines
from tacit.record.policy import Group, LogLine, Policy, WitnessLine, parse_policy
from tacit.record.proof_file import ProofFile, parse_proof_file, verify_proof_file
from tacit.record.tiles import decode_bundle, decode_tile, encode_bundle, encode_tile, parse_path
from tacit.record.vkey import ED25519, ED25519_COSIGNATURE, MLDSA44_COSIGNATURE, parse_vkey
from tests.fuzz.target import Target, lenient, refused_or_not, strict

LOG: Final = NoteSigner("log.example", ED25519, bytes(32))
POST_QUANTUM: Final = NoteSigner("log.example", MLDSA44_COSIGNATURE, bytes(32))
WITNESS: Final = NoteSigner("xaa.example/witness", ED25519_COSIGNATURE, bytes([1]) * 32)
SIGNERS: Final = (LOG, POST_QUANTUM, WITNESS)
POLICY: Final = Policy(
    (LogLine(LOG.vkey), LogLine(POST_QUANTUM.vkey)),
    {"XAA": WitnessLine(WITNESS.vkey)},
    {"some": Group(1, ("XAA",))},
    "some",
)
JUDGEMENTS: Final = ("log.signature", "log.quorum", "log.checkpoint", "log.proof")


def text_of(raw: bytes) -> str:
    """Octets as text, those that are no UTF-8 as well: a policy hands names on like this."""
    return raw.decode("utf-8", "surrogateescape")


def octets_of(text: object) -> bytes:
    return str(text).encode("utf-8", "surrogateescape")


def checkpoint_octets(found: Checkpoint) -> bytes:
    return octets_of(found.text)


def read_note(raw: bytes) -> Note:
    """A note, and what its signatures are worth."""
    note = parse_note(raw)
    refused_or_not(lambda: POLICY.check(note), *JUDGEMENTS)
    refused_or_not(lambda: verify_note(note, [signer.vkey for signer in SIGNERS]), *JUDGEMENTS)
    return note


def read_proof(raw: bytes) -> ProofFile:
    proof = parse_proof_file(raw)
    refused_or_not(lambda: verify_proof_file(proof, b"entry", POLICY), *JUDGEMENTS)
    return proof


def read_tile(raw: bytes) -> tuple[bytes, ...]:
    """The first octet is the width, less one."""
    return decode_tile(raw[1:], raw[0] + 1 if raw else 1)


def read_bundle(raw: bytes) -> tuple[bytes, ...]:
    """The first octet is the width, less one."""
    return decode_bundle(raw[1:], raw[0] + 1 if raw else 1)


def wide(width: int) -> bytes:
    return bytes([width - 1])


def read_message(raw: bytes) -> tuple[bytes, bytes]:
    """Whatever a message of the stream is, the log has an entry for it, and the archive gives it back."""
    entry = log_entry(raw)
    return entry, kept_of(entry, raw)


TARGETS: Final = [
    Target("vkey", strict(lambda raw: parse_vkey(text_of(raw)), octets_of), ("log.key",)),
    Target("note", strict(read_note, Note.encode), ("log.note",)),
    Target("lines", strict(read_lines, lambda lines: encode_lines(lines).encode()), ("log.note",)),
    Target("checkpoint", strict(lambda raw: parse_checkpoint(text_of(raw)), checkpoint_octets), ("log.checkpoint",)),
    Target("path", strict(lambda raw: parse_path(text_of(raw)), lambda tile: octets_of(tile.path)), ("log.tile",)),
    Target("tile", strict(read_tile, lambda found: wide(len(found)) + encode_tile(found)), ("log.tile",)),
    Target("bundle", strict(read_bundle, lambda found: wide(len(found)) + encode_bundle(found)), ("log.tile",)),
    Target("kept", strict(decode_kept, encode_kept), ("log.tile",)),
    Target("proof-file", strict(read_proof, ProofFile.encode), ("log.proof_file", "log.note")),
    Target("add-checkpoint", strict(parse_add_checkpoint, AddCheckpoint.encode), ("log.request", "log.note")),
    Target("size", strict(read_size, lambda size: b"%d\n" % size), ("log.request",)),
    Target("policy", lenient(parse_policy, Policy.encode), ("log.policy", "log.key")),
    Target("message", strict(read_message, lambda found: message_of(*found)), ()),
]
