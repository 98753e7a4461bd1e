"""The streams as they must be: created so when absent, compared when present, never silently changed."""

from typing import Final

import msgspec
import nats.errors
import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from tacit_services.ports import StoreFailedError
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.event_store.api import failure_of
from tacit_services.shell.nats_connection import NatsConnection, within

STREAM_WAIT_S: Final = 10.0
STREAM_MISSING: Final = 10059

CHECKED: Final = (
    "subjects",
    "num_replicas",
    "storage",
    "retention",
    "discard",
    "max_age",
    "max_msgs",
    "max_bytes",
    "max_msgs_per_subject",
    "deny_delete",
    "deny_purge",
    "allow_rollup_hdrs",
    "allow_atomic",
    # Not set in ours. A stream with one of these takes messages from elsewhere, takes none, or answers too soon.
    "mirror",
    "sources",
    "sealed",
    "subject_transform",
    "republish",
    "persist_mode",
    "no_ack",
)


class StreamSettings(msgspec.Struct, frozen=True):
    """Which stream, which subjects (one literal prefix and `.>`), on how many servers.

    With `content_type`, what is appended says in a header of this name what it is; the server does not look at it.
    """

    name: str
    subjects: str
    replicas: int = 1
    deny_delete: bool = True
    content_type: str = ""


class StreamDiffersError(OperatorError):
    """A stream of this name exists and is not as it must be; it is left as it is."""

    def __init__(self, name: str, settings: tuple[str, ...]) -> None:
        super().__init__(
            f"The stream {name} exists with other settings ({', '.join(settings)}): name another data folder or "
            f"organisation, or restore these settings with an administrator's credentials."
        )
        self.name = name
        self.settings = settings


async def ensure_stream(connection: NatsConnection, settings: StreamSettings, *, make: bool = True) -> None:
    """Create the stream, or check the one that is there. Raises StreamDiffersError, StoreFailedError.

    Who may not make it (`make` false) only checks, and one that is missing is a store that fails for now.
    """
    jetstream = connection.client.jetstream(timeout=STREAM_WAIT_S)
    try:
        async with within(STREAM_WAIT_S):
            found = await _find_or_create(jetstream, settings, make=make)
    except (TimeoutError, OSError) as error:
        raise StoreFailedError("timeout") from error
    except nats.js.errors.APIError as error:
        raise StoreFailedError(failure_of(error.err_code or 0)) from error
    except nats.errors.Error as error:
        raise StoreFailedError("not_connected") from error
    if differing := differences(found, settings):
        raise StreamDiffersError(settings.name, differing)


async def delete_stream(connection: NatsConnection, settings: StreamSettings) -> None:
    """Delete a stream with everything in it; one that is not there is no error. Raises StoreFailedError."""
    jetstream = connection.client.jetstream(timeout=STREAM_WAIT_S)
    try:
        async with within(STREAM_WAIT_S):
            await jetstream.delete_stream(settings.name)
    except nats.js.errors.NotFoundError:
        return
    except (TimeoutError, OSError) as error:
        raise StoreFailedError("timeout") from error
    except nats.js.errors.APIError as error:
        raise StoreFailedError(failure_of(error.err_code or 0)) from error
    except nats.errors.Error as error:
        raise StoreFailedError("not_connected") from error


async def _find_or_create(jetstream: JetStreamContext, settings: StreamSettings, *, make: bool) -> StreamConfig:
    try:
        return (await jetstream.stream_info(settings.name)).config
    except nats.js.errors.NotFoundError as error:
        if error.err_code != STREAM_MISSING or not make:
            raise
    # Two starting at once ask for the same thing, and the server grants it to both.
    return (await jetstream.add_stream(wanted(settings))).config


def wanted(settings: StreamSettings) -> StreamConfig:
    """Return the configuration that `settings` stand for: kept for ever, in files; a full one refuses what is new.

    A roll-up would be a deletion by publishing, so it is not allowed either.
    """
    return StreamConfig(
        name=settings.name,
        subjects=[settings.subjects],
        num_replicas=settings.replicas,
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW,
        max_age=0,
        max_msgs=-1,
        max_bytes=-1,
        max_msgs_per_subject=-1,
        deny_delete=settings.deny_delete,
        deny_purge=True,
        allow_rollup_hdrs=False,
        allow_atomic=True,
    )


def differences(found: StreamConfig, settings: StreamSettings) -> tuple[str, ...]:
    """Name the settings in which a stream is not as it must be."""
    must = wanted(settings)
    return tuple(name for name in CHECKED if not _same(getattr(found, name), getattr(must, name)))


def _same(found: object, must: object) -> bool:
    # The server leaves out what is not set: none, zero, false and empty are one.
    return found == must or not (found or must)
