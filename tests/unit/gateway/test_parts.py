"""The small pure parts of the gateway."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.acts import CredentialRevoked, RosterAdmitted, RosterRemoved
from tacit.envelope import digest
from tacit.errors import Rule
from tacit.ids import ORGANISATION
from tacit.rules.effects import EntryVoid
from tacit.session import CODECS, JSON, MSGPACK, EntryFrame, Fault, Withheld
from tacit.session.frames import GoodbyeReason
from tacit.subjects import entry
from tacit.testing import COUNCIL, EAST, World
from tacit_services.gateway.allowance import Allowance
from tacit_services.gateway.connection import GOODBYE_CODES
from tacit_services.gateway.doors import Doors
from tacit_services.gateway.entitlement import body_of, entitled
from tacit_services.gateway.fates import FATES
from tacit_services.gateway.recent import Ring, Sendable
from tacit_services.ports import StoredMessage
from tests.integration.clerk import message

WORLD = World()
FOUND_BY_CLIENTS = {
    Fault.GAP,
    Fault.DUPLICATE,
    Fault.BEYOND_CREDIT,
    Fault.UNKNOWN_REF,
    Fault.OTHER_ORGANISATION,
    Fault.UNVERIFIED,
    Fault.CONTRADICTION,
    Fault.CHECKPOINT_BEHIND,
    Fault.OTHER_RECORD,
}


def sendable(index: int, weight: int = 1) -> Sendable:
    return Sendable(None, EntryFrame(index, b"x" * weight), Withheld(index, None, void=False, digest="0" * 64))


@given(st.integers(0, 50), st.integers(1, 10), st.integers(0, 60), st.integers(1, 20))
def test_the_ring_gives_the_last_entries_or_says_that_they_are_older(
    count: int, kept: int, first: int, limit: int
) -> None:
    ring = Ring(kept, 1_000_000)
    for index in range(count):
        ring.add(sendable(index))
    found = ring.slice(first, limit)

    oldest = max(0, count - kept)
    if not count or first < oldest:
        assert found is None
    else:
        assert [*range(first, min(first + limit, count))] == [each.index for each in found or ()]


def test_the_ring_is_bounded_by_bytes_but_keeps_the_newest() -> None:
    ring = Ring(100, 10)
    for index in range(5):
        ring.add(sendable(index, 6))
    assert 4 == ring.first

    ring.add(sendable(5, 1_000))
    assert 5 == ring.first


def test_an_entry_is_encoded_once_for_those_who_may_see_it_and_once_for_the_others() -> None:
    subject = entry(WORLD.organisation, COUNCIL, EAST)
    made = Sendable.of(StoredMessage(8, subject, b"no entry"), None, void=True)

    assert (7, COUNCIL) == (made.index, made.body)
    assert b'"entry":"bm8gZW50cnk="' in made.frame(JSON, shown=True)
    withheld = '{"frame":"withheld","index":7,"leaf":null,"void":true,"digest":"%s"}'
    assert (withheld % digest(b"no entry")).encode() == made.frame(JSON, shown=False)
    assert b"\xa5entry\xc4\x08no entry" in made.frame(MSGPACK, shown=True)
    assert made.frame(MSGPACK, shown=True) is made.frame(MSGPACK, shown=True)


@pytest.mark.parametrize("data", [b"", b"x" * 60_000, message(WORLD.organisation, WORLD.entries[-1]).data])
def test_an_entry_weighs_at_least_what_all_its_frames_do(data: bytes) -> None:
    made = Sendable.of(StoredMessage(8, entry(WORLD.organisation, COUNCIL, EAST), data), None, void=False)
    frames = [made.frame(codec, shown=shown) for codec in CODECS.values() for shown in (True, False)]

    assert len(data) + sum(map(len, frames)) <= made.size_bytes


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 20), st.integers(1, 10))
def test_an_allowance_is_never_exceeded(pauses: list[float], per_s: int, burst: int) -> None:
    now, taken = 0.0, 0
    allowance = Allowance(per_s, burst, now)
    for pause in pauses:
        now += pause
        taken += allowance.take(now)

    assert taken <= burst + now * per_s + 1e-6


@pytest.mark.parametrize(
    ("reader", "body", "may"),
    [("XAA", None, True), ("XAA", COUNCIL, True), ("XAA", "cabinet", False), ("XZZ", COUNCIL, False),
     ("XZZ", None, True), (ORGANISATION, "cabinet", True)],
)  # fmt: skip
def test_the_register_is_for_all_and_a_body_for_its_members(reader: str, body: str | None, may: bool) -> None:
    assert may == entitled(WORLD.state, reader, body, 0)


def test_the_body_of_an_entry_is_what_its_author_signed_or_else_its_subject() -> None:
    council = entry(WORLD.organisation, COUNCIL, EAST)
    assert COUNCIL == body_of(council, None)
    assert body_of(entry(WORLD.organisation, None, None), None) is None
    assert body_of(council, WORLD.entries[0]) is None


def test_who_was_removed_keeps_what_was_recorded_before() -> None:
    world = World(ruleset="nato-like-2")
    index = world.state.size
    world.organ("chair", RosterRemoved(body=COUNCIL, states=("XCC",), basis=None, reason=""))

    assert [True, False] == [entitled(world.state, "XCC", COUNCIL, at) for at in (index - 1, index + 1)]
    world.organ("chair", RosterAdmitted(body=COUNCIL, states=("XCC",), basis=None, reason=""))
    assert [True, True] == [entitled(world.state, "XCC", COUNCIL, at) for at in (index - 1, index + 1)]


def test_every_fault_that_a_gateway_can_name_has_its_fate() -> None:
    profile = {rule for rule in Rule if rule.startswith("profile.")}

    assert profile | (set(Fault) - FOUND_BY_CLIENTS) == FATES.keys()


class Guest:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def end(self, reason: GoodbyeReason) -> None:
        assert reason in GOODBYE_CODES
        self.heard.append(reason)


def test_a_void_revocation_shows_nobody_out() -> None:
    world, doors, guest = World(), Doors(10, 10), Guest()
    mine = world.author("XAA").signer.credential
    doors.enter(guest)
    doors.identify(guest, mine)
    revoked = world.say("XAA", CredentialRevoked(credential=mine, reason="", compromised_since=None), office="root")

    doors.watch(9, revoked, (EntryVoid(9, Rule.LEAF, ""),))
    assert [] == guest.heard
    doors.watch(9, revoked, ())
    assert ["credential_revoked"] == guest.heard


def test_the_doors_count_and_forget() -> None:
    doors, guests = Doors(3, 2), [Guest() for _ in range(3)]
    for guest in guests:
        doors.enter(guest)
    full = [doors.are_full]
    assert [True, True, False] == [doors.identify(guest, "c") for guest in guests]
    doors.leave(guests[0], "c")
    doors.leave(guests[2], None)
    full.append(doors.are_full)

    assert [True, False] == full
    assert doors.identify(guests[2], "c")


def test_closed_doors_let_nobody_in_and_say_goodbye() -> None:
    doors, guest = Doors(3, 2), Guest()
    doors.enter(guest)

    assert 1 == doors.close()
    assert doors.are_full
    assert ["going_away"] == guest.heard
