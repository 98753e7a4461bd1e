"""The digest of the rules: another one for every change to what folds, and to nothing else."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import cryptography
import msgspec
import pytest

import tacit
from tacit.rules import rules_digest, sources

PACKAGE = Path(tacit.__file__).parent
FOLDING = "import sys, tacit.audit, tacit.rules; print(*(name for name in sys.modules if name.startswith('tacit')))"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A copy of the package, as it lies in an environment into which it was installed."""
    return shutil.copytree(PACKAGE, tmp_path / "tacit", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def digest_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Traversable], str]:
    """The digest that a process has which begins with these files."""

    def digest(package: Traversable) -> str:
        with monkeypatch.context() as patched:
            patched.setattr(resources, "files", lambda _: package)
            return rules_digest.__wrapped__()

    return digest


def test_what_folds_and_judges_is_in_the_rooms_that_are_digested() -> None:
    loaded = subprocess.run([sys.executable, "-c", FOLDING], capture_output=True, text=True, check=True).stdout.split()

    assert {"tacit.rules.silence", "tacit.acts.silence", "tacit.audit.watch", "tacit.keys"} <= set(loaded)
    rooms = {name.split(".")[1] for name in loaded if name.count(".") == 2}
    assert set(sources.JUDGING) == rooms
    assert not [name for name in loaded if name.count(".") > 2]


def test_the_same_files_have_the_same_digest_wherever_they_lie(
    installed: Path, tmp_path: Path, digest_of: Callable[[Traversable], str]
) -> None:
    (installed / "rules" / "__pycache__").mkdir()
    (installed / "rules" / "__pycache__" / "silence.cpython-311.pyc").write_bytes(b"compiled")
    with zipfile.ZipFile(tmp_path / "tacit.whl", "w") as archive:
        for path in sorted(installed.rglob("*")):
            archive.write(path, path.relative_to(tmp_path))

    assert rules_digest() == digest_of(installed)
    assert rules_digest() == digest_of(zipfile.Path(tmp_path / "tacit.whl") / "tacit")


@pytest.mark.parametrize(
    "name", ["rules/silence.py", "rules/tally-2.json", "acts/act.py", "record/leaf.py", "audit/watch.py", "limits.py"]
)
def test_whatever_is_mended_in_what_folds_gives_another_digest(
    name: str, installed: Path, digest_of: Callable[[Traversable], str]
) -> None:
    path = installed / name
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))

    assert rules_digest() != digest_of(installed)


def test_a_file_that_came_or_went_or_has_another_name_gives_another_digest(
    installed: Path, digest_of: Callable[[Traversable], str]
) -> None:
    found = {rules_digest()}
    for change in (
        lambda: (installed / "rules" / "tally.json").rename(installed / "rules" / "tally-0.json"),
        (installed / "rules" / "tally-0.json").unlink,
        (installed / "acts" / "more.py").touch,
        lambda: (installed / "acts" / "more.py").rename(installed / "record" / "more.py"),
    ):
        change()
        found.add(digest_of(installed))

    assert 5 == len(found)


def test_another_interpreter_or_library_gives_another_digest(
    monkeypatch: pytest.MonkeyPatch, digest_of: Callable[[Traversable], str]
) -> None:
    found = {rules_digest()}
    for of, name, value in (
        (msgspec, "__version__", "0.0"),
        (cryptography, "__version__", "0.0"),
        (sys, "version_info", (3, 99)),
    ):
        monkeypatch.setattr(of, name, value)
        found.add(digest_of(PACKAGE))

    assert 4 == len(found)


def test_a_client_that_loads_other_rooms_is_not_concerned(
    installed: Path, digest_of: Callable[[Traversable], str]
) -> None:
    (installed / "cli" / "verify.py").write_text("")
    (installed / "client" / "line.py").unlink()

    assert rules_digest() == digest_of(installed)


def test_a_process_keeps_the_digest_of_what_it_loaded(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = rules_digest()
    (installed / "rules" / "silence.py").write_text("")
    monkeypatch.setattr(resources, "files", lambda _: installed)

    assert found == rules_digest()
