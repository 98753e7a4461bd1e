"""A connection to NATS whose sharp edges are covered. It knows no stream and no act.

nats-py by default gives up for good after sixty tries, notices a dead link after minutes, keeps requests waiting that
can no longer be answered, and shares one inbox prefix among all services. Each of these is settled here once.
"""

import asyncio
import itertools
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from tacit_services.shell.errors import OperatorError

CONNECT_WAIT_S: Final = 10.0
"""For the first connection. Afterwards the client reconnects for ever."""
CLOSE_WAIT_S: Final = 5.0
RECONNECT_PAUSE_S: Final = 0.1
ERROR_PAUSE_S: Final = 10.0
"""Between two log lines about the same error: while no server is there, ten tries a second fail."""
PING_INTERVAL_S: Final = 10
"""A half-open link is noticed after two missed pings, thus within 30 seconds."""
PENDING_BYTES_MAX: Final = 32 * 1024 * 1024
"""Unsent bytes above which a publish waits for the socket; more than one whole atomic batch."""

BATCH_OWN_BYTES: Final = 5
"""Randomness in the ids of batches of one connection; each message stores its batch's id, so it is short."""

Answer = asyncio.Future[Msg | None]
"""The answer to one request; None once it can no longer come."""

log = structlog.get_logger()


class Credentials(msgspec.Struct, frozen=True):
    """What a service signs in with: a password, the path of a `.creds` file or of an nkey seed. Printing it shows none.

    Paths are read at every connection, so that what an operator exchanges there is taken up with the next one.
    """

    user: str = ""
    password: str = ""
    creds_file: str = ""
    nkey_seed_file: str = ""

    def __repr__(self) -> str:
        return "Credentials(...)"


def heed_cancellation() -> None:
    """Raise the cancellation that nats-py swallowed: its flush, thus any publish or subscribe, passes over one."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """As `asyncio.timeout`, for calls of nats-py: a cancellation or timeout that they swallowed is raised."""
    task = asyncio.current_task()
    before = 0 if task is None else task.cancelling()
    async with asyncio.timeout(seconds):
        yield
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError


class NatsUnreachableError(OperatorError):
    """No server answered, or it refused these credentials."""

    def __init__(self, urls: Sequence[str]) -> None:
        super().__init__(
            f"No NATS server took this connection at {', '.join(urls)} within {CONNECT_WAIT_S:.0f} s: start it, or "
            f"check the address and the credentials."
        )


class NatsRefusesError(OperatorError):
    """The client has given up for good."""

    def __init__(self) -> None:
        super().__init__("The NATS servers take this connection no more: check the credentials, then start again.")


class Replies:
    """One inbox for all requests of a connection; nats-py's own makes a task and a timer for each request."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._prefix = f"{client.new_inbox()}."
        self._waiting: dict[str, Answer] = {}
        self._asked = 0

    async def open(self) -> None:
        """Subscribe; must be awaited once before anything is expected."""
        # No limit of bytes: there are never more answers than questions, and whoever asks bounds these.
        await self._client.subscribe(f"{self._prefix}*", cb=self._take, pending_bytes_limit=0)

    @contextmanager
    def expecting(self, count: int) -> Iterator[list[tuple[str, Answer]]]:
        """Hand out `count` reply subjects, each with its answer; whatever comes after the block is dropped."""
        loop = asyncio.get_running_loop()
        first, self._asked = self._asked + 1, self._asked + count
        answers = [(f"{self._prefix}{number}", loop.create_future()) for number in range(first, self._asked + 1)]
        self._waiting.update(answers)
        try:
            yield answers
        finally:
            for subject, _ in answers:
                self._waiting.pop(subject, None)

    def give_up(self) -> None:
        """Answer everything that waits with None: the connection it went out on is gone."""
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result(None)

    async def _take(self, message: Msg) -> None:
        answer = self._waiting.get(message.subject)
        if answer is not None and not answer.done():
            answer.set_result(message)


