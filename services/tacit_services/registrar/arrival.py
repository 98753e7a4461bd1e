"""One submission from its arrival to its answer."""

from datetime import datetime

from tacit.errors import RefusedError
from tacit.reading import Reading
from tacit_services.registrar.ports import Reply
from tacit_services.registrar.signatures import Claim
from tacit_services.tracing import Journey


class Arrival:
    """What came, when, whom to answer; then what was read from it."""

    __slots__ = ("claim", "journey", "raw", "reading", "received_at", "refused", "reply", "since_s")

    def __init__(self, raw: bytes, received_at: datetime, since_s: float, reply: Reply, journey: Journey) -> None:
        self.raw = raw
        self.received_at = received_at
        self.since_s = since_s
        """When it came by the clock of the loop, for the metrics."""
        self.reply = reply
        self.journey = journey
        self.reading: Reading | None = None
        self.refused: RefusedError | None = None
        """Why it cannot be read."""
        self.claim: Claim | None = None
        """What was to be checked; None also where the signers were not known then."""
