"""The settings file of a client: whom it asks when it does not get through."""

from pathlib import Path

import pytest

from tacit.client import WitnessAddress, Witnesses, WitnessSettingsError, read_witnesses
from tacit.client.settings import PATIENCE_S

ONE = '[[witnesses]]\nstate = "XBB"\nurl = "https://witness.xbb.example"\n'


def test_addresses_are_read_and_patience_has_a_default(tmp_path: Path) -> None:
    path = tmp_path / "witnesses.toml"
    path.write_text(ONE)
    address = WitnessAddress("XBB", "https://witness.xbb.example")
    assert Witnesses(witnesses=(address,), patience_s=PATIENCE_S) == read_witnesses(path)
    path.write_text("patience_s = 3\n" + ONE)
    assert read_witnesses(path).patience_s == 3
    path.write_text('lodgers = ["https://chair.example/v1/lodge"]\n' + ONE)
    assert read_witnesses(path).lodgers == ("https://chair.example/v1/lodge",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "witnesses = []",
        "[[witnesses]",
        ONE + ONE,
        ONE + "key = 1",
        "patience_s = 0\n" + ONE,
        ONE.replace("https", "ftp"),
        "lodgers = [1]\n" + ONE,
        ONE.replace("XBB", "xbb"),
    ],
    ids=["nothing", "nobody", "no TOML", "twice", "unknown", "no patience", "no address", "no lodger", "no member"],
)
def test_what_cannot_be_used_is_one_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "witnesses.toml"
    path.write_text(text)
    with pytest.raises(WitnessSettingsError, match=r"witnesses\.toml"):
        read_witnesses(path)


def test_a_file_that_is_not_there_is_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(WitnessSettingsError):
        read_witnesses(tmp_path / "nowhere.toml")
