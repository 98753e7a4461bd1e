"""A record folds to the same result for ever: one frozen record for each released engine, and nothing excuses it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final, get_args

import msgspec
import pytest

from tacit.acts import Content
from tacit.record import decode_entry
from tacit.rules import Verifiers, apply_bytes, catalogue, genesis
from tacit.rules.effects import Effect
from tests.records.result import fingerprint, plain, result
from tests.records.story import RECORDS, Frozen

PROCESS_WAIT_S: Final = 60
FILES: Final = sorted(RECORDS.glob("*.json"))
every_record = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def read(path: Path) -> Frozen:
    return msgspec.json.decode(path.read_bytes(), type=Frozen)


@every_record
@pytest.mark.parametrize("verifiers", [None, Verifiers()], ids=["unverified", "verified"])
def test_a_frozen_record_folds_to_its_result(path: Path, verifiers: Verifiers | None) -> None:
    frozen, state = read(path), genesis(catalogue())
    effects = [plain(apply_bytes(state, message.encode(), verifiers)[1]) for message in frozen.messages]

    assert frozen.effects == effects
    assert frozen.result == plain(result(state))
    assert frozen.result_sha256 == fingerprint(frozen.result)


@every_record
def test_a_frozen_record_is_what_it_was(path: Path) -> None:
    """Who must change this line has changed history."""
    known = {
        "exercise-1": "ed40449ba4910787de660ee0807b95906bc88ba3160a69f8c470b279ec6d3a30",
        "votes-1": "6ff916d94a2ba954270cbc6672c8420b2a4170650cbd2989a5cbd7a3585882ba",
        "exercise-2": "5df1bf3233eec203895cf7dfe06f7aadd4c86971f4943f06b8350bb34d37828a",
        "witnessed-1": "539461dacef07489f2da36fa5f00adfff0beafc06c87911ece633ec9fd1594f4",
    }

    assert known[path.stem] == read(path).result_sha256


def test_the_frozen_records_know_every_act_and_every_effect() -> None:
    acts, effects = set(), set()
    for path in FILES:
        frozen, state = read(path), genesis(catalogue())
        for message in frozen.messages:
            entry, made = apply_bytes(state, message.encode())
            effects |= {type(effect) for effect in made}
            acts |= {type(decode_entry(message.encode()).act.content)} if entry else set()

    assert set(get_args(Content)) == acts
    assert set(get_args(Effect)) == effects


FOLD: Final = """

from tacit.rules import Verifiers, apply_bytes, catalogue, genesis
from tests.records.result import fingerprint, result
from tests.records.test_records import FILES, read
for path in FILES:
    state = genesis(catalogue())
    effects = [apply_bytes(state, message.encode(), Verifiers())[1] for message in read(path).messages]
    print(fingerprint(result(state)), fingerprint(effects))
"""


def folded_elsewhere(hash_seed: str) -> str:
    """What a process of its own makes of every record; the seed decides in which order it walks its sets."""
    environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", FOLD],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PROCESS_WAIT_S,
        check=True,
    )
    return done.stdout


def test_two_processes_with_other_hash_seeds_agree() -> None:
    first, second = folded_elsewhere("1"), folded_elsewhere("2")

    assert first
    assert first == second
    assert read(FILES[0]).result_sha256 in first
