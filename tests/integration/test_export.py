"""`tacit export` on a folder: what is written is on the record, and what is not on the record is not written."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tacit.acts import ExportRecorded
from tacit.record import Entry, decode_entry
from tacit.testing import World, signer_for
from tacit_services.cli.export import export
from tacit_services.cli.folder import open_folder
from tacit_services.shell.organisation_files import KeyFile, OrganisationFiles
from tests.integration.founded import MESSAGE, REFERENCE, TEXT, consultation, fill

pytestmark = pytest.mark.requires("nats-server")


def seeds(name: str) -> KeyFile:
    """The key file of an office of a `World`."""
    return KeyFile("ed25519", (hashlib.sha256(f"{name} ed25519".encode()).digest(),))


def founded(folder: Path, ruleset: str = "nato-like-2") -> World:
    """A folder at rest with a record, its texts and the keys of its offices."""
    world = consultation(ruleset)
    asyncio.run(fill(folder, world))
    files = OrganisationFiles(folder)
    for state, office in (("ORG", "registrar"), ("ORG", "secretariat"), ("ORG", "chair"), ("ORG", "timekeeper")):
        files.write_keys(state, office, seeds(f"{state}/{office}"))
        assert signer_for(f"{state}/{office}").credential == getattr(files.signer(state, office), "credential", None)
    return world


def run(*arguments: str | int | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(export, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def entries(folder: Path) -> list[Entry]:
    opened = open_folder(folder)
    assert opened is not None
    with opened as source:
        return [decode_entry(raw) for raw in source.entries()]


@pytest.mark.parametrize("kind", ["html", "csv", "jsonl"])
def test_an_export_is_written_and_on_the_record(tmp_path: Path, kind: str) -> None:
    world, file = founded(tmp_path / "data"), tmp_path / f"east.{kind}"

    status, out, said = run(tmp_path / "data", "east", "--reader", "XAA", "--format", kind, "--output", file, "--json")

    assert 0 == status, said
    about: dict[str, Any] = json.loads(out)
    last = entries(tmp_path / "data")[-1]
    assert isinstance(last.act.content, ExportRecorded)
    assert (about["index"], about["act"]) == (last.leaf.index, last.leaf.act)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == last.act.content.sha256 == about["sha256"]
    assert (0, len(world.entries) - 1 + 1, 0) == (
        last.act.content.first, last.act.content.last, last.act.content.withheld,
    )  # fmt: skip
    assert [file] == [path for path in tmp_path.iterdir() if path.is_file()]
    shown = file.read_text()
    assert REFERENCE in shown
    assert TEXT.decode() in shown


def test_whoever_is_no_member_of_the_body_gets_leaves_alone(tmp_path: Path) -> None:
    founded(tmp_path / "data")
    for reader, withheld in (("XAA", 0), ("ORG", 0)):
        file = tmp_path / f"{reader}.jsonl"
        _, out, _ = run(tmp_path / "data", "east", "--reader", reader, "--format", "jsonl", "--output", file, "--json")

        assert withheld == json.loads(out)["about"]["withheld"]
        assert MESSAGE.decode() in [json.loads(line).get("text") for line in file.read_text().splitlines()]

    status, _, said = run(tmp_path / "data", "east", "--reader", "XZZ", "--output", tmp_path / "no.html")

    assert (3, True, False) == (status, "no member" in said, (tmp_path / "no.html").exists())


def test_a_span_is_exported_by_index_and_by_instant(tmp_path: Path) -> None:
    world = founded(tmp_path / "data")
    at = world.entries[-1].leaf.received_at

    _, out, _ = run(
        tmp_path / "data", "east", "--reader", "XAA", "--from", 14, "--to", at.isoformat(), "--json",
        "--zone", "Europe/Brussels", "--output", tmp_path / "a.html",
    )  # fmt: skip

    about = json.loads(out)["about"]
    assert (14, len(world.entries) - 1, "Europe/Brussels") == (about["first"], about["last"], about["zone"])
    assert sum(entry.act.header.channel == "east" for entry in world.entries[14:]) == about["entries"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--as", "XAA/permanent-representative"), "has no keys"),
        (("--as", "timekeeper"), "may not record an export"),
        (("--from", 900), "lies in that span"),
    ],
)
def test_what_cannot_be_recorded_is_not_written(tmp_path: Path, arguments: tuple[str | int, ...], said: str) -> None:
    founded(tmp_path / "data")

    status, out, told = run(tmp_path / "data", "east", "--reader", "ORG", "--output", tmp_path / "a.html", *arguments)

    assert (3, "", True) == (status, out, said in told), told
    assert [tmp_path / "data"] == list(tmp_path.iterdir())
    assert not any(isinstance(entry.act.content, ExportRecorded) for entry in entries(tmp_path / "data"))


def test_a_rule_set_that_knows_no_such_act_exports_nothing(tmp_path: Path) -> None:
    founded(tmp_path / "data", "nato-like")

    status, _, told = run(tmp_path / "data", "east", "--reader", "ORG", "--output", tmp_path / "a.html")

    assert (3, True) == (status, "nato-like version 1 has no act that records an export" in told), told
    assert not (tmp_path / "a.html").exists()


def test_a_file_that_is_there_is_left_alone_and_nothing_is_recorded(tmp_path: Path) -> None:
    world, file = founded(tmp_path / "data"), tmp_path / "a.html"
    file.write_text("mine")

    status, _, told = run(tmp_path / "data", "east", "--reader", "ORG", "--output", file)

    assert (3, "mine", True) == (status, file.read_text(), "is there already" in told)
    assert len(world.entries) == len(entries(tmp_path / "data"))


def test_a_channel_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    founded(tmp_path / "data")

    status, _, told = run(tmp_path / "data", "west", "--reader", "ORG", "--output", tmp_path / "a.html")

    assert (3, 1, True) == (status, told.count("\n"), "not in this record" in told)


def test_a_folder_without_a_record_stays_what_it_is(tmp_path: Path) -> None:
    status, _, told = run(tmp_path, "east", "--reader", "ORG")

    assert (2, True, []) == (status, "nothing is founded" in told, list(tmp_path.iterdir()))
