"""The image: what is copied is there, what is installed has a hash, and nobody runs as root."""

import json
from pathlib import Path
from typing import Final

from dockerfile_parse import DockerfileParser

from tests.shipped import DEPLOY

ROOT: Final = DEPLOY.parent


def steps() -> list[tuple[str, str]]:
    parsed = DockerfileParser(path=str(DEPLOY / "Dockerfile"))
    return [(step["instruction"], step["value"]) for step in parsed.structure]


def test_what_is_copied_from_the_house_is_there() -> None:
    sources = [value.split()[:-1] for word, value in steps() if word == "COPY" and "--from=" not in value]

    assert sources
    assert [] == [source for each in sources for source in each if not (ROOT / source).exists()]


def test_everything_is_installed_by_hash_or_is_ours() -> None:
    installs = [value for word, value in steps() if word == "RUN" and "pip install" in value]

    assert ["--require-hashes" in installs[0], "--no-deps" in installs[1]] == [True, True]
    assert len(installs) == 2


def test_nobody_runs_as_root_and_the_program_is_the_command() -> None:
    last = dict(steps())

    assert last["USER"].split(":")[0] not in {"0", "root"}
    assert ["/opt/tacit/bin/tacit"] == json.loads(last["ENTRYPOINT"])


def test_the_base_is_named_by_its_version() -> None:
    bases = [value.split()[0] for word, value in steps() if word == "FROM"]

    assert bases
    assert [] == [base for base in bases if ":" not in base or base.endswith(":latest")]


def test_the_configurations_are_in_the_image() -> None:
    assert ("COPY", "deploy/nats /etc/tacit/nats") in steps()
    assert (Path(DEPLOY) / "nats" / "single.conf").is_file()
