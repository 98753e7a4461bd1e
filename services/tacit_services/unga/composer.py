"""The acts of a roll call, in order: number, text, a position for each vote, tally. Pure but for the salt.

Each act goes on from its author's last one, which may still be under way: the ids are known before the answers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from tacit import submission
from tacit.acts import (
    ChannelOpened,
    Content,
    PositionDeclared,
    ReferenceAllotted,
    TallyRecorded,
    TextCirculated,
    Version,
)
from tacit.compose import Author, Link, Window, compose
from tacit.detached import Detached
from tacit.ids import ActId, BodyId, ChannelId, StateCode
from tacit.limits import SALT_BYTES
from tacit.rules import State
from tacit.rules.state import Body, Text
from tacit.submission import Submission
from tacit_services.ports import Entropy
from tacit_services.unga.source import RollCall, Vote

PLACE: Final[tuple[BodyId, ChannelId]] = ("assembly", "plenary")
SECRETARIAT: Final = "ORG"

Shuffle = Callable[[list[tuple[Version, Vote]]], None]
"""Puts votes into another order, in place."""


class Composer:
    """Composes what a record still lacks, from the state that its fold gave; keeps the chains of all authors."""

    def __init__(
        self,
        authors: Mapping[StateCode, Author],
        state: State,
        entropy: Entropy,
        place: tuple[BodyId, ChannelId] = PLACE,
    ) -> None:
        """`authors`: one office for each state, and the secretariat under `ORG`."""
        self._authors = authors
        self._entropy = entropy
        self._place = place
        self._body: Body = state.bodies[place[0]]
        self._links = {code: _link(state, author, place) for code, author in authors.items()}

    def opening(self, window: Window) -> list[bytes]:
        """Open the channel, if it is not."""
        if self._place[1] in self._body.channels:
            return []
        content = ChannelOpened(title="Plenary: re-enactment of recorded votes", kind="standing")
        return [self._say(SECRETARIAT, content, window)[1]]

    def roll_call(self, call: RollCall, window: Window) -> list[bytes]:
        """Everything that the record lacks of a roll call, encoded as submissions; nothing if it was counted."""
        if self.is_counted(call):
            return []
        version, said = self.circulation(call, window)
        said += self.votes(version, self._missing(call), window)
        return [*said, self.tally(call, version, window)]

    def interleaved(self, calls: Sequence[RollCall], window: Window, shuffle: Shuffle) -> list[bytes]:
        """The same of several roll calls: first their texts, then their votes in another order, then the tallies."""
        missing = [call for call in calls if not self.is_counted(call)]
        said, versions = [], {}
        for call in missing:
            versions[call.rcid], acts = self.circulation(call, window)
            said += acts
        votes = [(versions[call.rcid], vote) for call in missing for vote in self._missing(call)]
        shuffle(votes)
        for version, vote in votes:
            said += self.votes(version, [vote], window)
        return said + [self.tally(call, versions[call.rcid], window) for call in missing]

    def is_counted(self, call: RollCall) -> bool:
        """Whether the record has the tally already."""
        held = self._held(call)
        return held is not None and held.status == "COUNTED"

    def circulation(self, call: RollCall, window: Window) -> tuple[Version, list[bytes]]:
        """The version that is voted on, and the acts that number and circulate it, as far as they are missing."""
        held = self._held(call)
        if held is not None:
            return Version(held.text, held.wording), []
        said = []
        if call.reference not in self._body.references:
            said.append(
                self._say(SECRETARIAT, ReferenceAllotted(reference=call.reference, subject=call.subject), window)[1]
            )
        body = Detached(self._entropy(SALT_BYTES), call.wording)
        circulated = TextCirculated(reference=call.reference, title=call.title, paragraphs=1)
        text, raw = self._say(SECRETARIAT, circulated, window, body)
        return Version(text, body.digest()), [*said, raw]

    def votes(self, version: Version, votes: Sequence[Vote], window: Window) -> list[bytes]:
        """A position for each vote, by the key of its state."""
        return list(self._votes(version, votes, window))

    def _votes(self, version: Version, votes: Sequence[Vote], window: Window) -> Iterator[bytes]:
        for state, stance in votes:
            content = PositionDeclared(version=version, scope="text", stance=stance, condition="", statement="")
            yield self._say(state, content, window)[1]

    def tally(self, call: RollCall, version: Version, window: Window) -> bytes:
        """The tally, as the collection's votes add up: the registrar refuses it if the positions say otherwise."""
        counts = call.tally
        content = TallyRecorded(version=version, yes=counts.yes, no=counts.no, abstain=counts.abstain)
        return self._say(SECRETARIAT, content, window)[1]

    def _missing(self, call: RollCall) -> list[Vote]:
        held = self._held(call)
        return [vote for vote in call.votes if held is None or held.positions.get((vote[0], "text")) != vote[1]]

    def _held(self, call: RollCall) -> Text | None:
        return self._body.texts.get(self._body.references.get(call.reference) or "")

    def _say(
        self, who: StateCode, content: Content, window: Window, body: Detached | None = None
    ) -> tuple[ActId, bytes]:
        link = self._links[who]
        digest = body.digest() if body is not None else None
        composed = compose(self._authors[who], content, self._place, link, window, detached=digest)
        self._links[who] = Link(link.number + 1, composed.act_id)
        return composed.act_id, submission.encode(Submission(composed.envelope, body))


def _link(state: State, author: Author, place: tuple[BodyId, ChannelId]) -> Link:
    credential = author.signer.credential
    chain = state.chains.get((credential, *place))
    return Link(chain.number + 1, chain.head) if chain else Link(1, state.credentials[credential].enrolled_by)
