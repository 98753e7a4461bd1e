"""An organisation with two bodies: every member sits in the council, only the first in the committee."""

from tacit.acts import ChannelOpened, FoundingBody, OfficeAccredited, RegistrarTerm
from tacit.compose import Link, compose
from tacit.founding import Plan, compose_acceptance, compose_charter, enrolment
from tacit.ids import ORGANISATION, ROOT
from tacit.rules import packaged
from tacit.testing import OFFICE, SERVICES, World, signer_for


class TwoBodies(World):
    """A world with a `committee` of its first state beside the council, and a channel `east` in both."""

    def _found(self) -> None:
        bodies = (FoundingBody("council", "Council", self.states), FoundingBody("committee", "C", self.states[:1]))
        plan = Plan(name="Exercise council", exercise=True, ruleset=packaged("nato-like"), bodies=bodies)
        roots = {state: signer_for(f"{state}/{ROOT}") for state in self.states}
        services = {office: signer_for(f"{ORGANISATION}/{office}") for office in SERVICES}
        root = signer_for(f"{ORGANISATION}/{ROOT}")
        self.record(compose_charter(plan, root, services, roots, self.window()))
        self.organ("registrar", RegistrarTerm(term=1, unavailable_since=None, reason="founding"))
        for state, signer in roots.items():
            self.record(compose_acceptance(self.organisation, state, signer, self.window()))
        for state in self.states:
            office = OfficeAccredited(state=state, office=OFFICE, title="Permanent Representative", commits=True)
            self.organ("secretariat", office)
            keys = enrolment(self.organisation, state, OFFICE, signer_for(f"{state}/{OFFICE}"))
            self.say(state, keys, office=ROOT)
        self._open("council")
        self._open("committee")

    def _open(self, body: str) -> None:
        author = self.author(ORGANISATION, "chair")
        link = Link(1, self.state.credentials[author.signer.credential].enrolled_by)
        opening = ChannelOpened(title="East", kind="standing")
        self.record(compose(author, opening, (body, "east"), link, self.window()))


def committee() -> World:
    """Two bodies: XAA sits in council and committee, XBB in the council alone."""
    return TwoBodies(("XAA", "XBB"))
