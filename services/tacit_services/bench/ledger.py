"""What we are compared with: the library `eventsourcing`, with SQLite and its own settings, which are durable.

It keeps the same facts, who takes which position, in events of the same size. It verifies no signature and judges no
rule.
"""

from pathlib import Path
from time import perf_counter
from typing import Final, Self
from uuid import NAMESPACE_OID, UUID, uuid5

from eventsourcing.application import Application, ProcessingEvent
from eventsourcing.domain import Aggregate, DomainEventProtocol, event
from eventsourcing.system import ProcessApplication

PAGE_EVENTS: Final = 1_000
MEMBERS: Final = 30
PLAIN: Final = "CAN_ACCEPT"


class Text(Aggregate):
    """A text, and who takes which position on it."""

    @event("Circulated")
    def __init__(self, reference: str) -> None:
        """Nobody has spoken yet."""
        self.reference = reference
        self.positions: dict[str, str] = {}

    @event("PositionDeclared")
    def declare(self, state: str, stance: str, statement: str) -> None:  # noqa: ARG002 - the event keeps it
        """Note the position of a member."""
        self.positions[state] = stance


class Held(Aggregate):
    """A row of the view: who took a position, and which."""

    @event("Began")
    def __init__(self, place: str, state: str, stance: str) -> None:
        """One row for each position."""
        self.place = place
        self.state = state
        self.stance = stance

    @staticmethod
    def create_id(place: str, state: str, stance: str) -> UUID:  # noqa: ARG004 - called with all that makes a row
        """An id that is found from the place."""
        return uuid5(NAMESPACE_OID, place)


class Ledger(Application[UUID]):
    """Saves texts."""


class Views(ProcessApplication[UUID]):
    """Keeps one view of what a ledger saved: a row and its place in one transaction, as the library does it."""

    def policy(self, domain_event: DomainEventProtocol[UUID], processing_event: ProcessingEvent[UUID]) -> None:
        """A row for each position; of anything else no notice is taken."""
        state, stance = getattr(domain_event, "state", None), getattr(domain_event, "stance", None)
        if state is not None and stance is not None:
            place = f"{domain_event.originator_id} {domain_event.originator_version}"
            processing_event.collect_events(Held(place, state, stance))


class Kept:
    """A ledger in a file, for measuring."""

    def __init__(self, folder: Path, name: str = "ledger") -> None:
        self._folder = folder
        self._file = folder / f"{name}.sqlite"
        self._ledger = Ledger(env=_settings(self._file))
        self._text = Text("CC-M(2026)0001")
        self._ledger.save(self._text)
        self._filler = ""
        self._views = 0
        self.saved = 0

    def close(self) -> None:
        """Close the file."""
        self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fit(self, octets: int) -> None:
        """From now on an event is stored in so many octets, as nearly as a first one shows."""
        self._say()
        (stored,) = self._ledger.recorder.select_notifications(2, 1)
        self._filler = "s" * max(0, octets - len(stored.state))

    def save_rate(self, count: int) -> float:
        """Say so much, each in a save of its own, one after the other: in SQLite only one can write."""
        begun_s = perf_counter()
        for _ in range(count):
            self._say()
        return count / (perf_counter() - begun_s)

    def _say(self) -> None:
        self._text.declare(f"X{self.saved % MEMBERS}", PLAIN, self._filler)
        self._ledger.save(self._text)
        self.saved += 1

    def replay_rate(self) -> float:
        """Read every event back and decode it, and do nothing with it."""
        begun_s, count, start = perf_counter(), 0, 1
        while found := self._ledger.recorder.select_notifications(start, PAGE_EVENTS):
            for each in found:
                self._ledger.mapper.to_domain_event(each)
            count, start = count + len(found), int(found[-1].id) + 1
        return count / (perf_counter() - begun_s)

    def project_rate(self) -> float:
        """Keep a view of every event in a new file."""
        self._views += 1
        views = Views(env=_settings(self._folder / f"views-{self._views}.sqlite"))
        try:
            views.follow(self._ledger.name, self._ledger.notification_log)
            begun_s = perf_counter()
            views.pull_and_process(self._ledger.name)
            return self.saved / (perf_counter() - begun_s)
        finally:
            views.close()


def _settings(file: Path) -> dict[str, str]:
    return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(file)}
