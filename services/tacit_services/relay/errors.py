"""Why a relay may not go on. Each is for an operator to look at: nothing here is put right by trying again."""


class RelayError(Exception):
    """The root of these; never raised itself."""


class EventsAheadError(RelayError):
    """The stream of events tells of entries that the record does not have."""

    def __init__(self, events: int, entries: int) -> None:
        super().__init__(f"{events} events, but {entries} entries: this is not the record that they were made of")


class EventsDifferError(RelayError):
    """At `sequence` of the stream of events stands something else than the event of that entry."""

    def __init__(self, sequence: int) -> None:
        super().__init__(f"what stands in the place of the event of entry {sequence - 1} is not that event")
        self.sequence = sequence
