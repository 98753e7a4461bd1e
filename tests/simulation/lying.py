"""Copies of a record, honest and not; all the chance in them comes from one seed."""

import random
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Final, NamedTuple

from msgspec import structs

from tacit import envelope, profile
from tacit.acts import MessagePosted
from tacit.detached import Detached
from tacit.record import decode_entry, encode_entry
from tacit.record.archive import log_entry
from tacit.record.entry import split_entry
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.rules import apply_bytes, catalogue, encode_snapshot, genesis
from tacit.testing import World
from tacit_services.copies import Seen, bounded, message_digest
from tacit_services.ports import StoredMessage
from tacit_services.registrar.bodies import Named, encode_named
from tests.memory_registrar import record_of

SAID: Final = 24
MOMENT: Final = timedelta(milliseconds=1)


@cache
def truth() -> tuple[World, list[StoredMessage]]:
    """What was recorded. Every act was received later than the one before, and depends on none of another author."""
    world = World(("XAA", "XBB", "XCC"))
    for number in range(SAID):
        world.wait(0.01)
        world.say(world.states[number % 3], MessagePosted(subject="News", in_reply_to=None), text=b"text %d" % number)
    return world, record_of(world).messages()


@cache
def texts() -> dict[str, bytes]:
    """What was said, which nobody loses here."""
    bodies = [Detached(b"\0" * 32, b"text %d" % number) for number in range(SAID)]
    return {each.digest(): profile.encode(each) for each in bodies}


@cache
def roots() -> list[bytes]:
    """Over the first so many messages of it."""
    tree = CompactRange()
    found = [tree.root()]
    for each in truth()[1]:
        tree.append(leaf_hash(log_entry(each.data)))
        found.append(tree.root())
    return found


@cache
def kept_state(size: int) -> bytes:
    """What a registrar kept of the first so many entries."""
    state, named = genesis(catalogue()), Named()
    for each in truth()[1][:size]:
        entry, _ = apply_bytes(state, each.data)
        assert entry is not None
        named.passed(entry)
    return encode_snapshot(state, roots()[size], encode_named(named))


def later(message: StoredMessage) -> StoredMessage:
    """The same act, said to have been received a moment later: nothing in the fold tells."""
    leaf, rest = split_entry(message.data)
    moved = structs.replace(leaf, received_at=leaf.received_at + MOMENT)
    return structs.replace(message, data=encode_entry(moved, rest))


def swapped(messages: Sequence[StoredMessage], at: int) -> list[StoredMessage]:
    """Two neighbours in each other's place and time."""
    changed = [*messages]
    for place, other in ((at, at + 1), (at + 1, at)):
        (leaf, _), (moved, rest) = split_entry(messages[place].data), split_entry(messages[other].data)
        put = structs.replace(moved, index=leaf.index, received_at=leaf.received_at)
        changed[place] = structs.replace(messages[place], data=encode_entry(put, rest))
    return changed


def forged(message: StoredMessage) -> StoredMessage:
    """The same act under a signature that is none."""
    entry = decode_entry(message.data)
    [one] = entry.envelope.signatures
    signature = structs.replace(one, sig=bytes([one.sig[0] ^ 1]) + one.sig[1:])
    verbatim = envelope.encode(structs.replace(entry.envelope, signatures=(signature,)))
    leaf = structs.replace(entry.leaf, envelope=envelope.digest(verbatim))
    return structs.replace(message, data=encode_entry(leaf, verbatim))


class Holder(NamedTuple):
    """One that has seen the record, and holds some of it. `honest`: all that it says is so."""

    name: str
    seen: Seen
    messages: tuple[StoredMessage, ...]
    honest: bool

    def held(self, first: int, limit: int) -> list[StoredMessage]:
        if not self.messages or first < self.messages[0].sequence:
            return []
        return bounded([each for each in self.messages if each.sequence >= first], limit)


def holder(chance: random.Random, number: int) -> Holder:
    """Somebody who followed a part of the record, or who lies about it in one of several ways."""
    messages = truth()[1]
    founding = len(messages) - SAID
    size = chance.randint(founding + 2, len(messages))
    held = list(messages[chance.choice([0, 0, chance.randrange(size)]) : size])
    honest = chance.random() < 0.6
    if not honest:
        held = _lied(chance, held, founding)
    name = f"holder {number}"
    digest = message_digest(held[-1].data)
    claims = size + chance.choice([0, 0, 3]) if not honest else size
    return Holder(name, Seen(name=name, size=claims, holder=name, digest=digest), tuple(held), honest)


def _lied(chance: random.Random, held: list[StoredMessage], founding: int) -> list[StoredMessage]:
    kind = chance.choice(["later", "later inside", "swapped", "forged", "hole"])
    inside = [at for at, each in enumerate(held[:-1]) if each.sequence > founding]
    if kind == "later" or not inside:
        return [*held[:-1], later(held[-1])]
    at = chance.choice(inside)
    match kind:
        case "swapped":
            return swapped(held, at)
        case "forged":
            return [*held[:at], forged(held[at]), *held[at + 1 :]]
        case "hole":
            return [*held[:at], *held[at + 1 :]]
        case _:
            return [*held[:at], later(held[at]), *held[at + 1 :]]


def head(chance: random.Random, number: int) -> Holder:
    """A witness that has cosigned so much, and holds nothing."""
    size = chance.randint(1, len(truth()[1]))
    name = f"witness {number}"
    return Holder(name, Seen(name=name, size=size, root=roots()[size]), (), honest=True)
