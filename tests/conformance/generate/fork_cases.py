"""Cases of docs/reference/spec/log.md, clause 17: a log that has signed two histories."""

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from tacit.errors import Rule
from tacit.record.checkpoint import Checkpoint
from tacit.record.cosignature import NoteSigner
from tacit.record.equivocation import Equivocation, encode_equivocation
from tacit.record.merkle import EMPTY_ROOT, leaf_hash
from tacit.record.note import Note
from tacit.record.proofs import consistency_proof
from tacit.record.vkey import ED25519
from tests.conformance import log_vector as log
from tests.conformance.generate.case import Named, case
from tests.conformance.generate.log_cases import LOG, ORIGIN, seed
from tests.conformance.generate.tree_cases import nodes, tree
from tests.conformance.octets import show

OTHER: Final = NoteSigner("other.example/log", ED25519, seed("other log"))
KEYS: Final = (str(LOG.vkey), str(OTHER.vkey))
STRANGE: Final = leaf_hash(b"another history")
"""The root of some tree that is not the one of the entries."""


def _signed(size: int, root: bytes, by: NoteSigner = LOG) -> str:
    text = Checkpoint(by.vkey.name, size, root).text
    return Note(text, (by.sign(text),)).encode().decode()


def _between(old: int, new: int) -> Equivocation:
    """The log has signed another tree of the old size, and that of the entries of the new one."""
    proof = consistency_proof(old, new, nodes())
    return Equivocation(1, _signed(old, STRANGE), _signed(new, tree(new).root()), tree(old).root(), proof)


SAME: Final = Equivocation(1, _signed(7, STRANGE), _signed(7, tree(7).root()), None, ())
LARGER: Final = _between(3, 7)
PERFECT: Final = _between(4, 7)


def vectors() -> Iterator[Named]:
    for slug, comment, found in (
        ("same-size", "Two roots of one size.", SAME),
        ("larger", "From three entries to seven.", LARGER),
        ("from-perfect", "From a power of two, whose root no proof carries.", PERFECT),
    ):
        yield case("log 17", slug, comment, log.EquivocationCase(KEYS, show(encode_equivocation(found))))
    yield from _proving_nothing()
    raw = encode_equivocation(PERFECT)
    for slug, comment, octets, rule in (
        ("space", "White space between the fields.", raw.replace(b',"second"', b', "second"'), Rule.NOT_CANONICAL),
        ("unknown-field", "A field that is not known.", raw.replace(b'{"v":1,', b'{"v":1,"w":1,'), Rule.UNKNOWN_FIELD),
    ):
        yield case("log 17", slug, comment, log.EquivocationCase(KEYS, show(octets)), rule)


def _proving_nothing() -> Iterator[Named]:
    honest, empty = _signed(4, tree(4).root()), _signed(0, EMPTY_ROOT)
    swapped = structs.replace(LARGER, first=LARGER.second, second=LARGER.first)
    nobody = SAME.first.replace(f"\N{EM DASH} {ORIGIN}", "\N{EM DASH} nobody")
    for slug, comment, bent, rule in (
        ("continued", "The second continues the first.", structs.replace(PERFECT, first=honest), Rule.LOG_PROOF),
        ("once", "One checkpoint, twice.", structs.replace(SAME, first=SAME.second), Rule.LOG_PROOF),
        ("no-prefix", "Larger, and nothing is shown.", structs.replace(PERFECT, prefix=None), Rule.LOG_PROOF),
        ("other-prefix", "Another beginning than it has.", structs.replace(PERFECT, prefix=EMPTY_ROOT), Rule.LOG_PROOF),
        ("no-proof", "The hashes are missing.", structs.replace(PERFECT, proof=()), Rule.LOG_PROOF),
        ("same-proof", "Hashes, of one size.", structs.replace(SAME, proof=PERFECT.proof), Rule.LOG_PROOF),
        ("backward", "The larger one first.", swapped, Rule.LOG_PROOF),
        ("from-empty", "Every tree continues the empty one.", structs.replace(PERFECT, first=empty), Rule.LOG_PROOF),
        ("two-logs", "Of two logs.", structs.replace(SAME, first=_signed(7, STRANGE, OTHER)), Rule.LOG_CHECKPOINT),
        ("unsigned", "Not signed by the log.", structs.replace(SAME, first=nobody), Rule.LOG_SIGNATURE),
    ):
        yield case("log 17", slug, comment, log.EquivocationCase(KEYS, show(encode_equivocation(bent))), rule)
