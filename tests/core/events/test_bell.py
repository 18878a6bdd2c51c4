import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from motcua.embedded import Redis
from motcua.events.bell import Bell

pytestmark = pytest.mark.anyio


@pytest.fixture
def redis() -> Redis:
    found = Redis.find()
    if found is None:
        pytest.skip("there is no Redis for this machine")
    return found


@asynccontextmanager
async def _two(url: str) -> AsyncIterator[tuple[Bell, Bell]]:
    bells = Bell(url), Bell(url)
    tasks = [asyncio.create_task(bell.run()) for bell in bells]
    try:
        with anyio.fail_after(20):
            while not all(bell.connected for bell in bells):
                await asyncio.sleep(0.01)
        yield bells
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_ring_between_two_waits_is_not_lost() -> None:
    bell = Bell()
    with bell.listen("a", "b") as ear:
        bell.ring("b")
        bell.ring("b")
        assert await ear.wait(0.01)
        assert not await ear.wait(0.01), "two rings of an instant are one"
        bell.ring("c")
        assert not await ear.wait(0.01)
    assert not bell.ears
    ear.close()
    assert not bell.ears


async def test_who_hears_no_other_process_is_less_patient() -> None:
    bell = Bell()
    assert bell.patience <= 1
    bell.connected = True
    assert bell.patience > 1


async def test_other_processes_hear_every_topic_once(redis: Redis) -> None:
    with redis:
        async with _two(redis.url()) as (here, there):
            with here.listen("one") as own, there.listen("one") as one, there.listen("two") as two:
                for ear in (own, one, two):
                    await ear.wait(0.05)  # what the connection itself rang
                for _ in range(50):
                    here.ring("one")
                    here.ring("two")
                assert await one.wait(10)
                assert await two.wait(10)
                assert await own.wait(0)
                assert not await own.wait(0.2), "it does not hear itself from Redis"


async def test_a_lost_redis_wakes_all_and_its_return_too(redis: Redis) -> None:
    redis.start()
    try:
        async with _two(redis.url()) as (here, there):
            with there.listen("one") as ear:
                await ear.wait(0.05)
                redis.stop()
                assert await ear.wait(10)
                assert not there.connected
                here.ring("one")
                assert not await ear.wait(0.1)
                redis.start()
                assert await ear.wait(10), "what was rung in between is unknown: look"
                with anyio.fail_after(20):
                    while not (here.connected and there.connected):
                        await asyncio.sleep(0.01)
                await ear.wait(0.2)
                here.ring("one")
                assert await ear.wait(10)
    finally:
        redis.stop()
