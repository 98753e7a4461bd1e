"""What others published about transparency logs, read where it lies beside the project; own small cases always run.

Not asked: subtree proofs (`subtreeinclusion`, `subtreeconsistency` of the Merkle vectors), which Tacit does not use,
and notes of type 0x05, which are those of certificate transparency.
"""

import base64
import hashlib
import json
from typing import Any, Final

import pytest

from tacit.errors import RefusedError, Rule
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.cosignature import (
    NoteSigner,
    cosignature_message,
    subtree_message,
    verify_note,
)
from tacit.record.merkle import EMPTY_ROOT, HASH_BYTES, CompactRange, leaf_hash, node_hash, perfect_root
from tacit.record.note import parse_note
from tacit.record.policy import parse_policy
from tacit.record.proof_file import parse_proof_file, verify_proof_file
from tacit.record.proofs import consistency_proof, verify_consistency, verify_inclusion
from tacit.record.tiles import ENTRIES, TILE_WIDTH, Tile, TileHashes, decode_bundle, encode_bundle, encode_tile, grown
from tacit.record.vkey import ED25519, parse_vkey
from tests.conformance import published

shared = pytest.mark.requires("shared")

TESSERA: Final = published.VECTORS / "tessera-log" / "testdata" / "log"
TESSERA_KEY: Final = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
SKYLIGHT: Final = published.VECTORS / "sunlight-witness" / "cmd" / "skylight" / "testdata" / "witness"


