"""How frames are written: in JSON as text messages, or in MessagePack as binary ones. The frames are the same.

Both are strict: a frame has one encoding, and bytes that are not it are refused by name.
"""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import msgspec

from tacit import packed, profile
from tacit.errors import RefusedError, Rule
from tacit.ids import Ordinal
from tacit.limits import FRAME_BYTES_MAX
from tacit.session.faults import Fault, SessionError
from tacit.session.frames import ClientFrame, ServerFrame

T = TypeVar("T")


class Codec(Protocol):
    """One subprotocol's way of writing frames."""

    @property
    def subprotocol(self) -> str:
        """What stands in `Sec-WebSocket-Protocol`."""
        ...

    @property
    def is_text(self) -> bool:
        """Whether its messages are text; binary otherwise."""
        ...

    def encode(self, frame: ServerFrame | ClientFrame) -> bytes:
        """The one encoding of a frame."""
        ...

    def decode_server(self, raw: bytes) -> ServerFrame:
        """Read what a gateway sent. Raises SessionError (a rule of the profile, `session.unknown_frame`), no other."""
        ...

    def decode_client(self, raw: bytes) -> ClientFrame:
        """Read what a client sent. Raises as `decode_server`."""
        ...

    def ref_of(self, raw: bytes) -> int | None:
        """The `ref` of a frame that could not be read as a whole, if that much can be read."""
        ...


class _Referring(msgspec.Struct):
    ref: Ordinal


class _Codec:
    """A codec of these readers, which raise RefusedError; `refs` raises whatever msgspec does."""

    def __init__(
        self,
        subprotocol: str,
        encode: Callable[[msgspec.Struct], bytes],
        server: Callable[[bytes], ServerFrame],
        client: Callable[[bytes], ClientFrame],
        refs: Callable[[bytes], _Referring],
    ) -> None:
        self.subprotocol = subprotocol
        self.is_text = subprotocol.endswith("+json")
        self._encode = encode
        self._server = server
        self._client = client
        self._refs = refs

    def encode(self, frame: ServerFrame | ClientFrame) -> bytes:
        return self._encode(frame)

    def decode_server(self, raw: bytes) -> ServerFrame:
        return _read(self._server, raw)

    def decode_client(self, raw: bytes) -> ClientFrame:
        return _read(self._client, raw)

    def ref_of(self, raw: bytes) -> int | None:
        if len(raw) > FRAME_BYTES_MAX:
            return None
        try:
            return self._refs(raw).ref
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None


def _read(reader: Callable[[bytes], T], raw: bytes) -> T:
    try:
        return reader(raw)
    except RefusedError as error:
        raise _fault(error) from error


def _fault(error: RefusedError) -> SessionError:
    # The frame's own tag is the only one in it: what acts are inside is for the registrar to read.
    return SessionError(Fault.UNKNOWN_FRAME if error.rule == Rule.UNKNOWN_ACT else error.rule, error.detail)


_json_server: Final[msgspec.json.Decoder[ServerFrame]] = msgspec.json.Decoder(ServerFrame)
_json_client: Final[msgspec.json.Decoder[ClientFrame]] = msgspec.json.Decoder(ClientFrame)
_packed_server: Final[msgspec.msgpack.Decoder[ServerFrame]] = msgspec.msgpack.Decoder(ServerFrame)
_packed_client: Final[msgspec.msgpack.Decoder[ClientFrame]] = msgspec.msgpack.Decoder(ClientFrame)

JSON: Final[Codec] = _Codec(
    "tacit.v1+json",
    profile.encode,
    lambda raw: profile.decode(raw, _json_server, FRAME_BYTES_MAX),
    lambda raw: profile.decode(raw, _json_client, FRAME_BYTES_MAX),
    msgspec.json.Decoder(_Referring).decode,
)
MSGPACK: Final[Codec] = _Codec(
    "tacit.v1+msgpack",
    packed.encode,
    lambda raw: packed.decode(raw, _packed_server, FRAME_BYTES_MAX),
    lambda raw: packed.decode(raw, _packed_client, FRAME_BYTES_MAX),
    msgspec.msgpack.Decoder(_Referring).decode,
)
CODECS: Final[dict[str, Codec]] = {codec.subprotocol: codec for codec in (JSON, MSGPACK)}


def negotiate(offered: str) -> Codec | None:
    """The first that a client lists (in `Sec-WebSocket-Protocol`) and that there is; None if there is none."""
    names = (name.strip() for name in offered.split(","))
    return next((CODECS[name] for name in names if name in CODECS), None)
