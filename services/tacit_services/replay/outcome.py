"""What came of a play, held to the original: every body with its texts, positions, silences, decisions. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from tacit.ids import ActId, ChannelId
from tacit.rules import State

MISSING: Final = "nothing"
DIFFERENCES_MAX: Final = 1_000
"""Beyond these nobody reads: the outcome is another one."""


class Difference(msgspec.Struct, frozen=True):
    """Something that came out otherwise: where it stands in the state, and what stands there in each record."""

    where: str
    original: str
    sandbox: str


class Skipped(msgspec.Struct, frozen=True):
    """An entry that was not played, and why: the rule that it breaks, here or in the original already."""

    index: int
    type: str | None
    reason: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `acts` were recorded in it, `recorded_before` by an earlier one; `ground` of both stand before the span.

    `fillers`: entries of the original whose text was not at hand. `elsewhere`: entries of other channels, which were
    not meant. `compared`: how many things were held to the original.
    """

    organisation: ActId
    name: str
    original: ActId
    first: int
    last: int
    channel: ChannelId | None
    acts: int
    recorded_before: int
    ground: int
    elsewhere: int
    skipped: tuple[Skipped, ...]
    fillers: tuple[int, ...]
    seconds: float
    acts_per_second: float
    entries: int
    void: int
    compared: int
    differences: tuple[Difference, ...]


def differences(
    original: State, sandbox: State, ids: Mapping[str, str], channel: ChannelId | None
) -> tuple[int, tuple[Difference, ...]]:
    """How many things were compared, and what differs, in the order of the original's state.

    The ids of the original are read as those that stand for them in the sandbox. With `channel` that channel alone.
    """
    there, here = _things(original, ids, channel), _things(sandbox, {}, channel)
    places = dict.fromkeys([*there, *here])
    found = [
        Difference(place, there.get(place, MISSING), here.get(place, MISSING))
        for place in places
        if there.get(place) != here.get(place)
    ]
    return len(places), tuple(found[:DIFFERENCES_MAX])


def _things(state: State, ids: Mapping[str, str], channel: ChannelId | None) -> dict[str, str]:
    """Everything in the state, flat: "council.texts.<id>.status" is "AGREED"."""
    told: dict[str, object] = {"bodies": msgspec.to_builtins(state.bodies)}
    if channel is None:
        told["offices"] = msgspec.to_builtins(state.offices)
    return dict(_flat(told, ids, channel, ""))


def _flat(value: object, ids: Mapping[str, str], channel: ChannelId | None, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and path.endswith(".removed"):
        # At which entry somebody was removed is a number of the record, and here another one perhaps.
        yield path, ", ".join(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not _elsewhere(path, key, inner, channel):
                yield from _flat(inner, ids, channel, f"{path}.{_name(key, ids)}".lstrip("."))
    elif isinstance(value, list | tuple):
        yield path, ", ".join(_name(each, ids) for each in value)
    else:
        yield path, _name(value, ids)


def _elsewhere(path: str, key: object, value: object, channel: ChannelId | None) -> bool:
    """Whether something belongs to another channel; register numbers and questions are the whole body's."""
    if channel is None:
        return False
    if isinstance(key, tuple) and path.endswith(".asked"):
        return bool(key[0] != channel)
    if isinstance(value, dict) and "channel" in value:
        return bool(value["channel"] != channel)
    return path.count(".") == 1 and key in {"references", "questions"}


def _name(value: object, ids: Mapping[str, str]) -> str:
    if isinstance(value, tuple):
        return "/".join(_name(each, ids) for each in value)
    return ids.get(str(value), str(value))
