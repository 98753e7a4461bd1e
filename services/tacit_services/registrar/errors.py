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
    """Somebody has seen entries that the store lacks, and nobody who was asked can give them back."""

    def __init__(self, who: str, seen: int, size: int) -> None:
        super().__init__(
            f"{who[:1].upper()}{who[1:]} has seen {seen} entries and the record has {size}: entry {size} is the first "
            f"that is lost. Start the notary, the projectors and the gateways, which may have it, and then the "
            f"registrar again. What an archive has, tacit restore ARCHIVE puts back; where only the envelope of an "
            f"entry is gone, an older copy or its author's outbox gives it (tacit restore ARCHIVE --envelopes FROM; "
            f"docs/how-to/back-up-and-restore.md)."
        )
        self.who = who
        self.seen = seen
        self.size = size


class RecordDiffersError(RegistrarError):
    """Another entry stands in the record than somebody has seen there: one of the two was changed."""

    def __init__(self, index: int, who: str) -> None:
        super().__init__(
            f"Entry {index} of the record is not the one that {who} has seen. Keep a copy of both, they are evidence; "
            f"then restore the record from its archive (tacit restore ARCHIVE --anew)."
        )
        self.index = index
        self.who = who


class CopyDiffersError(RegistrarError):
    """What a copy gives for a lost entry is none that the rules take: nothing of it was appended."""

    def __init__(self, index: int) -> None:
        super().__init__(
            f"Entry {index} is lost, and what others give for it is not an entry of this record: stop whoever gives "
            f"it, and restore the record from its archive (tacit restore ARCHIVE)."
        )
        self.index = index


class CopiesDifferError(RegistrarError):
    """Two copies hold different entries in the place of a lost one: nothing of either was appended."""

    def __init__(self, index: int, one: str, other: str) -> None:
        super().__init__(
            f"Entry {index} is lost, and {one} and {other} hold different ones in its place. Keep a copy of both, they "
            f"are evidence; then restore the record from its archive (tacit restore ARCHIVE)."
        )
        self.index = index


class TakeOverLostError(RegistrarError):
    """Others went on appending faster than this registrar could read: it never got its term in."""

    def __init__(self, tries: int) -> None:
        super().__init__(f"Another registrar went on recording through {tries} tries: stop it, or start again.")