class NatsConnection:
    """A client with its replies, and those who want to know at once when the link is lost."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.closed = asyncio.Event()
        """Set when the client has given up for good (a server refuses it): restart the service."""
        self._replies: Replies | None = None
        self._when_lost: set[Callable[[], None]] = set()
        self._own = secrets.token_urlsafe(BATCH_OWN_BYTES)
        self._batches = itertools.count(1)

    @property
    def replies(self) -> Replies:
        """The inbox of this connection."""
        assert self._replies is not None, "connect() opens it"
        return self._replies

    @property
    def is_connected(self) -> bool:
        """Whether what is published now goes out now. Otherwise nats-py would send it later, unasked."""
        return self.client.is_connected

    def next_batch(self) -> str:
        """An id for an atomic batch, unique among those that are open at one moment on any connection.

        By counting: asking for chance lets go of the interpreter, and under load it is had again only after others.
        """
        return f"{self._own}{next(self._batches):x}"

    @contextmanager
    def when_lost(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call back, within this block, each time the link is lost. The callback must not raise."""
        self._when_lost.add(callback)
        try:
            yield
        finally:
            self._when_lost.discard(callback)

    async def open(self) -> None:
        """Subscribe to the replies; `connect` does it."""
        self._replies = Replies(self.client)
        await self._replies.open()

    async def lost(self) -> None:
        """Tell everybody that the link is gone (nats-py calls this)."""
        if self._replies is not None:
            self._replies.give_up()
        for callback in tuple(self._when_lost):
            callback()

    async def given_up(self) -> None:
        """Note that no reconnection will be tried any more (nats-py calls this)."""
        self.closed.set()


class ErrorNotes:
    """What the client reports, in the log: the same again, as at each try to connect, once in `ERROR_PAUSE_S`."""

    def __init__(self, time_s: Callable[[], float] = time.monotonic) -> None:
        self._time_s = time_s
        self._last, self._told_s = "", 0.0

    async def note(self, error: Exception) -> None:
        """Log it (nats-py calls this)."""
        # The type alone: the text of a permission error holds a subject.
        word, now_s = type(error).__name__, self._time_s()
        if word != self._last or now_s - self._told_s >= ERROR_PAUSE_S:
            self._last, self._told_s = word, now_s
            log.warning("nats_error_reported", error=word)


@asynccontextmanager
async def connect(
    url: str | Sequence[str], credentials: Credentials | None, name: str, tls: ssl.SSLContext | None = None
) -> AsyncIterator[NatsConnection]:
    """Connect as `name`, a single token; each service has its own, since the inbox prefix is made of it.

    Of several servers any one is taken, and another one where that is lost. Raises NatsUnreachableError unless one
    takes the connection within `CONNECT_WAIT_S`.
    """
    client = Client()
    connection = NatsConnection(client)
    urls = [url] if isinstance(url, str) else list(url)
    try:
        await _open(connection, urls, credentials or Credentials(), name, tls)
        yield connection
    finally:
        await _close(client)


async def _open(
    connection: NatsConnection, urls: list[str], credentials: Credentials, name: str, tls: ssl.SSLContext | None
) -> None:
    try:
        async with within(CONNECT_WAIT_S):
            await connection.client.connect(
                urls,
                name=name,
                user=credentials.user or None,
                password=credentials.password or None,
                user_credentials=credentials.creds_file or None,
                nkeys_seed=credentials.nkey_seed_file or None,
                tls=tls,
                inbox_prefix=f"_INBOX_{name}",
                max_reconnect_attempts=-1,
                reconnect_time_wait=RECONNECT_PAUSE_S,  # type: ignore[arg-type]  # annotated int, used as seconds
                ping_interval=PING_INTERVAL_S,
                pending_size=PENDING_BYTES_MAX,
                error_cb=ErrorNotes().note,
                disconnected_cb=connection.lost,
                closed_cb=connection.given_up,
            )
            await connection.open()
    except (TimeoutError, OSError, nats.errors.Error) as error:
        raise NatsUnreachableError(urls) from error


async def _close(client: Client) -> None:
    try:
        async with asyncio.timeout(CLOSE_WAIT_S):
            await client.close()
    except (TimeoutError, OSError, nats.errors.Error) as error:
        log.warning("nats_close_failed", error=type(error).__name__)
