"""The compose file keeps its published schema, runs every service, and gives each its own secrets and no others."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tacit_services.run.services import SERVICES
from tacit_services.run.settings import Settings
from tacit_services.shell.config import load
from tests.shipped import DEPLOY

FILE: Final = DEPLOY / "compose.yaml"
COMPOSED: Final[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
RUN: Final[dict[str, Any]] = COMPOSED["services"]


def checked(file: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_file_keeps_the_schema_of_compose() -> None:
    done = checked(FILE)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_slip_in_the_file_is_found(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(FILE.read_text().replace("restart: on-failure", "restarts: on-failure"))

    assert checked(file).returncode != 0


def test_every_service_has_a_container_and_only_nats_beside_them() -> None:
    assert {"nats", *SERVICES} == set(RUN)
    assert {name: ["service", name] for name in SERVICES} == {name: RUN[name]["command"] for name in SERVICES}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_sees_its_own_secrets_and_is_confined(name: str) -> None:
    service, office = RUN[name], SERVICES[name].office
    own = {f"{name}-password", *([f"{name}-key"] if office else [])}

    assert own == set(service["secrets"])
    assert (True, ["ALL"], ["no-new-privileges:true"]) == (
        service["read_only"],
        service["cap_drop"],
        service["security_opt"],
    )


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_given_settings_that_exist_and_what_it_needs(name: str) -> None:
    environment = dict(RUN[name]["environment"])
    assert environment.pop("TACIT_CONFIG")
    settings = load(Settings, None, environment).settings

    assert settings.nats.user == name
    assert bool(SERVICES[name].office) == bool(settings.organisation.key_file)
    assert settings.state.folder, "each begins from what it kept"


def test_every_secret_is_declared_and_none_is_left_over() -> None:
    assert set(COMPOSED["secrets"]) == {secret for name in SERVICES for secret in RUN[name]["secrets"]}


def test_nothing_but_the_gateway_is_published_and_that_on_this_machine_alone() -> None:
    assert {"gateway": ["127.0.0.1:8420:8420"]} == {
        name: service["ports"] for name, service in RUN.items() if "ports" in service
    }
