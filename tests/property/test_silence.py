"""A silence procedure against a model of it: every verb at every time around the deadline."""

from datetime import timedelta
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tacit.acts import (
    Content,
    Deadline,
    DecisionAdopted,
    ExtensionRefused,
    ExtensionRequested,
    RegistrarTerm,
    RevisionIssued,
    SilenceBroken,
    SilenceExtended,
    SilencePassed,
    SilenceSet,
    SilenceWithdrawn,
    Version,
)
from tacit.errors import RefusedError, Rule
from tacit.ids import ORGANISATION, StateCode
from tacit.record import Entry
from tacit.rules import deadlines
from tacit.rules.effects import DeadlineJeopardised, LateObjectionRecorded, SilenceBroke, TextSuperseded
from tacit.rules.state import Silence, Text
from tests.property import plays

LATE_S: Final = 3_600
MARGIN_S: Final = 60
TICK: Final = timedelta(microseconds=1)

# Seconds before (negative) or after the deadline, or None for "a little later than now".
moments = st.sampled_from([None, -30.0, -0.000001, 0.0, 0.000001, 0.7, 59.0, 61.0, LATE_S, LATE_S + 1.0])
members = st.sampled_from(["XAA", "XBB"])


class SilenceMachine(RuleBasedStateMachine):
    """The model: a status, a deadline, who broke, who came late, and whether the deadline is jeopardised."""

    def __init__(self) -> None:
        super().__init__()
        self.world = plays.begin(witnesses=())
        self.text = next(iter(self.world.state.bodies["council"].texts))
        self.version = Version(self.text, self.world.state.bodies["council"].texts[self.text].wording)
        self.status = "RUNNING"
        self.text_status = "UNDER_SILENCE"
        self.breakers: list[StateCode] = []
        self.late: list[StateCode] = []
        self.requests: list[str] = []
        self.jeopardised = False

    @initialize(ahead_s=st.sampled_from([1, 60, 600]))
    def set_silence(self, ahead_s: int) -> None:
        self.deadline = self.world.now + timedelta(seconds=ahead_s)
        shown = Deadline(self.deadline, "Europe/Brussels", "10:00 Brussels")
        self.silence = self.world.organ("chair", SilenceSet(version=self.version, deadline=shown)).leaf.act

    def go_to(self, moment: float | None) -> None:
        """Time only runs forwards."""
        wished = self.world.now + TICK if moment is None else self.deadline + timedelta(seconds=moment)
        self.world.now = max(self.world.now, wished)

    @property
    def timely(self) -> bool:
        return self.world.now <= self.deadline

    @property
    def open_(self) -> bool:
        """Whether the chair and the members may still change the course of the silence."""
        return self.status == "RUNNING" and (self.timely or self.jeopardised)

    def try_(self, state: StateCode, office: str | None, content: Content, text: bytes | None = None) -> Entry | Rule:
        try:
            return self.world.say(state, content, text=text, **({"office": office} if office else {}))
        except RefusedError as error:
            return error.rule

    def chair(self, content: Content) -> Entry | Rule:
        return self.try_(ORGANISATION, "chair", content)

    def expect(self, answer: Entry | Rule, *, recorded: bool, rules: set[Rule]) -> bool:
        assert recorded is isinstance(answer, Entry), answer
        assert recorded or answer in rules
        return recorded

    @rule(moment=moments, member=members)
    def break_(self, moment: float | None, member: StateCode) -> None:
        self.go_to(moment)
        breaks = self.status in {"RUNNING", "BROKEN"} and (self.timely or self.jeopardised)
        lateness = (self.world.now - self.deadline).total_seconds()
        may_be_late = self.status in {"RUNNING", "PASSED"} and lateness <= LATE_S
        first = member not in self.breakers + self.late
        recorded = self.status != "WITHDRAWN" and first and (breaks or may_be_late)
        content = SilenceBroken(silence=self.silence, kind="SUBSTANCE", reason="")
        refusals = {Rule.SILENCE_NOT_RUNNING, Rule.SILENCE_BROKEN_TWICE, Rule.SILENCE_CLOSED}
        if not self.expect(self.try_(member, None, content), recorded=recorded, rules=refusals):
            return
        if breaks:
            effect: object = SilenceBroke(self.silence, member, self.status == "BROKEN")
            self.breakers.append(member)
            self.text_status = "NEGOTIATING" if self.status == "RUNNING" else self.text_status
            self.status = "BROKEN"
        else:
            effect = LateObjectionRecorded(self.silence, member, lateness)
            self.late.append(member)
        assert (effect,) == self.world.effects[-1]

    @rule(moment=moments, seconds=st.sampled_from([-60, 0, 30, 600]))
    def extend(self, moment: float | None, seconds: int) -> None:
        self.go_to(moment)
        later = self.deadline + timedelta(seconds=seconds)
        allowed = self.open_ and later > self.deadline and (later - self.world.now).total_seconds() >= 1
        shown = Deadline(later, "Europe/Brussels", "10:01 Brussels")
        answer = self.chair(SilenceExtended(silence=self.silence, deadline=shown, reason=""))
        refusals = {Rule.SILENCE_NOT_RUNNING, Rule.SILENCE_EXPIRED, Rule.DEADLINE_PAST, Rule.DEADLINE_NOT_LATER}
        if self.expect(answer, recorded=allowed, rules=refusals):
            self.deadline, self.jeopardised = later, False

    @rule(moment=moments, member=members)
    def request(self, moment: float | None, member: StateCode) -> None:
        self.go_to(moment)
        answer = self.try_(member, None, ExtensionRequested(silence=self.silence, reason=""))
        if self.expect(answer, recorded=self.open_, rules={Rule.SILENCE_NOT_RUNNING, Rule.SILENCE_EXPIRED}):
            assert isinstance(answer, Entry)
            self.requests.append(answer.leaf.act)

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def refuse(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from([*self.requests, plays.NOBODY]))
        answer = self.chair(ExtensionRefused(silence=self.silence, request=request, reason=""))
        allowed = self.status == "RUNNING" and request in self.requests
        if self.expect(answer, recorded=allowed, rules={Rule.SILENCE_NOT_RUNNING, Rule.EXTENSION_UNKNOWN}):
            self.requests.remove(request)

    @rule(moment=moments)
    def withdraw(self, moment: float | None) -> None:
        self.go_to(moment)
        answer = self.chair(SilenceWithdrawn(silence=self.silence, reason=""))
        refusals = {Rule.SILENCE_NOT_RUNNING, Rule.SILENCE_EXPIRED}
        if self.expect(answer, recorded=self.open_, rules=refusals):
            self.status, self.text_status = "WITHDRAWN", "NEGOTIATING"

    @rule(moment=moments, off_s=st.sampled_from([0, 0, 0, 1]))
    def pass_(self, moment: float | None, off_s: int) -> None:
        self.go_to(moment)
        stated = self.deadline + timedelta(seconds=off_s)
        answer = self.try_(ORGANISATION, "timekeeper", SilencePassed(silence=self.silence, deadline=stated))
        allowed = self.status == "RUNNING" and not self.timely and not self.jeopardised and off_s == 0
        refusals = {Rule.SILENCE_NOT_RUNNING, Rule.SILENCE_NOT_EXPIRED, Rule.SILENCE_JEOPARDISED}
        if self.expect(answer, recorded=allowed, rules=refusals):
            self.status = "PASSED"

    @rule(moment=moments)
    def take_over(self, moment: float | None) -> None:
        """A registrar was away between the last entry and now."""
        self.go_to(moment)
        since = self.world.state.last_received_at
        assert since is not None
        term = RegistrarTerm(term=self.world.state.term + 1, unavailable_since=since, reason="take-over")
        self.world.organ("registrar", term)
        if self.status == "RUNNING" and since < self.deadline <= self.world.now + timedelta(seconds=MARGIN_S):
            self.jeopardised = True
            assert (DeadlineJeopardised(self.silence, self.deadline, since),) == self.world.effects[-1]

    @rule()
    def revise(self) -> None:
        content = RevisionIssued(supersedes=self.text, revision=1, paragraphs=2, reason="")
        answer = self.try_(ORGANISATION, "secretariat", content, plays.TEXT)
        allowed = self.text_status == "NEGOTIATING"
        refusals = {Rule.TEXT_UNDER_SILENCE, Rule.TEXT_SUPERSEDED, Rule.TEXT_AGREED}
        if self.expect(answer, recorded=allowed, rules=refusals):
            assert isinstance(answer, Entry)
            self.text_status = "SUPERSEDED"
            assert (TextSuperseded(self.text, answer.leaf.act),) == self.world.effects[-1]

    @rule()
    def adopt(self) -> None:
        basis = self.held.passed_by or plays.NOBODY
        content = DecisionAdopted(
            version=self.version, mode="SILENCE", basis=basis, effective_at=self.deadline, clauses=()
        )
        answer = self.try_(ORGANISATION, "timekeeper", content)
        allowed = self.status == "PASSED" and self.text_status == "UNDER_SILENCE"
        refusals = {Rule.DECISION_BASIS, Rule.DECISION_TWICE, Rule.TEXT_SUPERSEDED}
        if self.expect(answer, recorded=allowed, rules=refusals):
            self.text_status = "AGREED"

    @rule(moment=moments)
    def set_again(self, moment: float | None) -> None:
        """One silence for each version, whatever became of it."""
        self.go_to(moment)
        shown = Deadline(self.world.now + timedelta(hours=1), "Europe/Brussels", "11:00 Brussels")
        answer = self.chair(SilenceSet(version=self.version, deadline=shown))
        self.expect(answer, recorded=False, rules={Rule.SILENCE_TWICE, Rule.TEXT_SUPERSEDED, Rule.TEXT_AGREED})

    @property
    def held(self) -> Silence:
        return self.world.state.bodies["council"].silences[self.silence]

    @invariant()
    def the_fold_is_where_the_model_is(self) -> None:
        if not hasattr(self, "silence"):
            return
        held = self.held
        text: Text = self.world.state.bodies["council"].texts[self.text]

        assert (self.status, self.deadline) == (held.status, held.deadline.at)
        assert (self.breakers, self.late) == (held.breakers, held.late)
        assert (self.requests, self.jeopardised) == (list(held.requests), held.jeopardised)
        assert self.text_status == text.status
        running = self.status == "RUNNING" and not self.jeopardised
        assert ([(self.deadline, "council", self.silence)] if running else []) == deadlines(self.world.state)

    def teardown(self) -> None:
        assert self.world.state == self.world.refold()


TestSilence = SilenceMachine.TestCase
TestSilence.settings = settings(
    max_examples=max(50, settings.default.max_examples // 2) if settings.default else 50, stateful_step_count=25
)
