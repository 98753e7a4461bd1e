"""NATS names. A subject token is never taken from free text: bodies and channels have their own pattern."""

from tacit.ids import ActId, BodyId, ChannelId

NOWHERE = "_"
"""The token that stands for "no body" and "no channel" (acts on the register)."""


def tag(organisation: ActId) -> str:
    """The first twelve digits of an organisation's id: what its streams and subjects bear."""
    return organisation[:12]


def record_stream(organisation: ActId) -> str:
    """The stream that is the record."""
    return f"RECORD_{tag(organisation)}"


def record_subjects(organisation: ActId) -> str:
    """The subjects that the record's stream listens on."""
    return f"tacit.{tag(organisation)}.record.>"


def entry(organisation: ActId, body: BodyId | None, channel: ChannelId | None) -> str:
    """The subject of one entry: entitlement is given by body and channel."""
    return f"tacit.{tag(organisation)}.record.{body or NOWHERE}.{channel or NOWHERE}"


def bodies_stream(organisation: ActId) -> str:
    """The stream of detached bodies."""
    return f"BODIES_{tag(organisation)}"


def bodies_subjects(organisation: ActId) -> str:
    """The subjects that the stream of detached bodies listens on."""
    return f"tacit.{tag(organisation)}.bodies.>"


def submit(organisation: ActId) -> str:
    """The request subject on which the registrar takes submissions."""
    return f"tacit.{tag(organisation)}.submit"


def events_stream(organisation: ActId) -> str:
    """The stream of events for integrators: message n tells of entry n - 1 of the record."""
    return f"EVENTS_{tag(organisation)}"


def events_subjects(organisation: ActId) -> str:
    """The subjects that the stream of events listens on."""
    return f"tacit.{tag(organisation)}.events.>"


def event(organisation: ActId, body: BodyId | None, channel: ChannelId | None, kind: str) -> str:
    """The subject of one event. `kind` is the tag of its act; each dot in it begins a token: `silence.>` finds all."""
    return f"tacit.{tag(organisation)}.events.{body or NOWHERE}.{channel or NOWHERE}.{kind}"


def query(organisation: ActId, view: str) -> str:
    """The request subject on which the projector takes questions to a view; `status` is how far all of them are."""
    return f"tacit.{tag(organisation)}.query.{view}"


def log(organisation: ActId, word: str) -> str:
    """The request subject on which the notary says where the log stands (`standing`) or proves it (`proofs`)."""
    return f"tacit.{tag(organisation)}.log.{word}"


def seen(organisation: ActId) -> str:
    """The request subject on which the registrar asks everybody how far they have seen the record."""
    return f"tacit.{tag(organisation)}.seen"


def held(organisation: ActId, holder: str) -> str:
    """The request subject on which one holder gives messages of the record; `holder`: a service, two tokens."""
    return f"tacit.{tag(organisation)}.held.{holder}"
