"""What the gateway needs beyond the ports that all services share."""

from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry

from tacit.submission import Answer, Submission
from tacit_services.ports import BodyStore, Clock, Entropy, EventStore


class Submitter(Protocol):
    """The way to the registrar."""

    async def submit(self, submission: Submission) -> Answer:
        """Hand in a submission and return what the registrar answered.

        Returning `Unavailable` means that nobody can say whether the act was recorded. Raises nothing of the transport.
        """
        ...

    async def unready(self) -> str | None:
        """Why the registrar cannot be reached now, in one word of snake_case, or None. Records nothing."""
        ...


@dataclass(frozen=True)
class GatewayPorts:
    """The world as the gateway needs it."""

    store: EventStore
    bodies: BodyStore
    submitter: Submitter
    clock: Clock
    entropy: Entropy
    registry: CollectorRegistry
