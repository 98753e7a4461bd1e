"""What a witness is told about the organisations that it serves."""

from typing import NamedTuple

from tacit.ids import ActId
from tacit.record.organisation_log import origin
from tacit.record.vkey import Vkey


class WitnessedLog(NamedTuple):
    """One organisation: the keys of its log, and whether every entry is to be kept before a checkpoint is cosigned."""

    organisation: ActId
    keys: tuple[Vkey, ...]
    mirrored: bool

    @property
    def origin(self) -> str:
        """The name of its log."""
        return origin(self.organisation)
