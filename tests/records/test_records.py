"""A record folds to the same result for ever: one frozen record for each released engine, and nothing excuses it."""

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
    known = {"exercise-1": "ed40449ba4910787de660ee0807b95906bc88ba3160a69f8c470b279ec6d3a30"}

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
