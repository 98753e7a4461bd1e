"""Disks that run full under load: the store's, the archive's, a witness's; and a store that reaches its limit."""

import asyncio
from collections.abc import Callable
from typing import Final

from tests.chaos.faults import Fault
from tests.chaos.play import Play

LEFT_BYTES: Final = 150_000
"""Room for some acts yet, so that it runs out under load and not between two of them."""
SAY_WAIT_S: Final = 30.0
SILENCE_S: Final = 1.0
FULL_WORDS: Final = frozenset({"disk_full"})


async def fill_limit(play: Play) -> None:
    """The server reaches the size that it may store. The registrar says so, and nobody gets a receipt."""
    server, before = play.fleet.server, play.fleet.told_so_far("registrar")
    server.kill()
    server.limit(LEFT_BYTES)
    server.start()
    play.tell("the store is limited")
    await _said(play, lambda: _reasons(play, "registrar", before) & FULL_WORDS)
    await _nobody_served(play)
    server.kill()
    server.limit(None)
    server.start()
    await play.recovered(by_itself=True)


async def fill_store(play: Play) -> None:
    """The disk under the store is full. A server that has met that answers nothing; the registrar says so."""
    before = play.fleet.told_so_far("registrar")
    disk = play.fleet.disks["nats"]
    disk.fill(LEFT_BYTES)
    play.tell("the disk of the store is full")
    await _said(play, lambda: _events(play, "registrar", before) & {"append_unsettled", "registrar_stopped"})
    await _said(play, lambda: "no space left" in (play.fleet.server.folder / "server.log").read_text())
    await _nobody_served(play)
    async with asyncio.timeout(SAY_WAIT_S):
        while not await play.fleet.unready("registrar"):  # noqa: ASYNC110 - another process: no event
            await asyncio.sleep(0.1)
    disk.clear()
    play.fleet.kill("nats")
    await play.recovered(by_itself=True)


async def fill_archive(play: Play) -> None:
    """The notary cannot write: acts go on being recorded, nothing is published that is not durable, and it says why."""
    before, disk = play.fleet.told_so_far("notary"), play.fleet.disks["notary"]
    disk.fill()
    play.tell("the disk of the archive is full")
    await _said(play, lambda: _reasons(play, "notary", before) & FULL_WORDS)
    await play.recovered(by_itself=True)
    published = await play.checked_archive()
    await asyncio.sleep(SILENCE_S)
    assert published == await play.checked_archive(), "nothing is published meanwhile"
    await play.check_durable()
    disk.clear()
    await play.published_beyond(published)


async def fill_witness(play: Play) -> None:
    """A witness cannot write: what it cannot keep it does not sign, and the others are quorum enough.

    Killed then, it has forgotten nothing that it gave out: a number that was given and not kept would be given again.
    """
    onlooker, disk = play.onlookers[0], play.fleet.disks["witness"]
    disk.fill()
    play.tell(f"the disk of {onlooker.name} is full")
    before = play.fleet.told_so_far(onlooker.name)
    await _said(play, lambda: "store_failed" in _events(play, onlooker.name, before))
    await play.published_beyond(onlooker.size)
    play.fleet.kill(onlooker.name)
    disk.clear()
    await play.recovered(by_itself=True)


async def _said(play: Play, said: Callable[[], object]) -> None:
    async with asyncio.timeout(SAY_WAIT_S):
        while not said():  # noqa: ASYNC110 - other processes: there is no event
            await asyncio.sleep(0.1)


async def _nobody_served(play: Play) -> None:
    before = len(play.receipts)
    await asyncio.sleep(SILENCE_S)
    assert before == len(play.receipts), "a receipt while nothing can be stored"


def _events(play: Play, name: str, since: int) -> set[str]:
    return {str(each.get("event")) for each in play.fleet.told_since(name, since)}


def _reasons(play: Play, name: str, since: int) -> set[str]:
    return {str(each.get("reason")) for each in play.fleet.told_since(name, since)}


MOUNTED: Final[tuple[Fault, ...]] = (fill_store, fill_archive, fill_witness)
