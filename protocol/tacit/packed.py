"""The values of the profile in MessagePack: octets stand as octets, and a value still has exactly one encoding.

Spec: docs/reference/spec/session.md. Nothing that is signed or hashed is ever written so.
"""

import re
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from tacit import profile
from tacit.errors import RefusedError, Rule
from tacit.packed_form import check_form

T = TypeVar("T")

_encoder: Final = msgspec.msgpack.Encoder()
_OFFSET: Final = re.compile(rb"T\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d")


def encode(value: msgspec.Struct) -> bytes:
    """Encode a wire struct: the only bytes that `decode` accepts for it."""
    # An instant is text, as in JSON: MessagePack's own is an extension, and has several lengths.
    return _encoder.encode(msgspec.to_builtins(value, builtin_types=(bytes,)))


def decode(raw: bytes, decoder: msgspec.msgpack.Decoder[T], bytes_max: int) -> T:
    """Decode `raw` into the decoder's type.

    Raises:
        RefusedError: and nothing else, whatever the bytes; its rule is one of `profile.*` or `act.unknown_type`.
    """
    if len(raw) > bytes_max:
        raise RefusedError(Rule.TOO_LARGE, f"{len(raw)} bytes, at most {bytes_max}")
    try:
        value = decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _diagnose(raw, decoder, Rule.WRONG_VALUE, str(error)) from error
    plain = msgspec.to_builtins(value, builtin_types=(bytes,))
    if _encoder.encode(plain) != raw:
        raise _diagnose(raw, decoder, Rule.NOT_CANONICAL, "encoding the value again gives other bytes")
    if _OFFSET.search(raw) and not profile.in_utc(msgspec.to_builtins(value, builtin_types=(bytes, datetime))):
        raise RefusedError(Rule.NOT_CANONICAL, "an instant is written in UTC with Z")
    return value


def _diagnose(raw: bytes, decoder: msgspec.msgpack.Decoder[T], rule: Rule, detail: str) -> RefusedError:
    """Find the rule that refused bytes break; `rule` where they break none by their form or their fields."""
    try:
        check_form(raw)
    except RefusedError as error:
        return error
    found = profile.mismatch(msgspec.msgpack.decode(raw), msgspec.inspect.type_info(decoder.type))
    return found or RefusedError(rule, detail)
