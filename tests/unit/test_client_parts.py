"""The parts of a client that need no socket: its chains, its inbox, its questions."""

import asyncio
from functools import partial

import pytest

from tacit.client import Chains
from tacit.client.errors import FrameRefusedError
from tacit.client.fetches import Fetches
from tacit.client.in_flight import InFlight
from tacit.client.inbox import WINDOW_ENTRIES, Inbox
from tacit.client.line import Endpoint
from tacit.compose import Link
from tacit.detached import Detached
from tacit.ids import ORGANISATION
from tacit.session import Difference, EntryWithheld
from tacit.submission import Submission
from tacit.testing import COUNCIL, EAST, World

PLACE = (COUNCIL, EAST)
WORLD = World()
ENTRY = WORLD.entries[-1]
SUBMISSION = Submission(ENTRY.envelope, None)


@pytest.mark.parametrize(
    ("state", "office", "place"),
    [
        ("XAA", "permanent-representative", PLACE),
        ("XAA", "root", None),
        (ORGANISATION, "chair", PLACE),
        (ORGANISATION, "secretariat", None),
        (ORGANISATION, "secretariat", PLACE),
    ],
)
def test_a_chain_learnt_from_the_record_goes_on_where_the_rules_want_it(
    state: str, office: str, place: tuple[str, str] | None
) -> None:
    author = WORLD.author(state, office)
    chains = Chains(author.signer.credential)
    for entry in WORLD.entries:
        chains.learn(entry)

    assert WORLD.link(author, place) == chains.next(place)


def test_without_the_enrolment_nothing_can_be_said() -> None:
    chains = Chains(WORLD.author("XAA").signer.credential)

    assert chains.next(PLACE) is None


def test_what_is_older_than_what_is_known_changes_nothing() -> None:
    chains = Chains("c")
    chains.advance(PLACE, 5, "5" * 64)
    chains.advance(PLACE, 4, "4" * 64)

    assert Link(6, "5" * 64) == chains.next(PLACE)


async def test_a_body_is_asked_for_once_however_many_want_it() -> None:
    fetches, body = Fetches(), Detached(b"s" * 32, b"t")
    answer = fetches.add(7)
    assert answer is fetches.add(7)
    fetches.sent(1, 7)
    assert 7 == fetches.unavailable(1)
    fetches.sent(2, 7)
    fetches.arrived(2, body)

    assert body == await answer


async def test_a_question_without_an_answer_is_told_so() -> None:
    fetches = Fetches()
    answer = fetches.add(7)
    fetches.sent(1, 7)
    fetches.failed(1, FrameRefusedError("session.no_such_entry", ""))

    with pytest.raises(FrameRefusedError):
        await answer


async def test_credit_is_given_for_what_was_read_and_in_lots() -> None:
    inbox = Inbox()
    assert WINDOW_ENTRIES == await inbox.room()
    for index in range(WINDOW_ENTRIES):
        inbox.put(EntryWithheld(index, None, void=True))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await inbox.room()
    taken = [await inbox.take() for _ in range(WINDOW_ENTRIES // 2)]
    seen = [each.index for each in taken if not isinstance(each, Difference)]

    assert [*range(WINDOW_ENTRIES // 2)] == seen
    assert WINDOW_ENTRIES // 2 == await inbox.earned()
    assert WINDOW_ENTRIES // 2 == await inbox.room()


@pytest.mark.parametrize(
    ("url", "socket", "audience"),
    [
        ("http://127.0.0.1:8420", "ws://127.0.0.1:8420/v1/ws", "127.0.0.1:8420"),
        ("https://gateway.example", "wss://gateway.example/v1/ws", "gateway.example"),
        ("wss://gateway.example:8443/", "wss://gateway.example:8443/v1/ws", "gateway.example:8443"),
        ("http://[::1]:8420", "ws://[::1]:8420/v1/ws", "[::1]:8420"),
    ],
)
def test_an_endpoint_gives_the_socket_and_the_authority(url: str, socket: str, audience: str) -> None:
    endpoint = Endpoint(url)

    assert (socket, audience) == (str(endpoint.socket_url), endpoint.audience)


def test_no_more_is_in_flight_than_the_gateway_allows_and_each_has_its_turn() -> None:
    in_flight, made = InFlight(), list[int]()

    def frame(ref: int) -> tuple[int, bytes] | None:
        made.append(ref)
        return None if ref == 3 else (ref, b"%d" % ref)

    in_flight.allow(2)
    for ref in range(1, 6):
        in_flight.add(partial(frame, ref))
    first = [in_flight.next(), in_flight.next(), in_flight.next()]
    in_flight.answered(99)
    in_flight.answered(None)
    assert in_flight.next() is None
    in_flight.answered(1)
    second = [in_flight.next(), in_flight.next()]
    in_flight.answered(4)
    in_flight.answered(2)

    assert [b"1", b"2", None, b"4", None, b"5", None] == [*first, *second, in_flight.next(), in_flight.next()]
    assert [1, 2, 3, 4, 5] == made
