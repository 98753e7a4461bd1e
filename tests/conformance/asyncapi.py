"""Writes docs/reference/asyncapi.yaml from the frames themselves: ``python -m tests.conformance.asyncapi``.

What can be known from the structs (schemas, tags, which side says what) is taken from them; only the words are here.
"""

import sys
from pathlib import Path
from typing import Final, get_args

import msgspec
import yaml

from tacit.session import SUBPROTOCOL, ClientFrame, ServerFrame
from tacit.session.frames import SignInClaim

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "reference" / "asyncapi.yaml"
PATH: Final = "/v1/ws"
REPLIES: Final = {
    "sign_in": ("welcome", "error"),
    "submit": ("receipt", "refusal", "unavailable", "error"),
    "fetch": ("body", "unavailable", "error"),
    "query": ("rows", "query_refused", "unavailable", "error"),
    "subscribe": ("entry", "withheld", "caught_up", "error"),
    "credit": ("entry", "withheld", "error"),
}
"""What may follow each frame of a client."""

UNASKED: Final = ("challenge", "error", "goodbye")
"""What a gateway also says of itself."""

Json = dict[str, object]

DESCRIPTION: Final = (
    "The session between a delegation and a gateway. Every message is one text frame that holds one JSON object in "
    "the profile of docs/reference/spec/profile.md: fields in the order of the schema, all of them present, no white "
    "space. Turns, fates and limits are in docs/reference/websocket.md. A client proves with the office's "
    "credential that it is who it says (`sign_in`); nothing else opens a session."
)


def tag_of(frame: type[msgspec.Struct]) -> str:
    """The written name of a frame."""
    return str(frame.__struct_config__.tag)


def frames(side: object) -> dict[str, type[msgspec.Struct]]:
    """The frames of one side, by their names."""
    return {tag_of(frame): frame for frame in get_args(side)}


def schemas() -> tuple[dict[str, Json], dict[str, Json]]:
    """The schema reference of each frame by its name, and all schemas."""
    every = {**frames(ServerFrame), **frames(ClientFrame)}
    found, components = msgspec.json.schema_components(
        [*every.values(), SignInClaim], ref_template="#/components/schemas/{name}"
    )
    return dict(zip(every, found, strict=False)), components


def message(name: str, frame: type[msgspec.Struct], payload: Json) -> Json:
    """A message of the document."""
    summary = " ".join((frame.__doc__ or "").split())
    return {"name": name, "title": name, "summary": summary, "contentType": "application/json", "payload": payload}


def in_channel(names: tuple[str, ...]) -> list[Json]:
    """References to messages of the channel."""
    return [{"$ref": f"#/channels/session/messages/{name}"} for name in names]


def operations() -> Json:
    """What the gateway receives and sends: `receive` is said by the client."""
    channel = {"$ref": "#/channels/session"}
    received = {
        name: {
            "action": "receive",
            "channel": channel,
            "messages": in_channel((name,)),
            "reply": {"channel": channel, "messages": in_channel(REPLIES[name])},
        }
        for name in frames(ClientFrame)
    }
    sent = {f"send_{name}": {"action": "send", "channel": channel, "messages": in_channel((name,))} for name in UNASKED}
    return {**received, **sent}


def document() -> Json:
    """The whole document."""
    every = {**frames(ServerFrame), **frames(ClientFrame)}
    payloads, components = schemas()
    messages = {name: message(name, frame, payloads[name]) for name, frame in every.items()}
    return {
        "asyncapi": "3.1.0",
        "id": "urn:tacit:gateway:v1",
        "info": {
            "title": "Tacit gateway",
            "version": "1.0.0",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "gateway": {
                "host": "gateway.example:8443",
                "pathname": PATH,
                "protocol": "wss",
                "protocolVersion": "13",
                "description": f"WebSocket (RFC 6455) with the subprotocol `{SUBPROTOCOL}`. TLS ends before it.",
            }
        },
        "channels": {
            "session": {
                "address": PATH,
                "title": "One session",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in every},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": operations(),
        "components": {"messages": messages, "schemas": components},
    }


def text() -> str:
    """The document as it is kept."""
    head = "# Written by `python -m tests.conformance.asyncapi` from the frames themselves; a test compares.\n"
    # Through JSON, so that nothing is shared and YAML needs no anchors.
    plain = msgspec.json.decode(msgspec.json.encode(document()))
    return head + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}\n")
