"""What a registrar has read of the record so far: the state, the tree, and what the index has been told of it."""

from collections.abc import AsyncIterable, Mapping, Sequence
from functools import partial
from typing import Final

import structlog

from tacit.ids import ActId, Digest
from tacit.record import Entry
from tacit.record.archive import leaf_of, log_entry
from tacit.rules import RuleSet, Snapshot, Verifiers, apply_bytes, genesis
from tacit.rules.effects import Effect, EntryVoid
from tacit_services.ports import StoredMessage
from tacit_services.registrar.bodies import Named, decode_named
from tacit_services.registrar.heads import Heads
from tacit_services.registrar.ports import Row
from tacit_services.registrar.settings import Ports
from tacit_services.standing import is_misplaced

FOLD_SLICE: Final = 256

log = structlog.get_logger()


class Folding:
    """The fold of one record, by the workers: the loop has others to serve while a long one is read."""

    def __init__(self, rulesets: Mapping[Digest, RuleSet], ports: Ports) -> None:
        """Before the first entry."""
        self.state = genesis(rulesets)
        self.verifiers = Verifiers()
        self.heads = Heads()
        self.named = Named()
        self._rulesets = rulesets
        self._ports = ports
        self.void_at: int | None = None
        """The sequence of the first message that was void when it was tried on."""
        self._trusted = 0
        self._indexed: int | None = None

    def forget(self) -> None:
        """Begin anew: what was judged was not recorded, or what was recorded the index was not told."""
        self.state = genesis(self._rulesets)
        self.heads = Heads()
        self.named = Named()
        self._indexed = None

    def trust(self, durable: int) -> None:
        """The first `durable` entries this process has checked itself: their signatures need not be checked again."""
        self._trusted = durable

    async def go_on(self, found: Snapshot, batches: AsyncIterable[Sequence[StoredMessage]]) -> bool:
        """Hash the first entries of the record; if they have the root of `found`, stand where they leave the fold."""
        heads = self.heads.copy()
        async for batch in batches:
            kept = batch[: found.size - heads.tree.size]
            for at in range(0, len(kept), FOLD_SLICE):
                await self._ports.workers.start(partial(_hash_slice, heads, kept[at : at + FOLD_SLICE]))
        if heads.tree.root().hex() != found.digest:
            return False
        self.state, self.heads, self.named = found.state, heads, decode_named(found.beside)
        return True

    async def fold(self, batch: Sequence[StoredMessage]) -> None:
        """Fold what stands in the record, and tell the index. Raises StoreFailedError: the index does not take it."""
        for at in range(0, len(batch), FOLD_SLICE):
            messages = batch[at : at + FOLD_SLICE]
            work = partial(self._fold_slice, messages, self._trusted)
            rows = await self._ports.workers.start(work)
            if self.state.organisation is not None:
                await self.index(self.state.organisation, rows)

    async def try_on(self, messages: Sequence[StoredMessage]) -> list[Row] | None:
        """Fold what does not stand in the record yet; None: it is void, or no signed head has it, and all is spoilt.

        Every signature is checked, and the index is told nothing.
        """
        rows: list[Row] = []
        self.void_at = None
        for at in range(0, len(messages), FOLD_SLICE):
            work = partial(self._fold_slice, messages[at : at + FOLD_SLICE], 0)
            rows += await self._ports.workers.start(work)
        return rows if self._is_sound else None

    @property
    def _is_sound(self) -> bool:
        return self.void_at is None and self.heads.failed is None

    def _fold_slice(self, messages: Sequence[StoredMessage], trusted: int) -> list[Row]:
        """Fold messages and give what the index is to be told; of the first `trusted` no signature is checked."""
        rows: list[Row] = []
        for message in messages:
            checked = message.sequence <= trusted
            entry, effects = apply_bytes(self.state, message.data, None if checked else self.verifiers)
            self.heads.passed(log_entry(message.data) if entry is None else leaf_of(message.data))
            if entry is None or _is_void(effects):
                self.void_at = self.void_at or message.sequence
            else:
                if is_misplaced(message.subject, entry):
                    log.warning("entry_misplaced", index=entry.leaf.index, act=entry.leaf.act)
                self.named.passed(entry)
                rows.append(_row(entry))
        return rows

    async def index(self, organisation: ActId, rows: Sequence[Row]) -> None:
        """Tell the index of what was folded."""
        if self._indexed is None:
            known = await self._ports.index.begin(organisation)
            if known > self.state.size:
                return  # it knows these, and more: of what the record has lost it stays a sign until that is back
            self._indexed = known
        if self.state.size > self._indexed:
            await self._ports.index.write([row for row in rows if row[1][1] >= self._indexed], self.state.size)
            self._indexed = self.state.size


def _hash_slice(heads: Heads, messages: Sequence[StoredMessage]) -> None:
    for message in messages:
        heads.passed(log_entry(message.data))


def _is_void(effects: Sequence[Effect]) -> bool:
    return any(isinstance(effect, EntryVoid) for effect in effects)


def _row(entry: Entry) -> Row:
    header = entry.act.header
    return (header.credential, header.body, header.channel, header.number), (entry.leaf.act, entry.leaf.index)
