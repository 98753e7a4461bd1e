"""A delegation in a process of its own: `python -m tests.integration.speaking JSON`. It is there to be killed.

It says one act after another, and with `drain` none: it waits until its outbox is empty and ends.
"""

import asyncio
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from tacit.acts import ConsultationRequested
from tacit.client import Delegation, Endpoint, SqliteStore, connect
from tacit.compose import Author
from tacit.testing import COUNCIL, EAST, OFFICE, signer_for

PLACE: Final = (COUNCIL, EAST)
MATTER: Final = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="A matter")


class TownClock:
    """Goes on from the story's time with the machine's; a client in another process can have the same."""

    def __init__(self, start: datetime, began_s: float | None = None) -> None:
        self.start = start
        self.began_s = time.time() if began_s is None else began_s

    def now(self) -> datetime:
        return self.start + timedelta(seconds=time.time() - self.began_s)

    async def sleep_until(self, instant: datetime) -> None:
        await asyncio.sleep(max(0.0, (instant - self.now()).total_seconds()))


class Wanted(msgspec.Struct, frozen=True):
    """Where to speak, as whom, with which clock, out of which file."""

    url: str
    organisation: str
    start: datetime
    began_s: float
    outbox: str
    drain: bool


async def speak(wanted: Wanted) -> None:
    author = Author(wanted.organisation, "XAA", OFFICE, signer_for(f"XAA/{OFFICE}"))
    clock = TownClock(wanted.start, wanted.began_s)
    with SqliteStore(Path(wanted.outbox), author.organisation, author.signer.credential) as store:
        async with connect(Endpoint(wanted.url), author, outbox=store, now=clock.now) as delegation:
            if wanted.drain:
                await _drain(delegation)
            else:
                while True:
                    await delegation.say(MATTER, PLACE)


async def _drain(delegation: Delegation) -> None:
    for kept in delegation.outbox():
        await delegation.proof(kept.act)


if __name__ == "__main__":
    asyncio.run(speak(msgspec.json.decode(sys.argv[1], type=Wanted)))
