"""Clocks that are set back while everything runs, and across restarts: no time goes back, and who is wrong says so."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from tacit.acts import AcknowledgementOverdue
from tacit.record import decode_entry
from tacit_services.ports import StoredMessage
from tacit_services.registrar.settings import CLOCK_BEHIND_MAX
from tests.chaos.fleet import MEMBERS
from tests.chaos.play import Play, playing
from tests.chaos.rounds import SEED, whole

CLOCKS: Final = ("registrar", "notary", "timekeeper", "witness-XAA")
WAIT_S: Final = 30.0
BRIEFLY_S: Final = 1.0
SOON: Final = timedelta(seconds=3)

pytestmark = [pytest.mark.timeout(0), whole]


async def test_clocks_that_are_set_back_take_nothing_back(tmp_path: Path) -> None:
    async with playing(tmp_path, SEED, CLOCKS) as play:
        await play.recovered(by_itself=True)
        await _registrar_a_little_behind(play)
        for behind_s in (20.0, 300.0):
            await _registrar_behind(play, behind_s)
        await _witness_behind(play)
        await _notary_behind(play)
        asked = [await _timekeeper_set(play, ahead_s) for ahead_s in (300.0, -300.0)]
        stated = overdue(await play.check())

    assert dict(asked).keys() == stated.keys(), "each is stated, and once"
    assert all(stated[request] > deadline for request, deadline in asked), "none before its deadline"


async def _registrar_a_little_behind(play: Play) -> None:
    """Within a second time stands still: nobody is served by an earlier time, and nobody is turned away."""
    play.fleet.set_clock("registrar", -0.9 * CLOCK_BEHIND_MAX.total_seconds())
    await play.recovered(by_itself=True)
    play.fleet.set_clock("registrar", 0)


async def _registrar_behind(play: Play, behind_s: float) -> None:
    """It stops and says why; started again and again it does not take over, and records nothing."""
    registrar = play.fleet.supervisors["registrar"]
    at = play.fleet.told_so_far("registrar")
    play.fleet.set_clock("registrar", -behind_s)
    await _until(lambda: "behind the record: set the clock" in registrar.log.read_text()[at:])
    size, starts = await play.size(), registrar.starts
    await _until(lambda: registrar.starts > starts + 1)
    assert size == await play.size(), "nothing is recorded by a clock that is wrong"
    play.fleet.set_clock("registrar", 0)
    await play.recovered(by_itself=True)


async def _witness_behind(play: Play) -> None:
    """Its times stand still until its clock has come by them again, across a restart, too."""
    onlooker = play.onlookers[0]
    for behind_s in (2.0, 500.0):
        play.fleet.set_clock(onlooker.name, -behind_s)
        await _more(lambda: len(onlooker.attested))
        await _more(lambda: onlooker.size)
        before = onlooker.attested[-1].at, onlooker.cosigned_at[-1]
        if behind_s > WAIT_S:
            play.fleet.kill(onlooker.name)
            await _more(lambda: len(onlooker.attested))
            await _more(lambda: onlooker.size)
            assert before == (onlooker.attested[-1].at, onlooker.cosigned_at[-1])
    play.fleet.set_clock(onlooker.name, 0)
    await _until(lambda: onlooker.attested[-1].at > before[0] and onlooker.cosigned_at[-1] > before[1])


async def _notary_behind(play: Play) -> None:
    """What it signs goes on: no decision hangs on its time."""
    play.fleet.set_clock("notary", -300.0)
    await play.published_beyond(await play.size())
    play.fleet.set_clock("notary", 0)


async def _timekeeper_set(play: Play, ahead_s: float) -> tuple[str, datetime]:
    """It is wrong while a deadline passes; gives the request and its deadline."""
    play.fleet.set_clock("timekeeper", ahead_s)
    deadline = datetime.now(UTC) + SOON
    request = await play.secretary.ask(play.receipts[-1].act, deadline, MEMBERS)
    await asyncio.sleep(SOON.total_seconds() + BRIEFLY_S)
    is_stated = request in overdue(await play.messages())
    assert is_stated == (ahead_s > 0), "late where it is behind, and never early"
    play.fleet.set_clock("timekeeper", 0)
    async with asyncio.timeout(WAIT_S):
        while request not in overdue(await play.messages()):  # noqa: ASYNC110 - another process: no event
            await asyncio.sleep(0.2)
    return request, deadline


def overdue(messages: list[StoredMessage]) -> dict[str, datetime]:
    """What the timekeeper has stated, and when that was received. Nothing may be stated twice."""
    entries = [decode_entry(each.data) for each in messages]
    stated = [
        (entry.act.content.request, entry.leaf.received_at)
        for entry in entries
        if isinstance(entry.act.content, AcknowledgementOverdue)
    ]
    assert len(stated) == len(dict(stated))
    return dict(stated)


async def _more(number: Callable[[], int]) -> None:
    before = number()
    await _until(lambda: number() > before)


async def _until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not reached():  # noqa: ASYNC110 - other processes: there is no event
            await asyncio.sleep(0.1)
