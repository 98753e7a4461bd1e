"""`tacit archive`: an imported record in plain files, from which others and we get the same record again."""

import base64
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader

from tacit.acts import CharterDeposited
from tacit.cli.opening import open_source
from tacit.record import decode_entry
from tacit.record.archive import ENVELOPES, decode_kept, log_entry, message_of
from tacit.record.organisation_log import log_vkeys
from tacit.record.tiles import ENTRIES, TILE_WIDTH, tile_at
from tacit_services.cli.archiving import archive
from tacit_services.cli.importing import importing
from tacit_services.notary.confirming import SIGNED
from tests.conformance.outsider import Outsider
from tests.votes import collection, write

pytestmark = pytest.mark.requires("nats-server")


def run(*arguments: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(archive, [str(each) for each in arguments])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    votes, data = write(tmp_path / "votes", collection()), tmp_path / "data"
    done = CliRunner().invoke(importing, ["unga", str(votes), "--data", str(data)])
    assert done.exit_code == 0, done.output
    return data


def test_an_imported_record_is_archived_and_can_be_put_together_again(imported: Path) -> None:
    status, out, _ = run(imported, "--json")
    _, again, _ = run(imported)
    found, folder = json.loads(out), imported / "archive"
    with open_source(str(imported)) as source:
        messages = list(source.entries())
    reader = TilesReader(LocalBackend(folder))
    checkpoint = reader.get_checkpoint()
    kept = {
        each.index: each.data
        for path in (folder / ENVELOPES).rglob("*")
        if path.is_file()
        for each in decode_kept(path.read_bytes())
    }

    assert (0, len(messages), found["root"]) == (status, found["entries"], checkpoint.root_hash.hex())
    assert checkpoint.root_hash == reader.calculate_root_hash()
    assert found["root"] in again
    entries = [reader.get_entry(index) for index in range(len(messages))]
    assert [log_entry(message) for message in messages] == entries
    assert messages == [message_of(entry, kept[index]) for index, entry in enumerate(entries)]


@pytest.mark.requires("go")
def test_an_imported_record_is_verified_from_its_archive_by_a_program_that_is_not_ours(
    imported: Path, outsider: Outsider
) -> None:
    _, out, _ = run(imported, "--json")
    with open_source(str(imported)) as source:
        charter = decode_entry(next(iter(source.entries())))
    assert isinstance(charter.act.content, CharterDeposited)
    vkeys = log_vkeys(charter.leaf.act, charter.act.content)
    told, found = json.loads(out), outsider.archive(imported / "archive", *vkeys)

    assert isinstance(found, dict), found
    assert (told["entries"], told["entries"], 0) == (found["size"], found["acts"], found["withheld"])
    assert told["root"] == base64.b64decode(str(found["root"])).hex()
    assert [f"{each.name}+{each.key_id.hex()}" for each in vkeys] == found["signers"]


def test_what_has_no_log_and_what_was_signed_otherwise_is_one_sentence(imported: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    nothing = run(tmp_path / "empty")
    run(imported)
    signed = imported / "archive" / SIGNED
    size = json.loads(signed.read_bytes())["size"]
    signed.write_bytes(signed.read_bytes().replace(b'"size":%d' % size, b'"size":%d' % (size + 1)))
    ahead = run(imported)

    signed.unlink()
    bundle = imported / "archive" / tile_at(ENTRIES, (size - 1) // TILE_WIDTH, size).path
    raw = bundle.read_bytes()
    bundle.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    differs = run(imported)

    assert (3, 3, 3) == (nothing[0], ahead[0], differs[0])
    assert f"Entry {size - 1} of the record is not the one in the archive" in differs[2]
    assert "holds no charter that names a notary" in nothing[2]
    assert f"restore the record to at least {size + 1} entries" in ahead[2]
