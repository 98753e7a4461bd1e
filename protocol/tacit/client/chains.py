"""The author's own chains: in each place the number and id of its last recorded act. Pure."""

from tacit.acts import CharterDeposited, CredentialEnrolled
from tacit.compose import Link
from tacit.ids import ActId, BodyId, ChannelId, CredentialId
from tacit.keys import fingerprint
from tacit.record import Entry

Place = tuple[BodyId, ChannelId] | None
"""Body and channel, or None for acts on the register."""


class Chains:
    """What one credential has said so far, learnt from the entries of the record and from its receipts."""

    def __init__(self, credential: CredentialId) -> None:
        self._credential = credential
        self._enrolled_by: ActId | None = None
        self._last: dict[Place, Link] = {}

    def learn(self, entry: Entry) -> None:
        """Take in an entry: our own acts, and the one that enrolled us."""
        header = entry.act.header
        if header.credential == self._credential:
            place = (header.body, header.channel) if header.body and header.channel else None
            self.advance(place, header.number, entry.leaf.act)
        elif self._enrols_us(entry):
            self._enrolled_by = entry.leaf.act

    def _enrols_us(self, entry: Entry) -> bool:
        content = entry.act.content
        if isinstance(content, CredentialEnrolled):
            return fingerprint(content.keys) == self._credential
        if isinstance(content, CharterDeposited):
            return self._credential in {fingerprint(service.keys) for service in content.services}
        return False

    def advance(self, place: Place, number: int, act: ActId) -> None:
        """Note that an act of ours is recorded; what is older than what we know changes nothing."""
        last = self._last.get(place)
        if last is None or number > last.number:
            self._last[place] = Link(number, act)

    def next(self, place: Place) -> Link | None:
        """The link of the next act in a place; None while the enrolment has not been seen."""
        last = self._last.get(place)
        if last is not None:
            return Link(last.number + 1, last.previous)
        return Link(1, self._enrolled_by) if self._enrolled_by is not None else None
