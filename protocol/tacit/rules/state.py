"""The state that the fold keeps: the registry, which every member sees, and one room for each body.

It holds what is open and what the register needs, not the past: the past is the record. Only `enact` changes it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from tacit.acts import CharterDeposited, Deadline, Receipt, Stance
from tacit.acts.channel import Level
from tacit.errors import RefusedError, Rule
from tacit.ids import (
    ActId,
    BodyId,
    ChannelId,
    CredentialId,
    Digest,
    OfficeName,
    Reference,
    Scope,
    StateCode,
)
from tacit.keys import Keys, Verifier
from tacit.rules.ruleset import RuleSet

Place = tuple[BodyId | None, ChannelId | None]
"""Where an act is said: body and channel, or neither for acts on the register."""


class Office(msgspec.Struct):
    """An accredited office and the credential that signs for it now."""

    state: StateCode
    office: OfficeName
    commits: bool
    credential: CredentialId | None = None


class Credential(msgspec.Struct):
    """A key set bound to an office; `enrolled_by` is the act that its first act must name as its previous."""

    credential: CredentialId
    state: StateCode
    office: OfficeName
    keys: Keys
    enrolled_by: ActId
    revoked_at: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    """Of a revoked one: when the record heard of it, or since when it was compromised if that is earlier."""


class Chain(msgspec.Struct, gc=False):
    """The last act of one credential in one place."""

    number: int
    head: ActId


class Channel(msgspec.Struct):
    """An open channel."""

    channel: ChannelId
    title: str
    kind: Literal["crisis", "standing"]
    level: Level = "ROUTINE"


class Consultation(msgspec.Struct):
    """A consultation: who asked, who is threatened, how far it has come."""

    consultation: ActId
    channel: ChannelId
    basis: str
    subject: str
    invoking: list[StateCode]
    threatened: tuple[StateCode, ...]
    status: Literal["REQUESTED", "CONVENED", "CONCLUDED", "REFERRED"] = "REQUESTED"
    outcome: str | None = None


class Question(msgspec.Struct):
    """The question put on a version, and the chair's perception if there is one."""

    question: ActId
    closes_at: datetime
    perceived: ActId | None = None


class Tally(msgspec.Struct, frozen=True):
    """How many members were for, against and abstaining."""

    yes: int
    no: int
    abstain: int


class Text(msgspec.Struct):
    """One version of a text and the positions that are bound to it."""

    text: ActId
    channel: ChannelId
    reference: Reference
    revision: int
    title: str
    wording: Digest
    paragraphs: int
    status: Literal["NEGOTIATING", "UNDER_SILENCE", "AGREED", "COUNTED", "SUPERSEDED", "REFERRED"] = "NEGOTIATING"
    positions: dict[tuple[StateCode, Scope], Stance] = msgspec.field(default_factory=dict)
    question: Question | None = None
    silence: ActId | None = None
    decision: ActId | None = None
    tally: Tally | None = None
    """Of a counted version; its positions are then in the record alone."""
    lineage: ActId | None = None
    """The item of another body that it continues, by the act that took it up."""


class Silence(msgspec.Struct):
    """A silence procedure."""

    silence: ActId
    channel: ChannelId
    text: ActId
    deadline: Deadline
    status: Literal["RUNNING", "BROKEN", "WITHDRAWN", "PASSED", "VOID"] = "RUNNING"
    breakers: list[StateCode] = msgspec.field(default_factory=list)
    late: list[StateCode] = msgspec.field(default_factory=list)
    requests: dict[ActId, StateCode] = msgspec.field(default_factory=dict)
    jeopardised: bool = False
    passed_by: ActId | None = None
    objections: dict[ActId, StateCode] = msgspec.field(default_factory=dict)
    """Late objections by their act: evidence may show that one was held back."""
    evidence: dict[ActId, StateCode] = msgspec.field(default_factory=dict)
    """Evidence that did not break the silence, by the act that lodged it: what the chair may void it on."""


class Decision(msgspec.Struct):
    """An adopted decision."""

    decision: ActId
    channel: ChannelId
    text: ActId
    mode: Literal["IN_MEETING", "SILENCE"]
    voided_by: ActId | None = None


