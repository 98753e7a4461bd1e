"""Settings from a file and from the environment, in one structure that refuses what it does not know.

A later one wins: default, file (TOML), environment. The environment is read here and nowhere else. What the structure
holds is none of this file's business: every leaf of it is a setting, `section.name` in the file and
`TACIT_SECTION_NAME` in the environment.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Generic, TypeVar, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo, fields

from tacit_services.shell.errors import OperatorError

PREFIX: Final = "TACIT_"
CONFIG_VARIABLE: Final = "TACIT_CONFIG"
"""Names the file, where no option does."""
NO_SETTINGS: Final = frozenset(
    {
        CONFIG_VARIABLE,
        "TACIT_REQUIRE",
        "TACIT_SCREENSHOTS",
        "TACIT_TEST_SCALE",
        "TACIT_TEST_SEEDS",
        "TACIT_TEST_SEED_FIRST",
    }
)
"""Variables with our prefix that are no setting: they say where the file is, or how much the tests do."""
SECRET: Final = {"secret": True}
"""In the `extra` of a setting's `msgspec.Meta`: its value is never shown."""
MASKED: Final = "********"

T = TypeVar("T", bound=msgspec.Struct)
Path_ = tuple[str, ...]


class SettingError(OperatorError):
    """A setting is unknown or cannot be used; nothing is started."""


class UnknownSettingError(SettingError):
    """Nothing of this name can be set."""

    def __init__(self, name: str, where: str, known: list[str]) -> None:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f"did you mean {near[0]}?" if near else "`tacit config --print` shows all that there are."
        super().__init__(f"There is no setting {name} (in {where}): remove it; {meant}")


class BadSettingError(SettingError):
    """The value of a setting cannot be used."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"A setting in {where} cannot be used: {reason}.")


class Setting(msgspec.Struct, frozen=True):
    """One setting as it is in force. `origin` is `default`, the path of a file or the name of a variable."""

    path: Path_
    value: object
    default: object
    origin: str
    secret: bool

    @property
    def name(self) -> str:
        """As it is written in sentences: `nats.urls`."""
        return ".".join(self.path)

    @property
    def shown(self) -> str:
        """The value as TOML, masked where it is a secret that is set."""
        return msgspec.json.encode(MASKED if self.secret and self.value else self.value).decode()


class Loaded(Generic[T]):
    """The structure, and of each setting where it comes from."""

    def __init__(self, settings: T, origins: Mapping[Path_, str]) -> None:
        self.settings = settings
        self._origins = origins

    def listed(self) -> Iterator[Setting]:
        """Every setting, in the order of the structure."""
        for path, field in leaves(type(self.settings)).items():
            value: object = self.settings
            for step in path:
                value = getattr(value, step)
            yield Setting(path, value, field.default, self._origins.get(path, "default"), _is_secret(field))


def leaves(kind: type[msgspec.Struct]) -> dict[Path_, FieldInfo]:
    """Every setting of a structure by its path: a field that is itself a structure is a section."""
    found: dict[Path_, FieldInfo] = {}
    for field in fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            found |= {(field.name, *path): leaf for path, leaf in leaves(field.type).items()}
        else:
            found[field.name,] = field
    return found


def variable(path: Path_) -> str:
    """The name of a setting in the environment."""
    return PREFIX + "_".join(path).upper()


def load(kind: type[T], file: Path | None, environment: Mapping[str, str] | None = None) -> Loaded[T]:
    """Put the settings together; without `environment` that of this process is read.

    `file` may also be named by `TACIT_CONFIG`; a file that is named must be there. Raises SettingError.
    """
    environment = os.environ if environment is None else environment
    file = file or (Path(environment[CONFIG_VARIABLE]) if environment.get(CONFIG_VARIABLE) else None)
    known = leaves(kind)
    given = _from_file(file, known) if file else {}
    said = _from_environment(environment, known)
    nested: dict[str, Any] = {}
    for path, value in {**given, **said}.items():
        section = nested
        for step in path[:-1]:
            section = section.setdefault(step, {})
        section[path[-1]] = value
    try:
        settings = msgspec.convert(nested, kind)
    except msgspec.ValidationError as error:
        where = " or ".join([str(file)] * bool(given) + ["the environment"] * bool(said))
        raise BadSettingError(where or "the defaults", str(error)) from error
    return Loaded(settings, dict.fromkeys(given, str(file)) | {path: variable(path) for path in said})


def _from_file(file: Path, known: Mapping[Path_, FieldInfo]) -> dict[Path_, object]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise BadSettingError(str(file), str(error)) from error
    sections = {path[:depth] for path in known for depth in range(1, len(path))}
    found = dict(_flat(document, (), sections))
    for path in found:
        if path not in known:
            raise UnknownSettingError(".".join(path), str(file), [".".join(each) for each in known])
    return found


def _flat(table: Mapping[str, object], above: Path_, sections: set[Path_]) -> Iterator[tuple[Path_, object]]:
    for name, value in table.items():
        path = (*above, name)
        if isinstance(value, dict) and path in sections:
            yield from _flat(value, path, sections)
        else:
            yield path, value


def _from_environment(environment: Mapping[str, str], known: Mapping[Path_, FieldInfo]) -> dict[Path_, object]:
    paths = {variable(path): path for path in known}
    found: dict[Path_, object] = {}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in NO_SETTINGS:
            continue
        if name not in paths:
            raise UnknownSettingError(name, "the environment", list(paths))
        path = paths[name]
        try:
            found[path] = _parsed(environment[name], known[path])
        except msgspec.ValidationError as error:
            raise BadSettingError(name, str(error)) from error
    return found


def _parsed(text: str, field: FieldInfo) -> object:
    """A list is written with commas; numbers and true or false as everywhere."""
    bare = get_args(field.type)[0] if get_origin(field.type) is Annotated else field.type
    if get_origin(bare) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    return msgspec.convert(text, field.type, strict=False)


def _is_secret(field: FieldInfo) -> bool:
    metas = [each for each in getattr(field.type, "__metadata__", ()) if isinstance(each, msgspec.Meta)]
    return any((meta.extra or {}).get("secret") for meta in metas)
