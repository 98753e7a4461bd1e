"""What can be done to a fleet: each does it, and waits until whoever is left has recovered."""

import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tacit import subjects
from tests.chaos.fleet import VICTIMS
from tests.chaos.play import Play

Fault = Callable[[Play], Awaitable[None]]


async def kill(play: Play) -> None:
    """Some of them die in the same moment. No operator is needed."""
    for name in play.dice.sample(VICTIMS, play.dice.choice([1, 1, 2, 3])):
        play.fleet.kill(name)
        play.tell(f"killed {name}")
    await play.recovered(by_itself=True)


async def cut(play: Play) -> None:
    """The end of the newest block file is gone, as after a crash of the machine."""

    def damage() -> str:
        path = play.fleet.server.blocks(play.fleet.stream)[-1]
        size, keep = path.stat().st_size, play.dice.randrange(path.stat().st_size)
        os.truncate(path, keep)
        return f"{path.name} cut from {size} to {keep}"

    await _damage(play, damage)


async def flip(play: Play) -> None:
    """One bit of a block file is flipped."""

    def damage() -> str:
        path = play.dice.choice(play.fleet.server.blocks(play.fleet.stream))
        return _flip(path, play.dice)

    await _damage(play, damage)


async def lose_record(play: Play) -> None:
    """The server has nothing of the record any more."""

    def damage() -> str:
        play.fleet.server.lose(play.fleet.stream)
        return "the record's stream is lost"

    await _damage(play, damage)


async def lose_everything(play: Play) -> None:
    """The server's disk is new."""

    def damage() -> str:
        play.fleet.server.lose_everything()
        return "everything is lost"

    await _damage(play, damage)


async def lose_bodies(play: Play) -> None:
    """The record is whole, and every text that was said is gone. What is archived comes back by itself."""
    await play.hush()
    named = await play.named_bodies()
    play.fleet.server.kill()
    play.fleet.server.lose(subjects.bodies_stream(play.fleet.organisation.organisation))
    play.tell(f"the bodies are lost, {len(named)} of them named")
    play.fleet.server.start()
    play.speak_on()
    await play.recovered(by_itself=True)
    lacking = [each for each in named if not await play.has_body(each)]
    assert not lacking, f"{len(lacking)} of {len(named)} bodies are lost"


async def _damage(play: Play, damage: Callable[[], str]) -> None:
    """The server dies, and its files are not what they were when it starts again."""
    await play.followed()
    play.fleet.server.kill()
    play.tell(damage())
    play.fleet.server.start()
    await play.recovered()


def _flip(path: Path, dice: random.Random) -> str:
    raw = bytearray(path.read_bytes())
    at = dice.randrange(len(raw))
    raw[at] ^= 1 << dice.randrange(8)
    path.write_bytes(raw)
    return f"{path.name} flipped at {at} of {len(raw)}"


DAMAGES: Final[tuple[Fault, ...]] = (cut, lose_record, lose_bodies, flip, lose_everything)
