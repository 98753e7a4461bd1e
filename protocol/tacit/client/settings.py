"""Whom a client asks when it does not get through: one TOML file, or the same in the program."""

import tomllib
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tacit.client.errors import ClientError
from tacit.ids import StateCode

PATIENCE_S: Final = 10.0
"""How long an act may be without an answer, unless told otherwise, before it is shown to others."""


Url = Annotated[str, Meta(pattern=r"^https?://[^\s]+\Z", max_length=2_000)]


class WitnessAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The witness of another member, and where it answers."""

    state: StateCode
    url: Url


class Witnesses(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The witnesses of other members. `patience_s`: seconds without an answer after which they are shown an act.

    `lodgers`: where others take what only they can lodge (`open_door`): the chair, the secretariat, another office.
    """

    witnesses: Annotated[tuple[WitnessAddress, ...], Meta(min_length=1, max_length=256)]
    lodgers: Annotated[tuple[Url, ...], Meta(max_length=16)] = ()
    patience_s: Annotated[float, Meta(gt=0, le=3_600)] = PATIENCE_S


class WitnessSettingsError(ClientError):
    """The file cannot be used; the message says why."""


def read_witnesses(path: Path) -> Witnesses:
    """Read the settings file of a client (docs/reference/outbox.md).

    Raises:
        WitnessSettingsError: it cannot be read, is not TOML, or something in it is missing, unknown, wrong or double.
    """
    try:
        found = msgspec.convert(tomllib.loads(path.read_text()), Witnesses)
    except OSError as error:
        raise WitnessSettingsError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise WitnessSettingsError(f"{path}: {error}") from error
    if len({each.state for each in found.witnesses}) != len(found.witnesses):
        raise WitnessSettingsError(f"{path}: a member is named twice")
    return found
