"""From a row to what its author signs: names become act ids, scenario times become playing times. Pure."""

import re
from datetime import datetime
from typing import Final, get_args

import msgspec

from tacit import acts
from tacit.acts import Act, ChannelOpened, Content, MessagePosted, RosterContent
from tacit.compose import Author, Link, Window, compose
from tacit.detached import Detached
from tacit.envelope import Envelope
from tacit.ids import ORGANISATION, ActId, BodyId, ChannelId, Digest, OfficeName, StateCode
from tacit.limits import SHOWN_CHARS_MAX
from tacit.rules import State
from tacit.rules.state import Body
from tacit_services.scenario.library import ScenarioError
from tacit_services.scenario.model import Row
from tacit_services.scenario.timing import TimeMap

COMMITTING_OFFICE: Final = "permanent-representative"
"""The office by which every member speaks in a scenario."""
VALIDITY_S: Final = 600

_BY_TAG: Final = {str(each.__struct_config__.tag): each for each in get_args(Content)}
_LEFT_OUT: Final[dict[str, object]] = {
    "reason": "",
    "condition": "",
    "statement": "",
    "clauses": (),
    "decisions": (),
    "basis": None,
    "text": None,
    "consultation": None,
    "in_reply_to": None,
}
"""What a row need not say. On the wire every field is present."""
_REFERENCE: Final = re.compile(r"(.*\()([0-9]{4})(\))([0-9]{4})")


def free_title(wanted: str, body: Body) -> str:
    """This title of a channel, or with a number where another of the body has it: people tell them apart by it."""
    taken = {channel.title for channel in body.channels.values()}
    title, number = wanted, 1
    while title in taken:
        number += 1
        title = f"{wanted} {number}"
    return title


class Planned(msgspec.Struct, frozen=True):
    """What a row comes to: the resolved content, as an act of the vocabulary or, for a tag that is none, as it is."""

    tag: str
    fields: dict[str, object]
    content: Content | None
    detached: Detached | None
    place: tuple[BodyId, ChannelId] | None
    references: tuple[ActId, ...] = ()


class Planner:
    """Remembers what each named row recorded, for one playing of one scenario; most rows are said in one channel."""

    def __init__(self, place: tuple[BodyId, ChannelId], times: TimeMap) -> None:
        """Begin with nothing recorded."""
        self._place = place
        self.times = times
        self.recorded: dict[str, ActId] = {}
        self._wordings: dict[str, Digest] = {}
        self._numbers: dict[str, str] = {}

    def place(self, row: Row) -> tuple[BodyId, ChannelId]:
        """Body and channel of a row."""
        return row.body or self._place[0], row.channel or self._place[1]

    def plan(self, row: Row, state: State, salt: bytes) -> Planned:
        """Resolve a row against what has been recorded so far.

        Raises:
            ScenarioError: the content is not that of the act.
        """
        tag = row.act or ""
        kind = _BY_TAG.get(tag)
        detached = Detached(salt, row.text.encode()) if row.text is not None else None
        body = state.bodies.get(self.place(row)[0])
        fields = {key: self._resolve(key, value, body) for key, value in row.content.items()}
        if kind is ChannelOpened and body is not None:
            fields["title"] = free_title(str(fields.get("title", "")), body)
        references = tuple(self.recorded[name] for name in row.references)
        if kind is None:
            return Planned(tag, fields, None, detached, self.place(row), references)
        absent = {name: value for name, value in _LEFT_OUT.items() if name in kind.__struct_fields__}
        try:
            content = msgspec.convert({"type": tag, **absent, **fields}, Content)
        except msgspec.ValidationError as error:
            raise ScenarioError(f"{tag}: {error}") from error
        place = None if isinstance(content, RosterContent) else self.place(row)
        return Planned(tag, fields, content, detached, place, references)

    def note(self, row: Row, act: ActId, wording: Digest | None) -> None:
        """Remember what a row recorded."""
        if row.ref is not None:
            self.recorded[row.ref] = act
            if wording is not None:
                self._wordings[row.ref] = wording

    def _resolve(self, key: str, value: object, body: Body | None) -> object:
        if isinstance(value, str) and value.startswith("@"):
            return self._named(key, value[1:])
        if key == "reference" and isinstance(value, str):
            return self._number(value, body)
        if isinstance(value, datetime):
            return self.times(value)
        if isinstance(value, dict):
            resolved = {name: self._resolve(name, each, body) for name, each in value.items()}
            return self._shown(resolved) if key == "deadline" else resolved
        return [self._resolve(key, each, body) for each in value] if isinstance(value, list) else value

    def _named(self, key: str, name: str) -> object:
        if name not in self.recorded:
            raise ScenarioError(
                f"{name} has not been recorded: its act was refused or came too late, so play it slower."
            )
        if key == "version":
            return {"text": self.recorded[name], "wording": self._wordings[name]}
        return self.recorded[name]

    def _number(self, wanted: str, body: Body | None) -> str:
        """The number that the row wants, or the next free one: numbers are never used again, a scenario may be."""
        if wanted not in self._numbers:
            found, taken = wanted, body.references if body else {}
            while found in taken:
                found = _REFERENCE.sub(lambda each: f"{each[1]}{each[2]}{each[3]}{int(each[4]) + 1:04}", found)
            self._numbers[wanted] = found
        return self._numbers[wanted]

    def _shown(self, deadline: dict[str, object]) -> dict[str, object]:
        """A deadline that is not played at its own time says when it is: the words are what people act on."""
        at = deadline.get("at")
        if self.times.scaled and isinstance(at, datetime):
            words = f"{deadline['shown']} (played {at:%H:%M:%S} UTC)"
            return {**deadline, "shown": words[:SHOWN_CHARS_MAX]}
        return deadline

    def sign(self, planned: Planned, author: Author, link: Link, window: Window) -> Envelope:
        """Sign what was planned. A tag that the vocabulary lacks is signed as well: refusing it is not our part."""
        digest = planned.detached.digest() if planned.detached else None
        if planned.content is not None:
            return compose(
                author, planned.content, planned.place, link, window, detached=digest, references=planned.references
            ).envelope
        stand_in = MessagePosted(subject="stand-in", in_reply_to=None)
        header = compose(author, stand_in, planned.place, link, window, detached=digest).act.header
        payload = msgspec.json.encode({"header": header, "content": {"type": planned.tag, **planned.fields}})
        return author.signer.sign_act(payload)


def speaker(row: Row) -> tuple[StateCode, OfficeName]:
    """The state and the office that say a row."""
    if row.who in {"chair", "secretariat", "timekeeper"}:
        return ORGANISATION, row.who
    return row.who, COMMITTING_OFFICE


def says(planned: Planned, act: Act) -> bool:
    """Whether an act is the one that was planned: the same tag, and every field that the row gives."""
    if acts.tag(act.content) != planned.tag or planned.content is None:
        return False
    return all(getattr(act.content, name) == getattr(planned.content, name) for name in planned.fields)