def octets(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def refused(what: Any, *arguments: Any) -> bool:  # a verifier and what it is given
    try:
        what(*arguments)
    except RefusedError as error:
        return error.rule is Rule.LOG_PROOF
    return False


def test_the_example_of_the_specification_verifies() -> None:
    key = parse_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    line = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    note = parse_note(f"This is an example message.\n\n— example.com/foo {line}\n".encode())

    assert [key] == [signed.vkey for signed in verify_note(note, [key])]


def test_the_hashes_of_rfc_6962_are_ours() -> None:
    assert "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" == EMPTY_ROOT.hex()
    assert "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" == leaf_hash(b"").hex()
    assert "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56" == leaf_hash(b"L123456").hex()
    assert "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb" == node_hash(b"N123", b"N456").hex()


@shared
def test_the_published_hashes_are_ours() -> None:
    found = published.read("c2sp/rfc6962-hashes.json")

    assert found["empty_root"] == EMPTY_ROOT.hex()
    assert found["leaf_of_empty"] == leaf_hash(b"").hex()
    assert found["leaf_of_L123456"] == leaf_hash(b"L123456").hex()
    assert found["node_of_N123_N456"] == node_hash(b"N123", b"N456").hex()


@shared
def test_every_published_inclusion_proof_is_judged_as_it_says() -> None:
    vectors = published.read("merkle/rfc6962_proofs.json").items()
    cases = {name: case for name, case in vectors if name.startswith("inclusion/")}
    judged = {
        name: refused(
            verify_inclusion,
            case["leafIdx"],
            case["treeSize"],
            octets(case["leafHash"]),
            tuple(map(octets, case["proof"] or ())),
            octets(case["root"]),
        )
        for name, case in cases.items()
    }

    assert len(judged) > 90
    assert [] == [name for name, case in cases.items() if judged[name] != case["wantErr"]]


@shared
def test_every_published_consistency_proof_is_judged_as_it_says() -> None:
    vectors = published.read("merkle/rfc6962_proofs.json").items()
    cases = {name: case for name, case in vectors if name.startswith("consistency/")}
    judged, expected = {}, {}
    for name, case in cases.items():
        roots = octets(case["root1"]), octets(case["root2"])
        proof = tuple(map(octets, case["proof"] or ()))
        judged[name] = refused(verify_consistency, case["size1"], roots[0], case["size2"], roots[1], proof)
        # The collection compares two words of twelve octets with one another; to us no such thing is a root.
        expected[name] = case["wantErr"] or any(len(root) != HASH_BYTES for root in roots)

    assert len(judged) > 80
    assert [] == [name for name in cases if judged[name] != expected[name]]
    assert ["consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"] == [
        name for name, case in cases.items() if expected[name] != case["wantErr"]
    ]


@shared
def test_the_keys_of_golang_are_read_as_golang_reads_them() -> None:
    found = published.read("c2sp/golang-x-mod.json")
    _, _, name, _, secret = found["skey"].split("+", 4)

    assert found["vkey"] == str(NoteSigner(name, ED25519, octets(secret)[1:]).vkey)
    assert found["vkey"] == str(parse_vkey(found["vkey"]))
    assert octets(found["leaf_hash_of_hello_world_b64"]) == leaf_hash(b"hello world")
    for bad in found["bad_vkeys"]:
        with pytest.raises(RefusedError):
            parse_vkey(bad)


@shared
def test_the_published_notes_are_read() -> None:
    signed, cosigned = published.read("signed-note/notes.json")
    note = parse_note(cosigned["note"].encode())

    assert verify_note(parse_note(signed["note"].encode()), [parse_vkey(signed["vkey"])])
    assert (20_852_163, 2) == (parse_checkpoint(note.text).size, len(note.lines))
    assert cosigned["note"].encode() == note.encode()


@shared
@pytest.mark.parametrize("size", range(16))
def test_the_log_of_tessera_is_ours_to_the_octet(size: int) -> None:
    note = parse_note((TESSERA / f"checkpoint.{size}").read_bytes())
    verify_note(note, [parse_vkey(TESSERA_KEY)])
    tree = CompactRange()
    hashes: list[bytes] = []
    for tile in grown(0, size):
        raw = (TESSERA / tile.path).read_bytes()
        if tile.level == ENTRIES:
            entries = decode_bundle(raw, tile.width)
            hashes = [leaf_hash(entry) for entry in entries]
            assert raw == encode_bundle(entries)
        else:
            assert raw == encode_tile(tuple(hashes))
    for each in hashes:
        tree.append(each)

    assert Checkpoint("example.com/log/testdata", size, tree.root()) == parse_checkpoint(note.text)


@shared
def test_the_log_of_tessera_continues_itself() -> None:
    roots = [
        parse_checkpoint(parse_note((TESSERA / f"checkpoint.{size}").read_bytes()).text).root for size in range(16)
    ]
    read = TileHashes(lambda tile: (TESSERA / tile.path).read_bytes(), 15)

    for old in range(16):
        verify_consistency(old, roots[old], 15, roots[15], consistency_proof(old, 15, read))


@shared
@pytest.mark.parametrize("folder", ["witness", "witness/mirror", "witness2"])
def test_the_cosignatures_of_sunlight_verify(folder: str) -> None:
    place = SKYLIGHT.parent / folder
    (described,) = place.glob("*.v0.json")
    keys = [parse_vkey(key) for key in json.loads(described.read_text())["verifier_keys"]]
    (checkpoint,) = (path for path in place.glob("*/checkpoint") if len(path.parent.name) == 64)
    (signed,) = verify_note(parse_note(checkpoint.read_bytes()), keys)

    assert (keys[0], 1_767_139_200) == (signed.vkey, signed.at_s)


@shared
def test_the_checkpoint_of_torchwood_verifies() -> None:
    found = published.read("torchwood/mldsa44-checkpoint.json")
    note = parse_note(found["signed_checkpoint"].encode())
    key = parse_vkey(found["vkey"])

    assert [(key, 0)] == list(verify_note(note, [key]))
    assert str(key) in (published.VECTORS / "torchwood" / "mldsa.txt").read_text()


@shared
def test_the_log_of_three_hundred_entries_is_ours_to_the_octet() -> None:
    found = published.read("own/tlog-300.json")
    entries = tuple(b"entry %d" % number for number in range(300))
    tree = CompactRange()
    roots = {"0": base64.b64encode(tree.root()).decode()}
    for entry in entries:
        tree.append(leaf_hash(entry))
        roots[str(tree.size)] = base64.b64encode(tree.root()).decode()
    files = files_of(entries)
    read = TileHashes(lambda tile: files[tile.path], 300)
    note = parse_note(found["checkpoint_300"].encode())
    keys = [parse_vkey(key) for key in found["vkeys"]]
    checkpoint = parse_checkpoint(note.text)

    assert found["roots"] == {size: roots[size] for size in found["roots"]}
    assert 3 == len(verify_note(note, keys))
    named = {path.replace("entries", "tile/entries").replace("_", "/"): raw for path, raw in found.items()}
    for path, raw in files.items():
        told = named.get(f"{path}/sha256")
        assert (raw.hex() if told is None else hashlib.sha256(raw).hexdigest()) == (told or named[path])
    times = [signed.at_s for signed in verify_note(note, keys)]
    assert found["cosignature_v1_message_hex"] == cosignature_message(note.text, times[1] or 0).hex()
    assert found["subtree_v1_message_hex"] == subtree_message(keys[2].name, times[2] or 0, checkpoint).hex()
    policy = parse_policy(
        f"log {keys[0]}\nwitness w {keys[1]}\nwitness p {keys[2]}\ngroup g all w p\nquorum g\n".encode()
    )
    proof = parse_proof_file(found["tlog_proof_256"].encode())
    assert 300 == verify_proof_file(proof, entries[256], policy).size
    assert found["tlog_proof_256"].encode() == proof.encode()
    request = found["add_checkpoint_256_to_300"].splitlines()[1:]
    hashes = consistency_proof(256, 300, read)
    assert list(map(octets, request[: len(hashes)])) == list(hashes)


def files_of(entries: tuple[bytes, ...]) -> dict[str, bytes]:
    """Every file of a log, made level by level, the slow and plain way."""
    files = {}
    for tile in grown(0, len(entries)):
        if tile.level == ENTRIES:
            start = tile.index * TILE_WIDTH
            files[tile.path] = encode_bundle(entries[start : start + tile.width])
    level, row = 0, [leaf_hash(entry) for entry in entries]
    while row:
        parts = [tuple(row[start : start + TILE_WIDTH]) for start in range(0, len(row), TILE_WIDTH)]
        files |= {Tile(level, at, len(part)).path: encode_tile(part) for at, part in enumerate(parts)}
        level, row = level + 1, [perfect_root(part) for part in parts if len(part) == TILE_WIDTH]
    assert set(files) == {tile.path for tile in grown(0, len(entries))}
    return files
