"""Writes docs/reference/asyncapi.yaml from the frames themselves: ``python -m tests.conformance.asyncapi``.

What can be known from the structs (schemas, tags, which side says what) is taken from them; only the words are here.
"""

import sys
from pathlib import Path
from typing import Final, cast, get_args

import msgspec
import yaml

from tacit.session import CODECS, JSON, MSGPACK, ClientFrame, ServerFrame
from tacit.session.frames import SignInClaim

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "reference" / "asyncapi.yaml"
PATH: Final = "/v1/ws"
REPLIES: Final = {
    "sign_in": ("welcome", "error"),
    "submit": ("receipt", "refusal", "unavailable", "error"),
    "fetch": ("body", "unavailable", "error"),
    "query": ("rows", "query_refused", "unavailable", "error"),
    "watch": ("checkpoint", "error"),
    "prove": ("proofs", "unavailable", "error"),
    "subscribe": ("entry", "withheld", "caught_up", "error"),
    "credit": ("entry", "withheld", "error"),
}
"""What may follow each frame of a client."""

NAMES: Final = ", ".join(f"`{name}`" for name in CODECS)

UNASKED: Final = ("challenge", "error", "goodbye")
"""What a gateway also says of itself."""

Json = dict[str, object]

CHANNELS: Final = {
    "session": (JSON, "application/json", ""),
    "session_msgpack": (MSGPACK, "application/vnd.msgpack", "_msgpack"),
}
"""Each channel: how its frames are written, the type of that, what the names of its messages end in."""

DESCRIPTION: Final = (
    "The session between a delegation and a gateway, over one of two subprotocols with the same frames. With "
    "`tacit.v1+json` every message is one text frame that holds one JSON object in the profile of "
    "docs/reference/spec/profile.md: fields in the order of the schema, all of them present, no white space. With "
    "`tacit.v1+msgpack` it is one binary frame that holds the same in MessagePack (docs/reference/spec/session.md): "
    "what the schemas write in base64 (`contentEncoding`) stands there as octets (`bin`). Turns, fates and limits are "
    "in docs/reference/websocket.md. A client proves with the office's credential that it is who it says (`sign_in`); "
    "nothing else opens a session."
)


def tag_of(frame: type[msgspec.Struct]) -> str:
    """The written name of a frame."""
    return str(frame.__struct_config__.tag)


def frames(side: object) -> dict[str, type[msgspec.Struct]]:
    """The frames of one side, by their names."""
    return {tag_of(frame): frame for frame in get_args(side)}


def portable(node: object) -> object:
    """A schema whose patterns every validator reads: JSON Schema means those of ECMA-262, where `\\Z` is a letter.

    Without the flag `m`, which validators do not set, `$` there is the end and nothing before it.
    """
    if isinstance(node, dict):
        return {
            key: value.replace(r"\Z", "$") if key == "pattern" and isinstance(value, str) else portable(value)
            for key, value in node.items()
        }
    return [portable(each) for each in node] if isinstance(node, list) else node


def schemas() -> tuple[dict[str, Json], dict[str, Json]]:
    """The schema reference of each frame by its name, and all schemas."""
    every = {**frames(ServerFrame), **frames(ClientFrame)}
    found, components = msgspec.json.schema_components(
        [*every.values(), SignInClaim], ref_template="#/components/schemas/{name}"
    )
    return dict(zip(every, found, strict=False)), cast("dict[str, Json]", portable(components))


def message(name: str, frame: type[msgspec.Struct], payload: Json, content_type: str) -> Json:
    """A message of the document."""
    summary = " ".join((frame.__doc__ or "").split())
    return {"name": name, "title": name, "summary": summary, "contentType": content_type, "payload": payload}


def messages() -> Json:
    """Every frame, as it is written in each channel."""
    payloads, _ = schemas()
    every = {**frames(ServerFrame), **frames(ClientFrame)}
    return {
        f"{name}{suffix}": message(name, frame, payloads[name], content_type)
        for _, content_type, suffix in CHANNELS.values()
        for name, frame in every.items()
    }


def in_channel(channel: str, names: tuple[str, ...]) -> list[Json]:
    """References to messages of a channel."""
    return [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names]


def channels() -> Json:
    """One channel for each subprotocol, at the same address."""
    every = {**frames(ServerFrame), **frames(ClientFrame)}
    return {
        channel: {
            "address": PATH,
            "title": f"One session over `{codec.subprotocol}`",
            "messages": {name: {"$ref": f"#/components/messages/{name}{suffix}"} for name in every},
            "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        }
        for channel, (codec, _, suffix) in CHANNELS.items()
    }


def operations() -> Json:
    """What the gateway receives and sends: `receive` is said by the client."""
    found: Json = {}
    for channel, (_, _, suffix) in CHANNELS.items():
        there = {"$ref": f"#/channels/{channel}"}
        for name in frames(ClientFrame):
            found[f"{name}{suffix}"] = {
                "action": "receive",
                "channel": there,
                "messages": in_channel(channel, (name,)),
                "reply": {"channel": there, "messages": in_channel(channel, REPLIES[name])},
            }
        for name in UNASKED:
            said = in_channel(channel, (name,))
            found[f"send_{name}{suffix}"] = {"action": "send", "channel": there, "messages": said}
    return found


def document() -> Json:
    """The whole document."""
    _, components = schemas()
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
                "description": f"WebSocket (RFC 6455) with one of the subprotocols {NAMES}. TLS ends before it.",
            }
        },
        "channels": channels(),
        "operations": operations(),
        "components": {"messages": messages(), "schemas": components},
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
