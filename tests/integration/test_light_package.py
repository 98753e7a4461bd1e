"""What an auditor, a delegation or an outsider does with the package `tacit` alone, where no services are."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.unit.cli.files import record_of, write
from tests.unit.verify.archives import REFERENCE, decided, marks_after, messages, places
from tests.unit.verify.archives import write as archived

ROOT: Final = Path(__file__).resolve().parents[2]
RUN_WAIT_S: Final = 60
ALONE: Final = """
import importlib.metadata, json, sys
sys.modules["tacit_services"] = None
importlib.metadata.entry_points = lambda **_: ()
from click.testing import CliRunner
from tacit.cli.command import tacit
told = []
for words in json.load(sys.stdin):
    result = CliRunner().invoke(tacit, words)
    told.append([result.exit_code, result.output])
print(json.dumps([told, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
SERVICES: Final = {"nats", "structlog", "prometheus_client", "uvloop"}
COMMANDS: Final = [
    ("verify archive", 0, "OK"),
    ("verify archive --json", 0, '"ok":true'),
    ("verify archive --save yesterday --key auditor.key", 0, "OK"),
    ("verify archive --since yesterday --key auditor.key", 0, "an earlier result had verified them"),
    ("verify record.jsonl", 0, "OK"),
    ("policy archive", 0, "quorum quorum"),
    ("policy record.jsonl", 2, "there is no log to prove from"),
    ("log archive", 0, "records the adoption"),
    ("state archive", 0, "Text"),
    ("who-knew archive 20", 0, "entitled"),
    ("prove 12 archive", 0, "entry-12.leaf"),
    ("verify entry-12.tlog-proof --policy policy", 0, "entry 12 is in the log"),
    (f"bundle {REFERENCE} archive -o decision.tacit", 0, "the rules, run over what is shown, admit the decision"),
    ("verify decision.tacit", 0, "OK"),
    ("witness keygen witness.xaa.example witness.key", 0, "witness.xaa.example+"),
    ("witness settings archive XAA", 0, 'state = "XAA"'),
    ("outbox nowhere", 2, "is not there"),
    ("up", 2, "No such command"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    told = decided()
    for path, raw in archived(told, messages(told), marks_after(told), places(told)).items():
        file = tmp_path / "archive" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
    write(tmp_path / "record.jsonl", record_of("deadline"))
    return tmp_path


def run(folder: Path, commands: list[list[str]]) -> tuple[list[tuple[int, str]], set[str]]:
    """Every command in one process in which there are no services; what each said, and what was imported."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "protocol"), "COLUMNS": "160"},
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        timeout=RUN_WAIT_S,
        check=True,
    )
    told, modules = json.loads(done.stdout)
    return told, set(modules)


def test_everything_that_checks_and_proves_runs_without_the_services(folder: Path) -> None:
    ((code, policy),), _ = run(folder, [["policy", "archive"]])
    assert 0 == code
    (folder / "policy").write_text(policy)
    told, modules = run(folder, [words.split() for words, _, _ in COMMANDS])

    assert [(words, code) for words, code, _ in COMMANDS] == [
        (words, found) for (words, _, _), (found, _) in zip(COMMANDS, told, strict=True)
    ]
    assert [] == [(words, said) for (words, _, part), (_, said) in zip(COMMANDS, told, strict=True) if part not in said]
    assert set() == modules & SERVICES
