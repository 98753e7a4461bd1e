"""Every service there is, by its name, in the order in which they are started; `catalogue` knows how each is run.

Apart from it, so that a command that only names a service does not load them all.
"""

from dataclasses import dataclass
from typing import Final

from tacit.ids import NOTARY, OfficeName


@dataclass(frozen=True)
class Service:
    """What is said of one service."""

    words: str
    office: OfficeName | None = None
    """The office of the organisation whose key it needs; most need none."""
    keeps_files: bool = False


SERVICES: Final[dict[str, Service]] = {
    "registrar": Service("gives acts their time and place", office="registrar", keeps_files=True),
    "timekeeper": Service("states what deadlines imply", office="timekeeper"),
    "projector": Service("keeps read models and answers questions", keeps_files=True),
    "relay": Service("publishes every entry as an event"),
    "notary": Service("signs the log, archives the record", office=NOTARY, keeps_files=True),
    "gateway": Service("serves clients over WebSocket, and the page"),
}
