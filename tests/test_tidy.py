"""The house is tidy, and every check of it bites. The checks themselves are in ``tests/tidy.py``."""

import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

from tests import tidy
from tests.tidy import Check, Source, house

ROOT: Final = Path(__file__).resolve().parents[1]
CORE = "protocol/tacit/envelope.py"
RULES = "services/tacit_services/registrar/rules.py"
SERVICE = "services/tacit_services/gateway/handle.py"
SHELL = "services/tacit_services/shell/clock.py"
COMMAND = "services/tacit_services/cli/up.py"
TEST = "tests/unit/test_leaf.py"

# Each row: the check, where the source is planted, the source that it must find.
BITES: Final[list[tuple[Check, str, str]]] = [
    (tidy.file_length, SERVICE, "pass\n" * (tidy.FILE_LINES_MAX + 1)),
    (tidy.body_length, SERVICE, "def f() -> None:\n" + "    pass\n" * (tidy.BODY_LINES_MAX + 1)),
    (tidy.body_length, TEST, "async def f() -> None:\n" + "    pass\n" * (tidy.BODY_LINES_MAX + 1)),
    (tidy.banned_name, "services/tacit_services/gateway/utils.py", ""),
    (tidy.banned_name, "protocol/tacit/common/leaf.py", ""),
    (tidy.core_imports, CORE, "import aiohttp\n"),
    (tidy.core_imports, CORE, "from nats.aio import client\n"),
    (tidy.core_imports, CORE, "import random\n"),
    (tidy.core_imports, CORE, "from time import time\n"),
    (tidy.core_imports, "protocol/tacit/testing.py", "import click\n"),
    (tidy.core_imports, RULES, "import asyncio\n"),
    (tidy.core_imports, "protocol/tacit/rules/silence.py", "def f() -> None:\n    import os\n"),
    (tidy.core_waits, CORE, "async def f() -> None: ...\n"),
    (tidy.core_waits, RULES, "x = [y async for y in z]\n" and "async def f() -> None:\n    await g()\n"),
    (tidy.core_waits, CORE, "raw = open('key').read()\n"),
    (tidy.clock_read, CORE, "now = datetime.now(UTC)\n"),
    (tidy.clock_read, RULES, "today = datetime.date.today()\n"),
    (tidy.clock_read, SERVICE, "now = datetime.datetime.now(UTC)\n"),
    (tidy.service_world, SERVICE, "import secrets\n"),
    (tidy.service_world, SERVICE, "from time import monotonic\n"),
    (tidy.foreign_word, RULES, "def ack_silence() -> None: ...\n"),
    (tidy.foreign_word, "protocol/tacit/rules/silence.py", "class RetrySilence: ...\n"),
    (tidy.foreign_word, SHELL, "async def convene(self) -> None: ...\n"),
    (tidy.environment, SHELL, "import os\nx = os.environ['HOME']\n"),
    (tidy.environment, COMMAND, "from os import getenv\nx = getenv('HOME')\n"),
    (tidy.loose_task, SHELL, "asyncio.create_task(poll())\n"),
    (tidy.loose_task, SHELL, "asyncio.get_running_loop().create_task(poll())\n" and "loop.create_task(poll())\n"),
    (tidy.loose_task, TEST, "asyncio.ensure_future(poll())\n"),
    (tidy.printing, SERVICE, "print('here')\n"),
    (tidy.mocking, TEST, "from unittest.mock import MagicMock\n"),
    (tidy.log_events, SERVICE, "log.info(f'handled {tag}')\n"),
    (tidy.log_events, SHELL, "self._log.warning('Server Lost')\n"),
    (tidy.error_text, SHELL, "if 'wrong last sequence' in str(error): pass\n"),
    (tidy.annotation, TEST, "def test_a_leaf_is_small(leaf): ...\n"),
    (tidy.annotation, SERVICE, "def f(a: int, *rest, **named) -> None: ...\n"),
    (tidy.annotation, SERVICE, "class C:\n    def f(self): ...\n"),
    (tidy.silencing, SERVICE, "import os  # noqa\n"),
    (tidy.silencing, SERVICE, "import os  # noqa: F401\n"),
    (tidy.silencing, SERVICE, "x: int = 'a'  # type: ignore\n"),
    (tidy.silencing, SERVICE, "x: int = 'a'  # type: ignore[assignment]\n"),
    (tidy.leftovers, CORE, "# TO" + "DO: count them\n"),
    (tidy.leftovers, "docs/rooms.md", "see FIX" + "ME\n"),
    (tidy.leftovers, "docs/rooms.md", "pip from py" + "pi.org\n"),
    (tidy.leftovers, TEST, "DATA = '/wo" + "rk/data'\n"),
    (tidy.lock_address, "requirements/run.txt", "--index-url https://example.org/simple\n"),
    (tidy.lock_address, "requirements/run.in", "tacit @ file:///somewhere\n"),
]

