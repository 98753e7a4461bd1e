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
    needs_folder: bool = False
    """Whether it cannot do without files of its own; the others keep a state there where they have a place for it."""


SERVICES: Final[dict[str, Service]] = {
    "registrar": Service("gives acts their time and place", office="registrar", needs_folder=True),
    "timekeeper": Service("states what deadlines imply", office="timekeeper"),
    "projector": Service("keeps read models and answers questions", needs_folder=True),
    "relay": Service("publishes every entry as an event"),
    "notary": Service("signs the log, archives the record", office=NOTARY, needs_folder=True),
    "gateway": Service("serves clients over WebSocket, and the page"),
}
