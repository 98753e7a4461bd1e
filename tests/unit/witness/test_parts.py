"""Rates, key files, settings, counters of a witness."""

import base64
import stat
from pathlib import Path

import pytest

from tacit.rates import ADDRESSES_MAX, Rates
from tacit.record.vkey import ED25519_COSIGNATURE, MLDSA44_COSIGNATURE
from tacit.witness import KeyFileError, SettingsError, make_key, read_key, read_settings
from tacit.witness.counting import Counts
from tests.unit.witness.forking import KEYS, ORGANISATION

SETTINGS = f"""
state = "XAA"
key = "witness.key"
data = "data"

[[logs]]
organisation = "{ORGANISATION}"
keys = ["{KEYS[0]}", "{KEYS[1]}"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "witness.toml"
    path.write_text(text)
    return path


def test_an_address_may_ask_so_often_and_all_together_so_often() -> None:
    rates = Rates(each_per_s=1, all_per_s=3, burst_s=2, now_s=0)

    assert [True, True, False] == [rates.allow("a", 0) for _ in range(3)]
    assert [True, True, False] == [rates.allow("b", 0) for _ in range(3)]
    assert [True, True, False] == [rates.allow("c", 0) for _ in range(3)]
    assert [False, False] == [rates.allow(address, 0) for address in "de"]
    assert rates.allow("a", 1)


def test_who_asks_too_much_uses_up_nothing_of_the_others() -> None:
    rates = Rates(each_per_s=1, all_per_s=2, burst_s=1, now_s=0)

    assert [True] + [False] * 50 == [rates.allow("a", 0) for _ in range(51)]
    assert rates.allow("b", 0)


def test_addresses_without_number_do_not_fill_the_memory() -> None:
    rates = Rates(each_per_s=1, all_per_s=1, burst_s=1, now_s=0)
    for number in range(ADDRESSES_MAX + 100):
        rates.allow(str(number), 0)

    assert ADDRESSES_MAX == len(rates._by_address)


def test_a_key_is_written_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "witness.key"
    made = make_key(path, "witness.xaa.example", b"\1" * 32)

    assert made.vkeys == read_key(path).vkeys
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    with pytest.raises(FileExistsError):
        make_key(path, "witness.xaa.example", b"\2" * 32)


def test_two_keys_are_written_and_read_too(tmp_path: Path) -> None:
    path = tmp_path / "witness.key"
    made = make_key(path, "witness.xaa.example", b"\1" * 32, b"\2" * 32)

    assert [ED25519_COSIGNATURE, MLDSA44_COSIGNATURE] == [vkey.kind for vkey in made.vkeys]
    assert made.vkeys == read_key(path).vkeys


SEED = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name AAAA\n",
        "name not-base64\n",
        f"name {SEED}\nother {SEED}\n",
        f"name {SEED}\nmldsa44 AAAA\n",
        f"name {SEED}\nmldsa44 {SEED}\nmldsa44 {SEED}\n",
        f"name {SEED}\n\n",
    ],
)
def test_what_is_no_key_file_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "witness.key"
    path.write_text(text)
    path.chmod(0o600)

    with pytest.raises(KeyFileError, match="no key"):
        read_key(path)


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "witness.key"
    make_key(path, "witness.xaa.example", b"\1" * 32)
    path.chmod(0o640)

    with pytest.raises(KeyFileError, match="read by others"):
        read_key(path)


def test_a_name_that_no_key_may_have_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError):
        make_key(tmp_path / "witness.key", "two words", b"\1" * 32)
    assert [] == list(tmp_path.iterdir())


def test_settings_are_read(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, SETTINGS))

    assert ("XAA", 7_470, False) == (settings.state, settings.port, settings.logs[0].mirror)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (SETTINGS + "unknown = 1\n", "unknown"),
        (SETTINGS.replace('state = "XAA"', ""), "state"),
        (SETTINGS.replace(str(KEYS[0]), "no key"), "verifier key"),
        (SETTINGS.replace(ORGANISATION, "b" * 64, 1), "bear the name"),
        (SETTINGS + SETTINGS.split("\n\n")[1], "twice"),
        (SETTINGS + "mirror = true\n", "url"),
        ("state = ", "witness.toml"),
        (SETTINGS + 'url = "ftp://example.com"\n', "url"),
    ],
    ids=["unknown", "missing", "key", "other log", "twice", "mirror without url", "no toml", "no web address"],
)
def test_settings_that_cannot_be_used_say_why(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        read_settings(written(tmp_path, text))


def test_counts_are_told_as_prometheus_reads_them() -> None:
    counts = Counts()
    counts.checkpoint(200)
    counts.checkpoint(200)
    counts.checkpoint(409)

    lines = counts.text().splitlines()
    assert 'tacit_witness_checkpoints_total{status="200"} 2' in lines
    assert 'tacit_witness_checkpoints_total{status="409"} 1' in lines
    assert "tacit_witness_equivocations_total 0" in lines
    assert "# TYPE tacit_witness_equivocations_total counter" in lines
