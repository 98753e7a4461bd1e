"""What a scenario is: rows of a script, with what is expected of the state after each. Data, no behaviour."""

from datetime import datetime
from typing import Literal

import msgspec

from tacit.acts import Stance
from tacit.acts.channel import Level
from tacit.acts.consultation import Outcome as ConsultationOutcome
from tacit.errors import Rule
from tacit.ids import BodyId, ChannelId, Scope, StateCode

Source = Literal["public", "public-fact", "filler"]
"""How much of a row is known: a public fact at its time, a public fact at an invented time, or nothing."""


class ConsultationExpected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A consultation, by the row that opened it."""

    ref: str
    status: Literal["REQUESTED", "CONVENED", "CONCLUDED", "REFERRED"]
    invoking: tuple[StateCode, ...]
    outcome: ConsultationOutcome | None = None


class TextExpected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of a text, by the row that issued it."""

    ref: str
    status: Literal["NEGOTIATING", "UNDER_SILENCE", "AGREED", "SUPERSEDED", "REFERRED"]
    revision: int
    lineage: str | None = None
    """The row that took up what this version continues."""


class PositionExpected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member's position after the row, and the one that the row replaced."""

    text: str
    member: StateCode
    scope: Scope
    prior: Stance
    stance: Stance


class SilenceExpected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A silence, by the row that set it. The deadline is scenario time; `requests`: members waiting for an answer."""

    ref: str
    status: Literal["RUNNING", "BROKEN", "WITHDRAWN", "PASSED"]
    deadline: datetime
    breakers: tuple[StateCode, ...] = ()
    late: tuple[StateCode, ...] = ()
    requests: tuple[StateCode, ...] = ()


class EvaluationExpected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the rules make of the positions on a text. `undeclared` counts members; absent means that it is not said."""

    text: str
    mode: Literal["IN_MEETING", "SILENCE"]
    result: Literal["yes", "no", "indeterminate"]
    blockers: tuple[StateCode, ...] = ()
    qualifiers: tuple[StateCode, ...] = ()
    undeclared: int | None = None


class DecisionExpected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision, by the row that adopted it."""

    ref: str
    text: str
    mode: Literal["IN_MEETING", "SILENCE"]


class AcknowledgementExpected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request for receipts, by the row that made it."""

    ref: str
    status: Literal["OPEN", "COMPLETE", "OVERDUE"]
    missing: tuple[StateCode, ...] = ()
    late: tuple[StateCode, ...] = ()


class LateObjectionExpected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The effect of the row: an objection that came `late_s` seconds after the deadline and changed nothing."""

    silence: str
    member: StateCode
    late_s: float


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What must hold after a row, in its body: `consultations` counts those of the channel, `members` its states."""

    refused: Rule | None = None
    level: Level | None = None
    consultations: int | None = None
    consultation: ConsultationExpected | None = None
    text: TextExpected | None = None
    position: PositionExpected | None = None
    silence: SilenceExpected | None = None
    evaluation: EvaluationExpected | None = None
    decision: DecisionExpected | None = None
    decisions: int | None = None
    late_objection: LateObjectionExpected | None = None
    acknowledgement: AcknowledgementExpected | None = None
    members: int | None = None


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a script. `@name` in the content stands for what the row with that `ref` recorded.

    `who` is a member's code, `chair`, `secretariat`, or `timekeeper` (whose acts a player waits for and never makes).
    Without an `act` the row is not played at all, and `not_yet_played` says why; with one, what of it is left out.
    `once`: nothing is submitted where the channel is open, or the body exists, already. `body` and `channel` stand
    where a row is said elsewhere than the others; `references` are rows to which its act refers.
    """

    at: datetime
    who: str
    source: Source
    says: str
    script: int | None = None
    act: str | None = None
    ref: str | None = None
    once: bool = False
    content: dict[str, object] = msgspec.field(default_factory=dict)
    text: str | None = None
    body: BodyId | None = None
    channel: ChannelId | None = None
    references: tuple[str, ...] = ()
    expect: Expectation = Expectation()
    not_yet_played: str | None = None


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A script for one channel of one body, for an organisation that has at least these members."""

    name: str
    title: str
    body: BodyId
    channel: ChannelId
    members: tuple[StateCode, ...]
    rows: tuple[Row, ...] = msgspec.field(name="row")
