"""A silence that runs, a registrar that holds back what it may, and real witnesses, a gateway and clients over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from tacit import acts
from tacit.acts import EvidenceLodged, SilenceBroken
from tacit.client import (
    Delegation,
    Endpoint,
    Kept,
    SqliteStore,
    WitnessAddress,
    Witnesses,
    connect,
)
from tacit.record import Leaf, decode_entry
from tacit.record.organisation_log import origin
from tacit.record.vkey import ED25519, Vkey
from tacit.rules.state import Silence
from tacit.submission import Answer, Submission, Unavailable
from tacit.testing import COUNCIL, EAST, World, hybrid_witness, log_signer
from tacit.witness import LogSettings, WitnessSettings, serve_witness
from tacit_services.gateway import GatewayConfig
from tests.conformance.generate import watched
from tests.integration.clerk import Clerk
from tests.integration.doorstep import gateway, ports_of

PLACE: Final = (COUNCIL, EAST)
WAIT_S: Final = 30
PATIENCE_S: Final = 0.2
"""How long the delegation waits for a receipt before it asks the witnesses."""
NOBODY: Final = "http://127.0.0.1:9"


class HoldingClerk(Clerk):
    """Takes what it `holds` and answers nothing, until it is told to let it go; what it takes then is late."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.holds: Callable[[acts.Act], bool] = lambda act: isinstance(act.content, SilenceBroken)
        self.held: asyncio.Queue[Submission] = asyncio.Queue()

    async def submit(self, submission: Submission) -> Answer:
        if self.holds(acts.decode(submission.envelope.payload)):
            self.held.put_nowait(submission)
            return Unavailable("registrar")
        return await super().submit(submission)


class Town:
    """A silence that runs, witnesses of XBB, XCC and XDD, a gateway before a registrar that holds back what it may."""

    def __init__(self, clerk: HoldingClerk, world: World, url: str, witnesses: dict[str, str]) -> None:
        self.clerk, self.world, self.url, self.witnesses = clerk, world, url, witnesses

    def at(self, after_deadline_s: float) -> None:
        self.clerk.clock.move((watched.moment(self.world, after_deadline_s) - self.clerk.clock.now()).total_seconds())

    @property
    def silence(self) -> Silence:
        return next(iter(self.clerk.state.bodies[COUNCIL].silences.values()))

    def settings(self, *states: str, **others: str) -> Witnesses:
        urls = {state: self.witnesses[state] for state in states or self.witnesses} | others
        addresses = tuple(WitnessAddress(state, url) for state, url in urls.items())
        return Witnesses(witnesses=addresses, patience_s=PATIENCE_S)

    @asynccontextmanager
    async def client(
        self, state: str = "XAA", witnesses: Witnesses | None = None, outbox: SqliteStore | None = None
    ) -> AsyncIterator[Delegation]:
        author, now = self.world.author(state), self.clerk.clock.now
        async with connect(Endpoint(self.url), author, witnesses=witnesses, outbox=outbox, now=now) as found:
            yield found

    @property
    def content(self) -> SilenceBroken:
        return SilenceBroken(silence=self.silence.silence, kind="SUBSTANCE", reason="We cannot agree.")


@asynccontextmanager
async def witness(state: str, town: HoldingClerk, folder: Path, gateway_url: str) -> AsyncIterator[str]:
    """The witness of a member, on the clock of the town."""
    organisation = town.organisation
    key = Vkey(origin(organisation), ED25519, log_signer().keys[0].key)
    log = LogSettings(organisation=organisation, keys=(str(key),), registrar=(f"{gateway_url}/v1/submit",))
    settings = WitnessSettings(state=state, key="", data="", port=0, logs=(log,), attests_per_address_per_s=100.0)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    signer, clock = hybrid_witness(state), town.clock

    def elapsed_s() -> float:
        return clock.now().timestamp()

    async with asyncio.TaskGroup() as tasks:
        served = serve_witness(settings, signer, folder / state, address.set_result, clock.now, elapsed_s=elapsed_s)
        serving = tasks.create_task(served)
        try:
            yield await address
        finally:
            serving.cancel()


@asynccontextmanager
async def held_back(tmp_path: Path) -> AsyncIterator[Town]:
    """The town, 20 s before the deadline."""
    world = watched.watched()
    clerk = HoldingClerk(world)
    config = GatewayConfig(organisation=world.organisation, open_submits_per_address_per_s=100.0)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(gateway(config, ports_of(clerk)))
        addresses = {
            state: await stack.enter_async_context(witness(state, clerk, tmp_path, url))
            for state in ("XBB", "XCC", "XDD")
        }
        town = Town(clerk, world, url, addresses)
        town.at(-20)
        yield town


async def standing(delegation: Delegation, found: Callable[[Kept], bool]) -> Kept:
    """The break, once it is as wanted."""
    async with asyncio.timeout(WAIT_S):
        while True:
            for kept in delegation.outbox():
                if isinstance(acts.decode(kept.submission.envelope.payload).content, SilenceBroken) and found(kept):
                    return kept
            await asyncio.sleep(0.02)


def evidence_act(act: acts.Act) -> bool:
    return isinstance(act.content, EvidenceLodged)


def evidence(submission: Submission) -> bool:
    return evidence_act(acts.decode(submission.envelope.payload))


def is_attested(kept: Kept) -> bool:
    return kept.is_attested


async def lodged(town: Town, said: "asyncio.Task[Leaf]") -> Leaf:
    """The answer to a break: the leaf of the evidence that it came in."""
    async with asyncio.timeout(WAIT_S):
        leaf = await said
    entry = decode_entry(town.clerk.record.messages()[leaf.index].data)
    assert evidence_act(entry.act)
    return leaf
