"""What of an act's content may go out to integrators: decided by the types of its fields, and closed by default.

Words that a person chose (titles, reasons, conditions, statements) and octets (keys, proofs) stay in the record. What
has a closed form goes out: ids and codes with a pattern, words of a closed list, numbers, instants, and lists and
structs of these. So an act that is new in the vocabulary shows nothing that nobody thought of.
"""

import operator
import types
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from tacit.acts import Content

PLAIN: Final = (int, bool, datetime, types.NoneType)


@cache
def public_type(whole: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The struct with the fields of `whole` that are public, each with the part of its type that is: `Public...`."""
    hints = get_type_hints(whole, include_extras=True)
    shown = {name: _shown(hint) for name, hint in hints.items() if name in whole.__struct_fields__}
    fields = [(name, hint) for name, hint in shown.items() if hint is not None]
    return msgspec.defstruct(f"Public{whole.__name__}", fields, frozen=True, kw_only=True)


def public_part(content: Content) -> msgspec.Struct:
    """What of a content goes out."""
    return msgspec.convert(content, public_type(type(content)), from_attributes=True)


def _shown(hint: object) -> object | None:
    """The public part of a type, None where there is none."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin is Literal:
        return hint
    if origin in {Union, types.UnionType}:
        members = [_shown(each) for each in arguments]
        return None if None in members else operator.getitem(Union, tuple(members))
    if origin is tuple:
        item = _shown(arguments[0])
        return None if item is None or arguments[1:] != (...,) else types.GenericAlias(tuple, (item, ...))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        part = public_type(hint)
        return part if part.__struct_fields__ else None
    return hint if hint in PLAIN else None


def _annotated(inner: object, metas: Sequence[object]) -> object | None:
    if inner is str:
        closed = any(isinstance(meta, Meta) and meta.pattern for meta in metas)
        return operator.getitem(Annotated, (inner, *metas)) if closed else None
    part = _shown(inner)
    return None if part is None else operator.getitem(Annotated, (part, *metas))
