"""A verifier in Go, on `golang.org/x/mod` and Go's own Ed25519 and ML-DSA, agrees with us and finds what is wrong."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

from tacit.acts import CharterDeposited, MessagePosted
from tacit.compose import sign
from tacit.record.archive import CHECKPOINT, decode_kept, encode_kept, envelopes_path
from tacit.record.merkle import leaf_hash
from tacit.record.note import parse_note
from tacit.record.organisation_log import log_vkeys, witness_keys
from tacit.record.proofs import consistency_proof, inclusion_proof, verify_inclusion
from tacit.record.tiles import TileHashes, decode_bundle, encode_bundle
from tacit.signing import Signer
from tacit.testing import COUNCIL, EAST, World, signer_for
from tests.conformance.outsider import Outsider
from tests.conformance.vector import ACCEPTED, VECTORS, files, load
from tests.property.log_files import files_of, leaves_of, root_of
from tests.unit.verify.archives import Mark, messages, places, received, write

pytestmark = [pytest.mark.requires("go"), pytest.mark.timeout(900)]

Files = dict[str, bytes]
TALK: Final = 260
"""More than a bundle."""
PLACE: Final = f"{COUNCIL}/{EAST}"
JUDGED: Final = {"inclusion", "consistency", "signed_note", "signatures"}
OTHERWISE: Final = {
    "log/04-from-empty.json": "x/mod knows no proof from the empty tree; a witness that begins is given one",
    "log/04-empty.json": "the same, to the empty tree",
}
"""Vectors that x/mod answers otherwise than we do, and why."""


@cache
def world() -> World:
    """Members who sign with Ed25519 and ML-DSA-65."""
    found = World(suite="ed25519+mldsa65", witnessed="hybrid")
    for number in range(TALK):
        found.wait(0.5)
        found.say(found.states[number % 3], MessagePosted(subject="News", in_reply_to=None), text=b"%d" % number)
    return found


def archive(told: World, raw: list[bytes]) -> Files:
    """The archive of these messages, with a checkpoint of 100 entries and one of all, cosigned in both ways."""
    size = len(raw)
    made = [Mark(each, received(told, min(each, len(told.entries)) - 1) + timedelta(seconds=1)) for each in (100, size)]
    return write(told, raw, made, [*places(told), PLACE][:size])


@cache
def sound() -> Files:
    return archive(world(), messages(world()))


def vkeys() -> list[object]:
    charter = world().entries[0].act.content
    assert isinstance(charter, CharterDeposited)
    return [*log_vkeys(world().organisation, charter), *chain.from_iterable(witness_keys(charter).values())]


def put(folder: Path, written: Files) -> Path:
    for path, raw in written.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    return folder


def test_it_comes_to_the_same_root_signatures_and_acts(outsider: Outsider, tmp_path: Path) -> None:
    found = outsider.archive(put(tmp_path, sound()), *vkeys())
    size, checkpoint = len(world().entries), parse_note(sound()[CHECKPOINT])

    assert isinstance(found, dict), found
    assert [f"{line.name}+{line.key_id.hex()}" for line in checkpoint.lines] == found["signers"]
    assert (size, size, 0, 2) == (found["size"], found["acts"], found["withheld"], found["checkpoints"])
    assert {"ed25519": size, "mldsa65": size} == found["signatures"]
    assert checkpoint.text.split("\n")[2] == found["root"]


def test_we_accept_the_proofs_that_it_makes_from_our_tiles(outsider: Outsider, tmp_path: Path) -> None:
    found = outsider.archive(put(tmp_path, sound()), *vkeys())
    assert isinstance(found, dict), found
    entries = [*bundle(sound(), 0, 256), *bundle(sound(), 1, len(world().entries) - 256)]
    root, proofs = base64.b64decode(str(found["root"])), found["proofs"]

    assert isinstance(proofs, list)
    assert len(proofs) > 100
    for each in proofs:
        hashes = tuple(map(base64.b64decode, each["hashes"]))
        verify_inclusion(each["index"], len(entries), leaf_hash(entries[each["index"]]), hashes, root)


def bundle(written: Files, number: int, width: int) -> tuple[bytes, ...]:
    part = "" if width == 256 else f".p/{width}"
    return decode_bundle(written[f"tile/entries/{number:03}{part}"], width)


def change_leaf(written: Files) -> None:
    entries = [each.replace(b'"term":1', b'"term":2') for each in bundle(written, 0, 256)]
    written["tile/entries/000"] = encode_bundle(tuple(entries))


def bend_tile(written: Files) -> None:
    raw = written["tile/0/000"]
    written["tile/0/000"] = raw[:320] + bytes([raw[320] ^ 1]) + raw[321:]


def bend_envelope(written: Files) -> None:
    path = envelopes_path(PLACE, 0, 256)
    kept = decode_kept(written[path])
    written[path] = encode_kept([type(each)(each.index, each.data[:-9] + b"xxx" + each.data[-6:]) for each in kept])


def bend_line(at: int) -> Callable[[Files], None]:
    """One bit of the signature in this line of the checkpoint."""

    def bend(written: Files) -> None:
        note = parse_note(written[CHECKPOINT])
        lines = list(note.lines)
        raw = lines[at].signature
        lines[at] = lines[at]._replace(signature=raw[:-1] + bytes([raw[-1] ^ 1]))
        written[CHECKPOINT] = note._replace(lines=tuple(lines)).encode()

    return bend


def other_history(written: Files) -> None:
    """The archive made anew without its last entry, by whoever has the keys of the log; earlier checkpoints stay."""
    told = messages(world())
    bent = [*told[:50], *told[51:]]
    written |= {path: raw for path, raw in archive(world(), bent).items() if not path.startswith("witnessed/100/")}


def signed_by(signer: Signer) -> Callable[[Files], None]:
    """An act in the name of XAA, at the end, and the log over it."""

    def forge(written: Files) -> None:
        told = World(suite="ed25519+mldsa65", witnessed="hybrid")
        told.entries, told.state, told.now = list(world().entries), world().refold(), world().now
        author, content = told.author("XAA"), MessagePosted(subject="Forged", in_reply_to=None)
        forged = sign(told.compose(author, content).act, signer)
        told.entries.append(told.seal(forged))
        written |= archive(told, messages(told))

    return forge


FORGERIES: Final[dict[str, tuple[Callable[[Files], None], str]]] = {
    "a leaf is changed": (change_leaf, "the entries have the root"),
    "a tile is changed": (bend_tile, "tiles at entry"),
    "envelopes are changed": (bend_envelope, "the envelope is another"),
    "the Ed25519 line of the log": (bend_line(0), "invalid signature for key tacit/record"),
    "the ML-DSA-44 line of the log": (bend_line(1), "invalid signature for key tacit/record"),
    "the line of a witness": (bend_line(2), "invalid signature for key xaa.example/witness"),
    "the ML-DSA-44 line of a witness": (bend_line(3), "invalid signature for key xaa.example/witness"),
    "another history": (other_history, "invalid transparency proof"),
    "an act that a stranger signed": (signed_by(signer_for("XZZ", "ed25519+mldsa65")), "signed by another key"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_it_finds_what_is_wrong(outsider: Outsider, tmp_path: Path, name: str) -> None:
    forge, expected = FORGERIES[name]
    written = dict(sound())
    forge(written)
    assert written != sound()

    found = outsider.archive(put(tmp_path, written), *vkeys())

    assert isinstance(found, str), found
    assert expected in found


def test_what_is_withheld_is_counted_and_the_root_is_the_same(outsider: Outsider, tmp_path: Path) -> None:
    log = {path: raw for path, raw in sound().items() if not path.startswith("envelopes")}
    found = outsider.archive(put(tmp_path, log), *vkeys())

    assert isinstance(found, dict), found
    assert (0, len(world().entries)) == (found["acts"], found["withheld"])


def test_it_accepts_our_proofs_and_none_that_is_bent(outsider: Outsider) -> None:
    cases, expected = [], []
    for size in (1, 2, 255, 256, 257, 600):
        read = TileHashes(files_of(size).__getitem__, size)
        root = root_of(leaves_of(size))
        for at in sorted({0, size // 2, size - 1}):
            proof = inclusion_proof(at, size, read)
            asked = {"read": "inclusion", "index": at, "size": size, "leaf": leaves_of(size)[at], "root": root}
            cases += [asked | {"proof": proof}, asked | {"proof": (*proof, root)}]
            old = consistency_proof(at + 1, size, read)
            grown = {"read": "consistency", "old": at + 1, "old_root": root_of(leaves_of(at + 1)), "new": size}
            cases += [grown | {"new_root": root, "proof": old}, grown | {"new_root": leaf_hash(b"no"), "proof": old}]
            expected += [True, False, True, False]

    assert expected == outsider.cases([json.loads(json.dumps(each, default=in_base64)) for each in cases])


def in_base64(value: object) -> str:
    assert isinstance(value, bytes)
    return base64.b64encode(value).decode()


def test_it_judges_the_vectors_as_we_do(outsider: Outsider) -> None:
    paths = [path for path in files() if load(path).input.__struct_config__.tag in JUDGED]
    names = [str(path.relative_to(VECTORS)) for path in paths]
    answers = outsider.cases([json.loads(path.read_bytes())["input"] for path in paths])
    ours = {name: load(path).expect == ACCEPTED for name, path in zip(names, paths, strict=True)}

    assert len(names) > 50
    assert set(OTHERWISE) == {name for name, answer in zip(names, answers, strict=True) if answer != ours[name]}
