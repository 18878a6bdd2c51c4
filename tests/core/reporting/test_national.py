"""The national office: figures of every province, and a role that can see nothing else."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from motcua.dossiers.codes import local_day
from motcua.errors import Invalid, Unavailable
from motcua.platform import Platform
from motcua.reporting import national
from motcua.tenancy.tenant import Tenant
from tests.conftest import NewTenant

pytestmark = pytest.mark.anyio

_ROLLUP = "insert into rollup_day (day, metric, n, last_at) values ($1, $2, $3, $4)"
_DUE = "insert into due_day (day, n) values ($1, $2)"
_TABLES = "select tablename from pg_tables where schemaname = 'public' order by 1"


@pytest.fixture(scope="module")
async def open_national(platform: Platform) -> AsyncIterator[Platform]:
    yield platform
    await national.close(platform)


async def _fill(platform: Platform, tenant: Tenant, **metrics: int) -> datetime:
    now = datetime.now(UTC)
    today = local_day(now)
    async with platform.db.tenant(tenant) as tx:
        for metric, n in metrics.items():
            await tx.execute(_ROLLUP, today, metric, n, now)
        await tx.execute(_ROLLUP, today - timedelta(40), "open", 7, now - timedelta(40))
        for days, n in ((-3, 2), (-1, 1), (0, 4), (2, 9)):
            await tx.execute(_DUE, today + timedelta(days), n)
    return now


def _of(found: national.National, tenant: Tenant) -> national.Province:
    return next(p for p in found.provinces if p.slug == tenant.slug)


async def test_figures_of_two_provinces_stand_beside_each_other(
    open_national: Platform, new_tenant: NewTenant
) -> None:
    one, two, empty = await new_tenant(), await new_tenant(), await new_tenant()
    now = await _fill(open_national, one, received=10, open=3, finished=7, on_time=6, late=1)
    await _fill(open_national, two, received=100, open=-5, finished=105, on_time=105)
    today = local_day(now)
    found = await national.figures(open_national, today - timedelta(6), today)
    first, second, third = (_of(found, t) for t in (one, two, empty))
    assert first.total == national.Figures(10, 7, 6, 1)
    assert (first.waiting, first.overdue, first.last_at) == (10, 3, now)
    assert [d.waiting for d in first.days] == [7] * 6 + [10]
    assert second.total == national.Figures(100, 105, 105, 0)
    assert (second.waiting, second.overdue) == (2, 3)
    assert (third.total, third.waiting, third.overdue) == (national.Figures(), 0, 0)
    assert third.last_at is None
    assert len(third.days) == 7
    both = national.by_day([first, second])
    assert (both[-1].received, both[-1].waiting, both[-1].day) == (110, 12, today)


async def test_days_outside_the_span_are_not_counted(
    open_national: Platform, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    await _fill(open_national, tenant, received=10)
    long_ago = date(2020, 1, 1)
    found = await national.figures(open_national, long_ago, long_ago)
    assert _of(found, tenant).total == national.Figures()


@pytest.mark.parametrize("days", [-1, national.MAX_DAYS])
async def test_a_span_that_is_turned_round_or_too_long_is_refused(
    open_national: Platform, days: int
) -> None:
    day = date(2026, 1, 1)
    with pytest.raises(Invalid):
        await national.figures(open_national, day, day + timedelta(days))


async def test_an_installation_without_the_national_role_says_what_to_set(
    platform: Platform,
) -> None:
    without = replace(platform, settings=replace(platform.settings, national_url=""), cache={})
    with pytest.raises(Unavailable, match="MOTCUA_NATIONAL_DATABASE_URL"):
        await national.database(without)


async def test_the_pool_is_opened_once_and_again_after_it_was_closed(platform: Platform) -> None:
    own = replace(platform, cache={})
    first = await national.database(own)
    assert await national.database(own) is first
    await national.close(own)
    await national.close(own)
    again = await national.database(own)
    assert again is not first
    await national.close(own)


async def test_the_national_role_sees_roll_ups_and_no_other_table(
    open_national: Platform,
) -> None:
    office = await national.database(open_national)
    async with office.platform() as tx:
        tables = [r["tablename"] for r in await tx.fetch(_TABLES)]
    assert {"dossier", "person", "event", "staff", "settlement_fact", "web_session"} < set(tables)
    readable = set()
    for table in tables:
        try:
            async with office.platform() as tx:
                await tx.fetch(f"select 1 from {table} limit 1")  # noqa: S608 -- from the database
                readable.add(table)
        except asyncpg.InsufficientPrivilegeError:
            continue
    assert readable == {"tenant", "rollup_day", "due_day"}


async def test_the_national_role_can_change_nothing(open_national: Platform) -> None:
    office = await national.database(open_national)
    for change in ("delete from rollup_day", "update due_day set n = 0", "delete from tenant"):
        with pytest.raises(
            (asyncpg.ReadOnlySQLTransactionError, asyncpg.InsufficientPrivilegeError)
        ):
            async with office.platform() as tx:
                await tx.execute(change)
