"""What others have seen beyond the end is appended again in its order, and a record that differs is not continued."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from msgspec import structs

from tacit import envelope, profile
from tacit.acts import MessagePosted
from tacit.detached import Detached
from tacit.ids import Digest
from tacit.record import encode_entry
from tacit.record.archive import log_entry
from tacit.record.entry import split_entry
from tacit.record.merkle import CompactRange, leaf_hash
from tacit_services.copies import Seen, bounded, message_digest
from tacit_services.ports import NewMessage, StoredMessage
from tacit_services.registrar import RegistrarError
from tacit_services.registrar.errors import CopiesDifferError, CopyDiffersError, RecordBehindError, RecordDiffersError
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tests.memory_registrar import Office

SAID: Final = 30


class Other:
    """Somebody who has messages of the record, from `first` on, and bodies; or has only seen it."""

    def __init__(
        self,
        messages: Sequence[StoredMessage],
        *,
        first: int = 1,
        holds: bool = True,
        root: bytes = b"",
        name: str = "x",
    ) -> None:
        self.messages = [each for each in messages if each.sequence >= first]
        self.size = messages[-1].sequence
        self.holds = holds
        self.root = root
        self.name = name
        self.bodies: dict[str, bytes] = {}


class Others:
    """`Elsewhere` of these."""

    def __init__(self, *others: Other) -> None:
        self._others = {each.name: each for each in others}

    async def seen(self, organisation: str) -> list[Seen]:
        assert organisation
        return [
            Seen(
                name=each.name,
                size=each.size,
                holder=each.name if each.holds else "",
                digest=message_digest(each.messages[-1].data) if each.holds else "",
                root=each.root,
            )
            for each in self._others.values()
        ]

    async def held(self, organisation: str, holder: str, first: int, limit: int) -> list[StoredMessage]:
        assert organisation
        messages = self._others[holder].messages
        if not messages or first < messages[0].sequence:
            return []
        return bounded([each for each in messages if each.sequence >= first], min(limit, 7))

    async def body(self, organisation: str, holder: str, folder: str, digest: Digest) -> bytes | None:
        assert organisation
        assert folder
        return self._others[holder].bodies.get(digest)


@pytest.fixture
def office() -> Office:
    office = Office()
    world = office.world
    for number in range(SAID):
        text = f"text {number}".encode()
        world.say("XAA", MessagePosted(subject="News", in_reply_to=None), text=text)
    office = Office(world)
    for number in range(SAID):
        body = Detached(b"\0" * 32, f"text {number}".encode())
        office.bodies[body.digest()] = profile.encode(body)
    return office


def messages_of(office: Office) -> list[StoredMessage]:
    return office.record.messages()


async def serve(office: Office, *others: Other) -> None:
    clock = LoopClock(office.world.now + timedelta(minutes=1))
    async with office.serving(office.ports(elsewhere=Others(*others), clock=clock)):
        pass


async def refusal(office: Office, kind: type[RegistrarError], *others: Other, founded: bool = False) -> RegistrarError:
    """What it stops with. `founded`: it has the charter at hand, and so asks before it reads."""
    size = office.record.last
    clock = LoopClock(office.world.now + timedelta(minutes=1))
    charter = envelope.encode(office.world.entries[0].envelope) if founded else None
    made = office.registrar(office.ports(elsewhere=Others(*others), clock=clock), charter=charter)
    with pytest.raises(kind) as caught:
        await made.run()
    assert size == office.record.last, "nothing was recorded"
    return caught.value


@pytest.mark.parametrize("lost", [1, 5, SAID])
@pytest.mark.parametrize("first", ["all", "the end"])
async def test_what_is_lost_comes_back_in_its_order_before_anything_else(office: Office, lost: int, first: str) -> None:
    messages = messages_of(office)
    size = len(messages)
    office.record.truncate(size - lost)

    await serve(office, Other(messages, first=1 if first == "all" else size - lost))

    assert messages == messages_of(office)[:size]
    assert size + 1 == office.record.last
    assert 2 == office.refold().term


async def test_a_record_that_is_lost_whole_comes_back_with_its_bodies(office: Office) -> None:
    messages, bodies = messages_of(office), dict(office.bodies)
    archive = Other(messages)
    archive.bodies = {**bodies}
    office.record = MemoryRecord()
    office.bodies.clear()
    charter = office.world.entries[0]
    assert charter.leaf.index == 0

    await serve_founded(office, archive)

    assert messages == messages_of(office)[: len(messages)]
    assert bodies == office.bodies


async def serve_founded(office: Office, *others: Other) -> None:
    """A registrar that has nothing but the charter's envelope and those others."""
    clock = LoopClock(office.world.now + timedelta(minutes=1))
    ports = office.ports(elsewhere=Others(*others), clock=clock)
    made = office.registrar(ports, charter=envelope.encode(office.world.entries[0].envelope))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(made.run())
        await made.serving.wait()
        await made.stop()


async def test_each_gives_what_it_has_and_the_longest_counts(office: Office) -> None:
    messages = messages_of(office)
    office.record.truncate(5)
    middle = len(messages) - 10

    await serve(office, Other(messages[:middle], name="archive"), Other(messages, first=middle - 3, name="gateway"))

    assert messages == messages_of(office)[: len(messages)]


async def test_what_only_a_witness_has_seen_stops_it_and_says_which_entry_is_lost(office: Office) -> None:
    messages = messages_of(office)
    office.record.truncate(len(messages) - 3)

    error = await refusal(office, RecordBehindError, Other(messages, holds=False, name="the witness of XBB"))

    assert isinstance(error, RecordBehindError)
    assert (len(messages), len(messages) - 3) == (error.seen, error.size)
    assert f"entry {len(messages) - 3} " in str(error)
    assert "tacit restore" in str(error)


