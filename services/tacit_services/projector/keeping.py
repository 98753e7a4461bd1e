"""Keeping views: follow the record, fold, write. Awaits ports only, and has none by which anything could be emitted.

Live views go on from the state that was kept with them. Those that are being built are folded apart, so that none waits
for another; when one that is being built has come to the end of the record it goes live and joins the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Final, TypeVar

from tacit.record import Leaf
from tacit.rules import State, catalogue, genesis
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import EventStore, StoredMessage, StoreError, StoreFailedError
from tacit_services.projector.config import FOLD_ENTRIES, PROBE_S, READ_WAIT_S, RETRY_S
from tacit_services.projector.folding import Projection, Track, View
from tacit_services.projector.going_on import ProjectionFold
from tacit_services.projector.watch import Watch
from tacit_services.tracing import UNTRACED, Tracing
from tacit_services.views import SupersededError, ViewStore

T = TypeVar("T")

START: Final = 0


class Projector:
    """Keeps views for one organisation. `run` until cancelled."""

    def __init__(
        self,
        store: EventStore,
        kept: ViewStore,
        watch: Watch,
        views: Sequence[View],
        following: KeptFold,
        tracing: Tracing = UNTRACED,
    ) -> None:
        """`following`: how the live views follow the record, with the state from which they go on."""
        self._store = store
        self._kept = kept
        self._following = following
        self._watch = watch
        self._tracing = tracing
        self._views = {view.table.name: view for view in views}
        self._main = Projection(genesis(catalogue()), ())
        self._building: list[Projection] = []

    @property
    def state(self) -> State:
        """The fold that the live views follow: who may see what is judged by it, once it has come to what they show."""
        return self._main.state

    @property
    def tracks(self) -> list[Track]:
        """Every view, as it is followed now."""
        return [track for each in (self._main, *self._building) for track in each.tracks]

    async def run(self) -> None:
        """Keep the views until cancelled.

        Raises:
            RecordGapError: when the record itself has a hole.
        """
        tracks = [await self._begin(view) for view in self._views.values()]
        live = [track for track in tracks if track.live]
        self._main.tracks = live or tracks
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(tasks))
            if live and len(live) < len(tracks):
                self._build([track for track in tracks if not track.live], tasks)
            tasks.create_task(self._look(tasks))

    async def _begin(self, view: View) -> Track:
        track = Track.of(view, await self._settled(partial(self._kept.begin, view.table)))
        self._watch.began(track)
        return track

    async def _settled(self, call: Callable[[], Awaitable[T]]) -> T:
        """Try until the store of views answers: an operator makes room, and nothing is lost meanwhile."""
        while True:
            try:
                return await call()
            except StoreFailedError as error:
                self._watch.store_failed(error.reason)
                await asyncio.sleep(RETRY_S)

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        fold = ProjectionFold(self._main, partial(self._build, tasks=tasks))
        async with aclosing(self._following.follow(self._store, fold)) as batches:
            async for batch in batches:
                await self._advance(self._main, batch, tasks)

    def _build(self, tracks: list[Track], tasks: asyncio.TaskGroup) -> None:
        projection = Projection(genesis(catalogue()), tracks)
        self._building.append(projection)
        tasks.create_task(self._build_up(projection, tasks))

    async def _build_up(self, projection: Projection, tasks: asyncio.TaskGroup) -> None:
        """Fold apart until the main fold can take over: it must not be beyond what is in the tracks already."""
        try:
            async with aclosing(self._store.follow(START)) as batches:
                async for batch in batches:
                    await self._advance(projection, batch, tasks)
                    if all(map(self._may_join, projection.tracks)):
                        self._main.tracks += projection.tracks
                        return
        finally:
            self._building.remove(projection)

    def _may_join(self, track: Track) -> bool:
        return track.poison is not None or (track.live and track.heard >= self._main.state.size)

    async def _advance(self, projection: Projection, batch: Sequence[StoredMessage], tasks: asyncio.TaskGroup) -> None:
        begun_ns, live_size = self._tracing.now_ns(), projection.live_size
        news: list[Leaf] = []
        for start in range(0, len(batch), FOLD_ENTRIES):
            for message in batch[start : start + FOLD_ENTRIES]:
                entry = projection.take(message.data)
                # What a live view has already, or what is folded for one that is being built, is no news.
                if entry is not None and live_size is not None and message.sequence > live_size:
                    news.append(entry.leaf)
            await asyncio.sleep(0)
        await self._write(projection, tasks)
        for leaf in news:
            self._tracing.told("projector.fold", leaf.act, leaf.index, begun_ns)
        await self._stop_poisoned(projection)
        await self._swap(projection)

    async def _write(self, projection: Projection, tasks: asyncio.TaskGroup) -> None:
        while due := projection.due():
            try:
                await self._settled(partial(self._kept.write, due))
            except SupersededError as error:
                self._again(projection, error.name, tasks)
            else:
                for track in projection.tracks:
                    self._watch.written(track, track.size - track.written)
                projection.settle()

    def _again(self, projection: Projection, name: str, tasks: asyncio.TaskGroup) -> None:
        """Follow the generation that somebody else has made live, from where that stands."""
        if projection.drop(name) is None:
            return  # Already on its way there.
        self._watch.superseded(name)
        tasks.create_task(self._enlist(self._views[name], tasks))

    async def _enlist(self, view: View, tasks: asyncio.TaskGroup) -> None:
        track = await self._begin(view)
        if self._may_join(track):
            self._main.tracks.append(track)
        else:
            self._build([track], tasks)

    async def _stop_poisoned(self, projection: Projection) -> None:
        for track in projection.tracks:
            if track.poison is not None and not track.told:
                track.told = True
                self._watch.stopped(track)
                await self._settled(partial(self._kept.stop, track.name, track.generation, track.poison))

    async def _swap(self, projection: Projection) -> None:
        waiting = [track for track in projection.tracks if not track.live and track.poison is None]
        if not waiting:
            return
        last = await self._settled(self._store.last_sequence)
        for track in waiting:
            if track.written >= last:
                await self._settled(partial(self._kept.swap, track.name, track.generation))
                track.live = True
                self._watch.swapped(track)

    async def _look(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            try:
                async with asyncio.timeout(READ_WAIT_S):
                    last = await self._store.last_sequence()
                    stands = await self._kept.stands()
            except (TimeoutError, StoreError):
                self._watch.store_failed("not_answering")
            else:
                self._watch.look(self.tracks, last, asyncio.get_running_loop().time())
                self._watch.followed(self._following.unready)
                self._heed({stand.name: stand.generation for stand in stands if stand.live}, tasks)
            await asyncio.sleep(PROBE_S)

    def _heed(self, live: dict[str, int], tasks: asyncio.TaskGroup) -> None:
        """A view that was rebuilt by somebody else is followed from there, also where the old one had stopped."""
        for projection in (self._main, *self._building):
            for track in list(projection.tracks):
                if live.get(track.name, 0) > track.generation:
                    self._again(projection, track.name, tasks)
