"""What a reader is shown of a channel: each entry in words with its text, or its leaf alone. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from tacit import envelope
from tacit.acts import RuleSetRef
from tacit.ids import ActId, BodyId, ChannelId, CredentialId, Digest, StateCode
from tacit.record import Entry, Leaf
from tacit.rules import State
from tacit_services.gateway.entitlement import entitled

Format = Literal["html", "csv", "jsonl"]


class Told(msgspec.Struct, frozen=True):
    """An entry of the channel as it was when it was folded: what it says and what came of it, in words."""

    entry: Entry
    who: str
    capacity: str
    type: str
    words: str
    effects: tuple[str, ...]
    void: bool


class Shown(msgspec.Struct, frozen=True):
    """An entry of an export. `told` is None where it is withheld; `text` where there is none or it is not at hand."""

    leaf: Leaf
    told: Told | None
    text_sha256: Digest | None = None
    text: str | None = None

    @property
    def envelope(self) -> bytes | None:
        """The bytes of its envelope; None where it is withheld."""
        return envelope.encode(self.told.entry.envelope) if self.told is not None else None


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What an export is of, for whom, and by what it can be checked. `root`: the organisation's root key."""

    organisation: ActId
    name: str
    purpose: str
    root: CredentialId
    ruleset: RuleSetRef
    body: BodyId
    channel: ChannelId
    title: str
    first: int
    last: int
    from_at: datetime
    to_at: datetime
    entries: int
    withheld: int
    reader: StateCode
    zone: str
    made_at: datetime
    recorded_by: str


class Export(msgspec.Struct, frozen=True):
    """What is written."""

    about: About
    shown: tuple[Shown, ...]


def show(
    told: Sequence[Told], texts: Mapping[Digest, str], state: State, reader: StateCode, body: BodyId
) -> tuple[Shown, ...]:
    """What the reader may see, by its membership as it is in `state`; the rest is marked by its leaf."""
    return tuple(
        _show(each, texts) if entitled(state, reader, body, each.entry.leaf.index) else Shown(each.entry.leaf, None)
        for each in told
    )


def _show(told: Told, texts: Mapping[Digest, str]) -> Shown:
    digest = told.entry.act.header.detached
    return Shown(told.entry.leaf, told, digest, texts.get(digest) if digest is not None else None)
