"""View `votes`: every roll call that was counted, with who voted how in one word: what a picture of many is drawn from.

The state lets go of the votes with the tally (ADR 0022), so this view remembers those on versions that are open.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from tacit.acts import PositionDeclared, Stance, TallyRecorded
from tacit.ids import ActId, BodyId, ChannelId, Reference, StateCode
from tacit.rules.effects import TextSuperseded
from tacit.rules.ruleset import TallyRules
from tacit.rules.state import Body, Text
from tacit_services.kept_states import read_beside
from tacit_services.projector.folding import Folded, View, table

YES: Final = "y"
NO: Final = "n"
ABSTAIN: Final = "a"
NO_VOTE: Final = "-"
"""A member of the body of which no vote was counted."""
NO_MEMBER: Final = "."
"""A founder that was no member of the body when it was counted."""
WHOLE: Final = "text"

_encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(dict[ActId, dict[StateCode, Stance]])


class VoteRow(msgspec.Struct, frozen=True):
    """A version that was counted.

    `votes` has one letter for each founder, in the order of the charter: `y`, `n`, `a`; `-` where a member of the body
    cast no vote that was counted, `.` where the founder was no member of it.
    """

    text: ActId
    reference: Reference
    revision: int
    body: BodyId
    channel: ChannelId
    title: str
    yes: int
    no: int
    abstain: int
    votes: str
    tally: ActId


class Ballots:
    """Remembers the votes on versions that are open: as much as is open, and nothing of the past."""

    def __init__(self) -> None:
        self._cast: dict[ActId, dict[StateCode, Stance]] = {}

    def rows(self, folded: Folded) -> Iterator[VoteRow]:
        """A row for a tally; of a vote it is remembered."""
        entry = folded.entry
        for effect in folded.effects:
            if isinstance(effect, TextSuperseded):
                self._cast.pop(effect.text, None)
        if entry is None or folded.void:
            return
        content, header = entry.act.content, entry.act.header
        if isinstance(content, PositionDeclared) and content.scope == WHOLE:
            self._cast.setdefault(content.version.text, {})[header.state] = content.stance
        elif isinstance(content, TallyRecorded):
            body = folded.state.bodies[header.body or ""]
            text = body.texts[content.version.text]
            yield _row(folded, body, text, self._cast.pop(text.text, {}), entry.leaf.act)

    def remembered(self) -> bytes:
        """The votes on each version that is open, in MessagePack."""
        return _encode(self._cast)

    def recall(self, raw: bytes) -> None:
        """As `Memory.recall`."""
        self._cast = read_beside(_decoder, raw)


def _row(folded: Folded, body: Body, text: Text, cast: Mapping[StateCode, Stance], tally: ActId) -> VoteRow:
    charter, rules, counts = folded.state.charter, folded.state.rules.tally, text.tally
    assert charter is not None
    assert rules is not None
    assert counts is not None
    letters = _letters(rules)
    votes = (
        letters.get(cast.get(founder.state, "UNDECLARED"), NO_VOTE) if founder.state in body.members else NO_MEMBER
        for founder in charter.founders
    )
    return VoteRow(
        text=text.text,
        reference=text.reference,
        revision=text.revision,
        body=body.body,
        channel=text.channel,
        title=text.title,
        yes=counts.yes,
        no=counts.no,
        abstain=counts.abstain,
        votes="".join(votes),
        tally=tally,
    )


def _letters(rules: TallyRules) -> dict[Stance, str]:
    listed = ((rules.yes, YES), (rules.no, NO), (rules.abstain, ABSTAIN))
    return {stance: letter for stances, letter in listed for stance in stances}


VOTES: Final = View(table("votes", 1, VoteRow, key=("text",), indexes=(("reference",),)), remembering=Ballots)
