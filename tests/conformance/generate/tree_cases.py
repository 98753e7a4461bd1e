"""Cases of docs/reference/spec/log.md, clauses 2 to 7: hashes, proofs and files."""

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from tacit.errors import Rule
from tacit.record.merkle import EMPTY_ROOT, CompactRange, leaf_hash
from tacit.record.proofs import HashReader, Proof, consistency_proof, inclusion_proof
from tacit.record.tiles import encode_bundle, encode_tile
from tests.conformance import log_vector as log
from tests.conformance.generate.case import Named, case
from tests.conformance.octets import show

ENTRIES: Final = tuple(b"entry %d" % number for number in range(7))
LEAVES: Final = tuple(map(leaf_hash, ENTRIES))


def tree(size: int) -> CompactRange:
    found = CompactRange()
    for leaf in LEAVES[:size]:
        found.append(leaf)
    return found


def nodes() -> HashReader:
    def read(level: int, index: int) -> bytes:
        low = index << level
        found = CompactRange()
        for leaf in LEAVES[low : low + (1 << level)]:
            found.append(leaf)
        return found.root()

    return read


def vectors() -> Iterator[Named]:
    yield from _trees()
    yield from _inclusion()
    yield from _consistency()
    yield from _files()


def _trees() -> Iterator[Named]:
    def asked(size: int, frontier: Proof, leaves: tuple[bytes, ...]) -> log.TreeCase:
        return log.TreeCase(size, frontier, tuple(map(show, leaves)))

    yield case("log 2", "empty", "The root of no leaves.", asked(0, (), ()))
    yield case("log 2", "one", "The root of one leaf is its hash.", asked(0, (), ENTRIES[:1]))
    yield case("log 2", "empty-leaf", "A leaf of no octets.", asked(0, (), (b"",)))
    yield case("log 2", "seven", "The left subtree is the largest perfect one.", asked(0, (), ENTRIES))
    yield case("log 2", "resumed", "A range goes on where it stood.", asked(5, tree(5).frontier, ENTRIES[5:]))
    for slug, comment, size, frontier in (
        ("frontier-short", "A hash for each one-bit of the size.", 5, tree(5).frontier[:1]),
        ("frontier-long", "A hash too many.", 4, tree(5).frontier),
        ("hash-short", "A hash of 31 octets.", 1, (LEAVES[0][:-1],)),
        ("size-negative", "A size below zero.", -1, (LEAVES[0],)),
    ):
        yield case("log 2", slug, comment, asked(size, frontier, ()), Rule.LOG_PROOF)


def _inclusion() -> Iterator[Named]:
    root, proof = tree(7).root(), inclusion_proof(4, 7, nodes())

    def asked(**bent: object) -> log.InclusionCase:
        return structs.replace(log.InclusionCase(4, 7, LEAVES[4], root, proof), **bent)

    yield case("log 3", "inclusion", "The path from leaf 4 to the root of seven.", asked())
    alone = log.InclusionCase(0, 1, LEAVES[0], LEAVES[0], ())
    yield case("log 3", "alone", "In a tree of one the leaf is the root.", alone)
    for slug, comment, bent in (
        ("other-index", "The path of another leaf.", {"index": 5}),
        ("other-size", "A tree of another size.", {"size": 9}),
        ("other-leaf", "Another leaf.", {"leaf": LEAVES[5]}),
        ("other-root", "Another root.", {"root": tree(6).root()}),
        ("short", "A hash is missing.", {"proof": proof[:-1]}),
        ("long", "A hash too many.", {"proof": (*proof, LEAVES[0])}),
        ("swapped", "Two hashes have changed places.", {"proof": (proof[1], proof[0], *proof[2:])}),
        ("beyond", "An index that is the size.", {"index": 7}),
        ("hash-short", "A hash of 31 octets.", {"proof": (proof[0][:-1], *proof[1:])}),
    ):
        yield case("log 3", slug, comment, asked(**bent), Rule.LOG_PROOF)
    nothing = log.InclusionCase(0, 1, b"", b"", ())
    yield case("log 3", "no-hashes", "Neither leaf nor root is a hash.", nothing, Rule.LOG_PROOF)
    empty = log.InclusionCase(0, 0, EMPTY_ROOT, EMPTY_ROOT, ())
    yield case("log 3", "empty-tree", "Nothing is in the empty tree.", empty, Rule.LOG_PROOF)


