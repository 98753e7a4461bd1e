"""Why a registrar does not serve. Each says what a person has to do."""

from datetime import datetime


class RegistrarError(Exception):
    """The root of what ends `Registrar.run` apart from the errors of the store."""


class NotFoundedError(RegistrarError):
    """The record is empty and no charter was given."""

    def __init__(self) -> None:
        super().__init__("The record is empty: give the charter that founds the organisation.")


class OtherOrganisationError(RegistrarError):
    """The record is of another organisation than the charter that was given."""

    def __init__(self) -> None:
        super().__init__("The record is another organisation's: name the stream or data folder that belongs to it.")


class NotRegistrarError(RegistrarError):
    """The charter names other keys for the office of registrar."""

    def __init__(self, credential: str) -> None:
        super().__init__(f"The charter does not name {credential[:16]} as registrar: give the key that it names.")


class ClockBehindError(RegistrarError):
    """The clock is behind the last time stamp of the record: acts would be stamped with times that are not now."""

    def __init__(self, now: datetime, last: datetime) -> None:
        behind_s = (last - now).total_seconds()
        super().__init__(f"The clock is {behind_s:.1f} s behind the record: set the clock and start again.")
        self.behind_s = behind_s


class RecordBehindError(RegistrarError):
    """Somebody has seen entries that the store lacks: they must be restored before anything else is recorded."""

    def __init__(self, who: str, seen: int, size: int) -> None:
        super().__init__(f"{who} has seen {seen} entries and the store holds {size}: restore the record first.")
        self.who = who
        self.seen = seen
        self.size = size


class TakeOverLostError(RegistrarError):
    """Others went on appending faster than this registrar could read: it never got its term in."""

    def __init__(self, tries: int) -> None:
        super().__init__(f"Another registrar went on recording through {tries} tries: stop it, or start again.")
