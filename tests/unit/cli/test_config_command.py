"""`tacit config` and the start of `tacit service`, as a person types them."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tacit_services.cli.config import config
from tacit_services.cli.service import service

RUNNER = CliRunner()


def run(*arguments: str, **environment: str) -> Result:
    return RUNNER.invoke(config, arguments, env=environment)


def test_what_is_printed_is_toml_with_origins_and_without_secrets(tmp_path: Path) -> None:
    file = tmp_path / "tacit.toml"
    file.write_text("[nats]\nuser = 'me'\npassword = 'hush'\n")
    shown = run("--print", "--config", str(file), TACIT_NATS_REPLICAS="3")

    assert (0, "") == (shown.exit_code, shown.stderr)
    assert tomllib.loads(shown.stdout)["nats"]["password"] == "********"
    assert "hush" not in shown.stdout
    lines = {line.partition(" = ")[0]: line.rpartition("# ")[2] for line in shown.stdout.splitlines()}
    assert (str(file), "TACIT_NATS_REPLICAS", "default") == (lines["user"], lines["replicas"], lines["tls_ca_file"])


def test_as_json_each_setting_has_value_default_and_origin() -> None:
    found = json.loads(run("--json", TACIT_NATS_USER="me", TACIT_NATS_PASSWORD="hush").stdout)

    assert {"value": "********", "default": "", "origin": "TACIT_NATS_PASSWORD"} == found["nats.password"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--print"],
            "There is no setting TACIT_NATS_URL (in the environment): remove it; did you mean TACIT_NATS_URLS?",
        ),
        (["--check", "gateway"], "There is no setting TACIT_NATS_URL"),
    ],
)
def test_an_unknown_variable_is_one_sentence(arguments: list[str], said: str) -> None:
    refused = run(*arguments, TACIT_NATS_URL="nats://127.0.0.1:1")

    assert (2, "", 1) == (refused.exit_code, refused.stdout, refused.stderr.count("\n"))
    assert said in refused.stderr


@pytest.mark.parametrize("setting", ["GATEWAY_PORT", "NOTARY_PORT", "PROBE_PORT"])
def test_no_service_has_a_port_that_there_is_not(setting: str) -> None:
    refused = run(**{f"TACIT_{setting}": "65536"})

    assert (2, f"tacit: A setting in TACIT_{setting} cannot be used: Expected `int` <= 65535.\n") == (
        refused.exit_code,
        refused.stderr,
    )


def test_a_check_says_what_a_service_lacks() -> None:
    refused = run("--check", "registrar")

    assert refused.exit_code == 2
    assert refused.stderr.startswith("tacit: The registrar needs organisation.charter_file")


def test_a_service_that_lacks_something_does_not_start() -> None:
    refused = RUNNER.invoke(service, ["timekeeper"])

    assert refused.exit_code == 3
    assert refused.stderr.startswith("tacit: The timekeeper needs organisation.charter_file")
