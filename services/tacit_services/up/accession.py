"""Bringing an organisation into force: acceptances, accreditations, enrolments.

Each step looks at the record first, so a founding that was interrupted goes on where it stopped.
"""

from datetime import datetime
from typing import Protocol

from tacit.acts import Content, OfficeAccredited
from tacit.compose import Author, Composed, Window, compose, next_link
from tacit.founding import compose_acceptance, enrolment
from tacit.ids import ROOT, ChannelId, OfficeName, StateCode
from tacit.record import Leaf
from tacit_services.up.mirror import Mirror
from tacit_services.up.organisation import MEMBER_OFFICE, WINDOW, Organisation

OFFICE_TITLE = "Permanent Representative"


class Recorder(Protocol):
    """Gets one act recorded."""

    async def record(self, composed: Composed) -> Leaf:
        """Return the leaf of the act once it is durable. Raises RefusedError if the rules refuse it."""
        ...


class Accession:
    """The steps of a founding, through the same door as every other act."""

    def __init__(self, organisation: Organisation, mirror: Mirror, recorder: Recorder) -> None:
        self._organisation = organisation
        self._mirror = mirror
        self._recorder = recorder

    async def complete(self, now: datetime) -> None:
        """Do what is still missing until every member can speak."""
        for state in self._organisation.design.members:
            if state not in self._mirror.state.accepted:
                await self._accept(state, now)
        for state in self._organisation.design.members:
            await self._seat(state, now)

    async def _accept(self, state: StateCode, now: datetime) -> None:
        root = self._organisation.author(state, ROOT).signer
        window = Window(now, now + WINDOW)
        leaf = await self._recorder.record(compose_acceptance(self._organisation.organisation, state, root, window))
        await self._mirror.wait_for(lambda seen: seen.size > leaf.index)

    async def _seat(self, state: StateCode, now: datetime) -> None:
        office = self._mirror.state.offices.get((state, MEMBER_OFFICE))
        if office is None:
            accredited = OfficeAccredited(state=state, office=MEMBER_OFFICE, title=OFFICE_TITLE, commits=True)
            await self._say(self._organisation.service("secretariat"), accredited, None, now)
        if office is None or office.credential is None:
            await self._say(self._organisation.author(state, ROOT), self._enrolment(state, MEMBER_OFFICE), None, now)

    def _enrolment(self, state: StateCode, office: OfficeName) -> Content:
        signer = self._organisation.author(state, office).signer
        return enrolment(self._organisation.organisation, state, office, signer)

    async def _say(self, author: Author, content: Content, place: tuple[str, ChannelId] | None, now: datetime) -> None:
        link = next_link(self._mirror.state, author, place)
        leaf = await self._recorder.record(compose(author, content, place, link, Window(now, now + WINDOW)))
        await self._mirror.wait_for(lambda seen: seen.size > leaf.index)
