"""Writes docs/reference/asyncapi-bus.yaml from the acts themselves: ``python -m tests.conformance.asyncapi_bus``.

One message for each act of the vocabulary, with the public part of its content, and one for what is void.
"""

import sys
from pathlib import Path
from typing import Final, cast, get_args

import msgspec
import yaml

from tacit.acts import Header
from tacit.acts.vocabulary import Content
from tacit.record import Leaf
from tacit.submission import Answer, Submission
from tacit_services.copies import AskedBody, AskedMessages, Seen
from tacit_services.ports import StoredMessage
from tacit_services.relay.event import CONTENT_TYPE, TYPE_PREFIX, VOID, VoidData
from tacit_services.relay.public import public_type
from tests.conformance.asyncapi import ROOT, Json, portable

PAGE: Final = ROOT / "docs" / "reference" / "asyncapi-bus.yaml"
SUBMISSION_TYPE: Final = "application/json"
COPIES_TYPE: Final = "application/vnd.msgpack"
ACTS: Final[tuple[type[msgspec.Struct], ...]] = get_args(Content)
ANSWERS: Final[tuple[type[msgspec.Struct], ...]] = get_args(Answer)
COPIES: Final[tuple[type[msgspec.Struct], ...]] = (Seen, AskedMessages, AskedBody, StoredMessage)
COPY_NAMES: Final = {Seen.__name__: "Sighting"}
INDEX: Final = "^[0-9]{16}$"
HANDED_IN: Final = {
    "type": "object",
    "properties": {
        "traceparent": {
            "type": "string",
            "description": "W3C Trace Context, version 00: the span that hands in. May be left out.",
            "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
        }
    },
}
"""The headers of a submission."""

DESCRIPTION: Final = (
    "The message bus for integrators. Every entry of the record is one CloudEvent 1.0 in structured mode, in the "
    "record's order, each exactly once, in the JetStream stream EVENTS_{tag}: message n tells of the entry with index "
    "n - 1. An act is handed in as a request. An event is told by the operator and is no proof; the record is. Words "
    "and guarantees: docs/reference/bus.md."
)
TAG: Final = "The first twelve digits of the organisation's id."


def tag_of(struct: type[msgspec.Struct]) -> str:
    """The written tag of a struct."""
    return str(struct.__struct_config__.tag)


def components() -> dict[str, Json]:
    """Every schema: those of the structs, and the public part of each act."""
    every = [*map(public_type, ACTS), Leaf, Header, VoidData, Submission, *ANSWERS]
    found = msgspec.json.schema_components(every, ref_template="#/components/schemas/{name}")[1]
    # By themselves: what an act has seen bears the same name.
    copies = msgspec.json.schema_components(COPIES, ref_template="#/components/schemas/{name}")[1]
    return cast(
        "dict[str, Json]", portable(found | {COPY_NAMES.get(name, name): each for name, each in copies.items()})
    )


def event(kind: str, data: Json, *, of_act: bool) -> Json:
    """The schema of one kind of event."""
    attributes: Json = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "pattern": "^[0-9a-f]{64}$" if of_act else "^void:[0-9]+$"},
        "source": {"type": "string", "pattern": "^tacit:[0-9a-f]{64}$"},
        "type": {"const": TYPE_PREFIX + kind},
        "datacontenttype": {"const": "application/json"},
        "sequence": {"type": "string", "pattern": INDEX},
        "data": data,
    }
    optional: Json = (
        {"subject": {"type": "string"}, "time": {"type": "string", "format": "date-time"}} if of_act else {}
    )
    required = [*attributes, *(("time",) if of_act else ())]
    return {"type": "object", "properties": attributes | optional, "required": required, "additionalProperties": False}


def act_event(act: type[msgspec.Struct]) -> Json:
    """The schema of the event of an act."""
    parts = {"leaf": Leaf.__name__, "header": Header.__name__, "content": public_type(act).__name__}
    data: Json = {
        "type": "object",
        "properties": {name: {"$ref": f"#/components/schemas/{target}"} for name, target in parts.items()},
        "required": [*parts],
        "additionalProperties": False,
    }
    return event(tag_of(act), data, of_act=True)


def events() -> dict[str, Json]:
    """The schema of every kind of event, by the last part of its type."""
    void = event(VOID, {"$ref": f"#/components/schemas/{VoidData.__name__}"}, of_act=False)
    return {tag_of(act): act_event(act) for act in ACTS} | {VOID: void}


def summaries() -> dict[str, str]:
    """What each kind of event tells of."""
    told = {tag_of(act): " ".join((act.__doc__ or "").split()) for act in ACTS}
    return told | {VOID: "An entry that the rules do not admit. It has no effect, and stands here for its number."}


def name_of(kind: str) -> str:
    """A kind as a key of the document."""
    return kind.replace(".", "_")


def messages() -> dict[str, Json]:
    """Every message of the bus."""
    told: dict[str, dict[str, object]] = {
        name_of(kind): {
            "name": TYPE_PREFIX + kind,
            "title": kind,
            "summary": summaries()[kind],
            "contentType": CONTENT_TYPE,
            "payload": schema,
        }
        for kind, schema in events().items()
    }
    rest: dict[str, type[msgspec.Struct]] = {"submission": Submission, **{tag_of(answer): answer for answer in ANSWERS}}
    plain: dict[str, dict[str, object]] = {
        name: {
            "name": name,
            "title": name,
            "summary": " ".join((struct.__doc__ or "").split()),
            "contentType": SUBMISSION_TYPE,
            "payload": {"$ref": f"#/components/schemas/{struct.__name__}"},
        }
        for name, struct in rest.items()
    }
    plain["submission"]["headers"] = HANDED_IN
    return told | plain | copies()


