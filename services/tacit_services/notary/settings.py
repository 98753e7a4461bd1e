"""The settings of a notary, with their defaults. A name that ends in `_s` is in seconds."""

import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tacit.ids import StateCode

CHECKPOINT_S: Final = 1.0
HEARTBEAT_S: Final = 5.0
WITNESS_WAIT_S: Final = 5.0
MEND_WAIT_S: Final = 20.0
STATE_ENTRIES: Final = 50_000
"""A start folds at most so many entries."""
_WITNESS: Final = re.compile(r"[A-Z]{3}=https?://\S+\Z")


class NotarySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often, how patiently, where."""

    checkpoint_s: Annotated[float, Meta(gt=0, le=60)] = CHECKPOINT_S
    """Between two checkpoints under load."""
    heartbeat_s: Annotated[float, Meta(gt=0, le=60)] = HEARTBEAT_S
    """Between two checkpoints of one size while a deadline is open."""
    witness_wait_s: Annotated[float, Meta(gt=0, le=60)] = WITNESS_WAIT_S
    """How long a checkpoint waits for its quorum before the next one is tried."""
    mend_wait_s: Annotated[float, Meta(ge=0, le=3600)] = MEND_WAIT_S
    """How long a record may end before what was signed, while it is made again, before the notary ends."""
    state_entries: Annotated[int, Meta(ge=256)] = STATE_ENTRIES
    """Entries after which the state of the fold is kept again."""
    witnesses: tuple[str, ...] = ()
    """Where each member's witness is asked: `STATE=prefix`, the submission prefix of `tlog-witness`."""
    archive_folder: str = ""
    """Where the archive is kept; empty: `archive` in the state's folder."""
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """Where the log is served; 0: a free port."""

    def __post_init__(self) -> None:
        """Refuse what is no address of a witness."""
        for each in self.witnesses:
            if _WITNESS.match(each) is None:
                raise ValueError(f"notary.witnesses holds {each}, which is not STATE=http://...")

    @property
    def prefixes(self) -> dict[StateCode, str]:
        """The prefix of each witness by state."""
        return {state: prefix for state, _, prefix in (each.partition("=") for each in self.witnesses)}
