"""Consensus is a judgement computed from positions under a rule-set; the chair perceives it, nobody stores it."""

from datetime import datetime, timedelta
from typing import Literal, assert_never

import msgspec

from tacit.acts import Act, ConsensusPerceived, DecisionAdopted, DecisionContent, QuestionPut
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, BodyId, StateCode
from tacit.record.leaf import Leaf
from tacit.rules.counting import count
from tacit.rules.effects import Effect, TextAgreed
from tacit.rules.ruleset import ConsensusRules, TallyRules
from tacit.rules.state import Body, Decision, Question, State, Tally, Text
from tacit.rules.wording import find_open_version, find_text, show_reference

Mode = Literal["IN_MEETING", "SILENCE"]


class Evaluation(msgspec.Struct, frozen=True):
    """Whether there is consensus on a version, and why: the members that block, qualify, or have not spoken.

    Where the rule-set counts, `tally` says how many, and `result` is *indeterminate*: nobody perceives consensus there.
    """

    result: Literal["yes", "no", "indeterminate"]
    blockers: tuple[StateCode, ...]
    qualifiers: tuple[StateCode, ...]
    undeclared: tuple[StateCode, ...]
    tally: Tally | None = None


def evaluate(state: State, body: BodyId, text: ActId, mode: Mode) -> Evaluation:
    """Judge a version over the members that the body has now.

    Raises:
        RefusedError: `header.body_unknown` or `text.unknown`.
    """
    found = state.bodies.get(body)
    if found is None:
        raise RefusedError(Rule.BODY_UNKNOWN, body)
    version = found.texts.get(text)
    if version is None:
        raise RefusedError(Rule.TEXT_UNKNOWN, text)
    if state.rules.tally is not None:
        return _counted(state.rules.tally, found, version)
    return _judge(state.rules.consensus, found, version, mode)


def _counted(rules: TallyRules, body: Body, text: Text) -> Evaluation:
    voted = {member for member, scope in text.positions if scope == "text"}
    silent = () if text.tally else tuple(member for member in body.members if member not in voted)
    return Evaluation("indeterminate", (), (), silent, count(rules, body, text))


def _judge(rules: ConsensusRules, body: Body, text: Text, mode: Mode) -> Evaluation:
    stances: dict[StateCode, set[str]] = {member: set() for member in body.members}
    for (member, _), stance in text.positions.items():
        if member in stances and stance != "UNDECLARED":
            stances[member].add(stance)
    qualifiers = tuple(member for member, held in stances.items() if held & set(rules.qualifies))
    undeclared = tuple(member for member, held in stances.items() if not held)
    if mode == "SILENCE":
        return _judge_silence(body, text, qualifiers, undeclared)
    blockers = tuple(member for member, held in stances.items() if held & set(rules.blocks))
    if blockers:
        return Evaluation("no", blockers, qualifiers, undeclared)
    waiting = undeclared and text.question is None and rules.undeclared_before_question == "indeterminate"
    return Evaluation("indeterminate" if waiting else "yes", (), qualifiers, undeclared)


def _judge_silence(
    body: Body, text: Text, qualifiers: tuple[StateCode, ...], undeclared: tuple[StateCode, ...]
) -> Evaluation:
    silence = body.silences.get(text.silence or "")
    if silence is None or silence.status == "RUNNING":
        return Evaluation("indeterminate", (), qualifiers, undeclared)
    passed = silence.status == "PASSED"
    return Evaluation("yes" if passed else "no", tuple(silence.breakers), qualifiers, undeclared)


def admit(state: State, body: Body, act: Act, content: DecisionContent, at: datetime) -> None:
    """Check an act of decision received `at`.

    Raises:
        RefusedError: `question.*`, `consensus.absent`, `decision.*`, `office.not_entitled` or `text.*`.
    """
    match content:
        case QuestionPut():
            text = find_open_version(body, act.header.channel, content.version)
            if text.status == "UNDER_SILENCE":
                raise RefusedError(Rule.TEXT_UNDER_SILENCE, show_reference(text))
            if text.question is not None and text.question.perceived is not None:
                raise RefusedError(Rule.QUESTION_TWICE, show_reference(text))
        case ConsensusPerceived():
            _admit_perception(state, body, act, content, at)
        case DecisionAdopted():
            _admit_adoption(state, body, act, content)
        case _:
            assert_never(content)


def _admit_perception(state: State, body: Body, act: Act, content: ConsensusPerceived, at: datetime) -> None:
    text = find_text(body, act.header.channel, body.questions.get(content.question, ""))
    question = text.question
    if question is None or question.question != content.question:
        raise RefusedError(Rule.QUESTION_NOT_PUT, "the question was put again since")
    if question.perceived is not None:
        raise RefusedError(Rule.QUESTION_TWICE, show_reference(text))
    if text.status != "NEGOTIATING":
        raise RefusedError(Rule.QUESTION_NOT_PUT, f"the text is {text.status}")
    if at < question.closes_at:
        raise RefusedError(Rule.QUESTION_OPEN, f"until {question.closes_at.isoformat()}")
    _require_consensus(state, body, text)


def _require_consensus(state: State, body: Body, text: Text) -> None:
    judged = _judge(state.rules.consensus, body, text, "IN_MEETING")
    if judged.result != "yes":
        raise RefusedError(Rule.NO_CONSENSUS, f"{judged.result}: {', '.join(judged.blockers)}")


def _admit_adoption(state: State, body: Body, act: Act, content: DecisionAdopted) -> None:
    text = find_text(body, act.header.channel, content.version.text)
    if text.decision is not None:
        raise RefusedError(Rule.DECISION_TWICE, show_reference(text))
    find_open_version(body, act.header.channel, content.version)
    if content.mode == "IN_MEETING":
        if act.header.office != "chair":
            raise RefusedError(Rule.NOT_ENTITLED, f"{act.header.office} for a decision in a meeting")
        if text.question is None or text.question.perceived != content.basis:
            raise RefusedError(Rule.DECISION_BASIS, "no such perception of consensus on this version")
        _require_consensus(state, body, text)
        return
    silence = body.silences.get(text.silence or "")
    if silence is None or silence.passed_by != content.basis:
        raise RefusedError(Rule.DECISION_BASIS, "no such passed silence on this version")
    if content.effective_at != silence.deadline.at:
        raise RefusedError(Rule.DECISION_BASIS, "a silence takes effect at its deadline")


def enact(body: Body, act: Act, content: DecisionContent, leaf: Leaf) -> tuple[Effect, ...]:
    """Carry out an admitted act of decision."""
    match content:
        case QuestionPut():
            closes_at = leaf.received_at + timedelta(seconds=content.window_s)
            body.texts[content.version.text].question = Question(leaf.act, closes_at)
            body.questions[leaf.act] = content.version.text
        case ConsensusPerceived():
            question = body.texts[body.questions[content.question]].question
            if question is not None:
                question.perceived = leaf.act
        case DecisionAdopted():
            return _adopt(body, act, content, leaf)
        case _:
            assert_never(content)
    return ()


def _adopt(body: Body, act: Act, content: DecisionAdopted, leaf: Leaf) -> tuple[Effect, ...]:
    text = body.texts[content.version.text]
    text.status, text.decision = "AGREED", leaf.act
    body.decisions[leaf.act] = Decision(leaf.act, act.header.channel or "", text.text, content.mode)
    return (TextAgreed(text.text, leaf.act, content.mode),)
