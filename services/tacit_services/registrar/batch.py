"""What waits for the store together: messages, the bodies that must precede them, and who is to be told what after."""

from tacit.ids import Digest
from tacit.record import Leaf, Refusal
from tacit_services.ports import NewMessage
from tacit_services.registrar.arrival import Arrival
from tacit_services.registrar.judging import Recorded, Sought, Verdict
from tacit_services.registrar.ports import Row
from tacit_services.tracing import Journey, Stage


class Batch:
    """Verdicts in the order in which they were given."""

    __slots__ = ("arrivals", "bodies", "drafts", "messages", "rows", "sought")

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.drafts: list[Leaf | Refusal] = []
        """For each arrival what it is told."""
        self.messages: list[NewMessage] = []
        self.bodies: list[tuple[Digest, bytes]] = []
        self.rows: list[Row] = []
        self.sought: list[tuple[int, Sought]] = []
        """What the index must be asked first, with its place among the drafts."""

    def add(self, arrival: Arrival, verdict: Verdict) -> None:
        """Add one verdict."""
        self.arrivals.append(arrival)
        _tell(arrival.journey, verdict)
        if isinstance(verdict, Recorded):
            self._record(verdict)
        elif isinstance(verdict, Sought):
            self.sought.append((len(self.drafts), verdict))
            self.drafts.append(verdict.otherwise)
        else:
            self.drafts.append(verdict)

    def stage(self, stage: Stage) -> None:
        """This stage begins for everybody in the batch."""
        for arrival in self.arrivals:
            arrival.journey.stage(stage)

    def _record(self, verdict: Recorded) -> None:
        leaf = verdict.leaf
        self.drafts.append(leaf)
        self.messages.append(verdict.message)
        self.rows.append((verdict.place, (leaf.act, leaf.index)))
        if verdict.body is not None:
            self.bodies.append(verdict.body)


def _tell(journey: Journey, verdict: Verdict) -> None:
    """What the rules made of it; if it is not stored after all, something else is told later."""
    if isinstance(verdict, Recorded):
        journey.outcome("recorded", verdict.leaf.index)
    elif isinstance(verdict, Leaf):
        journey.outcome("repeated", verdict.index)
    elif isinstance(verdict, Sought):
        journey.outcome("sought")
    else:
        journey.outcome("refused", rule=verdict.rule.value)
