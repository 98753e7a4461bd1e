"""An archive that was made to hold up whoever verifies it, or to fill its memory: it ends, and says what is wrong."""

import os
import struct
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs

from tacit import envelope
from tacit.acts import MessagePosted
from tacit.cli.archive import open_archive
from tacit.cli.command import tacit
from tacit.cli.files import FILE_BYTES_MAX, FolderFiles, bytes_max
from tacit.decision_bundle import encode_bundle_file
from tacit.envelope import Envelope
from tacit.errors import RefusedError
from tacit.limits import LOG_COSIGNED_S_MAX
from tacit.record import leaf as leaf_format
from tacit.record.archive import CHECKPOINT, Kept, decode_kept, encode_kept
from tacit.record.note import parse_note
from tacit.testing import World
from tests.attacks.detectors import lay
from tests.conformance.generate.bundle_cases import Maker, decided
from tests.unit.verify.archives import Mark, found_in, messages, places, received, silent, sound, write

HEAD = struct.Struct(">QI")
BUNDLE = "tile/entries/000"
TILE = "tile/0/000"


@pytest.mark.parametrize("path", [CHECKPOINT, BUNDLE, TILE])
def test_a_pipe_is_not_waited_for(tmp_path: Path, path: str) -> None:
    archive = lay(sound(), tmp_path / "archive")
    (archive / path).unlink()
    os.mkfifo(archive / path)
    result = CliRunner().invoke(tacit, ["verify", str(archive)])

    assert (2, True) == (result.exit_code, "a pipe or a device" in result.stderr)


@pytest.mark.parametrize(
    ("path", "rule"), [(CHECKPOINT, "archive.damaged"), (BUNDLE, "archive.damaged"), (TILE, "archive.damaged")]
)
def test_of_a_file_that_is_too_long_the_beginning_is_read_and_found_damaged(
    tmp_path: Path, path: str, rule: str
) -> None:
    archive = lay(sound(), tmp_path / "archive")
    os.truncate(archive / path, 2 * FILE_BYTES_MAX)
    files = FolderFiles(archive)

    assert bytes_max(path) + 1 == len(files.read(path) or b"")
    assert rule in {name for _, name in found_in({**sound(), path: files.read(path) or b""})}


def test_a_file_of_envelopes_holds_no_more_than_a_bundle_has() -> None:
    whole = [Kept(index, b"") for index in range(256)]

    assert whole == decode_kept(encode_kept(whole))
    with pytest.raises(RefusedError, match=r"log\.tile"):
        decode_kept(encode_kept([*whole, Kept(256, b"")]))


def test_envelopes_that_take_nothing_on_the_disk_do_not_fill_the_memory(tmp_path: Path) -> None:
    archive = lay(sound(), tmp_path / "archive")
    for number in range(8):
        holes = archive / f"envelopes/council/hole-{number}/000"
        holes.parent.mkdir(parents=True)
        holes.write_bytes(HEAD.pack(number, FILE_BYTES_MAX - 2 * HEAD.size))
        os.truncate(holes, FILE_BYTES_MAX - HEAD.size)
    files = FolderFiles(archive)
    opened = open_archive(files, files)
    tracemalloc.start()
    try:
        next(opened.items())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 4 * FILE_BYTES_MAX
    assert 7 <= sum("for one bundle" in each.detail for each in opened.findings)


def test_a_second_that_is_in_no_calendar_ends_no_verification() -> None:
    """Witnesses that are in league name it under a checkpoint, while a deadline runs; more is recorded afterwards."""
    told = World(witnessed=True)
    told.entries, told.effects = list(silent().entries), list(silent().effects)
    told.state, told.now = told.refold(), silent().now
    size = len(told.entries)
    told.say("XAA", MessagePosted(subject="News", in_reply_to=None), text=b"1")
    made = [Mark(each, received(told, each - 1) + timedelta(seconds=1)) for each in (size, size + 1)]
    files = write(told, messages(told), made, places(told))
    path = next(path for path in files if path.startswith(f"witnessed/{size:03}/"))
    note = parse_note(files[path])
    late = (line for state in ("XAA", "XBB") for line in told.witness(state).sign(note.text, LOG_COSIGNED_S_MAX))
    files[path] = note._replace(lines=(*note.lines[:2], *late)).encode()

    assert [(size, "time.behind")] == found_in(files)


ESCAPES = "\x1b[2K\x1b[1A\x1b[32mOK\x1b[0m\x9b2K\u202e"
"""Clears the line, goes up, writes a green OK; and turns what follows round."""


def written_on(screen: str) -> set[str]:
    """What of it a terminal could take for a command."""
    return {char for char in screen if not char.isprintable()} - {"\n"}


def test_a_bundle_that_proves_nothing_writes_no_word_of_its_own_on_the_screen(tmp_path: Path) -> None:
    bundle = Maker(decided()).bundle()
    first = bundle.entries[0]
    read = envelope.decode(first.envelope)
    sealed = envelope.encode(Envelope(read.payload, ESCAPES, read.signatures))
    leaf = structs.replace(leaf_format.decode(first.leaf), envelope=envelope.digest(sealed))
    bent = structs.replace(first, leaf=leaf_format.encode(leaf), envelope=sealed)
    (tmp_path / "bundle").write_bytes(encode_bundle_file(structs.replace(bundle, entries=(bent, *bundle.entries[1:]))))
    result = CliRunner().invoke(tacit, ["verify", str(tmp_path / "bundle")])

    assert (1, True) == (result.exit_code, result.stdout.startswith("NOT OK: envelope.payload_type"))
    assert set() == written_on(result.stdout)


def test_nor_does_a_source_that_cannot_be_read(tmp_path: Path) -> None:
    archive = lay(sound(), tmp_path / f"archive {ESCAPES}".replace("/", ""))
    (archive / CHECKPOINT).unlink()
    os.mkfifo(archive / CHECKPOINT)
    result = CliRunner().invoke(tacit, ["verify", str(archive)])

    assert (2, True) == (result.exit_code, "a pipe or a device" in result.stderr)
    assert set() == written_on(result.stderr)
