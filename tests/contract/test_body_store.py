"""The contract of a store of bodies, held by the fake and by JetStream alike."""

import asyncio
import hashlib

import pytest

from tacit_services.ports import APPEND_MESSAGES_MAX, MESSAGE_BYTES_MAX, CallRefusedError, StoreFailedError
from tests.contract.conftest import World


def body(number: int, size: int = 16) -> tuple[str, bytes]:
    data = b"%016d" % number + bytes(size - 16)
    return hashlib.sha256(data).hexdigest(), data


async def test_a_body_is_found_by_its_digest(world: World) -> None:
    digest, data = body(1)

    await world.bodies.put(digest, data)

    assert await world.bodies.get(digest) == data
    assert await world.bodies.get(body(2)[0]) is None


async def test_putting_a_body_again_changes_nothing(world: World) -> None:
    digest, data = body(1)

    await asyncio.gather(*(world.bodies.put(digest, data) for _ in range(3)))
    await world.bodies.put(digest, data)

    assert await world.bodies.get(digest) == data


async def test_it_says_how_many_were_ever_put(world: World) -> None:
    assert 0 == await world.bodies.ever()

    await world.bodies.put_many([body(number) for number in range(5)])
    await world.bodies.put(*body(3))

    assert 5 == await world.bodies.ever()


@pytest.mark.parametrize("count", [1, 12, 13, 40, 501])
async def test_many_bodies_are_stored_whichever_are_there_already(world: World, count: int) -> None:
    bodies = [body(number) for number in range(count)]
    await world.bodies.put_many(bodies[count // 2 : count // 2 + 1])

    await world.bodies.put_many([*bodies, bodies[0]])
    await world.bodies.put_many(bodies)

    assert [await world.bodies.get(digest) for digest, _ in bodies] == [data for _, data in bodies]


async def test_a_body_of_the_largest_size_is_stored(world: World) -> None:
    digest, data = body(1, MESSAGE_BYTES_MAX)

    await world.bodies.put(digest, data)

    assert await world.bodies.get(digest) == data


async def test_bodies_survive_the_death_of_the_store(world: World) -> None:
    digest, data = body(1)
    await world.bodies.put(digest, data)

    world.kill()

    async with asyncio.timeout(30):
        while True:
            try:
                assert await world.bodies.get(digest) == data
            except StoreFailedError:
                await asyncio.sleep(0.1)
            else:
                return


@pytest.mark.parametrize(
    ("reason", "bodies"),
    [
        ("empty", []),
        ("too_many", [body(1)] * (APPEND_MESSAGES_MAX + 1)),
        ("message_too_large", [body(1, MESSAGE_BYTES_MAX + 1)]),
        ("subject_not_accepted", [("a" * 63, b"")]),
        ("subject_not_accepted", [("A" * 64, b"")]),
        ("subject_not_accepted", [(("a" * 62) + ".>", b"")]),
    ],
)
async def test_a_call_beyond_the_limits_is_refused(world: World, reason: str, bodies: list[tuple[str, bytes]]) -> None:
    with pytest.raises(CallRefusedError) as refused:
        await world.bodies.put_many(bodies)

    assert refused.value.reason == reason
