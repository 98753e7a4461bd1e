"""A replay into a data folder, from its founding or from wherever an earlier one was interrupted, to the comparison."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, aclosing
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

from tacit.detached import Detached
from tacit.ids import Digest
from tacit.rules import State, apply_bytes, catalogue, genesis
from tacit_services.ports import EventStore
from tacit_services.replay.keyring import Keyring
from tacit_services.replay.outcome import Summary, differences
from tacit_services.replay.pacing import Pace
from tacit_services.replay.playing import Player
from tacit_services.replay.retelling import Retelling
from tacit_services.replay.sandbox import RegistrarSandbox
from tacit_services.replay.span import Span
from tacit_services.shell.entropy import MACHINE_ENTROPY
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.up.steps import StepTeller

SLICE_ENTRIES: Final = 256


class Played(Protocol):
    """The record that is played. It is read, and nothing else."""

    def entries(self) -> Iterator[bytes]:
        """Every entry, in order."""
        ...

    def body(self, digest: Digest) -> Detached | None:
        """A detached text, None where it is not at hand."""
        ...


async def run_replay(folder: Path, played: Played, span: Span, speed: float | None, teller: StepTeller) -> Summary:
    """Play a span into a data folder of its own, after everything that stands before it.

    Raises:
        OperatorError: what an operator must put right. RegistrarError: the sandbox's record cannot be taken over.
    """
    async with AsyncExitStack() as stack:
        teller.begin("starting", None)
        server = await stack.enter_async_context(EmbeddedNats(folder))
        link = await stack.enter_async_context(connect(server.url, server.credentials, "replay"))
        files = OrganisationFiles(folder)
        sandbox = await stack.enter_async_context(RegistrarSandbox(files, link))
        retelling = Retelling(Keyring(files, MACHINE_ENTROPY), span)
        states = (genesis(catalogue()), genesis(catalogue()))
        player = Player(retelling, span, sandbox, _Texts(played), states)
        run = _Run(player, sandbox, teller)
        await run.play(played, span, Pace(speed))
        return _summary(run, await _read_back(sandbox.store, teller), retelling, span)


class _Texts:
    """The texts of the original, fetched beside the loop."""

    def __init__(self, played: Played) -> None:
        self._played = played

    async def body(self, digest: Digest) -> Detached | None:
        return await asyncio.to_thread(self._played.body, digest)


class _Run:
    """The playing itself, and how long it took."""

    def __init__(self, player: Player, sandbox: RegistrarSandbox, teller: StepTeller) -> None:
        self.player = player
        self.seconds = 0.0
        self._sandbox = sandbox
        self._teller = teller

    async def play(self, played: Played, span: Span, pace: Pace) -> None:
        now = asyncio.get_running_loop().time
        begun_s, pause = now(), self._pause(pace)
        self._teller.begin("playing", span.last + 1)
        async with aclosing(_slices(played, span.last + 1)) as slices:
            async for entries in slices:
                for raw in entries:
                    await self.player.play(raw, pause)
                    self._teller.advance(1)
        await self._sandbox.settle()
        self.seconds = now() - begun_s

    def _pause(self, pace: Pace) -> Callable[[datetime], Awaitable[None]]:
        async def pause(at: datetime) -> None:
            wait_s = pace.wait_s(at, asyncio.get_running_loop().time())
            if wait_s:
                # Whoever looks into the sandbox during a pause sees everything that was said before it.
                await self._sandbox.settle()
                await asyncio.sleep(wait_s)

        return pause


async def _slices(played: Played, size: int) -> AsyncGenerator[list[bytes], None]:
    entries = islice(played.entries(), size)
    while part := await asyncio.to_thread(lambda: list(islice(entries, SLICE_ENTRIES))):
        yield part


async def _read_back(store: EventStore, teller: StepTeller) -> State:
    """What the sandbox's record says, folded as anybody would: from here on it speaks, not what was submitted."""
    state, last = genesis(catalogue()), await store.last_sequence()
    teller.begin("reading back", last)
    while state.size < last:
        batch = await store.read(state.size + 1, SLICE_ENTRIES)
        for message in batch:
            apply_bytes(state, message.data)
        teller.advance(len(batch))
    return state


def _summary(run: _Run, state: State, retelling: Retelling, span: Span) -> Summary:
    player = run.player
    compared, found = differences(player.original, state, retelling.ids, span.channel)
    charter = state.charter
    assert charter is not None, "entry 0 was played"
    return Summary(
        organisation=state.organisation or "",
        name=charter.name,
        original=player.original.organisation or "",
        first=span.first,
        last=span.last,
        channel=span.channel,
        acts=player.acts,
        recorded_before=player.recorded_before,
        ground=player.ground,
        elsewhere=player.elsewhere,
        skipped=tuple(player.skipped),
        fillers=tuple(player.fillers),
        seconds=round(run.seconds, 3),
        acts_per_second=round(player.acts / run.seconds, 1) if run.seconds else 0.0,
        entries=state.size,
        void=state.void,
        compared=compared,
        differences=found,
    )
