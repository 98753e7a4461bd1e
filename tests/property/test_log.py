"""The log's formats hold of everything: one error, one way to write a value, and proofs that prove what they say."""

from collections.abc import Callable
from typing import Final, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tacit.errors import RefusedError, Rule
from tacit.record.add_checkpoint import AddCheckpoint, parse_add_checkpoint
from tacit.record.archive import Kept, decode_kept, encode_kept
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.cosignature import NoteSigner, verify_note
from tacit.record.merkle import EMPTY_ROOT, CompactRange, leaf_hash, node_hash
from tacit.record.note import Note, NoteLine, parse_note, read_lines
from tacit.record.policy import Group, LogLine, Policy, WitnessLine, parse_policy
from tacit.record.proof_file import ProofFile, parse_proof_file
from tacit.record.proofs import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from tacit.record.tiles import (
    ENTRIES,
    LEVEL_MAX,
    TILE_WIDTH,
    Tile,
    TileHashes,
    decode_bundle,
    decode_tile,
    encode_bundle,
    encode_tile,
    grown,
    parse_path,
)
from tacit.record.vkey import ED25519, ED25519_COSIGNATURE, Vkey, parse_vkey
from tests.property.log_files import files_of, leaves_of, root_of

HASHES: Final = st.integers(0, 2**256 - 1).map(lambda number: number.to_bytes(32, "big"))
NAMES: Final = st.text(st.characters(codec="utf-8", exclude_characters="+"), min_size=1, max_size=12).map(
    lambda text: "".join(letter for letter in text if letter > " " and not letter.isspace()) or "name"
)
LINES: Final = st.builds(NoteLine, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
CHECKPOINTS: Final = st.builds(Checkpoint, NAMES, st.integers(1, 2**53 - 1), HASHES)
NOTES: Final = st.builds(
    Note, CHECKPOINTS.map(lambda each: each.text), st.lists(LINES, min_size=1, max_size=3).map(tuple)
)
TILES: Final = st.builds(
    Tile, st.integers(ENTRIES, LEVEL_MAX), st.integers(0, 2**40) | st.integers(0, 1_100), st.integers(1, TILE_WIDTH)
)
SIGNERS: Final = [NoteSigner(f"{number}.example", ED25519_COSIGNATURE, bytes([number]) * 32) for number in range(1, 5)]
LOG: Final = NoteSigner("log.example", ED25519, bytes(32))


class Text(NamedTuple):
    """One format: values, how a value is written, how bytes are read, and the rules by which they are refused."""

    name: str
    values: SearchStrategy[object]
    write: Callable[..., bytes]
    read: Callable[[bytes], object]
    rules: set[Rule]


def policies() -> SearchStrategy[Policy]:
    def made(count: int, threshold: int, url: str | None) -> Policy:
        witnesses = {f"w{number}": WitnessLine(each.vkey, url) for number, each in enumerate(SIGNERS[:count])}
        groups = {"some": Group(min(threshold, count), tuple(witnesses))} if witnesses else {}
        return Policy((LogLine(LOG.vkey, url),), witnesses, groups, "some" if groups else "none")

    return st.builds(made, st.integers(0, 4), st.integers(1, 4), st.none() | st.just("https://witness.example"))


def text_of(raw: bytes) -> str:
    """Bytes as the text that a caller would have read; what is no UTF-8 never gets so far."""
    return raw.decode("utf-8", "replace")


FORMATS: Final = [
    Text(
        "vkey",
        st.sampled_from([LOG.vkey, *(each.vkey for each in SIGNERS)]),
        lambda value: str(value).encode(),
        lambda raw: parse_vkey(text_of(raw)),
        {Rule.LOG_KEY},
    ),
    Text("note", NOTES, Note.encode, parse_note, {Rule.LOG_NOTE}),
    Text(
        "lines",
        st.lists(LINES, max_size=3).map(tuple),
        lambda lines: "".join(map(str, lines)).encode(),
        read_lines,
        {Rule.LOG_NOTE},
    ),
    Text(
        "checkpoint",
        CHECKPOINTS,
        lambda value: value.text.encode(),
        lambda raw: parse_checkpoint(text_of(raw)),
        {Rule.LOG_CHECKPOINT},
    ),
    Text("path", TILES, lambda tile: tile.path.encode(), lambda raw: parse_path(text_of(raw)), {Rule.LOG_TILE}),
    Text(
        "tile",
        st.lists(HASHES, min_size=3, max_size=3).map(tuple),
        encode_tile,
        lambda raw: decode_tile(raw, 3),
        {Rule.LOG_TILE},
    ),
    Text(
        "bundle",
        st.lists(st.binary(max_size=300), min_size=2, max_size=2).map(tuple),
        encode_bundle,
        lambda raw: decode_bundle(raw, 2),
        {Rule.LOG_TILE},
    ),
    Text(
        "proof file",
        st.builds(
            ProofFile,
            st.integers(0, 2**53 - 1),
            st.lists(HASHES, max_size=4).map(tuple),
            NOTES,
            st.none() | st.binary(min_size=1, max_size=40),
        ),
        ProofFile.encode,
        parse_proof_file,
        {Rule.LOG_PROOF_FILE, Rule.LOG_NOTE},
    ),
    Text(
        "request",
        st.builds(AddCheckpoint, st.integers(0, 2**53 - 1), st.lists(HASHES, max_size=4).map(tuple), NOTES),
        AddCheckpoint.encode,
        parse_add_checkpoint,
        {Rule.LOG_REQUEST, Rule.LOG_NOTE},
    ),
    Text(
        "envelopes",
        st.lists(st.binary(max_size=60), max_size=3).map(
            lambda each: [Kept(at * at, data) for at, data in enumerate(each)]
        ),
        encode_kept,
        decode_kept,
        {Rule.LOG_TILE},
    ),
    Text("policy", policies(), Policy.encode, parse_policy, {Rule.LOG_POLICY, Rule.LOG_KEY}),
]
STRICT: Final = [form for form in FORMATS if form.name != "policy"]
every_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)


