"""The three streams of one organisation, each named and set in this one place."""

from dataclasses import dataclass

from tacit import subjects
from tacit.ids import ActId
from tacit_services.shell.event_store.stream import StreamSettings


@dataclass(frozen=True)
class OrganisationStreams:
    """Record, bodies and events, each kept on `replicas` servers (1, or 3 in a cluster)."""

    organisation: ActId
    replicas: int = 1

    @property
    def record(self) -> StreamSettings:
        """The stream that is the record: the registrar makes it and alone appends to it."""
        name, below = subjects.record_stream(self.organisation), subjects.record_subjects(self.organisation)
        return StreamSettings(name, below, self.replicas)

    @property
    def bodies(self) -> StreamSettings:
        """The stream of detached bodies: a single one may lawfully be shredded."""
        name, below = subjects.bodies_stream(self.organisation), subjects.bodies_subjects(self.organisation)
        return StreamSettings(name, below, self.replicas, deny_delete=False)

    def events(self, content_type: str) -> StreamSettings:
        """The stream of events for integrators: the relay makes it and alone appends to it."""
        name, below = subjects.events_stream(self.organisation), subjects.events_subjects(self.organisation)
        return StreamSettings(name, below, self.replicas, content_type=content_type)
