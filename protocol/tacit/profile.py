"""The JSON profile: a value has exactly one encoding, so no two parsers read the same signed bytes differently.

Spec: docs/reference/spec/profile.md. Decoding is accepted only if encoding the result again gives the identical bytes
(fields in schema order, every field present, no white space, no duplicate keys, canonical base64 and time stamps).
"""

import json
import re
from datetime import datetime, timedelta
from functools import cache
from typing import Final, TypeVar

import msgspec

from tacit.errors import RefusedError, Rule
from tacit.limits import NESTING_MAX

T = TypeVar("T")

_encode: Final = msgspec.json.Encoder().encode

# An instant with an offset is encoded again with the same offset, so the bytes alone do not give it away.
_OFFSET: Final = re.compile(rb'T\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d"')
# Possessive, so that no text can make it go back; a string that does not end reaches to the end of the text.
_STRING_OR_BRACKETS: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]++|[\]}]++', re.DOTALL)
_UTC: Final = timedelta(0)


def encode(value: msgspec.Struct) -> bytes:
    """Encode a wire struct: the only bytes that `decode` accepts for it (profile, clause 1)."""
    return _encode(value)


def decode(raw: bytes, decoder: msgspec.json.Decoder[T], bytes_max: int) -> T:
    """Decode `raw` into the decoder's type.

    Raises:
        RefusedError: and nothing else, whatever the bytes; its rule is one of `profile.*` or `act.unknown_type`.
    """
    if len(raw) > bytes_max:
        raise RefusedError(Rule.TOO_LARGE, f"{len(raw)} bytes, at most {bytes_max}")
    try:
        value = decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _diagnose(raw, decoder, str(error)) from error
    if _encode(value) != raw:
        raise _diagnose(raw, decoder, "encoding the value again gives other bytes")
    # The pattern is only the quick look: a title may hold the same characters.
    if (
        _holds_instants(decoder)
        and _OFFSET.search(raw)
        and not in_utc(msgspec.to_builtins(value, builtin_types=(datetime,)))
    ):
        raise RefusedError(Rule.NOT_CANONICAL, "an instant is written in UTC with Z")
    return value


@cache
def _holds_instants(decoder: msgspec.json.Decoder[object]) -> bool:
    """Whether an instant can stand in the decoder's type; an envelope, which is long, holds none."""
    return b"date-time" in msgspec.json.encode(msgspec.json.schema(decoder.type))


def in_utc(plain: object) -> bool:
    """Whether every instant below `plain` is in UTC."""
    if isinstance(plain, datetime):
        return plain.utcoffset() == _UTC
    if isinstance(plain, dict):
        return all(in_utc(item) for item in plain.values())
    return all(in_utc(item) for item in plain) if isinstance(plain, list | tuple) else True


def _diagnose(raw: bytes, decoder: msgspec.json.Decoder[T], detail: str) -> RefusedError:
    """Find the rule that refused bytes break. Runs only on the refusing path, so it may read them a second time."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return RefusedError(Rule.NOT_UTF8, f"octet {error.start}")
    if _too_deep(text):
        return RefusedError(Rule.TOO_DEEP, f"more than {NESTING_MAX} levels")
    try:
        # The standard library reads NaN and lone surrogates, msgspec does not: what msgspec refuses is not JSON here.
        plain = msgspec.json.decode(raw)
        json.loads(text, object_pairs_hook=_no_duplicates)
    except _DuplicateKeyError as error:
        return RefusedError(Rule.DUPLICATE_KEY, error.args[0])
    except msgspec.ValidationError as error:
        return RefusedError(Rule.WRONG_VALUE, str(error))
    except (msgspec.DecodeError, ValueError) as error:
        return RefusedError(Rule.NOT_JSON, str(error))
    return _compare(plain, decoder, detail)


def _compare(plain: object, decoder: msgspec.json.Decoder[T], detail: str) -> RefusedError:
    """Well-formed JSON was refused: by its fields, by a value, or by its form alone."""
    found = mismatch(plain, msgspec.inspect.type_info(decoder.type))
    if found is not None:
        return found
    try:
        decoder.decode(msgspec.json.encode(plain))
    except msgspec.MsgspecError:
        return RefusedError(Rule.WRONG_VALUE, detail)
    return RefusedError(Rule.NOT_CANONICAL, detail)


def mismatch(plain: object, info: msgspec.inspect.Type, path: str = "$") -> RefusedError | None:
    """The first unknown tag, unknown field or missing field below `path`, or None."""
    if isinstance(info, msgspec.inspect.UnionType):
        chosen = _member(plain, info, path)
        if chosen is None or isinstance(chosen, RefusedError):
            return chosen
        return mismatch(plain, chosen, path)
    if isinstance(info, msgspec.inspect.VarTupleType) and isinstance(plain, list):
        found = (mismatch(item, info.item_type, f"{path}[{at}]") for at, item in enumerate(plain))
        return next((error for error in found if error), None)
    if not (isinstance(info, msgspec.inspect.StructType) and isinstance(plain, dict)):
        return None
    names = {field.encode_name: field for field in info.fields}
    tag = {info.tag_field} if info.tag_field else set()
    if surplus := sorted(plain.keys() - names.keys() - tag):
        return RefusedError(Rule.UNKNOWN_FIELD, f"{path}.{surplus[0]}"[:100])
    if absent := [name for name in (*tag, *names) if name not in plain]:
        return RefusedError(Rule.MISSING_FIELD, f"{path}.{absent[0]}")
    found = (mismatch(plain[name], field.type, f"{path}.{name}") for name, field in names.items())
    return next((error for error in found if error), None)


def _member(plain: object, info: msgspec.inspect.UnionType, path: str) -> msgspec.inspect.Type | RefusedError | None:
    """The struct of a union that `plain` means: by its tag where the union has several, else the only one."""
    structs = [member for member in info.types if isinstance(member, msgspec.inspect.StructType)]
    if not structs or not isinstance(plain, dict):
        return None
    if len(structs) == 1:
        return structs[0]
    tag = plain.get(structs[0].tag_field)
    chosen = next((struct for struct in structs if struct.tag == tag), None)
    return chosen or RefusedError(Rule.UNKNOWN_ACT, f"{path}: {str(tag)[:80]}")


class _DuplicateKeyError(Exception):
    pass


def _no_duplicates(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _DuplicateKeyError(key[:80])
        seen.add(key)


def _too_deep(text: str) -> bool:
    """Whether brackets outside strings nest deeper than allowed. Stops at the first that does."""
    depth = 0
    for token in _STRING_OR_BRACKETS.finditer(text):
        run = token[0]
        if run[0] == '"':
            continue
        depth += len(run) if run[0] in "[{" else -len(run)
        if depth > NESTING_MAX:
            return True
    return False
