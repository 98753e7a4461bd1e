"""How frames are written: in JSON as text messages, or in MessagePack as binary ones. The frames are the same.

Both are strict: a frame has one encoding, and bytes that are not it are refused by name.
"""

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


class _Json:
    subprotocol: Final = "tacit.v1+json"
    is_text: Final = True
    _server_frames: Final[msgspec.json.Decoder[ServerFrame]] = msgspec.json.Decoder(ServerFrame)
    _client_frames: Final[msgspec.json.Decoder[ClientFrame]] = msgspec.json.Decoder(ClientFrame)
    _refs: Final = msgspec.json.Decoder(_Referring)

    def encode(self, frame: ServerFrame | ClientFrame) -> bytes:
        return profile.encode(frame)

    def decode_server(self, raw: bytes) -> ServerFrame:
        return self._decode(raw, self._server_frames)

    def decode_client(self, raw: bytes) -> ClientFrame:
        return self._decode(raw, self._client_frames)

    def ref_of(self, raw: bytes) -> int | None:
        return _ref(raw, self._refs)

    @staticmethod
    def _decode(raw: bytes, decoder: msgspec.json.Decoder[T]) -> T:
        try:
            return profile.decode(raw, decoder, FRAME_BYTES_MAX)
        except RefusedError as error:
            raise _fault(error) from error


class _MessagePack:
    subprotocol: Final = "tacit.v1+msgpack"
    is_text: Final = False
    _server_frames: Final[msgspec.msgpack.Decoder[ServerFrame]] = msgspec.msgpack.Decoder(ServerFrame)
    _client_frames: Final[msgspec.msgpack.Decoder[ClientFrame]] = msgspec.msgpack.Decoder(ClientFrame)
    _refs: Final = msgspec.msgpack.Decoder(_Referring)

    def encode(self, frame: ServerFrame | ClientFrame) -> bytes:
        return packed.encode(frame)

    def decode_server(self, raw: bytes) -> ServerFrame:
        return self._decode(raw, self._server_frames)

    def decode_client(self, raw: bytes) -> ClientFrame:
        return self._decode(raw, self._client_frames)

    def ref_of(self, raw: bytes) -> int | None:
        return _ref(raw, self._refs)

    @staticmethod
    def _decode(raw: bytes, decoder: msgspec.msgpack.Decoder[T]) -> T:
        try:
            return packed.decode(raw, decoder, FRAME_BYTES_MAX)
        except RefusedError as error:
            raise _fault(error) from error


def _fault(error: RefusedError) -> SessionError:
    # The frame's own tag is the only one in it: what acts are inside is for the registrar to read.
    return SessionError(Fault.UNKNOWN_FRAME if error.rule == Rule.UNKNOWN_ACT else error.rule, error.detail)


def _ref(raw: bytes, decoder: msgspec.json.Decoder[_Referring] | msgspec.msgpack.Decoder[_Referring]) -> int | None:
    if len(raw) > FRAME_BYTES_MAX:
        return None
    try:
        return decoder.decode(raw).ref
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


JSON: Final[Codec] = _Json()
MSGPACK: Final[Codec] = _MessagePack()
CODECS: Final[dict[str, Codec]] = {codec.subprotocol: codec for codec in (JSON, MSGPACK)}


def negotiate(offered: str) -> Codec | None:
    """The first that a client lists (in `Sec-WebSocket-Protocol`) and that there is; None if there is none."""
    names = (name.strip() for name in offered.split(","))
    return next((CODECS[name] for name in names if name in CODECS), None)