def refused(form: Text, raw: bytes) -> bool:
    """Whether a format refuses bytes; with another rule than its own the test fails."""
    try:
        form.read(raw)
    except RefusedError as error:
        if error.rule not in form.rules:
            raise
        return True
    return False


@every_format
@given(data=st.data())
def test_a_value_read_from_its_bytes_is_the_same_value(form: Text, data: st.DataObject) -> None:
    value = data.draw(form.values)

    assert value == form.read(form.write(value))


@pytest.mark.parametrize("form", STRICT, ids=lambda form: form.name)
@given(data=st.data())
def test_one_changed_byte_is_refused_or_says_something_else(form: Text, data: st.DataObject) -> None:
    value = data.draw(form.values)
    raw = form.write(value)
    at = data.draw(st.integers(0, max(0, len(raw) - 1)))
    byte = data.draw(st.sampled_from([b"", b" ", b"\n", b"\r", b"0", b"=", b"A"]) | st.binary(min_size=1, max_size=1))
    changed = raw[:at] + byte + raw[at + data.draw(st.integers(0, 1)) :]
    if changed == raw or refused(form, changed):
        return
    again = form.read(changed)

    assert value != again
    # What is no UTF-8 reaches the two readers of text as another text.
    assert changed == form.write(again) or b"\xef\xbf\xbd" in form.write(again)


@every_format
@given(raw=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_noise_is_refused_by_the_one_error(form: Text, raw: bytes) -> None:
    refused(form, raw)


@every_format
@given(data=st.data(), noise=st.binary(max_size=12))
def test_a_value_with_noise_in_it_is_refused_by_the_one_error(form: Text, data: st.DataObject, noise: bytes) -> None:
    raw = form.write(data.draw(form.values))
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))

    refused(form, raw[:start] + noise + raw[end:])


@given(size=st.integers(0, 70))
def test_a_compact_range_has_the_root_of_the_tree(size: int) -> None:
    leaves = leaves_of(size)
    tree = CompactRange()
    for at, leaf in enumerate(leaves):
        tree = CompactRange(at, tree.frontier)
        tree.append(leaf)

    assert root_of(leaves) == tree.root()
    assert size.bit_count() == len(tree.frontier)


@given(parts=st.lists(st.integers(0, 300) | st.just(256), max_size=5))
def test_a_compact_range_that_is_extended_is_the_same(parts: list[int]) -> None:
    leaves, tree = leaves_of(sum(parts)), CompactRange()
    at = 0
    for part in parts:
        tree.extend(leaves[at : at + part])
        at += part

    assert (range_of(at).frontier, at) == (tree.frontier, tree.size)


