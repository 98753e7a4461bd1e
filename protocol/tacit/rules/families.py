"""Which rules judge an act and which carry it out, by the type of its content: one look-up, however many there are.

A record is folded act by act, so that a question for each type that it is not would cost more than most rules do.
"""

from collections.abc import Callable
from datetime import datetime
from types import UnionType
from typing import Any, Final, NamedTuple

from tacit.acts import (
    AcknowledgementContent,
    Act,
    ChannelContent,
    CharterAccepted,
    CharterDeposited,
    ConsultationContent,
    DecisionContent,
    EvidenceContent,
    ExportRecorded,
    MessagePosted,
    PositionDeclared,
    ReferralContent,
    RegistryContent,
    RosterContent,
    SilenceContent,
    TallyRecorded,
    TextContent,
)
from tacit.record.leaf import Leaf
from tacit.rules import (
    acknowledging,
    consensus,
    conversation,
    counting,
    evidence,
    founding,
    referring,
    register,
    roster,
    silence,
    wording,
)
from tacit.rules.effects import Effect
from tacit.rules.state import Body, State


class Family(NamedTuple):
    """The rules of some types of acts. The content is of one of those types."""

    admit: Callable[[State, Act, Any, datetime], None]
    enact: Callable[[State, Act, Any, Leaf], tuple[Effect, ...]]


class BodyFamily(NamedTuple):
    """The rules of some types of acts that are said in a body."""

    admit: Callable[[State, Body, Act, Any, datetime], None]
    enact: Callable[[State, Body, Act, Any, Leaf], tuple[Effect, ...]]


def _types(kinds: UnionType | type) -> tuple[type, ...]:
    return kinds.__args__ if isinstance(kinds, UnionType) else (kinds,)


_register: Final[dict[UnionType | type, Family]] = {
    CharterDeposited: Family(
        lambda state, act, content, _: founding.admit_charter(state, act, content),
        lambda state, _, content, leaf: founding.enact_charter(state, content, leaf.act),
    ),
    CharterAccepted: Family(
        lambda *_: None,  # who may accept is asked in the place of who may speak
        lambda state, act, content, leaf: founding.enact_acceptance(state, act, content, leaf.act),
    ),
    RegistryContent: Family(
        lambda state, act, content, _: register.admit(state, act, content),
        lambda state, _, content, leaf: register.enact(state, content, leaf),
    ),
    RosterContent: Family(
        lambda state, _, content, __: roster.admit(state, content),
        lambda state, _, content, leaf: roster.enact(state, content, leaf),
    ),
}
_bodies: Final[dict[UnionType | type, BodyFamily]] = {
    ChannelContent: BodyFamily(
        lambda _, body, act, content, __: conversation.admit_channel(body, act.header.channel or "", content),
        lambda _, body, act, content, __: conversation.enact_channel(body, act.header.channel or "", content),
    ),
    ConsultationContent: BodyFamily(
        lambda _, body, act, content, __: conversation.admit_consultation(body, act, content),
        lambda _, body, act, content, leaf: conversation.enact_consultation(body, act, content, leaf.act),
    ),
    TextContent: BodyFamily(
        lambda _, body, act, content, __: wording.admit_text(body, act, content),
        lambda _, body, act, content, leaf: wording.enact_text(body, act, content, leaf),
    ),
    PositionDeclared: BodyFamily(
        lambda _, body, act, content, __: wording.admit_position(body, act, content),
        lambda _, body, act, content, __: wording.enact_position(body, act, content),
    ),
    SilenceContent: BodyFamily(silence.admit, silence.enact),
    DecisionContent: BodyFamily(
        consensus.admit,
        lambda _, body, act, content, leaf: consensus.enact(body, act, content, leaf),
    ),
    TallyRecorded: BodyFamily(
        lambda state, body, act, content, _: counting.admit(state, body, act, content),
        lambda _, body, __, content, ___: counting.enact(body, content),
    ),
    ExportRecorded: BodyFamily(
        lambda state, _, __, content, ___: conversation.admit_export(state.size, content),
        lambda *_: (),
    ),
    AcknowledgementContent: BodyFamily(acknowledging.admit, acknowledging.enact),
    ReferralContent: BodyFamily(
        lambda state, body, act, content, _: referring.admit(state, body, act, content),
        lambda _, body, act, content, leaf: referring.enact(body, act, content, leaf),
    ),
    EvidenceContent: BodyFamily(evidence.admit, evidence.enact),
}

ON_THE_REGISTER: Final = {kind: family for kinds, family in _register.items() for kind in _types(kinds)}
"""Acts that every member sees, said nowhere."""
IN_A_BODY: Final = {kind: family for kinds, family in _bodies.items() for kind in _types(kinds)}
"""Acts that are said in a channel of a body."""
# A message is the most frequent act and has no rule of its own.
IN_A_BODY[MessagePosted] = BodyFamily(lambda *_: None, lambda *_: ())
