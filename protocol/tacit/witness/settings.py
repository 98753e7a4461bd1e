"""The settings of a witness: one TOML file; what it does not know is refused."""

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from tacit.errors import RefusedError
from tacit.ids import ActId, StateCode
from tacit.record.vkey import parse_vkey
from tacit.witness.logs import WitnessedLog

Url = Annotated[str, Meta(pattern=r"^https?://[^\s]+\Z", max_length=2_000)]


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One organisation whose log is witnessed. `keys`: its verifier keys, as `tacit verify` shows them.

    `url`: where the log is, needed to mirror it. `registrar`, `chair`: where submissions are sent on to.
    """

    organisation: ActId
    keys: Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)]
    url: Url | None = None
    mirror: bool = False
    registrar: tuple[Url, ...] = ()
    chair: tuple[Url, ...] = ()


class WitnessSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one witness serves. Paths are relative to the file; times in seconds, rates in requests a second."""

    state: StateCode
    key: str
    data: str
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 7_470
    logs: Annotated[tuple[LogSettings, ...], Meta(min_length=1, max_length=64)]
    checkpoints_per_s: Annotated[float, Meta(gt=0)] = 20.0
    attests_per_address_per_s: Annotated[float, Meta(gt=0)] = 2.0
    attests_per_s: Annotated[float, Meta(gt=0)] = 20.0
    burst_s: Annotated[float, Meta(gt=0)] = 5.0


class SettingsError(Exception):
    """The settings cannot be used; the message says which."""


def read_settings(path: Path) -> WitnessSettings:
    """Read a settings file.

    Raises:
        OSError: it cannot be read.
        SettingsError: it is not TOML, a setting is missing, unknown or wrong, or a log is named twice.
    """
    try:
        settings = msgspec.convert(tomllib.loads(path.read_text()), WitnessSettings)
        logs = witnessed(settings)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, RefusedError) as error:
        raise SettingsError(f"{path}: {error}") from error
    if len({each.organisation for each in logs}) != len(logs):
        raise SettingsError(f"{path}: an organisation is named twice")
    if any(key.name != each.origin for each in logs for key in each.keys):
        raise SettingsError(f"{path}: a key does not bear the name of its log")
    if any(each.mirror and each.url is None for each in settings.logs):
        raise SettingsError(f"{path}: to mirror a log its url is needed")
    return settings


def witnessed(settings: WitnessSettings) -> tuple[WitnessedLog, ...]:
    """The logs as the witness knows them.

    Raises:
        RefusedError: `log.key` for what is no verifier key.
    """
    return tuple(
        WitnessedLog(each.organisation, tuple(map(parse_vkey, each.keys)), each.mirror) for each in settings.logs
    )
