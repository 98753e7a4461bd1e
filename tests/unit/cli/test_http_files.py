"""The address of a log that is slow, or drips: what is due is waited for, and nothing without end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Final

import pytest
from click.testing import CliRunner, Result

from tacit.cli.command import tacit
from tacit.cli.http_files import TooSlowError, open_address
from tacit.cli.patience import FETCH_BYTES_PER_S_MIN, FETCH_FILE_S, Patience
from tacit.cli.source import UnreadableError
from tests.unit.verify.archives import sound

DRIP_S: Final = 0.02
"""Between two bytes: some fifty a second, and thousands are due."""


@cache
def archive() -> dict[str, bytes]:
    return dict(sound())


@contextmanager
def serving(files: dict[str, bytes], slow: str = "none", pause_s: float = 0.0) -> Iterator[str]:
    """Serve these files on a free port of loopback; those whose paths begin so (`slow`) drip."""
    over = Event()

    class Drip(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            raw = files.get(self.path[1:])
            over.wait(pause_s)
            self.send_response(404 if raw is None else 200)
            self.send_header("Content-Length", str(len(raw or b"")))
            self.end_headers()
            if not self.path[1:].startswith(slow):
                self.wfile.write(raw or b"")
                return
            for octet in raw or b"":
                if over.wait(DRIP_S):
                    return
                self.wfile.write(bytes([octet]))
                self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - so it is called there
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                """Whoever asked has gone."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Drip) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            over.set()
            server.shutdown()
            thread.join()


def verify(address: str, *options: str) -> tuple[Result, float]:
    begun = time.monotonic()
    found = CliRunner().invoke(tacit, ["verify", address, *options])
    return found, time.monotonic() - begun


@pytest.mark.parametrize("slow", ["checkpoint", "tile/entries", "tile/0"])
def test_a_server_that_drips_is_given_up_and_the_limit_is_named(slow: str) -> None:
    with serving(archive(), slow) as address:
        found, took_s = verify(address, "--patience", "0.3")

    assert 2 == found.exit_code
    told = " ".join(found.stderr.split())
    assert f"{address} is too slow" in told
    assert f"where {FETCH_BYTES_PER_S_MIN} a second are due and 0.3 s to spare" in told
    assert "tacit verify --patience SECONDS" in told
    assert took_s < 10 * FETCH_FILE_S


def test_a_server_that_is_slow_and_no_more_is_read_to_the_end() -> None:
    with serving(archive(), pause_s=0.05) as address:
        slow, _ = verify(address, "--patience", "0")
    with serving(archive()) as address:
        quick, _ = verify(address)

    assert slow.exit_code == quick.exit_code
    assert "too slow" not in slow.output
    told, same = ([line for line in each.output.splitlines() if " in " not in line] for each in (slow, quick))
    assert told[1:] == same[1:], "the first names the address"
    assert len(told) > 3


def test_more_patience_reads_what_drips() -> None:
    raw = b"x" * 80
    with serving({"checkpoint": raw}, "checkpoint") as address:
        with open_address(address, Patience(30)) as files:
            assert raw == files.read("checkpoint")
        with open_address(address, Patience(0)) as files, pytest.raises(TooSlowError):
            files.read("checkpoint")


def test_an_address_where_nobody_listens_says_why_and_not_that_it_is_slow() -> None:
    with serving({}) as address:
        pass
    with open_address(address) as files, pytest.raises(UnreadableError, match="cannot be read") as caught:
        files.read("checkpoint")

    assert not isinstance(caught.value, TooSlowError)


def test_the_whole_wait_is_bounded_by_what_was_given() -> None:
    patience, spare_s = Patience(10), 10.0
    waited_s = 0.0
    for number in range(1, 500):
        octets = (number * 7_919) % 20_000
        patience.took(octets)
        seconds = patience.left_s  # as long as it may take
        patience.waited(seconds)
        waited_s += seconds

        assert waited_s <= spare_s + number * FETCH_FILE_S + patience.octets / FETCH_BYTES_PER_S_MIN + 1e-6
    assert waited_s == pytest.approx(patience.waited_s)


def test_what_was_given_quickly_is_no_credit_for_later() -> None:
    patience = Patience(10)
    for _ in range(100):
        patience.took(1_000_000)
        patience.waited(0.01)

    assert 10 + FETCH_FILE_S == patience.left_s
