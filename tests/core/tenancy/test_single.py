"""A statement that is a whole transaction: one round trip, the same rules."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from motcua.demo.cluster import Cluster
from motcua.errors import Unavailable
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy import db
from motcua.tenancy.db import Database
from motcua.tenancy.single import INSTALLING
from motcua.tenancy.tenant import Tenant
from tests.core.tenancy.trips import trips

pytestmark = pytest.mark.anyio
# A name of a column that the function of the statement must not take for its own, and values of many types.
_VALUES = """
select $1::uuid as id, $2::text[] as words, $3::jsonb as body, $4::timestamptz as at, $5::int as n,
  $6::bytea as raw, $7::float8 as number, (select count(*) from unit) as units
"""
_EVENT = """
insert into event (id, trace_id, at, type, subject, actor, payload)
select $1::uuid, $1, now(), $2::text, $1, 'system', '{}' where $3::boolean returning id, type
"""
_KNOWN = "select count(*) from event where id = $1"


@pytest.fixture
async def tenant(new_tenant: Callable[[], Awaitable[Tenant]]) -> Tenant:
    return await new_tenant()


async def known(platform: Platform, tenant: Tenant, event: UUID) -> int:
    async with platform.db.tenant(tenant) as tx:
        return int(await tx.fetchval(_KNOWN, event))


async def test_values_of_every_kind_come_back_under_their_names(
    platform: Platform, tenant: Tenant
) -> None:
    at = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    given = (uuid7(), ["một", "hai"], {"cửa": [1]}, at, 7, b"\0\1", 0.5)
    async with platform.db.tenant(tenant, alone=True) as tx:
        row = await tx.alone(_VALUES, *given)
    assert row is not None
    assert list(row.keys()) == ["id", "words", "body", "at", "n", "raw", "number", "units"]
    assert (*list(row.values())[:-1],) == given


async def test_it_costs_one_round_trip_once_a_connection_knows_it(
    platform: Platform, tenant: Tenant
) -> None:
    async def once() -> None:
        async with platform.db.tenant(tenant, alone=True) as tx:
            await tx.alone(_EVENT, uuid7(), "test.done", True)

    assert await trips(platform, once) == 1


async def test_a_connection_learns_it_once_however_many_wait_for_connections(
    platform: Platform, tenant: Tenant
) -> None:
    async def once() -> None:
        async with platform.db.tenant(tenant, alone=True) as tx:
            await tx.alone(_EVENT, uuid7(), "test.done", True)

    before = platform.db.round_trips
    for _ in range(3):
        await asyncio.gather(*(once() for _ in range(80)))
    learned = platform.db.round_trips - before - 240
    # Sixteen connections, and what replaces those that were lent for long enough.
    assert learned <= INSTALLING * 16 * 2


async def test_what_it_writes_is_committed_and_of_its_tenant(
    platform: Platform, tenant: Tenant, new_tenant: Callable[[], Awaitable[Tenant]]
) -> None:
    other, mine, theirs = await new_tenant(), uuid7(), uuid7()
    for whose, event in ((tenant, mine), (other, theirs)):
        async with platform.db.tenant(whose, alone=True) as tx:
            await tx.alone(_EVENT, event, "test.done", True)
    assert [await known(platform, tenant, e) for e in (mine, theirs)] == [1, 0]
    assert [await known(platform, other, e) for e in (mine, theirs)] == [0, 1]


async def test_nothing_of_the_tenant_stays_in_the_connection(
    platform: Platform, tenant: Tenant
) -> None:
    async with platform.db.tenant(tenant, alone=True) as tx:
        await tx.alone(_EVENT, uuid7(), "test.done", True)
    async with platform.db.listener() as connection:
        assert await connection.fetchval("select current_setting('app.tenant_id', true)") in (
            "",
            None,
        )
        assert await connection.fetchval("select count(*) from event") == 0


async def test_after_another_statement_it_is_one_of_them_and_is_undone_with_them(
    platform: Platform, tenant: Tenant
) -> None:
    event = uuid7()
    with pytest.raises(ZeroDivisionError):
        async with platform.works.begin(tenant, SYSTEM, alone=True) as work:
            assert await work.tx.fetchval("select 1") == 1
            assert await work.alone(_EVENT, event, "test.done", True)
            raise ZeroDivisionError
    assert await known(platform, tenant, event) == 0


async def test_who_does_not_say_alone_has_a_transaction_around_it(
    platform: Platform, tenant: Tenant
) -> None:
    event = uuid7()
    with pytest.raises(ZeroDivisionError):
        async with platform.works.begin(tenant, SYSTEM) as work:
            await work.alone(_EVENT, event, "test.done", True)
            raise ZeroDivisionError
    assert await known(platform, tenant, event) == 0


async def test_an_event_that_is_noted_before_keeps_both_in_one_transaction(
    platform: Platform, tenant: Tenant
) -> None:
    event = uuid7()
    with pytest.raises(ZeroDivisionError):
        async with platform.works.begin(tenant, SYSTEM, alone=True) as work:
            work.emit("test.noted", uuid7())
            await work.alone(_EVENT, event, "test.done", True)
            raise ZeroDivisionError
    assert await known(platform, tenant, event) == 0


async def test_an_event_that_would_come_after_it_is_refused(
    platform: Platform, tenant: Tenant
) -> None:
    with pytest.raises(RuntimeError, match="is committed"):
        async with platform.works.begin(tenant, SYSTEM, alone=True) as work:
            await work.alone(_EVENT, uuid7(), "test.done", True)
            work.emit("test.late", uuid7())


async def test_where_it_wrote_nothing_the_work_goes_on(platform: Platform, tenant: Tenant) -> None:
    subject = uuid7()
    async with platform.works.begin(tenant, SYSTEM, alone=True) as work:
        assert await work.alone(_EVENT, uuid7(), "test.done", False) is None
        event = work.emit("test.instead", subject)
    assert await known(platform, tenant, event) == 1


async def test_a_refusal_of_the_database_leaves_nothing_and_a_usable_connection(
    platform: Platform, tenant: Tenant
) -> None:
    event = uuid7()
    async with platform.db.tenant(tenant, alone=True) as tx:
        await tx.alone(_EVENT, event, "test.done", True)
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        async with platform.db.tenant(tenant, alone=True) as tx:
            await tx.alone(_EVENT, event, "test.done", True)
    assert refused.value.constraint_name
    assert await known(platform, tenant, event) == 1


async def test_a_connection_that_was_lost_meanwhile_is_replaced(
    platform: Platform, tenant: Tenant, prepared: Cluster
) -> None:
    pid = "select pg_backend_pid() as pid"
    async with platform.db.tenant(tenant, alone=True) as tx:
        lost = await tx.alone(pid)
    assert lost is not None
    admin = await asyncpg.connect(prepared.postgres.url("postgres", "motcua"))
    try:
        await admin.fetchval("select pg_terminate_backend($1, 5000)", lost["pid"])
    finally:
        await admin.close()
    async with platform.db.tenant(tenant, alone=True) as tx:
        assert (await tx.alone(pid) or {})["pid"] != lost["pid"]


async def test_who_waits_too_long_for_his_turn_is_told_and_takes_none_away(
    prepared: Cluster, quang_ninh: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "PATIENCE", 0.05)
    database = await Database.open(prepared.settings.database_url, size=2, processors=1)

    async def alone() -> None:
        async with database.tenant(quang_ninh, alone=True) as tx:
            await tx.alone("select 1 as one")

    try:
        for _ in range(3):
            await database._turns.acquire()
        with pytest.raises(Unavailable, match="Too busy"):
            await alone()
        for _ in range(3):
            database._turns.release()
        await asyncio.gather(*(alone() for _ in range(9)))
        assert database._turns._value == 3
    finally:
        await database.close()
