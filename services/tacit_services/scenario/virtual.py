"""A desk in virtual time: the record, the registrar's part and the timekeeper's part in memory, in one process.

The keys of its organisation are the same in every run and protect nothing.
"""

from datetime import datetime, timedelta
from typing import Final

from tacit import acts, envelope
from tacit.acts import Content, DecisionAdopted, SilencePassed, Version
from tacit.compose import Author, Composed, compose
from tacit.detached import Detached, check_detached
from tacit.envelope import Envelope
from tacit.ids import ORGANISATION, BodyId, ChannelId
from tacit.record import Entry, Leaf
from tacit.rules import State, check_signatures, deadlines, signing_keys
from tacit.rules.state import Verifiers
from tacit.testing import World
from tacit_services.scenario.planner import next_link

MOMENT: Final = timedelta(microseconds=1)
"""What is received at the deadline is in time: the timekeeper speaks at the first instant that is not."""


class VirtualDesk:
    """Everybody's desk; sleeping takes no time, and while it sleeps the clocks of silences run out."""

    def __init__(self, world: World) -> None:
        """Play on the record of a founded organisation."""
        self.world = world
        self._verifiers = Verifiers()

    def now(self) -> datetime:
        """The virtual time."""
        return self.world.now

    async def sleep_until(self, instant: datetime) -> None:
        """Let time pass, and let the timekeeper say what falls due before `instant`."""
        while (due := self._next_due()) is not None and due + MOMENT <= instant:
            self._strike(due)
        self.world.now = max(self.world.now, instant)

    async def submit(self, author: Author, envelope: Envelope, detached: Detached | None) -> Leaf:
        """Do as the registrar does: read, verify, admit, record.

        Raises:
            RefusedError: the rule that the act breaks.
        """
        if author.signer.credential not in self.world.state.credentials:
            raise KeyError(author.signer.credential)
        return self._record(envelope, detached).leaf

    async def entry(self, index: int) -> Entry:
        """The entry at an index; time passes until there is one.

        Raises:
            TimeoutError: nothing is due any more, so no entry is coming.
        """
        while index >= len(self.world.entries):
            due = self._next_due()
            if due is None:
                raise TimeoutError
            self._strike(due)
        return self.world.entries[index]

    def _next_due(self) -> datetime | None:
        return next((at for at, _, _ in deadlines(self.world.state)), None)

    def _strike(self, due: datetime) -> None:
        self.world.now = max(self.world.now, due + MOMENT)
        while (said := _due(self.world.state, self.world.now)) is not None:
            place, content = said
            author = self.world.author(ORGANISATION, "timekeeper")
            link = next_link(self.world.state, author, place)
            self._record(compose(author, content, place, link, self.world.window()).envelope, None)

    def _record(self, signed: Envelope, detached: Detached | None) -> Entry:
        act = acts.decode(signed.payload)
        check_detached(act.header.detached, detached)
        check_signatures(signing_keys(self.world.state, act, self._verifiers), signed)
        return self.world.record(Composed(act, envelope.act_id(signed.payload), signed))


def _due(state: State, now: datetime) -> tuple[tuple[BodyId, ChannelId], Content] | None:
    """The next thing that the rules already imply: a silence that passed, or the decision that rests on it."""
    for body in state.bodies.values():
        for silence in body.silences.values():
            text = body.texts[silence.text]
            if silence.passed_by is not None and text.decision is None:
                adopted = DecisionAdopted(
                    version=Version(text.text, text.wording),
                    mode="SILENCE",
                    basis=silence.passed_by,
                    effective_at=silence.deadline.at,
                    clauses=(),
                )
                return (body.body, silence.channel), adopted
    for at, body_id, passed in deadlines(state):
        if at < now:
            silence = state.bodies[body_id].silences[passed]
            return (body_id, silence.channel), SilencePassed(silence=passed, deadline=silence.deadline.at)
    return None
