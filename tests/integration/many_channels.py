"""An organisation with many channels in several bodies, and who sits where."""

from tacit.acts import ChannelOpened, FoundingBody, OfficeAccredited, RegistrarTerm
from tacit.compose import compose
from tacit.founding import Plan, compose_acceptance, compose_charter, enrolment
from tacit.ids import ORGANISATION, ROOT, BodyId, ChannelId, StateCode
from tacit.rules import packaged
from tacit.testing import OFFICE, SERVICES, World, signer_for

SEATS: dict[BodyId, tuple[StateCode, ...]] = {
    "council": ("XAA", "XBB", "XCC"),
    "military-committee": ("XAA", "XBB"),
    "budget-committee": ("XAA", "XCC"),
    "working-party": ("XBB", "XCC"),
}
"""Nobody sits everywhere."""

Place = tuple[BodyId, ChannelId]


class ManyChannels(World):
    """So many channels, as many in each body."""

    def __init__(self, channels: int) -> None:
        each = channels // len(SEATS)
        self.places: list[Place] = [(body, f"channel-{number}") for number in range(each) for body in SEATS]
        super().__init__()

    def places_of(self, state: StateCode) -> list[Place]:
        """The channels of the bodies in which a member sits."""
        return [place for place in self.places if state in SEATS[place[0]]]

    def _found(self) -> None:
        bodies = tuple(FoundingBody(body, body.title(), members) for body, members in SEATS.items())
        plan = Plan(name="Exercise of many channels", exercise=True, ruleset=packaged("nato-like"), bodies=bodies)
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
            self.say(state, enrolment(self.organisation, state, OFFICE, signer_for(f"{state}/{OFFICE}")), office=ROOT)
        author = self.author(ORGANISATION, "secretariat")
        for place in self.places:
            opening = ChannelOpened(title=f"{place[0]} {place[1]}", kind="standing")
            self.record(compose(author, opening, place, self.link(author, place), self.window()))
