"""The import contracts of pyproject.toml bite, and let the shape of the house stand (docs/rooms.md).

Both are shown on a small house with the same contracts and only the imports that matter.
"""

import os
import re
import shutil
import subprocess
import sysconfig
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

pytest.importorskip("importlinter", reason="import-linter comes with make check")

ROOT: Final = Path(__file__).resolve().parents[1]
LINT_WAIT_S: Final = 60

AS_IT_SHOULD_BE: Final = {
    "protocol/tacit/envelope.py": "import msgspec, hashlib",
    "protocol/tacit/rules/fold.py": "import tacit.envelope, datetime",
    "protocol/tacit/client/socket.py": "import aiohttp, asyncio, tacit.envelope",
    "protocol/tacit/witness/app.py": "import aiohttp, tacit.envelope",
    "protocol/tacit/cli/log.py": "import click, tacit.client.socket, tacit.rules.fold, tacit.witness.app",
    "services/tacit_services/ports.py": "import collections.abc, typing, tacit.envelope",
    "services/tacit_services/registrar/handle.py": "import asyncio, tacit_services.ports, tacit.rules.fold",
    "services/tacit_services/registrar/main.py": "import tacit_services.shell.store, tacit_services.registrar.handle",
    "services/tacit_services/gateway/edge.py": "import aiohttp, tacit_services.ports",
    "services/tacit_services/shell/store.py": "import nats, os, time, tacit_services.ports",
    "services/tacit_services/cli/up.py": "import tacit_services.registrar.main, tacit_services.gateway.edge",
}

# Contract by its id, and imports that break it when they are added to the house as it should be.
PLANTED: Final = {
    "core": {"protocol/tacit/envelope.py": "import tacit.client.socket"},
    "command": {"services/tacit_services/gateway/edge.py": "import tacit.cli.log"},
    "witness": {"services/tacit_services/gateway/edge.py": "import tacit.witness.app"},
    "protocol": {"protocol/tacit/client/socket.py": "import nats"},
    "services": {"services/tacit_services/registrar/handle.py": "import tacit_services.gateway.edge"},
    "rules": {"protocol/tacit/rules/fold.py": "import random"},
    "ports": {"services/tacit_services/ports.py": "import tacit_services.shell.store"},
    "bus": {"services/tacit_services/gateway/edge.py": "from nats.aio.client import Client"},
    "traces": {"services/tacit_services/gateway/edge.py": "from opentelemetry.trace import get_tracer"},
    "shell": {"services/tacit_services/shell/store.py": "import tacit_services.registrar.handle"},
}


def build(folder: Path, lines: Mapping[str, str]) -> None:
    """Add lines to files of a house in ``folder``, making rooms where there are none."""
    for path, line in lines.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as text:
            text.write(f"{line}\n")
        for room in file.relative_to(folder).parents[:-2]:
            (folder / room / "__init__.py").touch()


def contracts() -> dict[str, str]:
    """Id of each contract by its name."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {contract["name"]: contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]}


def broken(folder: Path) -> set[str]:
    """Ids of the contracts that the house in ``folder`` breaks."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    done = subprocess.run(
        [Path(sysconfig.get_path("scripts")) / "lint-imports", "--no-logo", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "protocol:services", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=LINT_WAIT_S,
        check=False,
    )
    judged = dict(re.findall(r"^(.+) (KEPT|BROKEN)$", done.stdout, re.MULTILINE))
    assert judged.keys() == contracts().keys(), done.stdout + done.stderr
    return {contracts()[name] for name, verdict in judged.items() if verdict == "BROKEN"}


def test_the_shape_of_the_house_keeps_every_contract(tmp_path: Path) -> None:
    build(tmp_path, AS_IT_SHOULD_BE)

    assert broken(tmp_path) == set()


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_import_breaks_its_contract(contract: str, tmp_path: Path) -> None:
    build(tmp_path, AS_IT_SHOULD_BE)
    build(tmp_path, PLANTED[contract])

    assert contract in broken(tmp_path)


def test_every_contract_is_seen_to_bite() -> None:
    assert set(contracts().values()) == set(PLANTED)
