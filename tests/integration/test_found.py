"""An organisation is founded as docs/how-to/found-an-organisation.md says, on a server as it is shipped."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from tacit.testing import witness_signer
from tacit_services.cli.found import found
from tests.shipped import sign_in, single_server

pytestmark = pytest.mark.requires("nats-server")

PAGE: Final = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "found-an-organisation.md").read_text()
RUN_WAIT_S: Final = 60
PLACES: Final = ("registrar", "timekeeper")


def block(name: str) -> str:
    match = re.search(rf"^```(?:sh|toml) {name}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert match is not None
    return match[1]


class Office:
    """A folder, and a shell in it that finds `tacit`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        command = folder / "bin" / "tacit"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tacit.cli "$@"\n')
        command.chmod(0o700)

    def run(self, script: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-ec", script],
            cwd=self.folder,
            env={**os.environ, "PATH": path, **environment},
            capture_output=True,
            text=True,
            timeout=RUN_WAIT_S,
            check=False,
        )

    def do(self, name: str, **environment: str) -> list[str]:
        """Run a block of the page; gives its lines."""
        done = self.run(block(name), **environment)
        assert (0, "") == (done.returncode, done.stderr)
        return done.stdout.splitlines()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@contextmanager
def registrar(folder: Path, url: str) -> Iterator[None]:
    """The service, with its own key and none besides."""
    credentials = sign_in("registrar")
    own = {
        "TACIT_NATS_URLS": url,
        "TACIT_NATS_USER": credentials.user,
        "TACIT_NATS_PASSWORD": credentials.password,
        "TACIT_ORGANISATION_CHARTER_FILE": str(folder / "charter.json"),
        "TACIT_ORGANISATION_KEY_FILE": str(folder / "registrar.json"),
        "TACIT_STATE_FOLDER": str(folder / "state"),
    }
    command = [sys.executable, "-m", "tacit.cli", "service", "registrar"]
    process = subprocess.Popen(command, env=os.environ | own, stderr=subprocess.PIPE)
    try:
        yield
    finally:
        process.terminate()
        process.communicate(timeout=RUN_WAIT_S)


def test_an_organisation_is_founded_step_by_step(office: Office) -> None:
    folder = office.folder
    fingerprints = office.do("keys") + office.do("members")
    (folder / "plan.toml").write_text(block("plan"))
    (organisation,) = office.do("charter")
    shown = office.do("acceptances")
    (folder / "nats").mkdir()
    with single_server(folder / "nats", organisation) as url:
        founding = sign_in("founding")
        (folder / "tacit.toml").write_text(f"[organisation]\ncharter_file = 'charter.json'\n[nats]\nurls = ['{url}']\n")
        with registrar(folder, url):
            handed_in = office.do("submit", FOUNDING_PASSWORD=founding.password)
            again = office.do("submit", FOUNDING_PASSWORD=founding.password)
        locked_out = office.run(block("submit"), FOUNDING_PASSWORD="another")

    assert len(set(fingerprints)) == 8
    assert f"organisation  {organisation}" in shown
    assert "witnesses     none" in shown
    assert f"root key      {fingerprints[0]}" in shown
    # The charter is entry 0, the registrar's term entry 1; who hands in again gets the same receipts.
    assert ["xaa-acceptance.json  2", "xbb-acceptance.json  3"] == handed_in == again
    # One sentence, and nothing that the connection tried.
    assert (2, 1) == (locked_out.returncode, len(locked_out.stderr.splitlines()))
    assert "check the address and the credentials" in locked_out.stderr
    assert {0o600} == {path.stat().st_mode & 0o777 for path in folder.glob("*root.json")}
    assert not any("seeds" in json.loads(path.read_bytes()) for path in folder.glob("*.public.json"))


CHARTER: Final = ("charter", "plan.toml", "{public}", "--root", "root.json", "--out", "other.json")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as it is after the charter."""
    office = Office(tmp_path_factory.mktemp("founding"))
    (office.folder / "plan.toml").write_text(block("plan"))
    for name in ("keys", "members", "charter"):
        office.do(name)
    return office.folder


@pytest.mark.parametrize(
    ("removed", "arguments", "said"),
    [
        ("", ("key", "ORG", "root", "--out", "root.json"), "root.json is there already"),
        ("", ("key", "xaa", "root", "--out", "new.json"), "xaa is no state"),
        ("", ("key", "XAA", "Root Key", "--out", "new.json"), "Root Key is no office"),
        ("", (CHARTER[0], "root.json", *CHARTER[2:]), "root.json is no plan"),
        ("xbb-root.public.json", CHARTER, "The public part of the root key of XBB is missing"),
        ("registrar.public.json", CHARTER, "service offices missing"),
        ("", (*CHARTER[:2], "charter.json", *CHARTER[3:]), "charter.json is no public part"),
        ("", (*CHARTER[:-1], "charter.json"), "charter.json is there already"),
        ("", ("accept", "charter.json", "XAA", "--key", "xbb-root.json", "--out", "a"), "does not name XAA"),
        ("", ("accept", "plan.toml", "XAA", "--key", "xaa-root.json", "--out", "a"), "plan.toml is no charter"),
        ("", ("submit", "plan.toml"), "plan.toml is no signed act"),
        ("", ("accept", "charter.json", "XAA", "--key", "charter.json", "--out", "a"), "charter.json is no key of an"),
        ("", (*CHARTER[:4], "registrar.json", *CHARTER[5:]), "--root is not the one whose public part is there"),
        ("", (CHARTER[0], "other.toml", *CHARTER[2:]), "There is no rule-set ../nato: name one of nato-like, tally,"),
        ("", ("submit", "root.public.json"), "root.public.json is no signed act"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_sentence(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: str, arguments: tuple[str, ...], said: str
) -> None:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.toml").write_text(block("plan").replace("nato-like-2", "../nato"))
    if removed:
        (tmp_path / removed).unlink()
    public = sorted(path.name for path in tmp_path.glob("*.public.json"))
    filled = [each for argument in arguments for each in (public if argument == "{public}" else [argument])]
    refused = CliRunner().invoke(found, filled)

    assert (2, 1) == (refused.exit_code, refused.stderr.count("\n")), refused.stderr
    assert said in refused.stderr
    assert refused.stderr.startswith("tacit: ")


def test_acts_cannot_be_handed_in_without_a_charter(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(prepared)
    refused = CliRunner().invoke(found, ["submit", "charter.json"])

    assert (2, "tacit: The founding needs organisation.charter_file: set it in the file or in the environment.\n") == (
        refused.exit_code,
        refused.stderr,
    )


def test_a_plan_may_name_witnesses_and_more_than_half_are_the_quorum(prepared: Path, tmp_path: Path) -> None:
    office = Office(tmp_path)
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    (tmp_path / "charter.json").unlink()
    named = f'[[witnesses]]\nstate = "XAA"\nvkey = "{witness_signer("XAA").vkey}"\n'
    (tmp_path / "plan.toml").write_text(f"{block('plan')}\n{named}")
    office.do("charter")
    shown = office.do("acceptances")

    assert "witnesses     XAA; a quorum of 1" in shown
