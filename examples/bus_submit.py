"""Hands in one message over the bus, as an office of a member, and says what the registrar answered.

    python examples/bus_submit.py connection.json charter.json key.json XAA/permanent-representative council/east \
        "On our way" "We arrive at noon."

Needs `nats-py` and the package `tacit`. Ends with 0 when it is recorded, 1 when it is refused, 2 when nobody can say.
Documentation: docs/how-to/submit-over-the-bus.md.
"""

import argparse
import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import nats
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig

from tacit import acts, envelope, subjects, submission
from tacit.acts import CharterDeposited, MessagePosted
from tacit.compose import Author, Link, Window, compose
from tacit.detached import Detached
from tacit.keys import Verifier
from tacit.limits import SALT_BYTES
from tacit.record import open_receipt, open_refusal
from tacit.signing import Signer
from tacit.submission import Receipted, Refused, Submission

ANSWER_WAIT_S = 10.0
TRIES_MAX = 3
READ_WAIT_S = 2.0
PLAYABLE = timedelta(minutes=10)


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description="Post one message over the bus.")
    parser.add_argument("connection", type=Path, help='a file with {"url", "user", "password"}')
    parser.add_argument("charter", type=Path, help="the charter's envelope: whose organisation, whose signatures")
    parser.add_argument("key", type=Path, help='the private keys of the office: {"suite", "seeds"}')
    parser.add_argument("office", help="such as XAA/permanent-representative")
    parser.add_argument("place", help="body and channel, such as council/east")
    parser.add_argument("subject")
    parser.add_argument("text")
    return parser.parse_args()


class Header(msgspec.Struct):
    """What is needed of the header of an act."""

    credential: str
    number: int


class Data(msgspec.Struct):
    """What is needed of the data of an event."""

    header: Header
    content: dict[str, object]


class Event(msgspec.Struct):
    """What is needed of an event."""

    id: str
    data: Data


async def post(asked: argparse.Namespace) -> int:
    """Compose, sign, hand in; return the exit code."""
    charter_act, registrar = read_charter(asked.charter)
    key = json.loads(asked.key.read_bytes())
    signer = Signer(key["suite"], tuple(base64.b64decode(seed) for seed in key["seeds"]))
    state, office = asked.office.split("/")
    body, channel = asked.place.split("/")
    author = Author(charter_act, state, office, signer)
    text = Detached(os.urandom(SALT_BYTES), asked.text.encode())
    known = json.loads(asked.connection.read_bytes())
    client = await nats.connect(known["url"], user=known["user"], password=known["password"])
    try:
        link = await next_link(client, author, (body, channel))
        now = datetime.now(UTC)
        said = MessagePosted(subject=asked.subject, in_reply_to=None)
        window = Window(now, now + PLAYABLE)
        composed = compose(author, said, (body, channel), link, window, detached=text.digest())
        return await hand_in(client, charter_act, Submission(composed.envelope, text), registrar)
    finally:
        await client.close()


def read_charter(file: Path) -> tuple[str, Verifier]:
    """The organisation's id, and the registrar's key, by which every answer is checked."""
    read = envelope.decode(file.read_bytes())
    content = acts.decode(read.payload).content
    assert isinstance(content, CharterDeposited), "a charter is a charter"
    registrar = next(each.keys for each in content.services if each.office == "registrar")
    return envelope.act_id(read.payload), Verifier(registrar)


async def next_link(client: Client, author: Author, place: tuple[str, str]) -> Link:
    """Where the next act of this credential stands in its chain: after its last one here, else after its enrolment.

    Whoever hands in often keeps this in a file of its own instead of reading the channel again.
    """
    link = None
    async for event in read_events(client, author.organisation, ".".join(place) + ".>"):
        header = event.data.header
        if header.credential == author.signer.credential:
            link = Link(header.number + 1, event.id)
    if link is not None:
        return link
    enrolled = None
    async for event in read_events(client, author.organisation, "_._.credential.enrolled.v1"):
        content = event.data.content
        if (content["state"], content["office"]) == (author.state, author.office):
            enrolled = event.id
    if enrolled is None:
        sys.exit(f"{author.state}/{author.office} has no credential on record")
    return Link(1, enrolled)


async def read_events(client: Client, organisation: str, below: str) -> AsyncIterator[Event]:
    """Every event below a subject that there is now."""
    subject = subjects.events_subjects(organisation).removesuffix(">") + below
    config = ConsumerConfig(ack_policy=AckPolicy.NONE)
    stream = subjects.events_stream(organisation)
    subscription = await client.jetstream().pull_subscribe(subject, stream=stream, config=config)
    left = (await subscription.consumer_info()).num_pending or 0
    while left:
        for message in await subscription.fetch(min(left, 100), READ_WAIT_S):
            yield msgspec.json.decode(message.data, type=Event)
            left -= 1


async def hand_in(client: Client, organisation: str, said: Submission, registrar: Verifier) -> int:
    """Ask, and ask again with the same bytes while nobody can say: a repeat gets its first receipt."""
    for _ in range(TRIES_MAX):
        try:
            answer = await client.request(subjects.submit(organisation), submission.encode(said), ANSWER_WAIT_S)
        except (nats.errors.TimeoutError, nats.errors.NoRespondersError):
            continue
        read = submission.decode_answer(answer.data)
        if isinstance(read, Receipted):
            leaf = open_receipt(envelope.encode(read.receipt), registrar)
            print(f"recorded at {leaf.index} as {leaf.act}, received {leaf.received_at.isoformat()}")
            return 0
        if isinstance(read, Refused):
            refusal = open_refusal(envelope.encode(read.refusal), registrar)
            print(f"refused: {refusal.rule} ({refusal.detail})")
            return 1
    print("nobody can say whether it was recorded: the same bytes may be handed in again")
    return 2


if __name__ == "__main__":
    sys.exit(asyncio.run(post(arguments())))
