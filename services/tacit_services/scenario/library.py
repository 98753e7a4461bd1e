"""The scenarios that come with Tacit, and how a scenario is read."""

from importlib import resources
from typing import Final

import msgspec

from tacit.errors import TacitError
from tacit_services.scenario.model import Row, Scenario

NAMES: Final = ("article4-2022", "deadline", "silence-2003")
OFFICES: Final = frozenset({"chair", "secretariat", "timekeeper"})


class ScenarioError(TacitError):
    """A scenario that cannot be played: its file says why."""


def packaged(name: str) -> Scenario:
    """A scenario by its name (`NAMES`).

    Raises:
        ScenarioError: there is none of that name.
    """
    if name not in NAMES:
        raise ScenarioError(f"there is no scenario {name}; there are {', '.join(NAMES)}")
    return read(resources.files("tacit_services.scenario").joinpath(f"{name}.toml").read_text("utf-8"))


def read(text: str) -> Scenario:
    """Read a scenario.

    Raises:
        ScenarioError: it is no TOML, has a field that no scenario has, or a row that nobody can play.
    """
    try:
        scenario = msgspec.toml.decode(text, type=Scenario)
    except msgspec.MsgspecError as error:
        raise ScenarioError(str(error)) from error
    known: set[str] = set()
    for number, row in enumerate(scenario.rows, 1):
        _check(scenario, number, row, known)
        known |= {row.ref} if row.ref else set()
    if list(scenario.rows) != sorted(scenario.rows, key=lambda row: row.at):
        raise ScenarioError("the rows are not in the order of their times")
    return scenario


def _check(scenario: Scenario, number: int, row: Row, known: set[str]) -> None:
    if row.at.utcoffset() is None:
        raise ScenarioError(f"row {number}: the time has no zone")
    if row.who not in OFFICES and row.who not in scenario.members:
        raise ScenarioError(f"row {number}: {row.who} is neither a member nor an office")
    if row.act is None and row.not_yet_played is None:
        raise ScenarioError(f"row {number} has neither an act nor a reason why it is not played")
    missing = sorted({name for name in (*named(row.content), *row.references) if name not in known})
    if missing:
        raise ScenarioError(f"row {number} refers to {missing[0]}, which no row before it records")


def named(value: object) -> list[str]:
    """The rows that a content refers to, without their `@`."""
    if isinstance(value, str):
        return [value[1:]] if value.startswith("@") else []
    if isinstance(value, dict):
        return [name for each in value.values() for name in named(each)]
    return [name for each in value for name in named(each)] if isinstance(value, list) else []
