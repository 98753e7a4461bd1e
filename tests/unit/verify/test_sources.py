"""The same record from an archive that a notary wrote, from the address of its log, and with part of it withheld."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from click.testing import CliRunner, Result

from tacit.cli.command import tacit
from tacit.record.organisation_log import organisation_policy
from tacit.record.policy import Policy
from tacit_services.notary.site import site
from tacit_services.shell.archive import MemoryArchive
from tests.unit.notary.town import Story, Town

SIZE = 12 + 280


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(tacit, ["verify", *map(str, arguments)])


@pytest.fixture(scope="module")
def town() -> Town:
    town = Town(told=Story(witnessed=True))
    for count in (30, 250):
        town.grow(count)
        asyncio.run(town.caught_up())
    return town


@pytest.fixture
def archive(town: Town, tmp_path: Path) -> Path:
    for path, raw in town.files.items():
        file = tmp_path / "archive" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
    (tmp_path / "policy").write_bytes(town.policy.encode())
    return tmp_path / "archive"


def reported(result: Result, code: int = 0) -> dict[str, object]:
    assert code == result.exit_code, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def findings(result: Result) -> list[tuple[int, str]]:
    """What was found, by index and name."""
    return [(each["index"], each["rule"]) for each in json.loads(result.stdout)["findings"]]


def test_what_a_notary_wrote_is_proved_from_its_files_alone(archive: Path) -> None:
    report = reported(run(archive, "--whole", "--json"))

    assert (True, SIZE, SIZE, 0) == tuple(report[name] for name in ("ok", "entries", "covered", "withheld"))
    assert ("charter", SIZE, 0) == tuple(report[name] for name in ("policy", "signatures", "late"))
    assert report["checkpoints"] in range(3, 20)


def test_one_screen_says_what_is_proved_by_whose_policy_and_how_fast(archive: Path) -> None:
    shown = run(archive, "--policy", archive.parent / "policy").stdout

    assert f"policy of {archive.parent / 'policy'}" in shown
    assert "+ these are the first 292 entries of the one history that the log and a quorum of the witnesses" in shown
    assert "signatures a second" in shown
    assert shown.rstrip().endswith("OK")
    assert len(shown.splitlines()) <= 30


def test_a_policy_that_demands_other_witnesses_is_not_met(archive: Path, town: Town) -> None:
    lone = Policy(town.policy.logs, {"XAA": town.policy.witnesses["XAA"]}, {}, "XAA")
    (archive.parent / "lone").write_bytes(lone.encode())
    (archive.parent / "none").write_bytes(organisation_policy(*Town(witnessed=False).log).encode())
    other = findings(run(archive, "--policy", archive.parent / "none", "--json"))

    assert 0 == run(archive, "--policy", archive.parent / "lone").exit_code
    assert {"checkpoint.origin"} == {rule for _, rule in other}


@pytest.fixture
async def address(town: Town) -> AsyncIterator[str]:
    async with TestServer(site(MemoryArchive(town.files))) as server:
        yield str(server.make_url("/"))


async def test_the_address_of_a_log_is_checked_by_leaves_and_whole_with_envelopes(archive: Path, address: str) -> None:
    policy = ("--policy", archive.parent / "policy", "--json")
    bare = reported(await asyncio.to_thread(run, address, *policy))
    full = reported(await asyncio.to_thread(run, address, *policy, "--envelopes", archive))

    assert (SIZE, SIZE, 1) == (bare["entries"], bare["withheld"], bare["checkpoints"])
    assert (SIZE, 0, SIZE) == (full["entries"], full["withheld"], full["signatures"])


async def test_an_address_without_policy_and_charter_says_what_it_cannot_prove(address: str) -> None:
    report = reported(await asyncio.to_thread(run, address, "--json"))

    assert (None, 0) == (report["policy"], report["checkpoints"])
    assert "the keys of the log are not known" in str(report["not_proved"])


async def test_an_address_where_no_log_is_is_unreadable(address: str) -> None:
    nowhere = await asyncio.to_thread(run, f"{address}nowhere")

    assert (2, True) == (nowhere.exit_code, "it is not the address of a log" in nowhere.stderr)


def test_a_result_is_kept_signed_and_gone_on_from(archive: Path) -> None:
    kept, key = archive.parent / "result", archive.parent / "key"
    assert 0 == run(archive, "--save", kept, "--key", key).exit_code
    report = reported(run(archive, "--since", kept, "--key", key, "--json"))

    assert (0, SIZE, SIZE) == (report["signatures"], report["skipped"], report["entries"])
    assert "an earlier result had verified them" in str(report["not_proved"])
    assert 0o600 == key.stat().st_mode & 0o777


def test_a_result_of_another_key_is_not_gone_on_from(archive: Path) -> None:
    kept = archive.parent / "result"
    assert 0 == run(archive, "--save", kept, "--key", archive.parent / "key").exit_code
    other = run(archive, "--since", kept, "--key", archive.parent / "other")

    assert (2, True) == (other.exit_code, "no result that this key has signed" in other.stderr)


def test_a_result_of_another_history_is_a_finding(archive: Path, town: Town) -> None:
    kept, key = archive.parent / "result", archive.parent / "key"
    assert 0 == run(archive, "--save", kept, "--key", key).exit_code
    other = Town(told=Story(witnessed=True, told="other", like=town.story))
    other.grow(280)
    asyncio.run(other.caught_up())
    for path, raw in other.files.items():
        file = archive.parent / "other" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
    result = run(archive.parent / "other", "--since", kept, "--key", key, "--json")

    assert [(SIZE - 1, "result.differs")] == findings(result)
    assert 0 == reported(result, 1)["skipped"]


def test_results_need_a_key(archive: Path) -> None:
    assert 2 == run(archive, "--save", archive.parent / "result").exit_code
