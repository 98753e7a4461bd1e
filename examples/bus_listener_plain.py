"""Listens to the bus with nothing but a socket: no NATS library, nothing of Tacit, no other package.

    python examples/bus_listener_plain.py .tacit/exercise/nats/connection.json ORGANISATION --after 41

It remembers nothing: the index of the last event that it printed is all that it needs to go on. In any language this is
the same hundred lines. Documentation: docs/how-to/listen-on-the-bus.md.
"""

import argparse
import json
import secrets
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

CONNECT_WAIT_S = 10


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description="Print the events of an organisation, one line of JSON each.")
    parser.add_argument("connection", type=Path, help='a file with {"url", "user", "password"}')
    parser.add_argument("organisation", help="the first twelve digits of its id")
    parser.add_argument("--after", type=int, default=-1, help="begin after the entry with this index")
    parser.add_argument("--count", type=int, default=-1, help="end after so many events")
    return parser.parse_args()


def read_messages(line: socket.socket, stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """The name of the subscription and the data of each message; keeps the connection alive meanwhile."""
    for raw in stream:
        words = raw.split()
        if words[0] == b"PING":
            line.sendall(b"PONG\r\n")
        elif words[0] == b"MSG":
            size = int(words[-1])
            yield words[2].decode(), stream.read(size + 2)[:size]
        elif words[0] == b"-ERR":
            sys.exit(raw.decode())


def sign_in(line: socket.socket, known: dict[str, str]) -> None:
    """Say who we are. Without `headers` the server leaves headers out: an event is then nothing but its JSON."""
    told = {"verbose": False, "pedantic": False, "user": known["user"], "pass": known["password"], "headers": False}
    line.sendall(b"CONNECT %s\r\n" % json.dumps(told).encode())


def ask_for_events(line: socket.socket, organisation: str, after: int) -> None:
    """Ask the stream to send everything from a place on: event n tells of the entry with index n - 1."""
    name, inbox = f"plain-{secrets.token_hex(6)}", f"_INBOX.{secrets.token_hex(12)}"
    wish = {
        "stream_name": f"EVENTS_{organisation}",
        "config": {
            "name": name,
            "deliver_subject": f"{inbox}.events",
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": after + 2,
            "ack_policy": "none",
            "replay_policy": "instant",
            "inactive_threshold": 30_000_000_000,
            "mem_storage": True,
        },
    }
    data = json.dumps(wish).encode()
    line.sendall(f"SUB {inbox}.events events\r\nSUB {inbox}.answer answer\r\n".encode())
    subject = f"$JS.API.CONSUMER.CREATE.EVENTS_{organisation}.{name}"
    line.sendall(f"PUB {subject} {inbox}.answer {len(data)}\r\n".encode() + data + b"\r\n")


def main() -> None:
    """Print events until so many have been printed, or for ever."""
    asked = arguments()
    known = json.loads(asked.connection.read_bytes())
    address = urlsplit(known["url"])
    next_index, left = asked.after + 1, asked.count
    with socket.create_connection((address.hostname, address.port), CONNECT_WAIT_S) as line:
        line.settimeout(None)
        stream = line.makefile("rb")
        sign_in(line, known)
        ask_for_events(line, asked.organisation, asked.after)
        for subscription, data in read_messages(line, stream):
            told = json.loads(data)
            if subscription == "answer":
                if "error" in told:
                    sys.exit(told["error"]["description"])
                continue
            # A server that was killed forgets what it was to send us. Then begin again, after the last one printed.
            if int(told["sequence"]) != next_index:
                sys.exit(f"a gap: {next_index} is missing, begin again with --after {next_index - 1}")
            print(data.decode(), flush=True)
            next_index, left = next_index + 1, left - 1
            if not left:
                return
    sys.exit(f"the connection is gone: begin again with --after {next_index - 1}")


if __name__ == "__main__":
    main()
