"""`tacit replay --into` on servers of its own: the outcome of the original, its texts, and the original left alone."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tacit import detached
from tacit.acts import CharterDeposited, RegistrarTerm
from tacit.cli.command import tacit
from tacit.detached import Detached
from tacit.ids import NOTARY, Digest
from tacit.record import decode_entry
from tacit_services.cli.folder import open_folder
from tacit_services.cli.replay import replay
from tacit_services.replay.run import run_replay
from tacit_services.replay.span import Span
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.organisation_files import OrganisationFiles
from tests.integration.founded import HELD, consultation, fill, open_stores
from tests.property.plays import stored
from tests.unit.cli.files import record_of, write

pytestmark = pytest.mark.requires("nats-server")

DEADLINE = record_of("deadline")


def tacit_replay(*arguments: str | int | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(replay, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def played(*arguments: str | int | Path) -> dict[str, Any]:
    status, out, said = tacit_replay(*arguments, "--json")
    assert 0 == status, said + out
    summary: dict[str, Any] = json.loads(out)
    return summary


def entries(folder: Path) -> list[bytes]:
    opened = open_folder(folder)
    assert opened is not None
    with opened as source:
        return list(source.entries())


async def texts(folder: Path, organisation: str) -> list[Detached | None]:
    async with EmbeddedNats(folder) as server, connect(server.url, server.credentials, "reader") as link:
        _, bodies = await open_stores(link, organisation)
        held = [await bodies.get(each.digest()) for each in HELD]
    return [detached.decode(raw) if raw is not None else None for raw in held]


def test_a_folder_is_played_with_its_texts_into_an_organisation_of_its_own(tmp_path: Path) -> None:
    # As `tacit up` founds one: with a log, whose keys are of no suite.
    world, original, sandbox = consultation(notary=True), tmp_path / "original", tmp_path / "sandbox"
    asyncio.run(fill(original, world))
    before = entries(original)

    summary = played(original, "--into", sandbox)

    assert ([], [], []) == (summary["differences"], summary["skipped"], summary["fillers"])
    assert (world.organisation, len(world.entries)) == (summary["original"], summary["entries"])
    assert summary["organisation"] != world.organisation
    assert summary["name"].startswith(f"RE-ENACTMENT of record {world.organisation[:12]}, entries 0 to ")
    assert list(HELD) == asyncio.run(texts(sandbox, summary["organisation"]))
    assert before == entries(original)
    verified = CliRunner().invoke(tacit, ["verify", str(sandbox)])
    assert 0 == verified.exit_code, verified.output
    assert "EXERCISE" in verified.stdout
    log, held = OrganisationFiles(sandbox).log_signer(), decode_entry(entries(sandbox)[0]).act.content
    assert log is not None
    assert isinstance(held, CharterDeposited)
    assert [log.keys] == [each.keys for each in held.services if each.office == NOTARY]
    assert world.notary is None or log.keys != world.notary.keys


def test_every_act_has_its_time_and_none_of_the_keys_of_the_original(tmp_path: Path) -> None:
    source, sandbox = write(tmp_path / "record.jsonl", DEADLINE), tmp_path / "sandbox"

    summary = played(source, "--into", sandbox)

    there, here = list(map(decode_entry, DEADLINE)), list(map(decode_entry, entries(sandbox)))
    assert [each.leaf.received_at for each in there] == [each.leaf.received_at for each in here]
    assert [type(each.act.content) for each in there] == [type(each.act.content) for each in here]
    keys = [{each.act.header.credential for each in record} for record in (there, here)]
    assert len(keys[0]) == len(keys[1])
    assert set() == keys[0] & keys[1]
    assert set() == {each.leaf.act for each in there} & {each.leaf.act for each in here}
    assert 1 == len(summary["fillers"])


@pytest.mark.parametrize("last", [71, 74, "2025-09-23T08:00:00.001Z"])
def test_the_outcome_is_that_of_the_end_of_the_span(tmp_path: Path, last: int | str) -> None:
    source = write(tmp_path / "record.jsonl", DEADLINE)

    summary = played(source, "--from", 70, "--to", last, "--channel", "east", "--into", tmp_path / "sandbox")

    assert ([], 70) == (summary["differences"], summary["first"])
    assert (last if isinstance(last, int) else 77) == summary["last"]
    assert 70 - 1 == summary["ground"]  # the founding term is begun, not played


class Cut:
    """A record of which so many entries can be read, and no more."""

    def __init__(self, raw: tuple[bytes, ...], until: int) -> None:
        self._raw = raw
        self._until = until

    def entries(self) -> Iterator[bytes]:
        yield from self._raw[: self._until]
        if self._until < len(self._raw):
            raise ConnectionError

    def body(self, _digest: Digest) -> Detached | None:
        return None


class Quiet:
    """`StepTeller` for nobody."""

    def begin(self, words: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, steps: int) -> None:
        """Say nothing."""


async def test_a_play_that_was_interrupted_goes_on_from_the_sandbox(tmp_path: Path) -> None:
    span = Span(0, len(DEADLINE) - 1)
    for until in (40, 72):
        with pytest.raises(ConnectionError):
            await run_replay(tmp_path, Cut(DEADLINE, until), span, None, Quiet())

    summary = await run_replay(tmp_path, Cut(DEADLINE, len(DEADLINE)), span, None, Quiet())

    assert () == summary.differences
    assert len(DEADLINE) - 1 == summary.acts + summary.recorded_before
    assert 0 < summary.acts < len(DEADLINE)


async def test_terms_of_the_original_begin_in_the_sandbox_too(tmp_path: Path) -> None:
    world = consultation()
    world.wait(5)
    since = world.state.last_received_at
    world.organ("registrar", RegistrarTerm(term=2, unavailable_since=since, reason="take-over"))
    raw = tuple(map(stored, world.entries))

    summary = await run_replay(tmp_path, Cut(raw, len(raw)), Span(0, len(raw) - 1), None, Quiet())

    assert ((), len(raw)) == (summary.differences, summary.entries)


def test_a_folder_in_which_something_else_was_played_is_left_alone(tmp_path: Path) -> None:
    source, other = write(tmp_path / "one.jsonl", DEADLINE), write(tmp_path / "two.jsonl", record_of("article4-2022"))
    played(source, "--into", tmp_path / "sandbox")
    before = entries(tmp_path / "sandbox")

    status, out, said = tacit_replay(other, "--into", tmp_path / "sandbox")

    assert (3, "", 1) == (status, out, said.count("\n"))
    assert before == entries(tmp_path / "sandbox")


def test_a_record_is_not_played_into_its_own_folder(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path, consultation()))

    status, out, said = tacit_replay(tmp_path, "--into", tmp_path)

    assert (2, "", True) == (status, out, "own folder" in said)
