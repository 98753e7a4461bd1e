"""A library that we did not write, tlog-scales, reads what we write and comes to the same root."""

from pathlib import Path

import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash

from tacit.record.checkpoint import Checkpoint
from tacit.record.cosignature import NoteSigner
from tacit.record.organisation_log import origin
from tacit.record.proofs import verify_consistency, verify_inclusion
from tacit.record.vkey import MLDSA44_COSIGNATURE
from tacit.testing import World, log_signer, witness_signer
from tests.property.log_files import entry, files_of, leaves_of, root_of

SIZE = 600
AT_S = 1_795_424_400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of 600 entries, its checkpoint signed by both keys of the log and by witnesses of both types."""
    for tile, raw in files_of(SIZE).items():
        path = tmp_path / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    checkpoint = Checkpoint(origin(World().organisation), SIZE, root_of(leaves_of(SIZE)))
    note = log_signer().sign(checkpoint, AT_S)
    lines = (signer.sign(checkpoint.text, AT_S) for signer in (witness_signer("XAA"), post_quantum()))
    (tmp_path / "checkpoint").write_bytes(note.with_lines(*lines).encode())
    return tmp_path


def post_quantum() -> NoteSigner:
    return NoteSigner("xaa.example/witness", MLDSA44_COSIGNATURE, bytes(32))


def test_it_verifies_every_kind_of_line(folder: Path) -> None:
    checkpoint = TilesReader(LocalBackend(folder)).get_checkpoint()
    ours = [
        *(Vkey(checkpoint.origin, None, kind, key.key) for kind, key in zip((1, 6), log_signer().keys, strict=True)),
        *(Vkey.from_string(str(signer.vkey)) for signer in (witness_signer("XAA"), post_quantum())),
    ]

    assert (SIZE, 4) == (checkpoint.size, len(checkpoint.signatures))
    for vkey in ours:
        checkpoint.verify(vkey)


def test_it_comes_to_the_same_root_and_leaves(folder: Path) -> None:
    reader = TilesReader(LocalBackend(folder))
    checkpoint = reader.get_checkpoint()

    assert checkpoint.root_hash == reader.calculate_root_hash()
    for index in (0, 255, 256, 599):
        assert entry(index) == reader.get_entry(index)


def test_each_accepts_the_proofs_of_the_other(folder: Path) -> None:
    reader = TilesReader(LocalBackend(folder))
    root = reader.get_checkpoint().root_hash

    for index in (0, 1, 255, 256, 511, 512, 599):
        theirs = reader.get_inclusion_proof(index, SIZE)
        theirs.check(leaf_hash(entry(index)), root)
        verify_inclusion(index, SIZE, leaf_hash(entry(index)), tuple(theirs.node_hashes), root)
    for old in (1, 255, 256, 300, 512, 599):
        proof = reader.get_consistency_proof(old, SIZE)
        proof.check(root_of(leaves_of(old)), root)
        verify_consistency(old, root_of(leaves_of(old)), SIZE, root, tuple(proof.node_hashes))