@given(data=st.data(), size=st.integers(1, 600))
def test_a_proof_from_the_files_proves_inclusion_and_nothing_else(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    files, leaves = files_of(size), leaves_of(size)
    read = TileHashes(lambda tile: files[tile], size, kept=data.draw(st.integers(1, 3)))
    root, proof = range_of(size).root(), inclusion_proof(index, size, read)
    verify_inclusion(index, size, leaves[index], proof, root)
    other = data.draw(st.integers(0, size + 2).filter(lambda number: number != index))
    bent = [(other, size, leaves[index], proof, root), (index, size, leaf_hash(b"other"), proof, root)]
    bent += [(index, size, leaves[index], (*proof, root), root), (index, size, leaves[index], proof, EMPTY_ROOT)]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bent += [(index, size, leaves[index], proof[:at] + proof[at + 1 :], root)]
        bent += [(index, size, leaves[index], (*proof[:at], leaf_hash(proof[at]), *proof[at + 1 :]), root)]
    for given_ in bent:
        with pytest.raises(RefusedError):
            verify_inclusion(*given_)


@given(data=st.data(), new=st.integers(0, 600))
def test_a_proof_from_the_files_proves_consistency_and_nothing_else(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(0, new))
    files = files_of(new)
    roots = range_of(old).root(), range_of(new).root()
    proof = consistency_proof(old, new, TileHashes(lambda tile: files[tile], new))
    verify_consistency(old, roots[0], new, roots[1], proof)
    bent = [(old, leaf_hash(b"other"), new, roots[1], proof), (old, roots[0], new, leaf_hash(b"other"), proof)]
    bent += [(old, roots[0], new, roots[1], (*proof, roots[1]))]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bent += [(old, roots[0], new, roots[1], (*proof[:at], node_hash(proof[at], proof[at]), *proof[at + 1 :]))]
    for given_ in bent:
        if old == 0 and given_[4] == () and given_[1] == roots[0]:
            continue  # the empty tree is continued by every tree
        with pytest.raises(RefusedError):
            verify_consistency(*given_)


def range_of(size: int) -> CompactRange:
    tree = CompactRange()
    for leaf in leaves_of(size):
        tree.append(leaf)
    return tree


@given(old=st.integers(0, 70_000), steps=st.integers(0, 70_000))
def test_the_files_that_a_log_grows_by_are_those_that_it_did_not_have(old: int, steps: int) -> None:
    before, after = set(grown(0, old)), set(grown(0, old + steps))

    assert after - before == set(grown(old, old + steps)) if steps else not set(grown(old, old))


@given(numbers=st.sets(st.integers(0, 3)), threshold=st.integers(1, 4))
def test_a_policy_counts_each_witness_once(numbers: set[int], threshold: int) -> None:
    checkpoint = Checkpoint("log.example", 0, EMPTY_ROOT)
    policy = Policy(
        (LogLine(LOG.vkey),),
        {f"w{number}": WitnessLine(each.vkey) for number, each in enumerate(SIGNERS)},
        {"some": Group(threshold, ("w0", "w1", "w2", "w3"))},
        "some",
    )
    lines = [SIGNERS[number].sign(checkpoint.text, at_s) for number in numbers for at_s in (1, 2)]
    note = Note(checkpoint.text, (LOG.sign(checkpoint.text), *lines))
    assert 1 + 2 * len(numbers) == len(verify_note(note, [LOG.vkey, *(each.vkey for each in SIGNERS)]))
    if len(numbers) >= threshold:
        assert checkpoint == policy.check(note).checkpoint
        return
    with pytest.raises(RefusedError) as refusal:
        policy.check(note)
    assert Rule.LOG_QUORUM == refusal.value.rule


@given(name=NAMES, kind=st.integers(0, 255), key=st.binary(max_size=40))
def test_a_key_of_another_kind_or_length_is_refused(name: str, kind: int, key: bytes) -> None:
    if kind in {ED25519, ED25519_COSIGNATURE} and len(key) == 32:
        return
    with pytest.raises(RefusedError) as refusal:
        parse_vkey(str(Vkey(name, kind, key)))
    assert Rule.LOG_KEY == refusal.value.rule