def _consistency() -> Iterator[Named]:
    def asked(old: int, new: int, **bent: object) -> log.ConsistencyCase:
        proof = consistency_proof(old, new, nodes())
        given = log.ConsistencyCase(old, tree(old).root(), new, tree(new).root(), proof)
        return structs.replace(given, **bent)

    for slug, comment, old, new in (
        ("continued", "Seven leaves continue three.", 3, 7),
        ("from-perfect", "The root of four is itself the first hash.", 4, 7),
        ("same", "The same tree: no hashes.", 7, 7),
        ("from-empty", "Every tree continues the empty one: no hashes.", 0, 7),
        ("empty", "The empty tree continues itself.", 0, 0),
    ):
        yield case("log 4", slug, comment, asked(old, new))
    proof = consistency_proof(3, 7, nodes())
    for slug, comment, given in (
        ("other-old-root", "Another old root.", asked(3, 7, old_root=tree(2).root())),
        ("other-new-root", "Another new root.", asked(3, 7, new_root=tree(6).root())),
        ("short", "A hash is missing.", asked(3, 7, proof=proof[:-1])),
        ("long", "A hash too many.", asked(3, 7, proof=(*proof, LEAVES[0]))),
        ("no-hashes", "No hashes where some are needed.", asked(3, 7, proof=())),
        ("backward", "The old tree is the larger.", log.ConsistencyCase(7, tree(7).root(), 3, tree(3).root(), ())),
        ("same-size", "Two trees of one size.", asked(7, 7, new_root=tree(6).root())),
        ("same-with-hashes", "Hashes where none are needed.", asked(7, 7, proof=proof)),
        ("empty-with-hashes", "Hashes from the empty tree.", asked(0, 7, proof=proof)),
        ("empty-root", "The empty tree has one root.", asked(0, 7, old_root=LEAVES[0])),
        ("root-long", "A root of 33 octets.", asked(0, 7, new_root=tree(7).root() + b"\0")),
    ):
        yield case("log 4", slug, comment, given, Rule.LOG_PROOF)


def _files() -> Iterator[Named]:
    for slug, comment, path in (
        ("full", "A full tile.", "tile/0/x001/x234/067"),
        ("partial", "A partial one of a level above.", "tile/2/000.p/1"),
        ("bundle", "A bundle of entries.", "tile/entries/999.p/255"),
    ):
        yield case("log 5", slug, comment, log.TilePathCase(path))
    for slug, comment, path in (
        ("width-zero", "No tile is empty.", "tile/0/000.p/0"),
        ("width-full", "A full tile is not written as a partial one.", "tile/0/000.p/256"),
        ("width-zeros", "A width with a leading zero.", "tile/0/000.p/01"),
        ("level-zeros", "A level with a leading zero.", "tile/00/000"),
        ("level-beyond", "There is no level 64.", "tile/64/000"),
        ("groups", "A group of zeros in front.", "tile/0/x000/001"),
        ("no-x", "A group in front without its x.", "tile/0/001/234"),
        ("short-group", "A group of two digits.", "tile/0/01"),
        ("after", "Something after the path.", "tile/0/000\n"),
        ("up", "A path that leads out.", "tile/0/../000"),
        ("before", "Something before it.", "/tile/0/000"),
    ):
        yield case("log 5", slug, comment, log.TilePathCase(path), Rule.LOG_TILE)
    raw, rule = encode_tile(LEAVES[:3]), Rule.LOG_TILE
    yield case("log 6", "tile", "Three hashes.", log.TileCase(3, show(raw)))
    yield case("log 6", "short", "One octet is missing.", log.TileCase(3, show(raw[:-1])), rule)
    yield case("log 6", "wider", "A hash too many.", log.TileCase(2, show(raw)), rule)
    yield case("log 6", "empty", "No hashes.", log.TileCase(0, show(b"")), rule)
    bundle = encode_bundle((*ENTRIES[:2], b""))
    yield case("log 7", "bundle", "Three entries, one of them without octets.", log.BundleCase(3, show(bundle)))
    yield case("log 7", "short", "The last entry is cut.", log.BundleCase(1, show(b"\0\5tack")), rule)
    yield case("log 7", "half-length", "Half of a length at the end.", log.BundleCase(3, show(bundle + b"\0")), rule)
    yield case("log 7", "fewer", "Fewer entries than the width.", log.BundleCase(4, show(bundle)), rule)
    yield case("log 7", "more", "More entries than the width.", log.BundleCase(2, show(bundle)), rule)