# Each row: the check, and a source that looks like what it bans and is right.
LETS_PASS: Final[list[tuple[Check, str, str]]] = [
    (tidy.body_length, SERVICE, 'def f() -> None:\n    """' + "why\n" * 60 + '    """\n'),
    (tidy.core_imports, CORE, "from collections.abc import Mapping\nimport msgspec\nfrom tacit.limits import X\n"),
    (tidy.core_imports, "protocol/tacit/client/socket.py", "import aiohttp\nimport asyncio\n"),
    (tidy.core_imports, "protocol/tacit/testing.py", "from pathlib import Path\n"),
    (tidy.core_waits, "protocol/tacit/client/socket.py", "async def f() -> None: ...\n"),
    (tidy.core_waits, CORE, "seal.open(data)\n"),
    (tidy.clock_read, SHELL, "now = datetime.now(UTC)\n"),
    (tidy.clock_read, SERVICE, "now = self._clock.now()\n"),
    (tidy.service_world, SHELL, "import time\n"),
    (tidy.foreign_word, SHELL, "async def retry(self) -> None: ...\n"),
    (tidy.foreign_word, "protocol/tacit/rules/silence.py", "def adopt(back: int, package: int) -> None: ...\n"),
    (tidy.environment, "services/tacit_services/shell/config.py", "import os\nx = os.environ\n"),
    (tidy.loose_task, SERVICE, "tasks.create_task(poll())\n"),
    (tidy.printing, "protocol/tacit/cli/log.py", "print('an entry')\n"),
    (tidy.log_events, SERVICE, "log.info('act_recorded', index=index)\n"),
    (tidy.log_events, SERVICE, "math.log(2)\nlogger.bind(index=index)\n"),
    (tidy.annotation, SERVICE, "class C:\n    def f(self, a: int) -> None: ...\n"),
    (tidy.annotation, SERVICE, "class C:\n    @classmethod\n    def f(cls) -> None: ...\n"),
    (tidy.silencing, SERVICE, "import os  # noqa: F401 - kept so that old imports go on working\n"),
    (tidy.silencing, SERVICE, "x = f()  # type: ignore[no-any-return]  # nats-py says Any here\n"),
    (tidy.leftovers, "docs/rooms.md", "the working party, /healthz, network/root and services/tacit_services\n"),
    (tidy.lock_address, "requirements/run.txt", "aiohttp==3.14.5 --hash=sha256:00\n"),
]


def test_the_house_is_tidy() -> None:
    found = [
        f"{source.path}:{finding.line}: {finding.message} ({check.__name__})"
        for source in house()  # one after the other: all syntax trees at once are a million objects
        for check in tidy.CHECKS
        for finding in check(source)
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(("check", "path", "text"), BITES)
def test_a_check_finds_what_is_planted(check: Check, path: str, text: str) -> None:
    assert list(check(Source(PurePosixPath(path), text)))


@pytest.mark.parametrize(("check", "path", "text"), LETS_PASS)
def test_a_check_lets_what_is_right_pass(check: Check, path: str, text: str) -> None:
    assert [] == list(check(Source(PurePosixPath(path), text)))


def test_every_check_is_seen_to_bite() -> None:
    assert set(tidy.CHECKS) == {check for check, _, _ in BITES}


def test_the_house_that_is_checked_is_this_one() -> None:
    seen = {str(source.path) for source in house()}

    assert seen >= {"Makefile", "tests/test_tidy.py", "protocol/tacit/__init__.py", "requirements/run.txt", ".ci/run"}


def test_medians_are_reported() -> None:
    some = [source for source in house() if {"rules", "property"}.intersection(source.path.parts)]

    shipped, tests = tidy.report(some).splitlines()

    assert shipped.startswith("shipped: ")
    assert tests.startswith("tests: ")


# Folders of the services that are no service: they may be imported, or import, as docs/rooms.md says.
AROUND: Final = frozenset({"bench", "export", "replay", "run", "shell", "cli", "scenario", "unga", "up", "__pycache__"})


def test_every_service_stands_in_the_import_contracts() -> None:
    services = ROOT / "services" / "tacit_services"
    rooms = {path.name for path in services.iterdir() if path.is_dir()} - AROUND
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    independent = next(contract["modules"] for contract in contracts if contract["id"] == "services")

    assert rooms <= {module.removeprefix("*.") for module in independent}


def requirements(lines: list[str]) -> set[str]:
    """Names in a list of requirements, without extras, versions, markers, options and the house's own packages."""
    names = {match[0].lower() for line in lines if (match := re.match(r"[A-Za-z0-9_.-]+", line)) and line[0] != "-"}
    return names - {"tacit", "tacit-services"}


# Extras that `make run` leaves out; each has a list of its own name.
APART: Final = ("bench", "traces")


def listed(purpose: str) -> set[str]:
    return requirements((ROOT / "requirements" / f"{purpose}.in").read_text().splitlines())


def test_what_is_installed_is_what_the_packages_ask_for() -> None:
    asked: dict[str, set[str]] = {"run": set()}
    for member in ("protocol", "services"):
        settings = tomllib.loads((ROOT / member / "pyproject.toml").read_text())
        project = settings["project"]
        asked["run"] |= requirements([*project["dependencies"], *settings["build-system"]["requires"]])
        for name, lines in project.get("optional-dependencies", {}).items():
            purpose = name if name in APART else "run"
            asked[purpose] = asked.get(purpose, set()) | requirements(lines)

    assert asked == {purpose: listed(purpose) for purpose in ("run", *APART)}


@pytest.mark.parametrize("purpose", ["run", "traces", "bench", "test", "lint", "browser", "go", "fuzz"])
def test_every_locked_package_has_a_version_and_a_hash(purpose: str) -> None:
    text = (ROOT / "requirements" / f"{purpose}.txt").read_text().replace("\\\n", " ")
    locked = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]

    assert locked
    assert [] == [line[:60] for line in locked if "==" not in line or "--hash=sha256:" not in line]
