"""The demonstration: the packaged scenarios through real connections, then one real silence of ten minutes."""

import copy
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from tacit.acts import (
    ChannelOpened,
    Content,
    Deadline,
    ReferenceAllotted,
    SilenceSet,
    SilenceWithdrawn,
    TextCirculated,
    Version,
)
from tacit.compose import Author, Window, compose, next_link
from tacit.detached import Detached
from tacit.ids import ChannelId
from tacit.limits import SALT_BYTES
from tacit.record import Leaf
from tacit.rules.state import Body, Silence
from tacit_services.ports import Entropy
from tacit_services.scenario import Outcome, Player, Stage, packaged, scaled
from tacit_services.scenario.planner import free_title
from tacit_services.up.live import LiveDesk
from tacit_services.up.mirror import Mirror
from tacit_services.up.organisation import COUNCIL, MEMBER_OFFICE, WINDOW, Organisation

CHANNEL: Final = "east"
TITLE: Final = "East"
LATE_WITHIN_S: Final = 2.0
"""How much later than the script a late objection may arrive on a busy machine."""
SILENCE: Final = timedelta(minutes=10)
ZONE: Final = "Europe/Brussels"
OUTSTANDING: Final = timedelta(minutes=1)
"""A silence that has so long to run is left running; another one would only confuse."""
DRAFT: Final = """1. Exercise. The council takes note of the state of the exercise.
2. Exercise. Nobody has to do anything: the text is adopted if nobody breaks the silence.
"""


class Counts(msgspec.Struct, frozen=True):
    """What the record holds, and what this run met."""

    organisation: str
    entries: int
    consultations: int
    decisions: int
    silences: int
    refused: int
    seconds: float


class Demonstration:
    """One run on one record. A second run plays in a channel of its own, under new numbers."""

    def __init__(self, organisation: Organisation, mirror: Mirror, desk: LiveDesk, entropy: Entropy) -> None:
        self._organisation = organisation
        self._entropy = entropy
        self._mirror = mirror
        self._desk = desk
        self.channel: ChannelId = _free(CHANNEL, mirror.state.bodies[COUNCIL])
        self.refused = 0

    async def play(self, name: str, speed: float) -> AsyncIterator[Outcome]:
        """Play a packaged scenario, `speed` times as fast as it happened, and yield each row as it comes out.

        Raises:
            ScenarioError: a row cannot be played at all.
        """
        scenario = packaged(name)
        stage = Stage(
            place=(COUNCIL, self.channel),
            times=scaled(scenario, self._desk.now(), speed),
            author=self._organisation.author,
            entropy=self._entropy,
            late_within_s=LATE_WITHIN_S,
        )
        player = Player(scenario, self._desk, stage, copy.deepcopy(self._mirror.state))
        async for outcome in player.play():
            self.refused += outcome.refused is not None
            yield outcome
        await self._mirror.wait_for(lambda seen: seen.size >= player.state.size)

    async def leave_silence_running(self) -> Deadline:
        """Set a silence of ten minutes, unless one is running; the chair withdraws what an outage has jeopardised."""
        council = self._mirror.state.bodies[COUNCIL]
        for silence in [each for each in council.silences.values() if each.status == "RUNNING"]:
            if not silence.jeopardised and silence.deadline.at - self._desk.now() > OUTSTANDING:
                return silence.deadline
            if silence.jeopardised:
                await self._withdraw(silence)
        return await self._set_silence(council)

    async def _withdraw(self, silence: Silence) -> None:
        content = SilenceWithdrawn(silence=silence.silence, reason="The deadline fell into an outage.")
        await self._say("chair", content, silence.channel)

    async def _set_silence(self, council: Body) -> Deadline:
        now = self._desk.now()
        reference = _number(council, now.year)
        if self.channel not in council.channels:
            content = ChannelOpened(title=free_title(TITLE, council), kind="crisis")
            await self._say("secretariat", content, self.channel)
        await self._say("secretariat", ReferenceAllotted(reference=reference, subject="Draft note"), self.channel)
        body = Detached(self._entropy(SALT_BYTES), DRAFT.encode())
        circulated = TextCirculated(reference=reference, title="Draft note on the exercise", paragraphs=2)
        text = await self._say("secretariat", circulated, self.channel, body)
        deadline = _deadline(now + SILENCE)
        version = Version(text.act, body.digest())
        await self._say("chair", SilenceSet(version=version, deadline=deadline), self.channel)
        return deadline

    async def _say(self, office: str, content: Content, channel: ChannelId, body: Detached | None = None) -> Leaf:
        author, now = self._organisation.service(office), self._desk.now()
        link = next_link(self._mirror.state, author, (COUNCIL, channel))
        digest = body.digest() if body else None
        composed = compose(author, content, (COUNCIL, channel), link, Window(now, now + WINDOW), detached=digest)
        leaf = await self._desk.submit(author, composed.envelope, body)
        await self._mirror.wait_for(lambda seen: seen.size > leaf.index)
        return leaf

    def counts(self, seconds: float) -> Counts:
        """What has come of it."""
        state, council = self._mirror.state, self._mirror.state.bodies[COUNCIL]
        return Counts(
            organisation=self._organisation.organisation,
            entries=state.size,
            consultations=len(council.consultations),
            decisions=len(council.decisions),
            silences=len(council.silences),
            refused=self.refused,
            seconds=round(seconds, 1),
        )


def authors(organisation: Organisation) -> list[Author]:
    """Everybody who has a desk in the demonstration: secretariat and chair, then every member."""
    organs = [organisation.service("secretariat"), organisation.service("chair")]
    return organs + [organisation.author(state, MEMBER_OFFICE) for state in organisation.design.members]


def _free(name: ChannelId, council: Body) -> ChannelId:
    number = 1
    while (channel := name if number == 1 else f"{name}-{number}") in council.channels:
        number += 1
    return channel


def _number(council: Body, year: int) -> str:
    """The next register number of the year."""
    number = 1
    while (reference := f"CC-M({year}){number:04}") in council.references:
        number += 1
    return reference


def _deadline(at: datetime) -> Deadline:
    at = at.replace(microsecond=0)
    return Deadline(at, ZONE, f"{at.astimezone(ZoneInfo(ZONE)):%H:%M} Brussels")
