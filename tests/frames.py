"""Measures what a subprotocol costs: octets of a frame, and frames read in a second: `python -m tests.frames`."""

import sys
import time
from collections.abc import Callable, Iterator
from statistics import mean
from typing import Final, get_args

from tacit import envelope
from tacit.acts import MessagePosted, PositionDeclared, ReferenceAllotted, TextCirculated, Version
from tacit.ids import Suite
from tacit.record import Entry, encode_entry
from tacit.session import CODECS, Codec, EntryFrame
from tacit.testing import World

ENTRIES: Final = 300
RUNS: Final = 5
HELLO: Final = MessagePosted(subject="Overflights", in_reply_to=None)


def entries(suite: Suite) -> list[Entry]:
    """Positions and messages, in turn."""
    world = World(suite=suite)
    world.organ("secretariat", ReferenceAllotted(reference="CC-M(2026)0001", subject="Draft"))
    circulated = TextCirculated(reference="CC-M(2026)0001", title="Draft", paragraphs=9)
    entry = world.organ("secretariat", circulated, text=b"1.")
    version = Version(entry.leaf.act, entry.act.header.detached or "")
    for number in range(ENTRIES // 2):
        state, words = world.states[number % 3], "We can go along with this."
        scope = f"para:{number % 9 + 1}"
        world.wait(1)
        world.say(
            state,
            PositionDeclared(version=version, scope=scope, stance="CAN_ACCEPT", condition="", statement=words),
        )
        world.say(state, HELLO, text=b"We ask for an explanation.")
    return world.entries[-ENTRIES:]


def per_second(work: Callable[[bytes], object], frames: list[bytes]) -> float:
    """The best of some runs."""
    best = 0.0
    for _ in range(RUNS):
        began = time.perf_counter()
        for frame in frames:
            work(frame)
        best = max(best, len(frames) / (time.perf_counter() - began))
    return best


def rows(suite: Suite) -> Iterator[str]:
    """A line for each codec."""
    kept = [(each.leaf.index, encode_entry(each.leaf, envelope.encode(each.envelope))) for each in entries(suite)]
    for codec in CODECS.values():
        yield row(suite, codec, [codec.encode(EntryFrame(index, raw)) for index, raw in kept])


def row(suite: Suite, codec: Codec, frames: list[bytes]) -> str:
    """Octets and frames read in a second."""
    read = per_second(codec.decode_server, frames)
    return f"{suite:16} {codec.subprotocol:17} {mean(map(len, frames)):6.0f} octets {read:9,.0f} read/s\n"


if __name__ == "__main__":
    for suite in get_args(Suite):
        sys.stdout.writelines(rows(suite))
