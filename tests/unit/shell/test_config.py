"""Settings: default, file, environment, in this order; and what is not known is refused in a sentence that names it."""

from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from tacit_services.run.settings import Settings
from tacit_services.shell.config import (
    NO_SETTINGS,
    SECRET,
    BadSettingError,
    Loaded,
    SettingError,
    UnknownSettingError,
    leaves,
    load,
)
from tacit_services.shell.config import variable as variable_of


class Door(msgspec.Struct, frozen=True, kw_only=True):
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    names: tuple[str, ...] = ()
    wide: bool = False
    wait_s: float = 1.5
    password: Annotated[str, msgspec.Meta(extra=SECRET)] = ""


class House(msgspec.Struct, frozen=True, kw_only=True):
    door: Door = Door()
    title: str = "house"


def loaded(tmp_path: Path, text: str, **environment: str) -> Loaded[House]:
    file = tmp_path / "house.toml"
    file.write_text(text)
    return load(House, file, environment)


def test_without_anything_the_defaults_are_in_force() -> None:
    assert load(House, None, {}).settings == House()


def test_the_file_is_above_the_default_and_the_environment_above_the_file(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, "title = 'a'\n[door]\nport = 1\nwait_s = 2.0\n", TACIT_DOOR_PORT="2", TACIT_DOOR_WIDE="true"
    )

    assert House(title="a", door=Door(port=2, wait_s=2.0, wide=True)) == found.settings
    assert {
        "title": str(tmp_path / "house.toml"),
        "door.wait_s": str(tmp_path / "house.toml"),
        "door.port": "TACIT_DOOR_PORT",
        "door.wide": "TACIT_DOOR_WIDE",
        "door.names": "default",
        "door.password": "default",
    } == {setting.name: setting.origin for setting in found.listed()}


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "house.toml").write_text("title = 'named'\n")

    assert load(House, None, {"TACIT_CONFIG": str(tmp_path / "house.toml")}).settings.title == "named"


def test_a_list_is_written_with_commas_in_the_environment() -> None:
    assert load(House, None, {"TACIT_DOOR_NAMES": "a, b,"}).settings.door.names == ("a", "b")


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    shown = [setting.shown for setting in loaded(tmp_path, "[door]\npassword = 'hush'\n").listed()]

    assert '"********"' in shown
    assert not any("hush" in each for each in shown)


@pytest.mark.parametrize(
    ("text", "named"),
    [("titles = 'a'\n", "titles"), ("[door]\nports = 1\n", "door.ports"), ("[window]\nport = 1\n", "window")],
)
def test_an_unknown_setting_in_the_file_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(UnknownSettingError, match=rf"no setting {named} \(in .*house\.toml\)"):
        loaded(tmp_path, text)


def test_an_unknown_variable_with_our_prefix_is_refused_by_name() -> None:
    with pytest.raises(UnknownSettingError, match=r"TACIT_DOR_PORT.*did you mean TACIT_DOOR_PORT"):
        load(House, None, {"TACIT_DOR_PORT": "1"})


def test_other_variables_and_the_listed_few_are_none_of_ours() -> None:
    assert load(House, None, {"PATH": "x", **dict.fromkeys(NO_SETTINGS - {"TACIT_CONFIG"}, "1")}).settings == House()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[door]\nport = '1'\n", "Expected `int`"),
        ("[door]\nport = 70000\n", "<= 65535"),
        ("door = 1\n", "no setting door"),
        ("[door\n", "house.toml"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises((BadSettingError, UnknownSettingError), match=said):
        loaded(tmp_path, text)


def test_a_bad_variable_is_named() -> None:
    with pytest.raises(BadSettingError, match="TACIT_DOOR_PORT cannot be used"):
        load(House, None, {"TACIT_DOOR_PORT": "many"})


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"nowhere\.toml cannot be read: No such file or directory\."):
        load(House, tmp_path / "nowhere.toml", {})


def test_no_two_settings_have_the_same_variable() -> None:
    paths = list(leaves(Settings))

    assert len(paths) == len({variable_of(path) for path in paths})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"TACIT_NATS_URLS": ""}, "names no server"),
        ({"TACIT_NATS_URLS": "nats://me:hush@host:4222"}, "nats.urls holds a user"),
        ({"TACIT_NATS_USER": "me"}, "nats.user goes with"),
        ({"TACIT_NATS_PASSWORD": "hush"}, "nats.user goes with"),
        ({"TACIT_NATS_CREDS_FILE": "a", "TACIT_NATS_NKEY_SEED_FILE": "b"}, "one may be set"),
        ({"TACIT_NATS_TLS_CERT_FILE": "a"}, "go together"),
    ],
)
def test_settings_that_contradict_one_another_are_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettingError, match=said) as refused:
        load(Settings, None, given)

    assert "hush" not in str(refused.value)
