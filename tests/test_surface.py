"""What others may rely on: public names, and what comes along with them.

The core of ``tacit`` depends on msgspec and cryptography alone. Three things say so: what its modules import when
everything else is kept away, what its wheel declares, and what its wheel holds.
"""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

import tacit
import tacit_services
from tests.tidy import EXTRAS

ROOT: Final = Path(__file__).resolve().parents[1]
BUILD_WAIT_S: Final = 60
CORE_DISTRIBUTIONS: Final = {"cryptography", "msgspec"}

# Runs in a process of its own: imports every module named on the command line while only what may be had is to be had.
KEPT_AWAY: Final = """
import importlib, sys
allowed = set(sys.argv[1].split(",")) | sys.stdlib_module_names
class KeepAway:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed:
            raise ModuleNotFoundError(f"the core asks for {name}")
sys.meta_path.insert(0, KeepAway())
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


def packages(root: ModuleType) -> Iterator[str]:
    """Names of a package and all packages within it."""
    yield root.__name__
    for info in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
        if info.ispkg:
            yield info.name


def core_modules() -> list[str]:
    """Names of all modules of ``tacit`` less its extras and what runs when it is imported."""
    names = ["tacit", *(info.name for info in pkgutil.walk_packages(tacit.__path__, "tacit."))]
    return [name for name in names if not {*EXTRAS, "__main__"}.intersection(name.split("."))]


def with_what_they_need(names: set[str]) -> set[str]:
    """Distributions, with everything that they ask for in this environment, extras apart."""
    reached: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        try:
            asked = requires(name) or []
        except PackageNotFoundError:
            continue
        plain = {re.split(r"[^A-Za-z0-9_.-]", line)[0].lower() for line in asked if "extra ==" not in line}
        waiting |= plain - reached
    return reached


def top_modules(distributions: set[str]) -> set[str]:
    """Importable names that these distributions bring."""
    brought = packages_distributions().items()
    return {module for module, owners in brought if {owner.lower() for owner in owners} & distributions}


def defined(module: ModuleType) -> set[str]:
    """Public names that a package itself defines; what it imports is public only when ``__all__`` says so."""
    names: set[str] = set()
    for node in ast.parse(Path(module.__file__ or "").read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("name", [*packages(tacit), *packages(tacit_services)])
def test_a_package_shows_exactly_what_it_promises(name: str) -> None:
    module = importlib.import_module(name)
    promised = list(getattr(module, "__all__", ()))

    assert len(promised) == len(set(promised))
    assert [] == [promise for promise in promised if not hasattr(module, promise)]
    assert set() == defined(module) - set(promised)


def test_the_core_lives_on_msgspec_and_cryptography_alone() -> None:
    allowed = {"tacit", *top_modules(with_what_they_need(set(CORE_DISTRIBUTIONS)))}
    done = import_kept_away(allowed, core_modules())

    assert done.returncode == 0, done.stderr


def test_a_witness_lives_on_its_extra_alone() -> None:
    needed = top_modules(with_what_they_need(CORE_DISTRIBUTIONS | {"aiohttp", "click"}))
    # A library may look for another one that it can do without, so all is named that must not be there.
    kept_away = {"tacit_services", *packages_distributions()} - needed - {"tacit"}
    blocking = (
        "import sys; sys.modules.update(dict.fromkeys(sys.argv[1].split(','))); import tacit.cli.witness, tacit.cli"
    )
    command = [sys.executable, "-c", blocking, ",".join(kept_away - sys.stdlib_module_names)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_WAIT_S, check=False)

    assert {"rich", "nats", "structlog"} <= kept_away
    assert done.returncode == 0, done.stderr


def test_what_keeps_other_libraries_away_does_keep_them_away() -> None:
    done = import_kept_away({"tacit"}, ["json", "msgspec"])

    assert done.returncode != 0
    assert "the core asks for msgspec" in done.stderr


def import_kept_away(allowed: set[str], modules: list[str]) -> subprocess.CompletedProcess[str]:
    """Import modules in a fresh interpreter that has nothing but ``allowed`` and the standard library."""
    command = [sys.executable, "-c", KEPT_AWAY, ",".join(sorted(allowed)), *modules]
    return subprocess.run(command, capture_output=True, text=True, timeout=BUILD_WAIT_S, check=False)


class Wheel:
    """A wheel as it would be published."""

    def __init__(self, path: Path) -> None:
        """Read names and metadata of the wheel at ``path``."""
        with zipfile.ZipFile(path) as archive:
            self.names = archive.namelist()
            metadata = next(name for name in self.names if name.endswith(".dist-info/METADATA"))
            self.metadata: Message = HeaderParser().parsestr(archive.read(metadata).decode())
            entries = [name for name in self.names if name.endswith("entry_points.txt")]
            self.entry_points = "".join(archive.read(name).decode() for name in entries)

    @property
    def rooms(self) -> set[str]:
        """First folders of what is installed, metadata apart."""
        return {name.split("/")[0] for name in self.names if ".dist-info/" not in name}

    def needs(self, extra: str = "") -> set[str]:
        """Distributions that are asked for without an extra, or with this one."""
        lines: list[str] = self.metadata.get_all("Requires-Dist") or []
        mine = [line for line in lines if (f"extra == '{extra}'" in line if extra else "extra ==" not in line)]
        return {re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in mine}


def built(member: str, folder: Path) -> Wheel:
    """Wheel of one member of the house, built as it is published."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT / member, capture_output=True, text=True, timeout=BUILD_WAIT_S, check=False)
    assert done.returncode == 0, done.stderr
    return Wheel(next(folder.glob("*.whl")))


@pytest.fixture(scope="module")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    return built("protocol", tmp_path_factory.mktemp("protocol"))


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    return built("services", tmp_path_factory.mktemp("services"))


def test_the_wheel_of_tacit_asks_for_msgspec_and_cryptography_alone(protocol: Wheel) -> None:
    assert protocol.needs() == CORE_DISTRIBUTIONS
    assert protocol.needs("client") == {"aiohttp"}
    assert protocol.needs("cli") == {"aiohttp", "click", "rich"}
    assert protocol.needs("witness") == {"aiohttp", "click"}


def test_the_wheel_of_tacit_holds_no_server_code(protocol: Wheel) -> None:
    assert protocol.rooms == {"tacit"}


def test_the_wheel_of_the_services_holds_the_services_alone(services: Wheel) -> None:
    assert services.rooms == {"tacit_services"}
    assert "tacit" in services.needs()


def test_each_wheel_is_typed_and_licensed(protocol: Wheel, services: Wheel) -> None:
    for wheel, package in ((protocol, "tacit"), (services, "tacit_services")):
        assert f"{package}/py.typed" in wheel.names
        assert [name for name in wheel.names if name.endswith("licenses/LICENSE")]
        assert wheel.metadata["License-Expression"] == "Apache-2.0"


def test_the_licence_of_each_package_is_the_one_of_the_house() -> None:
    # Copies and no links: a link out of its folder is dead in a source distribution.
    for member in ("protocol", "services"):
        assert not (ROOT / member / "LICENSE").is_symlink()
        assert (ROOT / "LICENSE").read_text() == (ROOT / member / "LICENSE").read_text()


def test_the_command_comes_with_tacit_and_grows_with_the_services(protocol: Wheel, services: Wheel) -> None:
    assert "[console_scripts]\ntacit = tacit.cli:main" in protocol.entry_points
    assert "[tacit.commands]" in services.entry_points
    assert "console_scripts" not in services.entry_points
