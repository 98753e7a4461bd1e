"""Values of every wire type, drawn from its own description: what a type allows is what is generated.

Reused by every test that needs acts, entries or junk. Lists stay short (`LIST_MAX`) so that an act fits its limit;
what hashes and instants look like matters little, so they cost one draw each.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, TypeVar, get_args

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from msgspec import inspect

from tacit.acts import Act, Content, Header

S = TypeVar("S", bound=msgspec.Struct)

LIST_MAX: Final = 2
TEXT_MAX: Final = 12
DATA_MAX: Final = 200

CONTENTS: Final[tuple[type[msgspec.Struct], ...]] = get_args(Content)
"""Every content of the vocabulary."""

# What encoders disagree about: controls, separators that JavaScript once refused, characters outside the first plane.
AWKWARD: Final = "\x00\b\t\n\f\r\x1f \"'/\\<>&\x7f\x80\u2028\u2029\ufeff\ufffe\uffff\U0001f54a\U0010ffff"
_HEXADECIMAL: Final = re.compile(r"^\^\[0-9a-f\]\{(\d+)\}")
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST_US: Final = (datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC) - _FIRST) // timedelta(microseconds=1)


def texts(length_min: int, length_max: int) -> SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8"), min_size=length_min, max_size=length_max) | st.text(
        st.sampled_from(AWKWARD), min_size=length_min, max_size=length_max
    )


@cache
def _pattern(pattern: str) -> SearchStrategy[str]:
    if found := _HEXADECIMAL.match(pattern):
        digits = int(found[1])
        return st.integers(0, 16**digits - 1).map(lambda number: f"{number:0{digits}x}")
    return st.from_regex(re.compile(pattern), fullmatch=True)


def _string(info: inspect.StrType) -> SearchStrategy[str]:
    if info.pattern is not None:
        return _pattern(info.pattern)
    length_max = TEXT_MAX if info.max_length is None else min(info.max_length, TEXT_MAX)
    return texts(info.min_length or 0, length_max)


def instants() -> SearchStrategy[datetime]:
    return st.integers(0, _LAST_US).map(lambda us: _FIRST + timedelta(microseconds=us)) | st.integers(
        0, _LAST_US // 1_000_000
    ).map(lambda seconds: _FIRST + timedelta(seconds=seconds))


def _bytes(info: inspect.BytesType) -> SearchStrategy[bytes]:
    least = info.min_length or 0
    most = DATA_MAX if info.max_length is None else min(info.max_length, max(DATA_MAX, least))
    return st.binary(min_size=least, max_size=most)


def _tuple(info: inspect.VarTupleType) -> SearchStrategy[tuple[object, ...]]:
    least = info.min_length or 0
    most = LIST_MAX if info.max_length is None else min(info.max_length, LIST_MAX)
    return st.lists(of(info.item_type), min_size=least, max_size=most).map(tuple)


def _struct(info: inspect.StructType) -> SearchStrategy[msgspec.Struct]:
    return st.builds(info.cls, **{field.name: of(field.type) for field in info.fields})


def of(info: inspect.Type) -> SearchStrategy[Any]:  # noqa: PLR0911 - one line for each kind of type; Any: known at run time
    """Values of a described type, with every limit of its description kept."""
    match info:
        case inspect.StructType():
            return _struct(info)
        case inspect.UnionType():
            return st.one_of([of(member) for member in info.types])
        case inspect.VarTupleType():
            return _tuple(info)
        case inspect.StrType():
            return _string(info)
        case inspect.BytesType():
            return _bytes(info)
        case inspect.IntType():
            return st.integers(info.ge, info.le)
        case inspect.LiteralType():
            return st.sampled_from(info.values)
        case inspect.EnumType():
            return st.sampled_from(info.cls)
        case inspect.DateTimeType():
            return instants()
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
    raise NotImplementedError(type(info).__name__)


@cache
def values(cls: type[S]) -> SearchStrategy[S]:
    """Values of one struct."""
    return of(inspect.type_info(cls))


def acts_with(content: type[msgspec.Struct]) -> SearchStrategy[Act]:
    """Acts of one type of the vocabulary: well formed, without regard to any rule."""
    return st.builds(Act, values(Header), values(content))


def any_act() -> SearchStrategy[Act]:
    """Acts of any type."""
    return st.sampled_from(CONTENTS).flatmap(acts_with)


def tags() -> dict[str, type[msgspec.Struct]]:
    """The vocabulary by its written tags."""
    return {str(content.__struct_config__.tag): content for content in CONTENTS}
