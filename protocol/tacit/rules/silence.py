"""Rules of the silence procedure: `received_at` decides, never what an author claims.

Procedure: docs/explanation/silence.md; clauses: docs/reference/spec/vocabulary.md.
"""

import re
from datetime import datetime, timedelta
from typing import Final, assert_never

from tacit.acts import (
    Act,
    Deadline,
    ExtensionRefused,
    ExtensionRequested,
    SilenceBroken,
    SilenceContent,
    SilenceExtended,
    SilencePassed,
    SilenceSet,
    SilenceWithdrawn,
)
from tacit.errors import RefusedError, Rule
from tacit.ids import StateCode
from tacit.limits import DEADLINE_AHEAD_S_MAX
from tacit.record.leaf import Leaf
from tacit.rules.effects import Effect, LateObjectionRecorded, SilenceBroke
from tacit.rules.ruleset import SilenceRules
from tacit.rules.state import Body, Silence, State
from tacit.rules.wording import find_open_version

_EXACT_TIME: Final = re.compile(r"\b([01]?\d|2[0-3])[:.h][0-5]\d\b", re.ASCII)
"""Words such as "noon" or "close of business" are not an exact time."""


def closing_period(state: State) -> timedelta:
    """How long attested breaks may still be lodged; without witnesses nobody can attest, so nothing is waited for."""
    witnessed = state.charter is not None and bool(state.charter.witnesses)
    return timedelta(seconds=state.rules.silence.closing_period_s if witnessed else 0)


def in_time(rules: SilenceRules, at: datetime, deadline: datetime) -> bool:
    """Whether something received `at` is before the deadline; the boundary itself is decided by the rule-set."""
    return at <= deadline if rules.boundary == "at_or_before" else at < deadline


def is_exact(deadline: Deadline) -> bool:
    """Whether the words shown give hour and minute."""
    return _EXACT_TIME.search(deadline.shown) is not None


def admit(state: State, body: Body, act: Act, content: SilenceContent, at: datetime) -> None:
    """Check an act of a silence procedure received `at`.

    Raises:
        RefusedError: `silence.*` or `text.*`.
    """
    rules = state.rules.silence
    if isinstance(content, SilenceSet):
        _admit_setting(rules, body, act, content, at)
        return
    silence = body.silences.get(content.silence)
    if silence is None or silence.channel != act.header.channel:
        raise RefusedError(Rule.SILENCE_UNKNOWN, content.silence)
    if isinstance(content, SilenceBroken):
        _admit_break(rules, silence, act.header.state, at)
        return
    if silence.status != "RUNNING":
        raise RefusedError(Rule.SILENCE_NOT_RUNNING, f"it is {silence.status}")
    timely = in_time(rules, at, silence.deadline.at)
    match content:
        case SilenceExtended():
            _require(timely or silence.jeopardised, Rule.SILENCE_EXPIRED)
            _check_deadline(rules, content.deadline, at)
            _require(content.deadline.at > silence.deadline.at, Rule.DEADLINE_NOT_LATER)
        case ExtensionRequested():
            _require(timely or silence.jeopardised, Rule.SILENCE_EXPIRED)
        case ExtensionRefused():
            _require(content.request in silence.requests, Rule.EXTENSION_UNKNOWN)
        case SilenceWithdrawn():
            _require(timely or silence.jeopardised, Rule.SILENCE_EXPIRED)
        case SilencePassed():
            _require(not silence.jeopardised, Rule.SILENCE_JEOPARDISED)
            closed = silence.deadline.at + closing_period(state)
            expired = content.deadline == silence.deadline.at and not in_time(rules, at, closed)
            _require(expired, Rule.SILENCE_NOT_EXPIRED)
        case _:
            assert_never(content)


def _require(condition: bool, rule: Rule) -> None:
    if not condition:
        raise RefusedError(rule)


def _admit_setting(rules: SilenceRules, body: Body, act: Act, content: SilenceSet, at: datetime) -> None:
    text = find_open_version(body, act.header.channel, content.version)
    if text.silence is not None:
        raise RefusedError(Rule.SILENCE_TWICE, "a new silence needs a new version")
    if text.question is not None and text.question.perceived is not None:
        raise RefusedError(Rule.QUESTION_TWICE, "consensus has been perceived")
    _check_deadline(rules, content.deadline, at)


