"""`tacit import unga` on a server of its own: from nothing, interrupted, again, and at the end of everything."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tacit_services.cli.importing import importing
from tacit_services.unga.registrar_process import RegistrarEndedError
from tacit_services.unga.run import run_import
from tacit_services.unga.source import read_source
from tests.votes import ROLL_CALLS, collection, write

pytestmark = pytest.mark.requires("nats-server")

FIRST = 5


def tacit_import(*arguments: str | int | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(importing, ["unga", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_an_import_goes_on_where_it_was_and_its_tallies_are_those_of_the_collection(tmp_path: Path) -> None:
    votes, data = write(tmp_path / "votes", collection()), tmp_path / "data"

    _, first, _ = tacit_import(votes, "--data", data, "--limit", FIRST, "--json")
    _, then, _ = tacit_import(votes, "--data", data, "--json")
    status, again, _ = tacit_import(votes, "--data", data)
    part, whole = json.loads(first), json.loads(then)

    assert part["organisation"] == whole["organisation"]
    assert {"compared": FIRST, "equal": FIRST, "differing": []} == part["tallies"]
    assert {"compared": ROLL_CALLS, "equal": ROLL_CALLS, "differing": []} == whole["tallies"]
    assert (0, part["entries"] + whole["acts"] + 1) == (whole["void"], whole["entries"])
    assert part["entries"] == part["read_back_entries"] + 3 + 3 * part["states"] - 1
    assert "RE-ENACTMENT" in whole["name"]
    assert (0, "imported 0 acts") == (status, again[again.index("imported") :][:15])


def test_an_import_against_the_grain_has_the_same_tallies(tmp_path: Path) -> None:
    votes, data = write(tmp_path / "votes", collection()), tmp_path / "data"

    tacit_import(votes, "--data", data, "--limit", FIRST, "--twice", "--shuffle", 3, "--json")
    status, out, said = tacit_import(votes, "--data", data, "--twice", "--shuffle", 4, "--json")

    assert (0, {"compared": ROLL_CALLS, "equal": ROLL_CALLS, "differing": []}) == (
        status, json.loads(out)["tallies"],
    ), said  # fmt: skip


class Killing:
    """A teller that ends the registrar in the middle of the import, as nobody would wish."""

    def __init__(self, acts: int) -> None:
        self._left = acts
        self._importing = False

    def begin(self, words: str, total: int | None) -> None:
        """Wait for the import."""
        self._importing = words == "importing"

    def advance(self, steps: int) -> None:
        """Kill it."""
        if self._importing and self._left > 0:
            self._left -= steps
            if self._left <= 0:
                for pid in registrars():
                    os.kill(pid, signal.SIGKILL)


def registrars() -> list[int]:
    """The registrars that this process started."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    started = map(int, children.read_text().split())
    return [pid for pid in started if b"registrar_process" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process that it kills in /proc")
async def test_a_registrar_that_was_killed_costs_a_new_start_and_no_vote(tmp_path: Path) -> None:
    source = read_source(collection(roll_calls=40))
    with pytest.raises(ExceptionGroup) as ended:
        await run_import(tmp_path, source, None, Killing(64))

    summary = await run_import(tmp_path, source, None, Killing(1_000_000))

    assert ended.group_contains(RegistrarEndedError)
    assert (40, ()) == (summary.tallies.equal, summary.tallies.differing)


def test_a_folder_of_something_else_is_one_sentence(tmp_path: Path) -> None:
    status, out, said = tacit_import(write(tmp_path / "votes", {"states.csv": b""}), "--data", tmp_path / "data")

    assert (2, "") == (status, out)
    assert said.startswith("tacit: ")
    assert 1 == said.count("\n")


def test_the_record_of_other_votes_is_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    tacit_import(write(tmp_path / "votes", collection(roll_calls=2)), "--data", data, "--json")
    fewer = collection(roll_calls=2) | {"states.csv": b"state,country\nXYY,invented\n"}

    status, _, said = tacit_import(write(tmp_path / "others", fewer), "--data", data)

    assert (2, 1) == (status, said.count("\n"))
