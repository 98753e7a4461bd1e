"""Completion: every command by name, names out of a data folder, and nothing heavy is imported for it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from tacit.cli.command import OFFERS, add_plugins, tacit
from tacit.cli.completion import SHELLS, VARIABLE
from tacit.cli.offers import Offer, OfferingGroup
from tacit.ids import ActId
from tacit.record import decode_entry
from tacit_services import cli
from tacit_services.cli.kept import fold
from tacit_services.cli.names import names_in
from tacit_services.projector import VIEWS, Track
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.view_store import ViewFile
from tests.requirement import ROOT
from tests.unit.cli.files import record_of

DEADLINE: Final = record_of("deadline")
HEAVY: Final = {"aiohttp", "nats", "uvloop", "opentelemetry"}
HEAVY_FOR_NAMES: Final = HEAVY | {"prometheus_client", "rich", "cryptography", "msgspec", "asyncio", "sqlite3"}
WAIT_S: Final = 60
COMPLETING: Final = """
import atexit, sys
atexit.register(lambda: print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr))
from tacit.cli.command import add_plugins, main, tacit
from tacit_services import cli
for offer in cli.OFFERS:
    tacit.offer(offer)
main()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with the views of a record."""
    organisation: ActId = decode_entry(DEADLINE[0]).leaf.act
    with ViewFile(OrganisationFiles(tmp_path).views, organisation) as file:
        tracks = [Track.of(view, file.begin(view.table)) for view in VIEWS]
        fold(file, tracks, iter(DEADLINE), len(DEADLINE))
        for track in tracks:
            file.swap(track.name, track.generation)
    return tmp_path


@contextmanager
def everything() -> Iterator[OfferingGroup]:
    """The command with what the services offer."""
    group = OfferingGroup("tacit")
    for offer in (*OFFERS, *cli.OFFERS):
        group.offer(offer)
    yield group


def completed(*words: str | Path) -> list[str]:
    *before, last = map(str, words)
    with everything() as group:
        return [item.value for item in ShellComplete(group, {}, "tacit", VARIABLE).get_completions(before, last)]


def test_commands_are_completed_by_name() -> None:
    assert ["replay"] == completed("rep")
    assert {"up", "log", "who-knew", "import"} <= set(completed(""))
    assert ["--history"] == completed("positions", "record.jsonl", "--hi")
    assert ["unga"] == completed("import", "u")


def test_names_out_of_a_data_folder_are_completed(folder: Path) -> None:
    assert ["CC-M(2025)0012"] == names_in(folder, "references")
    assert ["east"] == names_in(folder, "channels")
    assert [] == names_in(folder, "members")


def test_a_shell_is_given_those_names(folder: Path) -> None:
    assert ["CC-M(2025)0012"] == completed("positions", folder, "CC")
    assert ["CC-M(2025)0012"] == completed("silences", folder, "")
    assert ["east"] == completed("state", folder, "e")
    assert ["east"] == completed("replay", folder, "--channel", "")


def test_names_of_scenarios_are_completed() -> None:
    assert ["deadline"] == completed("scenario", "run", "dead")


@pytest.mark.parametrize("content", [None, b"", b"no database at all"])
def test_a_folder_without_views_has_no_names(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "views.sqlite").write_bytes(content)

    assert [] == names_in(tmp_path, "channels")
    assert [] == completed("positions", tmp_path, "")


@pytest.mark.parametrize(
    ("words", "kept_away"), [("tacit rep", HEAVY_FOR_NAMES), ("tacit positions record.jsonl --hi", HEAVY)]
)
def test_to_complete_little_is_imported(words: str, kept_away: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMPLETING],
        env={
            **os.environ,
            VARIABLE: "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
            "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("protocol", "services")),
        },
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )

    assert done.stdout.split(",")[1].strip() in {"replay", "--history"}, done.stderr
    assert set() == kept_away & set(done.stderr.split())


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_its_script(shell: str) -> None:
    shown = CliRunner().invoke(tacit, ["completion", shell])

    assert (0, True) == (shown.exit_code, f"{VARIABLE}={shell}_complete" in shown.stdout)


def test_offers_say_what_the_commands_say() -> None:
    for offer in (*OFFERS, *cli.OFFERS):
        command = offer.load()

        assert offer.name == command.name
        assert " ".join((command.help or "").split()).startswith(offer.help.rstrip("."))


def test_the_commands_of_the_services_are_those_that_they_offer() -> None:
    assert [offer.name for offer in cli.OFFERS] == [command.name for command in cli.COMMANDS]


def test_a_list_of_commands_is_shown_without_loading_one() -> None:
    group = OfferingGroup("tacit")
    group.offer(Offer("missing", "tacit.cli.nowhere:missing", "What is not there."))
    group.add_command(click.Command("there", help="What is there."))

    shown = CliRunner().invoke(group, ["--help"]).stdout

    assert "What is not there." in shown
    assert "What is there." in shown


@pytest.mark.parametrize("where", ["tacit.cli.nowhere:missing", "tacit.cli.offers:missing", "tacit.cli.offers:Offer"])
def test_a_command_that_cannot_be_loaded_is_one_sentence(where: str) -> None:
    group = OfferingGroup("tacit")
    group.offer(Offer("missing", where, "What is not there."))

    shown = CliRunner().invoke(group, ["missing"])

    assert (1, 1) == (shown.exit_code, shown.stderr.count("\n"))
    assert "the command missing cannot be loaded" in shown.stderr


class Plugin:
    """An entry point that names both kinds."""

    value = "own:COMMANDS"

    def load(self) -> tuple[click.Command | Offer, ...]:
        """Both kinds."""
        return (click.Command("plain"), Offer("offered", "tacit.cli.log:log", "Show."))


def test_a_plugin_adds_commands_and_offers() -> None:
    group = OfferingGroup("tacit")

    add_plugins(group, [Plugin()])  # type: ignore[list-item] # what is asked of an entry point

    assert ["offered", "plain"] == sorted(group.commands)