def _check_deadline(rules: SilenceRules, deadline: Deadline, at: datetime) -> None:
    ahead = (deadline.at - at).total_seconds()
    if ahead < max(rules.duration_min_s, 0) or ahead <= 0:
        raise RefusedError(Rule.DEADLINE_PAST, f"{ahead:.1f} s ahead, at least {rules.duration_min_s}")
    if ahead > DEADLINE_AHEAD_S_MAX:
        raise RefusedError(Rule.DEADLINE_TOO_FAR, f"{ahead:.0f} s ahead, at most {DEADLINE_AHEAD_S_MAX}")
    if not is_exact(deadline):
        raise RefusedError(Rule.DEADLINE_NOT_EXACT, "the words shown give no hour and minute")


def _admit_break(rules: SilenceRules, silence: Silence, member: StateCode, at: datetime) -> None:
    if silence.status in {"WITHDRAWN", "VOID"}:
        raise RefusedError(Rule.SILENCE_NOT_RUNNING, f"it is {silence.status}")
    if member in silence.breakers or member in silence.late:
        raise RefusedError(Rule.SILENCE_BROKEN_TWICE, member)
    if _breaks(rules, silence, at):
        return
    if silence.status == "BROKEN":
        raise RefusedError(Rule.SILENCE_NOT_RUNNING, "it is BROKEN and its deadline has passed")
    late = (at - silence.deadline.at).total_seconds()
    if late > rules.late_objection_s:
        raise RefusedError(Rule.SILENCE_CLOSED, f"{late:.1f} s after the deadline")


def _breaks(rules: SilenceRules, silence: Silence, at: datetime) -> bool:
    """A break counts before the deadline; while that is jeopardised nobody may be told that it came too late."""
    return silence.status in {"RUNNING", "BROKEN"} and (silence.jeopardised or in_time(rules, at, silence.deadline.at))


def enact(state: State, body: Body, act: Act, content: SilenceContent, leaf: Leaf) -> tuple[Effect, ...]:
    """Carry out an admitted act of a silence procedure."""
    if isinstance(content, SilenceSet):
        _begin(body, act, content, leaf)
        return ()
    silence = body.silences[content.silence]
    match content:
        case SilenceExtended():
            silence.deadline, silence.jeopardised = content.deadline, False
        case ExtensionRequested():
            silence.requests[leaf.act] = act.header.state
        case ExtensionRefused():
            del silence.requests[content.request]
        case SilenceBroken():
            return _object(state, body, silence, act.header.state, leaf)
        case SilenceWithdrawn():
            silence.status = "WITHDRAWN"
            body.texts[silence.text].status = "NEGOTIATING"
        case SilencePassed():
            silence.status, silence.passed_by = "PASSED", leaf.act
        case _:
            assert_never(content)
    return ()


def _begin(body: Body, act: Act, content: SilenceSet, leaf: Leaf) -> None:
    text = body.texts[content.version.text]
    text.status, text.silence = "UNDER_SILENCE", leaf.act
    body.silences[leaf.act] = Silence(leaf.act, act.header.channel or "", text.text, content.deadline)


def _object(state: State, body: Body, silence: Silence, member: StateCode, leaf: Leaf) -> tuple[Effect, ...]:
    if not _breaks(state.rules.silence, silence, leaf.received_at):
        silence.late.append(member)
        silence.objections[leaf.act] = member
        late_s = (leaf.received_at - silence.deadline.at).total_seconds()
        return (LateObjectionRecorded(silence.silence, member, late_s),)
    return (break_silence(body, silence, member),)


def break_silence(body: Body, silence: Silence, member: StateCode) -> SilenceBroke:
    """Add a member to those who broke the silence; the first opens the text again."""
    further = silence.status == "BROKEN"
    silence.breakers.append(member)
    if not further:
        silence.status = "BROKEN"
        # Once only: a version revised or agreed since the first break stays what it is.
        body.texts[silence.text].status = "NEGOTIATING"
    return SilenceBroke(silence.silence, member, further)
