"""The state of the fold as this registrar keeps it from time to time, so that a start need not fold the whole record.

What is kept is of durable entries alone. It is believed if the entries of the record have its root; whatever is wrong
with it costs the time to fold, and a line in the log.
"""

from collections.abc import Mapping

from tacit.ids import ActId, Digest
from tacit.record.archive import leaf_of
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.rules import RuleSet, Snapshot, State, encode_snapshot
from tacit_services.kept_states import UnusableStateError, read_state
from tacit_services.ports import KeptState, StoreFailedError
from tacit_services.registrar.batch import Batch
from tacit_services.registrar.bodies import Named, decode_named, encode_named
from tacit_services.registrar.watch import Watch


class Keeper:
    """Reads what was kept, and keeps anew after every `entries`; at an orderly stop, too."""

    def __init__(self, kept: KeptState, rulesets: Mapping[Digest, RuleSet], entries: int, watch: Watch) -> None:
        self._kept = kept
        self._rulesets = rulesets
        self._entries = entries
        self._watch = watch
        self._size = 0
        self._tree, self._named = CompactRange(), Named()

    async def read(self, organisation: ActId, last: int) -> Snapshot | None:
        """What was kept of this record, which has `last` entries; None, and said why, where it is of no use."""
        try:
            found = await read_state(self._kept, self._rulesets, organisation, last)
            if found is not None:
                decode_named(found.beside)
        except UnusableStateError as error:
            self._watch.state_ignored(error.reason)
        else:
            return found
        return None

    def differs(self) -> None:
        """The entries of the record have another root than what was kept."""
        self._watch.state_ignored("differs")

    def restored(self, size: int) -> None:
        """What was kept has been gone on from."""
        self._size = size
        self._watch.state_restored(size)

    def begin(self, tree: CompactRange, named: Named) -> None:
        """A term begins after the entries of this tree, all of them durable, which name these bodies."""
        self._tree, self._named = tree, named

    def appended(self, batch: Batch) -> None:
        """What is in this batch is durable, too."""
        for message in batch.messages:
            self._tree.append(leaf_hash(leaf_of(message.data)))
        for digest, _ in batch.bodies:
            self._named.add(digest)

    def is_due(self, state: State) -> bool:
        """Whether it is time, and the state is that of what is durable: what is under way may never be recorded."""
        return state.size == self._tree.size and state.size - self._size >= self._entries

    async def keep(self, state: State) -> None:
        """Keep the state, if it is that of what is durable and more than was kept. Never raises: it can wait."""
        if state.size != self._tree.size or state.size <= self._size:
            return
        raw, self._size = encode_snapshot(state, self._tree.root(), encode_named(self._named)), state.size
        try:
            await self._kept.write(raw)
        except StoreFailedError as error:
            self._watch.state_ignored(error.reason)
        else:
            self._watch.state_kept(state.size)
