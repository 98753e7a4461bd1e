"""A projector that is killed at any moment and started again ends with the views of one that never was."""

import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec
import pytest

from tacit_services.projector import VIEWS
from tests.scale import scale_name
from tests.unit.projector.child import DONE
from tests.unit.projector.showing import built, seen_in, seen_of
from tests.unit.projector.stage import Stage

ROOT: Final = Path(__file__).resolve().parents[2]
PATHS: Final = os.pathsep.join(map(str, (ROOT / "protocol", ROOT / "services", ROOT)))
KILLS: Final = {"dev": 3}.get(scale_name(), 50)
ACTS: Final = 400
LINES_MAX: Final = 25
RUN_WAIT_S: Final = 60


def start(stage: Stage, entries: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.unit.projector.child", str(entries), str(stage.path)]
    return subprocess.Popen(
        [*command, stage.world.organisation],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": PATHS},
    )


def run_until(process: subprocess.Popen[str], lines: int) -> bool:
    """Kill it after so many of its writes; whether it had come to the end before."""
    assert process.stdout is not None
    with process:
        for number, line in enumerate(process.stdout):
            if line.strip() == DONE:
                return True
            if number >= lines:
                process.kill()
                return False
    return False


@pytest.mark.timeout(600)
def test_a_projector_killed_at_any_moment_goes_on_where_it_was(tmp_path: Path) -> None:
    stage, dice = Stage(tmp_path), random.Random(1)
    stage.say(ACTS)
    entries = tmp_path / "entries.json"
    entries.write_bytes(msgspec.json.encode(stage.entries))
    killed = 0
    while killed < KILLS:
        killed += 1
        if run_until(start(stage, entries), dice.randint(0, LINES_MAX)):
            for end in ("", "-wal", "-shm"):
                Path(f"{stage.path}{end}").unlink(missing_ok=True)
    assert run_until(start(stage, entries), 10**9)
    # It stopped in order, so the next one begins from the state of every entry.
    with start(stage, entries) as last:
        said = last.stdout.read() if last.stdout is not None else ""
    assert re.search(rf"state_restored.*size={len(stage.entries)}\b", said), said

    with stage.file() as file, built(stage.world.organisation, stage.entries) as again:
        assert seen_of(stage.world.state) == seen_in(file, None)
        for view in VIEWS:
            assert again.digest(view.table.name) == file.digest(view.table.name)