def copies() -> dict[str, Json]:
    """What services that hold the record say to a registrar that may have lost some of it."""
    listed: dict[str, Json] = {
        name: {"type": "array", "items": {"$ref": f"#/components/schemas/{item}"}}
        for name, item in (("seen", "Sighting"), ("messages", StoredMessage.__name__))
    }
    asked: Json = {"oneOf": [{"$ref": f"#/components/schemas/{each.__name__}"} for each in (AskedMessages, AskedBody)]}
    payloads: dict[str, tuple[str, Json]] = {
        "ask_seen": ("Nothing: how far has everybody seen the record?", {"type": "null"}),
        "seen": ("How far the copies of one service go.", listed["seen"]),
        "ask_held": ("What one holder is asked.", asked),
        "messages": (
            "Messages of the record, next to one another; none where it does not hold the first.",
            listed["messages"],
        ),
        "body": ("The octets of a detached body, or nil.", {"type": ["string", "null"], "contentEncoding": "base64"}),
    }
    return {
        name: {"name": name, "title": name, "summary": summary, "contentType": COPIES_TYPE, "payload": payload}
        for name, (summary, payload) in payloads.items()
    }


def channels() -> Json:
    """Where what is said."""
    answers = [tag_of(answer) for answer in ANSWERS]
    kinds = [name_of(kind) for kind in events()]
    place = {"description": "`_` for an act on the register, and for what is void."}
    return {
        "events": {
            "address": "tacit.{tag}.events.{body}.{channel}.{kind}",
            "title": "What was recorded",
            "description": "Read it by a consumer of the stream EVENTS_{tag}: what is published on the subject itself "
            "may be repeated, and may not be durable yet. `kind` has as many tokens as the tag of an act has parts.",
            "parameters": {
                "tag": {"description": TAG},
                "body": place,
                "channel": place,
                "kind": {"description": "The `type` of the event less its prefix."},
            },
            "messages": referred(kinds),
        },
        "submit": {
            "address": "tacit.{tag}.submit",
            "title": "Handing in",
            "parameters": {"tag": {"description": TAG}},
            "messages": referred(["submission"]),
        },
        "seen": {
            "address": "tacit.{tag}.seen",
            "title": "How far everybody has seen the record",
            "description": "Between services: a registrar asks before it serves, and every service that holds some of "
            "the record answers for itself.",
            "parameters": {"tag": {"description": TAG}},
            "messages": referred(["ask_seen"]),
        },
        "held": {
            "address": "tacit.{tag}.held.{holder}",
            "title": "What one holder has of the record",
            "description": "Between services, in MessagePack: structures as maps, octets as `bin`.",
            "parameters": {
                "tag": {"description": TAG},
                "holder": {"description": "As the holder has called itself: its service, its own token, a number."},
            },
            "messages": referred(["ask_held"]),
        },
        "copies": {
            "address": None,
            "title": "The inbox that a question to a holder names",
            "messages": referred(["seen", "messages", "body"]),
        },
        "answers": {"address": None, "title": "The inbox that a request names", "messages": referred(answers)},
    }


def referred(names: list[str]) -> Json:
    """Messages of a channel."""
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def asking(channel: str, summary: str, answers: list[str]) -> Json:
    """An operation of a holder."""
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "reply": {
            "address": {"location": "$message.header#/reply", "description": "The reply of the request."},
            "channel": {"$ref": "#/channels/copies"},
            "messages": [{"$ref": f"#/channels/copies/messages/{name}"} for name in answers],
        },
    }


def document() -> Json:
    """The whole document."""
    answers = [{"$ref": f"#/channels/answers/messages/{tag_of(answer)}"} for answer in ANSWERS]
    return {
        "asyncapi": "3.1.0",
        "id": "urn:tacit:bus:v1",
        "info": {
            "title": "Tacit bus",
            "version": "1.0.0",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "bus": {
                "host": "nats.example:4222",
                "protocol": "nats",
                "description": "A NATS server with JetStream. An account for each integrator, with its own subjects.",
            }
        },
        "channels": channels(),
        "operations": {
            "tell": {
                "action": "send",
                "channel": {"$ref": "#/channels/events"},
                "summary": "The relay tells of every entry.",
            },
            "take": {
                "action": "receive",
                "channel": {"$ref": "#/channels/submit"},
                "summary": "The registrar takes a submission and answers, as it does a gateway.",
                "reply": {
                    "address": {"location": "$message.header#/reply", "description": "The reply of the request."},
                    "channel": {"$ref": "#/channels/answers"},
                    "messages": answers,
                },
            },
            "see": asking("seen", "Whoever holds some of the record says how far it goes.", ["seen"]),
            "give": asking("held", "One holder gives messages or a body.", ["messages", "body"]),
        },
        "components": {"messages": messages(), "schemas": components()},
    }


def text() -> str:
    """The document as it is kept."""
    head = "# Written by `python -m tests.conformance.asyncapi_bus` from the acts themselves; a test compares.\n"
    # Through JSON, so that nothing is shared and YAML needs no anchors.
    plain = msgspec.json.decode(msgspec.json.encode(document()))
    return head + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)


def main(page: Path = PAGE) -> None:
    """Write it."""
    page.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{page.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