async def test_an_index_that_knows_more_stops_it_and_is_kept(office: Office) -> None:
    async with office.serving():
        pass
    size = office.record.last
    office.record.truncate(size - 4)

    for _ in range(2):
        await refusal(office, RecordBehindError)


@pytest.mark.parametrize("at", [0, 13, SAID])
async def test_an_entry_that_differs_is_named(office: Office, at: int) -> None:
    messages = messages_of(office)
    other = [*messages]
    for index in range(at, len(messages)):
        other[index] = StoredMessage(index + 1, messages[index].subject, messages[index].data + b" ")

    error = await refusal(office, RecordDiffersError, Other(other, name="the archive"))

    assert isinstance(error, RecordDiffersError)
    assert at == error.index
    assert "tacit restore" in str(error)


async def test_an_entry_deep_in_the_record_is_found_by_the_root(office: Office) -> None:
    messages = messages_of(office)
    changed = [NewMessage(each.subject, each.data) for each in messages]
    changed[20] = NewMessage(changed[20].subject, changed[20].data.replace(b"received_at", b"received_aT", 1))
    office.record = MemoryRecord()
    office.record.add(changed, 0)

    witnessed = Other(messages, root=root_of(messages), name="the archive")
    error = await refusal(office, RecordDiffersError, witnessed, founded=True)

    assert isinstance(error, RecordDiffersError)
    assert 20 == error.index


async def test_what_is_no_entry_of_this_record_is_not_appended(office: Office) -> None:
    messages = messages_of(office)
    office.record.truncate(len(messages) - 1)
    last = messages[-1]
    entry = office.world.entries[-1]
    [one] = entry.envelope.signatures
    signature = structs.replace(one, sig=bytes([one.sig[0] ^ 1]) + one.sig[1:])
    verbatim = envelope.encode(structs.replace(entry.envelope, signatures=(signature,)))
    leaf = structs.replace(entry.leaf, envelope=envelope.digest(verbatim))
    forged = StoredMessage(last.sequence, last.subject, encode_entry(leaf, verbatim))

    await refusal(office, CopyDiffersError, Other([*messages[:-1], forged]))


def altered(messages: Sequence[StoredMessage]) -> list[StoredMessage]:
    """Every act as its author signed it, but the last one received a moment later: nothing in the fold tells."""
    last = messages[-1]
    leaf, rest = split_entry(last.data)
    later = structs.replace(leaf, received_at=leaf.received_at + timedelta(milliseconds=1))
    return [*messages[:-1], StoredMessage(last.sequence, last.subject, encode_entry(later, rest))]


def root_of(messages: Sequence[StoredMessage]) -> bytes:
    tree = CompactRange()
    for each in messages:
        tree.append(leaf_hash(log_entry(each.data)))
    return tree.root()


async def test_a_copy_that_no_signed_head_has_is_passed_over_for_an_honest_one(office: Office) -> None:
    messages = messages_of(office)
    office.record.truncate(len(messages) - 9)
    lying = Other(altered(messages), name="a gateway")
    honest = Other(messages, first=len(messages) - 12, name="the notary")
    witness = Other(messages, holds=False, root=root_of(messages), name="the witness of XBB")

    await serve_founded(office, lying, honest, witness)

    assert messages == messages_of(office)[: len(messages)]


async def test_only_a_copy_that_no_signed_head_has_leaves_the_record_as_it_is(office: Office) -> None:
    messages = messages_of(office)
    office.record.truncate(len(messages) - 9)
    lying = Other(altered(messages), name="a gateway")
    witness = Other(messages, holds=False, root=root_of(messages), name="the witness of XBB")

    error = await refusal(office, CopyDiffersError, lying, witness, founded=True)

    assert isinstance(error, CopyDiffersError)
    assert len(messages) - 9 == error.index


async def test_two_copies_that_differ_are_named_and_neither_is_appended(office: Office) -> None:
    messages = messages_of(office)
    office.record.truncate(len(messages) - 9)
    one = Other(altered(messages), name="a gateway")
    other = Other(messages, first=len(messages) - 4, name="the notary")

    error = await refusal(office, CopiesDifferError, one, other)

    assert isinstance(error, CopiesDifferError)
    assert len(messages) - 1 == error.index
    assert "a gateway and the notary" in str(error)


class LateLeader(MemoryEventStore):
    """A leader of a cluster, just elected: it says how far the record goes, and gives of it nothing for a while."""

    def __init__(self, record: MemoryRecord, late: int) -> None:
        super().__init__(record)
        self.late = late

    async def read(self, first: int, limit: int) -> list[StoredMessage]:
        """Nothing of one message alone, as many times as it is late."""
        if limit == 1 and self.late:
            self.late -= 1
            return []
        return await super().read(first, limit)


async def test_a_leader_that_has_not_come_so_far_again_is_waited_for(office: Office) -> None:
    messages = messages_of(office)
    leader = LateLeader(office.record, late=3)
    ports = replace(office.ports(elsewhere=Others(Other(messages))), store=leader)

    async with office.serving(ports):
        pass

    assert 0 == leader.late
    assert messages == messages_of(office)[: len(messages)]


async def test_nobody_who_has_seen_anything_is_a_start_as_ever(office: Office) -> None:
    size = office.record.last

    await serve(office)

    assert size + 1 == office.record.last
