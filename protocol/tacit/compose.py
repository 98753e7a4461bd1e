"""Composing acts: what a client does before it signs. Pure: keys, numbers, times and salts are arguments."""

from datetime import datetime

import msgspec

from tacit import acts
from tacit.acts import Act, Capacity, Content, Header, Precedence, Seen
from tacit.envelope import ACT_TYPE, Envelope, act_id, pae
from tacit.ids import ORGANISATION, ActId, BodyId, ChannelId, Digest, OfficeName, StateCode
from tacit.rules.state import State
from tacit.signing import Signer


class Author(msgspec.Struct, frozen=True):
    """An office with its keys: it signs acts of one organisation."""

    organisation: ActId
    state: StateCode
    office: OfficeName
    signer: Signer

    @property
    def capacity(self) -> Capacity:
        """The capacity in which this office speaks for itself."""
        if self.state != ORGANISATION or self.office == "root":
            return "own"
        if self.office == "chair":
            return "chair"
        return "secretariat" if self.office == "secretariat" else "service"


class Link(msgspec.Struct, frozen=True):
    """Where an act stands in its author's chain: its number, and the author's act before it in this place."""

    number: int
    previous: ActId


def next_link(state: State, author: Author, place: tuple[BodyId, ChannelId] | None) -> Link:
    """The author's next place in its chain: after its last act there, or after the act that enrolled it.

    Raises:
        KeyError: the state does not know the credential.
    """
    credential = author.signer.credential
    chain = state.chains.get((credential, *(place or (None, None))))
    return Link(chain.number + 1, chain.head) if chain else Link(1, state.credentials[credential].enrolled_by)


class Window(msgspec.Struct, frozen=True):
    """When the author says it signs, and until when the act may be played."""

    claimed_at: datetime
    not_after: datetime


class Composed(msgspec.Struct, frozen=True):
    """A signed act, ready to hand in, with its id."""

    act: Act
    act_id: ActId
    envelope: Envelope


def compose(  # noqa: PLR0913 - the header has these parts, and each is the caller's to say
    author: Author,
    content: Content,
    place: tuple[BodyId, ChannelId] | None,
    link: Link,
    window: Window,
    *,
    detached: Digest | None = None,
    precedence: Precedence = "ROUTINE",
    references: tuple[ActId, ...] = (),
    seen: Seen | None = None,
    releaser: Signer | None = None,
) -> Composed:
    """Compose and sign one act. Raises nothing: whether the act is admissible is for the rules to say."""
    header = Header(
        v=1,
        organisation=author.organisation,
        body=place[0] if place else None,
        channel=place[1] if place else None,
        state=author.state,
        office=author.office,
        credential=author.signer.credential,
        capacity=author.capacity,
        on_behalf_of=(),
        number=link.number,
        previous=link.previous,
        claimed_at=window.claimed_at,
        not_after=window.not_after,
        seen=seen,
        label=None,
        precedence=precedence,
        references=references,
        detached=detached,
        releaser=releaser.credential if releaser else None,
    )
    return sign(Act(header, content), author.signer, releaser)


def sign(act: Act, author: Signer, releaser: Signer | None = None) -> Composed:
    """Sign an act as its author and, where the header names one, as its releaser."""
    payload = acts.encode(act)
    message = pae(ACT_TYPE, payload)
    signatures = author.sign(message) + (releaser.sign(message) if releaser else ())
    return Composed(act, act_id(payload), Envelope(payload, ACT_TYPE, signatures))
