"""Scenarios: scripts of consultations as data, how they are played, and what must hold after each row.

This room signs for the members of an exercise and for nobody else. It knows no socket and no clock but its desk.
"""

from tacit_services.scenario.desk import Desk
from tacit_services.scenario.library import NAMES, ScenarioError, packaged, read
from tacit_services.scenario.model import Row, Scenario
from tacit_services.scenario.planner import COMMITTING_OFFICE
from tacit_services.scenario.player import Outcome, Player, Stage
from tacit_services.scenario.report import RowReport, RunReport, report_row, sum_up
from tacit_services.scenario.timing import SPEED, TimeMap, scaled, virtual

__all__ = [
    "COMMITTING_OFFICE",
    "NAMES",
    "SPEED",
    "Desk",
    "Outcome",
    "Player",
    "Row",
    "RowReport",
    "RunReport",
    "Scenario",
    "ScenarioError",
    "Stage",
    "TimeMap",
    "packaged",
    "read",
    "report_row",
    "scaled",
    "sum_up",
    "virtual",
]