class Acknowledgement(msgspec.Struct):
    """What is to be acknowledged by whom; `missing` in the order of the request, `late` in that of arrival."""

    request: ActId
    channel: ChannelId
    act: ActId
    kind: Receipt
    deadline: Deadline
    missing: list[StateCode]
    late: list[StateCode] = msgspec.field(default_factory=list)
    status: Literal["OPEN", "COMPLETE", "OVERDUE"] = "OPEN"


class Item(msgspec.Struct):
    """What the body took up from another; `item` is the version or the consultation in the body `source`."""

    taken_up_by: ActId
    channel: ChannelId
    source: BodyId
    referral: ActId
    item: ActId


class Body(msgspec.Struct):
    """A body, its members and everything said in it. An act reads this and the registry, never another body."""

    body: BodyId
    title: str
    members: tuple[StateCode, ...]
    removed: dict[StateCode, int] = msgspec.field(default_factory=dict)
    """Who is no member any more, and the index of the entry by which: what stands before it was said to them."""
    channels: dict[ChannelId, Channel] = msgspec.field(default_factory=dict)
    references: dict[Reference, ActId | None] = msgspec.field(default_factory=dict)
    texts: dict[ActId, Text] = msgspec.field(default_factory=dict)
    silences: dict[ActId, Silence] = msgspec.field(default_factory=dict)
    consultations: dict[ActId, Consultation] = msgspec.field(default_factory=dict)
    questions: dict[ActId, ActId] = msgspec.field(default_factory=dict)
    decisions: dict[ActId, Decision] = msgspec.field(default_factory=dict)
    lodged: set[ActId] = msgspec.field(default_factory=set)
    """Acts that the record holds only within evidence: their numbers are spent."""
    acknowledgements: dict[ActId, Acknowledgement] = msgspec.field(default_factory=dict)
    items: dict[ActId, Item] = msgspec.field(default_factory=dict)
    asked: dict[tuple[ChannelId, ActId], list[ActId]] = msgspec.field(default_factory=dict)
    """The requests to acknowledge an act, by the act."""


class State(msgspec.Struct):
    """The whole state after `size` entries. Equal records give equal states, on every machine, for ever."""

    rulesets: Mapping[Digest, RuleSet]
    size: int = 0
    term: int = 0
    last_received_at: datetime | None = None
    organisation: ActId | None = None
    charter: CharterDeposited | None = None
    accepted: set[StateCode] = msgspec.field(default_factory=set)
    offices: dict[tuple[StateCode, OfficeName], Office] = msgspec.field(default_factory=dict)
    credentials: dict[CredentialId, Credential] = msgspec.field(default_factory=dict)
    chains: dict[tuple[CredentialId, BodyId | None, ChannelId | None], Chain] = msgspec.field(default_factory=dict)
    bodies: dict[BodyId, Body] = msgspec.field(default_factory=dict)
    void: int = 0

    @property
    def in_force(self) -> bool:
        """Whether every founder has accepted the charter."""
        return self.charter is not None and len(self.accepted) == len(self.charter.founders)

    @property
    def rules(self) -> RuleSet:
        """The rule-set that the charter names.

        Raises:
            RefusedError: `charter.missing` before entry 0.
        """
        if self.charter is None:
            raise RefusedError(Rule.CHARTER_MISSING)
        return self.rulesets[self.charter.ruleset.sha256]

    def silences_running(self) -> Iterator[tuple[Body, Silence]]:
        """Every silence whose clock is running."""
        for body in self.bodies.values():
            for silence in body.silences.values():
                if silence.status == "RUNNING":
                    yield body, silence


class Verifiers:
    """Loaded keys by credential, beside the state: keys are loaded once and never change under their fingerprint."""

    __slots__ = ("_loaded",)

    def __init__(self) -> None:
        self._loaded: dict[CredentialId, Verifier] = {}

    def of(self, credential: CredentialId, keys: Keys) -> Verifier:
        """The verifier of a credential.

        Raises:
            RefusedError: `key.unsafe`.
        """
        found = self._loaded.get(credential)
        if found is None:
            found = self._loaded[credential] = Verifier(keys)
        return found


def genesis(rulesets: Mapping[Digest, RuleSet]) -> State:
    """The state before entry 0, knowing the rule-sets that a charter may name."""
    return State(rulesets)
