"""From the record to its events: the fold says which entries are void. Pure."""

from datetime import datetime

import msgspec

from tacit.ids import ActId
from tacit.rules import State, apply_bytes
from tacit.rules.effects import EntryVoid
from tacit_services.ports import NewMessage, StoredMessage
from tacit_services.relay.event import act_message, void_message


class Told(msgspec.Struct, frozen=True, gc=False):
    """The event of the entry at `sequence`, and when that was received; None where it is void."""

    sequence: int
    message: NewMessage
    received_at: datetime | None


class Telling:
    """Folds one record, entry after entry."""

    def __init__(self, organisation: ActId, state: State) -> None:
        """`state` is the genesis state; the record gives the rest."""
        self._organisation = organisation
        self._state = state

    @property
    def state(self) -> State:
        """After the entry that was told last."""
        return self._state

    def go_on(self, state: State) -> None:
        """Stand where this state stands: its entries are told already."""
        self._state = state

    def tell(self, stored: StoredMessage) -> Told:
        """Fold the next entry and make its event."""
        index = self._state.size
        entry, effects = apply_bytes(self._state, stored.data)
        void = next((effect for effect in effects if isinstance(effect, EntryVoid)), None)
        if entry is None or void is not None:
            assert void is not None, "what cannot be read is void"
            made = void_message(self._organisation, index, stored.data, void.rule)
            return Told(stored.sequence, made, None)
        return Told(stored.sequence, act_message(entry), entry.leaf.received_at)
