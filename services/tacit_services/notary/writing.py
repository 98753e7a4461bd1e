"""Writing down: into the archive, always ahead of the checkpoint that will cover it. Awaits ports only."""

import asyncio
from typing import Final, NamedTuple

from tacit.errors import RefusedError
from tacit.ids import Digest
from tacit.record.archive import body_path
from tacit.record.tiles import TILE_WIDTH, decode_bundle, parse_path
from tacit_services.archive import Archive, ArchiveConflictError, ArchiveFile
from tacit_services.notary.envelopes import Envelopes
from tacit_services.notary.errors import ArchiveDamagedError, NotaryError, RecordDiffersError
from tacit_services.notary.intake import Taken
from tacit_services.notary.standing import Pins
from tacit_services.notary.watch import Watch
from tacit_services.ports import BodyStore
from tacit_services.right_edge import Head, RightEdge

BODIES_AT_ONCE: Final = 16
COMPLETED_MAX: Final = 64
"""Full files that may wait in memory before they are written: about 2,500 entries."""


class _Named(NamedTuple):
    digest: Digest
    by_entry: int


class Writer:
    """Appends entries to the log and makes them durable."""

    def __init__(
        self, archive: Archive, bodies: BodyStore, edge: RightEdge, envelopes: Envelopes, pins: Pins, watch: Watch
    ) -> None:
        self._archive = archive
        self._bodies = bodies
        self._edge = edge
        self._envelopes = envelopes
        self._pins = pins
        self._watch = watch
        self._resumed_at = edge.size
        self._named: dict[str, _Named] = {}
        self._full: list[str] = []
        self._lock = asyncio.Lock()

    @property
    def size(self) -> int:
        """How many entries the log has, durable or not."""
        return self._edge.size

    @property
    def root(self) -> bytes:
        """The root over them."""
        return self._edge.head.root

    @property
    def may_sign(self) -> bool:
        """Whether the tree has passed everything that was ever signed or witnessed."""
        return self._pins.passed

    def append(self, taken: Taken) -> None:
        """Add an entry.

        Raises:
            HistoryDiffersError: with it the tree is not the one that was signed or witnessed.
        """
        self._edge.append(taken.entry)
        self._envelopes.add(taken.folder, taken.kept)
        if taken.detached is not None:
            path = body_path(taken.folder, taken.detached)
            self._named.setdefault(path, _Named(taken.detached, self._edge.size - 1))
        if self._edge.size == self._pins.next_size():
            self._pins.check(self._edge.head)

    def keep_again(self, index: int, taken: Taken) -> None:
        """An entry that is under the published checkpoint: its envelope belongs to the last bundle, or to none."""
        if index >= self._resumed_at - self._resumed_at % TILE_WIDTH:
            self._envelopes.add(taken.folder, taken.kept)

    async def relieve(self) -> None:
        """Write what is complete, if much is.

        Raises:
            RecordDiffersError, ArchiveDamagedError: the archive holds something else.
            StoreFailedError, OutcomeUnknownError: it may be tried again.
        """
        if len(self._edge.completed()) >= COMPLETED_MAX:
            async with self._lock:
                await self._write(partial=False)

    async def flush(self) -> Head:
        """Write everything; the head that is durable from now on. Raises as `relieve` does."""
        async with self._lock:
            return await self._write(partial=True)

    async def tidy(self) -> None:
        """Let go of partial files that others have replaced: a checkpoint covers those. Raises StoreFailedError."""
        superseded = self._envelopes.take_superseded()
        while self._full:
            superseded += await self._archive.below(f"{self._full[-1]}.p")
            self._full.pop()
        if superseded:
            await self._archive.remove(superseded)

    async def _write(self, *, partial: bool) -> Head:
        head = self._edge.head
        tiles, envelopes = self._edge.completed(), self._envelopes.completed()
        edge = self._edge.partial() if partial else []
        open_files = self._envelopes.partial() if partial else []
        named = dict(self._named)
        await self._keep_bodies(named)
        files = [ArchiveFile(tile.path, raw) for tile, raw in (*tiles, *edge)]
        try:
            await self._archive.put([*files, *envelopes, *(each.file for each in open_files)])
        except ArchiveConflictError as error:
            raise await self._explained(error.path, {file.path: file.data for file in files}) from error
        self._full += [tile.path for tile, _ in tiles] + [file.path for file in envelopes]
        self._edge.written(len(tiles))
        self._envelopes.written(len(envelopes), open_files)
        for path in named:
            self._named.pop(path, None)
        return head

    async def _explained(self, path: str, ours: dict[str, bytes]) -> NotaryError:
        """Which entry of a bundle differs. Bundles are put before what is made of them: else it is the file itself."""
        try:
            tile = parse_path(path)
            found = decode_bundle(await self._archive.get(path) or b"", tile.width)
            entries = decode_bundle(ours[path], tile.width)
        except (RefusedError, KeyError):
            return ArchiveDamagedError(path, self._edge.size)
        differing = (at for at, pair in enumerate(zip(found, entries, strict=True)) if pair[0] != pair[1])
        return RecordDiffersError(tile.index * TILE_WIDTH + next(differing, 0))

    async def _keep_bodies(self, named: dict[str, _Named]) -> None:
        items = list(named.items())
        for start in range(0, len(items), BODIES_AT_ONCE):
            part = items[start : start + BODIES_AT_ONCE]
            found = await asyncio.gather(*(self._bodies.get(each.digest) for _, each in part))
            held = []
            for (path, each), body in zip(part, found, strict=True):
                if body is None:
                    self._watch.body_missing(each.by_entry)
                else:
                    held.append(ArchiveFile(path, body))
            await self._archive.put(held)
