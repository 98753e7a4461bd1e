"""The author's own chains: in each place the number and id of its last recorded act. Pure."""

from tacit.acts import CharterDeposited, CredentialEnrolled, EvidenceLodged, Header
from tacit.compose import Link
from tacit.errors import RefusedError
from tacit.ids import ActId, BodyId, ChannelId, CredentialId
from tacit.keys import fingerprint
from tacit.record import Entry
from tacit.rules.exhibits import read_evidence

Place = tuple[BodyId, ChannelId] | None
"""Body and channel, or None for acts on the register."""


def place_of(header: Header) -> Place:
    """Where an act is said."""
    return (header.body, header.channel) if header.body and header.channel else None


class Chains:
    """What one credential has said so far: as the entries of the record tell, and as its receipts promise."""

    def __init__(self, credential: CredentialId) -> None:
        self._credential = credential
        self._enrolled_by: ActId | None = None
        self._heard: dict[Place, Link] = {}
        self._promised: dict[Place, Link] = {}

    def learn(self, entry: Entry) -> None:
        """Take in an entry: our own acts, those that were lodged as evidence, and the act that enrolled us."""
        content = entry.act.content
        if isinstance(content, EvidenceLodged):
            self._learn_lodged(content)
        if entry.act.header.credential == self._credential:
            self._hear(entry.act.header, entry.leaf.act)
        elif self._enrols_us(entry):
            self._enrolled_by = entry.leaf.act

    def _learn_lodged(self, content: EvidenceLodged) -> None:
        """An act that was lodged has its number in its author's chain, whoever lodged it."""
        try:
            evidence = read_evidence(content)
        except RefusedError:
            return  # the rules call that entry void
        if evidence.act.header.credential == self._credential:
            self._hear(evidence.act.header, evidence.act_id)

    def _hear(self, header: Header, act: ActId) -> None:
        _advance(self._heard, place_of(header), Link(header.number, act))

    def _enrols_us(self, entry: Entry) -> bool:
        content = entry.act.content
        if isinstance(content, CredentialEnrolled):
            return fingerprint(content.keys) == self._credential
        if isinstance(content, CharterDeposited):
            return self._credential in {fingerprint(service.keys) for service in content.services}
        return False

    def advance(self, place: Place, number: int, act: ActId) -> None:
        """Note what a receipt promises: an act of ours is recorded. What is older than what we know changes nothing."""
        _advance(self._promised, place, Link(number, act))

    def take_back(self, place: Place) -> None:
        """A promise was not kept: in this place only what was heard in the record counts."""
        self._promised.pop(place, None)

    def next(self, place: Place) -> Link | None:
        """The link of the next act in a place; None while the enrolment has not been seen."""
        known = [link for links in (self._heard, self._promised) if (link := links.get(place)) is not None]
        if known:
            last = max(known, key=lambda link: link.number)
            return Link(last.number + 1, last.previous)
        return Link(1, self._enrolled_by) if self._enrolled_by is not None else None


def _advance(links: dict[Place, Link], place: Place, link: Link) -> None:
    last = links.get(place)
    if last is None or link.number > last.number:
        links[place] = link
