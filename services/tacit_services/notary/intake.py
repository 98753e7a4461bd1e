"""From a message of the record to what the log and the archive take of it. Folds the record, and so is pure."""

from datetime import datetime

import msgspec

from tacit.acts import CharterDeposited
from tacit.ids import Digest
from tacit.record.archive import folder_of, kept_of, leaf_of, log_entry
from tacit.rules import State, apply_bytes, deadlines
from tacit.rules.effects import EntryVoid
from tacit_services.ports import StoredMessage


class Taken(msgspec.Struct, frozen=True, gc=False):
    """One message: its entry in the log, where its envelope is kept, and its detached body if it names one."""

    entry: bytes
    folder: str
    kept: bytes
    detached: Digest | None
    received_at: datetime | None
    """None where no act can be read."""
    void: bool


class Intake:
    """Takes the messages of one record, from its first."""

    def __init__(self, state: State) -> None:
        """`state` is the genesis state; the record gives the rest."""
        self._state = state

    def take(self, message: StoredMessage) -> Taken:
        """Fold the next message."""
        read, effects = apply_bytes(self._state, message.data)
        void = any(isinstance(effect, EntryVoid) for effect in effects)
        if read is None:
            entry = log_entry(message.data)
            return Taken(entry, folder_of(None), kept_of(entry, message.data), None, None, void)
        entry, header = leaf_of(message.data), read.act.header
        return Taken(
            entry,
            folder_of((header.body, header.channel)),
            kept_of(entry, message.data),
            header.detached,
            read.leaf.received_at,
            void,
        )

    def go_on(self, state: State) -> None:
        """Take the entry after those of this state next."""
        self._state = state

    @property
    def state(self) -> State:
        """What the entries that were taken make."""
        return self._state

    @property
    def size(self) -> int:
        """How many entries have been taken."""
        return self._state.size

    @property
    def charter(self) -> CharterDeposited | None:
        """The charter, once it has been taken."""
        return self._state.charter

    @property
    def deadline_open(self) -> bool:
        """Whether a deadline runs: while it does, times of receipt must be bracketed by cosignatures."""
        return bool(deadlines(self._state))
