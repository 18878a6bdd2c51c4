"""Connections are lent on from one transaction to the next; none that is broken, none that is awaited."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from motcua.demo.cluster import Cluster
from motcua.errors import Unavailable
from motcua.tenancy import pool
from motcua.tenancy.db import Database

pytestmark = pytest.mark.anyio
_PID = "select pg_backend_pid()"


@pytest.fixture
async def database(prepared: Cluster) -> AsyncIterator[Database]:
    database = await Database.open(prepared.settings.database_url, size=2)
    yield database
    await database.close()


async def _pid(database: Database) -> int:
    async with database.platform() as tx:
        return int(await tx.fetchval(_PID))


async def test_a_connection_is_lent_on(database: Database) -> None:
    assert await _pid(database) == await _pid(database)


async def test_a_connection_that_was_lost_meanwhile_is_replaced(
    database: Database, prepared: Cluster
) -> None:
    lost = await _pid(database)
    admin = await asyncpg.connect(prepared.postgres.url("postgres", "motcua"))
    try:
        await admin.fetchval("select pg_terminate_backend($1, 5000)", lost)
    finally:
        await admin.close()
    assert await _pid(database) != lost
    assert await _pid(database) != lost


async def test_a_connection_that_lay_long_is_not_lent_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "KEEP_SECONDS", 0.05)
    old = await _pid(database)
    await asyncio.sleep(0.1)
    assert await _pid(database) != old


async def test_who_waits_gets_the_next_connection(database: Database) -> None:
    asked: list[asyncio.Task[int]] = []
    async with database.platform() as first, database.platform() as second:
        held = {await first.fetchval(_PID), await second.fetchval(_PID)}
        asked += [asyncio.create_task(_pid(database)) for _ in range(5)]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in asked)
    assert set(await asyncio.gather(*asked)) <= held


async def test_a_failed_transaction_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        async with database.platform() as tx:
            await tx.execute("select 1 from nowhere")
    async with database.platform() as tx:
        assert await tx.fetchval("select 1") == 1


async def test_a_cancelled_statement_gives_its_connection_back(database: Database) -> None:
    async def sleep() -> None:
        async with database.platform() as tx:
            await tx.execute("select pg_sleep(30)")

    for _ in range(4):
        task = asyncio.create_task(sleep())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await _pid(database)


async def test_nobody_waits_for_ever(database: Database) -> None:
    async with database.platform() as first, database.platform() as second:
        await first.fetchval(_PID)
        await second.fetchval(_PID)
        with pytest.raises(Unavailable):
            await _pid(database)


async def test_a_transaction_without_a_statement_holds_no_connection(database: Database) -> None:
    async with database.platform(), database.platform(), database.platform():
        assert await _pid(database)
