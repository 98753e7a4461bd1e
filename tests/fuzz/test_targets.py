"""The readers hold on the seeds from which fuzzing begins, and fuzzing finds a reader that does not."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import seeds
from tests.fuzz.target import BentError, Target, lenient, strict
from tests.fuzz.targets import TARGETS
from tests.scale import scale

every_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)


@cache
def begin() -> seeds.Seeds:
    return seeds.seeds()


def test_every_seed_is_of_a_target() -> None:
    assert {target.name for target in TARGETS} == set(begin())


@every_target
def test_the_seeds_hold_and_some_are_read(target: Target) -> None:
    assert True in {target.accepts(seed) for seed in begin()[target.name]}


@every_target
@settings(max_examples=scale().examples // 4)
@given(data=st.data())
def test_a_seed_with_noise_in_it_holds(target: Target, data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(sorted(begin()[target.name])))
    start = data.draw(st.integers(0, len(raw)))
    target.accepts(raw[:start] + data.draw(st.binary(max_size=8)) + raw[data.draw(st.integers(start, len(raw))) :])


@pytest.mark.parametrize(
    "attempt",
    [strict(bytes.strip, bytes), lenient(bytes, bytes.strip)],
    ids=["written otherwise", "read otherwise"],
)
def test_a_value_that_comes_out_bent_is_an_error(attempt: object) -> None:
    assert callable(attempt)
    with pytest.raises(BentError):
        Target("bent", attempt, ()).accepts(b" a ")


def test_a_rule_that_does_not_belong_is_an_error() -> None:
    readers = {target.name: target for target in TARGETS}
    with pytest.raises(readers["note"].errors):
        readers["note"]._replace(rules=("log.key",)).accepts(b"no note")


PLANTED = """
import sys
from pathlib import Path
from tests.fuzz.__main__ import run
from tests.fuzz.target import Target, strict

def read(raw: bytes) -> bytes:
    if raw[:1] == b"T" and raw[1:2] == b"a" and raw[2:3] == b"c":
        raise ValueError("planted")
    return raw

kept = Path(sys.argv[1])
import atheris
sound = Target("sound", strict(bytes, bytes), ())
planted = Target("planted", strict(atheris.instrument_func(read), bytes), ())
[held] = run([sound], {}, 1, kept)
assert held.status == 0, held.log
[found] = run([planted], {"planted": {b"acts"}}, 50, kept)
assert found.status != 0 and "planted" in found.log, found.log
assert [path.read_bytes()[:3] for path in (kept / "planted").glob("found-*")] == [b"Tac"]
"""


@pytest.mark.requires("atheris")
def test_fuzzing_finds_what_is_planted_and_keeps_the_bytes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PLANTED, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr
