"""Listens to the bus and goes on, after any interruption, where it stopped. Needs `nats-py`, and nothing of Tacit.

    python examples/bus_listener.py .tacit/exercise/nats/connection.json ORGANISATION --name my-listener

ORGANISATION is the first twelve digits of the organisation's id. The server keeps the place of a listener under its
name. Without a name it begins at `--after` each time. Documentation: docs/how-to/listen-on-the-bus.md.
"""

import argparse
import asyncio
import json
from pathlib import Path

import nats
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext

FETCH_EVENTS = 100
FETCH_WAIT_S = 5.0


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description="Print the events of an organisation, one line of JSON each.")
    parser.add_argument("connection", type=Path, help='a file with {"url", "user", "password"}')
    parser.add_argument("organisation", help="the first twelve digits of its id")
    parser.add_argument("--only", default=">", help='such as "council.east.silence.>"; all events if left out')
    parser.add_argument("--after", type=int, default=-1, help="begin after the entry with this index")
    parser.add_argument("--name", help="the server remembers under it what was printed")
    parser.add_argument("--count", type=int, default=-1, help="end after so many events")
    return parser.parse_args()


async def listen(asked: argparse.Namespace) -> None:
    """Print events until so many have been printed, or for ever."""
    known = json.loads(asked.connection.read_bytes())
    client = await nats.connect(known["url"], user=known["user"], password=known["password"])
    try:
        subscription = await subscribe(client.jetstream(), asked)
        left = asked.count
        while left:
            try:
                messages = await subscription.fetch(min(FETCH_EVENTS, left) if left > 0 else FETCH_EVENTS, FETCH_WAIT_S)
            except nats.errors.TimeoutError:
                continue  # nothing has happened
            for message in messages:
                print(message.data.decode(), flush=True)
            # Only now may the server forget them: whoever is stopped before this gets these events once more.
            await messages[-1].ack_sync()
            left -= len(messages)
    finally:
        await client.close()


async def subscribe(jetstream: JetStreamContext, asked: argparse.Namespace) -> JetStreamContext.PullSubscription:
    """Event n of the stream tells of the entry with index n - 1."""
    stream, subject = f"EVENTS_{asked.organisation}", f"tacit.{asked.organisation}.events.{asked.only}"
    try:
        if asked.name:
            await jetstream.consumer_info(stream, asked.name)
            return await jetstream.pull_subscribe_bind(asked.name, stream)
    except nats.js.errors.NotFoundError:
        pass  # a new name
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=asked.after + 2, ack_policy=AckPolicy.ALL
    )
    return await jetstream.pull_subscribe(subject, durable=asked.name, stream=stream, config=config)


if __name__ == "__main__":
    asyncio.run(listen(arguments()))
