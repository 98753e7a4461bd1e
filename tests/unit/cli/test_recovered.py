"""Files in which a lost envelope may lie: whatever kept it, the same octets come out of it."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from tacit import envelope
from tacit.acts import PositionDeclared
from tacit.client import Kept, SqliteStore, Stage
from tacit.decision_bundle import encode_bundle_file
from tacit.record import encode_entry
from tacit.record.archive import Kept as KeptEnvelope
from tacit.record.archive import encode_kept
from tacit.submission import Submission
from tacit.testing import START
from tacit_services.cli.recovered import RecoveredFiles, SourceUnreadableError
from tests.conformance.generate.bundle_cases import Maker
from tests.unit.cli.files import write
from tests.unit.verify.archives import decided

WORLD: Final = decided()
ENTRY: Final = next(each for each in WORLD.entries if isinstance(each.act.content, PositionDeclared))
SEALED: Final = envelope.encode(ENTRY.envelope)


def copied(folder: Path) -> Path:
    path = folder / "copy" / "envelopes" / "council" / "east" / "000"
    path.parent.mkdir(parents=True)
    path.write_bytes(encode_kept([KeptEnvelope(0, b"{}"), KeptEnvelope(1, SEALED)]) + b"torn")
    return folder / "copy"


def channel(folder: Path) -> Path:
    return copied(folder) / "envelopes" / "council"


def lines(folder: Path) -> Path:
    return write(folder / "record.jsonl", [b"junk", encode_entry(ENTRY.leaf, SEALED)])


def outbox(folder: Path) -> Path:
    path = folder / "outbox"
    with SqliteStore(path, WORLD.organisation, WORLD.author("XAA").signer.credential) as store:
        submission = Submission(ENTRY.envelope, None)
        store.put([Kept(act=ENTRY.leaf.act, submission=submission, stage=Stage.RECORDED, since=START, leaf=ENTRY.leaf)])
    return path


def bundled(folder: Path) -> Path:
    path = folder / "decision.bundle"
    path.write_bytes(encode_bundle_file(Maker(WORLD).bundle()))
    return path


def itself(folder: Path) -> Path:
    path = folder / "act.json"
    path.write_bytes(SEALED + b"\n")
    return path


@pytest.mark.parametrize("make", [copied, channel, lines, outbox, bundled, itself])
async def test_an_envelope_is_found_by_its_hash(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    digest = sha256(SEALED).hexdigest()

    found = await RecoveredFiles([make(tmp_path)]).find({digest, "0" * 64})

    assert {digest: SEALED} == found


async def test_a_message_that_is_no_entry_is_found_whole(tmp_path: Path) -> None:
    digest = sha256(b"junk").hexdigest()

    assert {digest: b"junk"} == await RecoveredFiles([lines(tmp_path)]).find({digest})


async def test_every_source_is_looked_into_and_what_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    digest = sha256(SEALED).hexdigest()

    assert {digest: SEALED} == await RecoveredFiles([tmp_path / "empty", itself(tmp_path)]).find({digest})
    for spoilt in (tmp_path / "nothing", tmp_path / "database"):
        (tmp_path / "database").write_bytes(b"SQLite format 3\0 and no more")
        with pytest.raises(SourceUnreadableError, match=spoilt.name):
            await RecoveredFiles([spoilt]).find({digest})
