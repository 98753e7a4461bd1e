"""What became of a scenario and of each row, as plain data: for a table, for JSON, for a page. Pure."""

from datetime import datetime
from typing import Literal

import msgspec

from tacit.rules import State
from tacit.words import describe_effect
from tacit_services.scenario.model import Scenario
from tacit_services.scenario.player import Outcome

Result = Literal["recorded", "refused", "already_done", "not_played"]


class RowReport(msgspec.Struct, frozen=True):
    """What became of a row. `at` is scenario time, `played_at` the time on the desk's clock."""

    number: int
    at: datetime
    played_at: datetime
    who: str
    says: str
    source: str
    act: str | None
    result: Result
    index: int | None
    refused: str | None
    effects: tuple[str, ...]
    not_yet_played: str | None
    mismatches: tuple[str, ...]


class RunReport(msgspec.Struct, frozen=True):
    """What became of a scenario. `not_yet_played` counts rows that are left out wholly or in part."""

    scenario: str
    ok: bool
    rows: tuple[RowReport, ...]
    recorded: int
    refused: int
    not_yet_played: int
    mismatches: int


def report_row(outcome: Outcome, state: State) -> RowReport:
    """What a row's outcome comes to; `state` is the fold with the row in it."""
    row, entry = outcome.row, outcome.entry
    return RowReport(
        number=outcome.number,
        at=row.at,
        played_at=outcome.at,
        who=row.who,
        says=row.says,
        source=row.source,
        act=row.act,
        result=_result(outcome),
        index=entry.leaf.index if entry else None,
        refused=outcome.refused,
        effects=tuple(filter(None, (describe_effect(each, state) for each in outcome.effects))),
        not_yet_played=row.not_yet_played,
        mismatches=outcome.mismatches,
    )


def _result(outcome: Outcome) -> Result:
    if not outcome.played:
        return "not_played"
    if outcome.refused is not None:
        return "refused"
    return "already_done" if outcome.entry is None else "recorded"


def sum_up(scenario: Scenario, rows: tuple[RowReport, ...]) -> RunReport:
    """What all rows come to."""
    wrong = sum(bool(row.mismatches) for row in rows)
    return RunReport(
        scenario=scenario.name,
        ok=wrong == 0,
        rows=rows,
        recorded=sum(row.result == "recorded" for row in rows),
        refused=sum(row.result == "refused" for row in rows),
        not_yet_played=sum(row.not_yet_played is not None for row in rows),
        mismatches=wrong,
    )
