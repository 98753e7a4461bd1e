"""The systemd units are read by systemd itself, confine what they run, and set nothing that does not exist."""

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Final

import pytest

from tacit_services.cli.service import SUPERSEDED
from tacit_services.run.services import SERVICES
from tacit_services.run.settings import Settings
from tacit_services.shell.config import load
from tests.shipped import DEPLOY

UNITS: Final = DEPLOY / "systemd"
INSTALLED: Final = "/opt/tacit/bin/"
EXPOSURE_MAX: Final = 20
"""Tenths: what `systemd-analyze security` calls the exposure of a unit, from 0 to 100."""


@pytest.fixture
def placed(tmp_path: Path) -> Path:
    """The units as they are installed, with programs that are there, one for each service."""
    shutil.copytree(UNITS, tmp_path, dirs_exist_ok=True)
    for unit in tmp_path.glob("*.service"):
        unit.write_text(unit.read_text().replace(INSTALLED, sysconfig.get_path("scripts") + "/"))
    for name in SERVICES:
        shutil.copy(tmp_path / "tacit@.service", tmp_path / f"tacit@{name}.service")
    return tmp_path


def units() -> list[str]:
    return ["tacit-nats.service", *(f"tacit@{name}.service" for name in SERVICES)]


@pytest.mark.requires("systemd-analyze")
def test_systemd_reads_every_unit_without_a_word(placed: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(placed / unit for unit in units())],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "tacit" in line]

    assert (0, []) == (done.returncode, ours)


@pytest.mark.requires("systemd-analyze")
def test_a_unit_with_a_slip_is_found(placed: Path) -> None:
    unit = placed / "tacit-nats.service"
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystems=strict"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)

    assert "ProtectSystems" in done.stderr


@pytest.mark.requires("systemd-analyze")
@pytest.mark.parametrize("unit", units())
def test_a_unit_is_confined(placed: Path, unit: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", str(placed / unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def variables(text: str, name: str) -> dict[str, str]:
    found = re.findall(r"^Environment=(TACIT_[A-Z_]+)=(.*)$", text, re.MULTILINE)
    return {variable: value.replace("%i", name) for variable, value in found}


@pytest.mark.parametrize("name", SERVICES)
def test_the_units_set_nothing_that_does_not_exist(name: str) -> None:
    texts = [(UNITS / "tacit@.service").read_text()]
    texts += [path.read_text() for path in (UNITS / f"tacit@{name}.service.d").glob("*.conf")]
    given = {variable: value for text in texts for variable, value in variables(text, name).items()}
    assert given.pop("TACIT_CONFIG").startswith("/etc/")
    settings = load(Settings, None, given).settings

    assert bool(SERVICES[name].office) == bool(settings.organisation.key_file)
    assert settings.nats.user == name


def test_a_registrar_that_was_superseded_is_not_started_again() -> None:
    text = (UNITS / "tacit@.service").read_text()
    codes = re.search(r"^RestartPreventExitStatus=(.*)$", text, re.MULTILINE)

    assert codes is not None
    assert str(SUPERSEDED) in codes[1].split()
