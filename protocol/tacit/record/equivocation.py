"""Two checkpoints of one log that cannot both be true, with what proves it: a third party needs nothing else.

Spec: docs/reference/witness.md, section Equivocation.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tacit import profile
from tacit.errors import RefusedError, Rule
from tacit.limits import LOG_PROOF_HASHES_MAX, NOTE_BYTES_MAX
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.cosignature import verify_note
from tacit.record.merkle import HASH_BYTES
from tacit.record.note import parse_note
from tacit.record.proofs import HashReader, Proof, consistency_proof, prefix_shown, range_root, verify_consistency
from tacit.record.vkey import Vkey

EQUIVOCATION_BYTES_MAX: Final = 4 * NOTE_BYTES_MAX
_Hash = Annotated[bytes, Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]


class Equivocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two signed checkpoints, the smaller one first; where their sizes differ, with what shows that more does.

    `prefix` is the root over as many of the leaves of the second as the first has, and `proof` the consistency proof
    from it to the second: so whoever signed the second has signed this prefix, and not the root of the first.
    """

    v: Literal[1]
    first: str
    second: str
    prefix: _Hash | None
    proof: Annotated[tuple[_Hash, ...], Meta(max_length=LOG_PROOF_HASHES_MAX)]


_decoder: Final = msgspec.json.Decoder(Equivocation)


def encode_equivocation(equivocation: Equivocation) -> bytes:
    """The bytes of an evidence file."""
    return profile.encode(equivocation)


def decode_equivocation(raw: bytes) -> Equivocation:
    """Read an evidence file. Nothing is verified yet.

    Raises:
        RefusedError: `profile.*`, and nothing else.
    """
    return profile.decode(raw, _decoder, EQUIVOCATION_BYTES_MAX)


def check_equivocation(equivocation: Equivocation, keys: tuple[Vkey, ...]) -> tuple[Checkpoint, Checkpoint]:
    """Check that the log with these keys has signed two checkpoints that cannot both be true; both of them.

    Either they have one size and two roots. Or the tree of the second is shown, by a consistency proof that verifies
    against its root, to begin with another tree than that of the first: no proof from the first can exist then, unless
    SHA-256 is broken.

    Raises:
        RefusedError: `log.*`: not by this log, or nothing is proven.
    """
    first, second = (_signed(text, keys) for text in (equivocation.first, equivocation.second))
    if first.origin != second.origin:
        raise RefusedError(Rule.LOG_CHECKPOINT, "two logs may differ")
    if first.size == second.size:
        if equivocation.prefix is not None or equivocation.proof:
            raise RefusedError(Rule.LOG_PROOF, "between two trees of one size nothing is to be proven")
        if first.root == second.root:
            raise RefusedError(Rule.LOG_PROOF, "one checkpoint twice")
        return first, second
    if equivocation.prefix is None or equivocation.prefix == first.root or first.size == 0:
        raise RefusedError(Rule.LOG_PROOF, "nothing shows that the second does not continue the first")
    verify_consistency(first.size, equivocation.prefix, second.size, second.root, equivocation.proof)
    return first, second


def _signed(text: str, keys: tuple[Vkey, ...]) -> Checkpoint:
    note = parse_note(text.encode())
    checkpoint = parse_checkpoint(note.text)
    verify_note(note, [key for key in keys if key.name == checkpoint.origin])
    return checkpoint


def same_size(one: str, other: str) -> Equivocation:
    """The evidence of two signed checkpoints of one size."""
    return Equivocation(1, one, other, None, ())


def shown_by_proof(first: str, second: str, proof: Proof) -> Equivocation | None:
    """The evidence in a consistency proof that does not lead from the first to the second signed checkpoint.

    None where it shows nothing: it does not lead to the second either, or takes the root of the first as given.

    Raises:
        RefusedError: `log.*` if one of the notes is no checkpoint.
    """
    old, new = (parse_checkpoint(parse_note(text.encode()).text) for text in (first, second))
    prefix = prefix_shown(old.size, new.size, new.root, proof)
    return None if prefix in {None, old.root} else Equivocation(1, first, second, prefix, proof)


def shown_by_tree(first: str, second: str, read: HashReader) -> Equivocation | None:
    """The evidence in hashes that are said to be those of the tree of the second signed checkpoint, which is larger.

    None: the second does continue the first. It needs no proof by the log, so it finds what a proof from a power of two
    hides.

    Raises:
        RefusedError: `log.*` if one of the notes is no checkpoint, their sizes are not in order, or the hashes do not
            lead to the root of the second.
    """
    old, new = (parse_checkpoint(parse_note(text.encode()).text) for text in (first, second))
    if not 0 < old.size < new.size:
        raise RefusedError(Rule.LOG_PROOF, f"from {old.size} to {new.size} leaves")
    prefix, proof = range_root(0, old.size, read), consistency_proof(old.size, new.size, read)
    verify_consistency(old.size, prefix, new.size, new.root, proof)
    return None if prefix == old.root else Equivocation(1, first, second, prefix, proof)
