"""What every part of a running gateway is given: built once by `service`, by nothing else."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from ssl import SSLContext

from prometheus_client import CollectorRegistry

from tacit.envelope import Envelope
from tacit.rules import Verifiers
from tacit_services.gateway.config import GatewayConfig
from tacit_services.gateway.doors import Doors
from tacit_services.gateway.enquiries import Enquiries
from tacit_services.gateway.log_feed import LogFeed, NoNotary
from tacit_services.gateway.metrics import Metrics
from tacit_services.gateway.ports import LogSource, Queries, Submitter
from tacit_services.gateway.tail import Tail
from tacit_services.gateway.tries import Tries
from tacit_services.ports import BodyStore, Clock, Entropy, EventStore, KeptState
from tacit_services.tracing import UNTRACED, Tracing


@dataclass(frozen=True)
class GatewayPorts:
    """The world as the gateway needs it."""

    store: EventStore
    bodies: BodyStore
    submitter: Submitter
    queries: Queries
    clock: Clock
    entropy: Entropy
    registry: CollectorRegistry
    tracing: Tracing = UNTRACED
    tls: SSLContext | None = None
    """With it clients are served encrypted, and not otherwise."""
    log: LogSource = field(default_factory=NoNotary)
    kept: KeptState | None = None
    """Where the state of the fold is kept; None: everything is folded at each start."""


@dataclass(frozen=True)
class Wiring:
    """The ports and the shared parts."""

    config: GatewayConfig
    audiences: Collection[str]
    """The authorities under which clients reach this gateway."""
    ports: GatewayPorts
    tail: Tail
    enquiries: Enquiries
    log: LogFeed
    doors: Doors
    tries: Tries
    verifiers: Verifiers
    metrics: Metrics
    charter: Callable[[], Envelope]
    """The envelope of entry 0. Asked for only once somebody has signed in, thus after it was folded."""
