"""No tenant sees its neighbour: in the database, whatever the statement says."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from motcua.demo.cluster import Cluster
from motcua.events.log import SYSTEM
from motcua.migrations.units import all_units
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant

pytestmark = pytest.mark.anyio
TENANT_TABLES = sorted(
    t.name for unit in all_units(Plugins.discover()) for t in unit.tables if t.info["tenant"]
)


async def _insert(connection: Any, table: str, tenant: Tenant) -> None:
    """Put one row of this tenant into a table, past every constraint but row-level security."""
    columns = await connection.fetch(
        "select column_name, data_type from information_schema.columns "
        "where table_name = $1 and is_nullable = 'NO' and column_name <> 'tenant_id'",
        table,
    )
    values = {
        "uuid": "gen_random_uuid()",
        "text": "gen_random_uuid()::text",
        "jsonb": "'{}'",
        "bytea": "uuid_send(gen_random_uuid())",
        "timestamp with time zone": "now()",
        "date": "current_date",
        "boolean": "true",
    }
    names = ", ".join(["tenant_id", *(c["column_name"] for c in columns)])
    sql = ", ".join([f"'{tenant.id}'", *(values.get(c["data_type"], "1") for c in columns)])
    await connection.execute(f"insert into {table} ({names}) values ({sql})")  # noqa: S608


@pytest.fixture
async def two(new_tenant: Callable[[], Awaitable[Tenant]]) -> tuple[Tenant, Tenant]:
    return await new_tenant(), await new_tenant()


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_a_row_of_one_tenant_does_not_exist_for_another(
    table: str, two: tuple[Tenant, Tenant], prepared: Cluster, platform: Platform
) -> None:
    mine, other = two
    admin = await asyncpg.connect(prepared.postgres.url("postgres", "motcua"))
    try:
        # Foreign keys and checks are not what is tested here.
        await admin.execute("set session_replication_role = replica")
        await admin.execute(f"alter table {table} disable trigger user")
        checks = await admin.fetch(
            "select conname, pg_get_constraintdef(oid) as body from pg_constraint "
            "where conrelid = $1::regclass and contype = 'c'",
            table,
        )
        for check in checks:
            await admin.execute(f'alter table {table} drop constraint "{check["conname"]}"')
        await _insert(admin, table, other)
        for check in checks:
            await admin.execute(
                f'alter table {table} add constraint "{check["conname"]}" {check["body"]} not valid'
            )
    finally:
        await admin.close()
    count = f"select count(*) from {table}"  # noqa: S608
    async with platform.db.tenant(other) as tx:
        assert await tx.fetchval(count) == 1
    async with platform.db.tenant(mine) as tx:
        assert await tx.fetchval(count) == 0
    for whose, found in ((other, 1), (mine, 0), (other, 1)):
        async with platform.db.tenant(whose, alone=True) as tx:
            assert (await tx.alone(count) or {})["count"] == found
    async with platform.db.platform() as tx:
        assert await tx.fetchval(count) == 0
    admin = await asyncpg.connect(prepared.postgres.url("postgres", "motcua"))
    try:
        # A row that breaks every foreign key must not lie about when other tests come.
        await admin.execute(f"delete from {table} where tenant_id = $1", other.id)  # noqa: S608
    finally:
        await admin.close()


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_row_level_security_is_forced_on_every_tenant_table(
    table: str, platform: Platform
) -> None:
    async with platform.db.platform() as tx:
        row = await tx.fetchrow(
            "select relrowsecurity, relforcerowsecurity from pg_class where oid = $1::regclass",
            table,
        )
    assert row is not None
    assert (row["relrowsecurity"], row["relforcerowsecurity"]) == (True, True)


async def test_no_table_with_a_tenant_is_missing_from_the_list(platform: Platform) -> None:
    async with platform.db.platform() as tx:
        rows = await tx.fetch(
            "select table_name from information_schema.columns c join pg_class k "
            "on k.oid = c.table_name::regclass where column_name = 'tenant_id' "
            "and table_schema = 'public' and k.relkind = 'r'"
        )
    assert {r["table_name"] for r in rows} == set(TENANT_TABLES)


async def test_writing_for_another_tenant_is_refused(
    two: tuple[Tenant, Tenant], platform: Platform
) -> None:
    mine, other = two
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with platform.db.tenant(mine) as tx:
            await tx.execute(
                "insert into staff (tenant_id, id, username, full_name) "
                "values ($1, gen_random_uuid(), 'x', 'x')",
                other.id,
            )


@pytest.mark.parametrize(
    "statement",
    [
        "set role mc_owner",
        "set local row_security = off; select * from dossier",
        "truncate dossier",
        "alter table dossier disable row level security",
        "drop policy tenant_isolation on dossier",
        "update event set type = 'x'",
        "delete from event",
        "update tenant set name = 'x'",
    ],
)
async def test_the_application_role_cannot_take_down_the_wall(
    statement: str, quang_ninh: Tenant, platform: Platform
) -> None:
    with pytest.raises(asyncpg.PostgresError):
        async with platform.db.tenant(quang_ninh) as tx:
            for part in statement.split(";"):
                await tx.execute(part)


async def test_the_next_user_of_a_connection_does_not_inherit_the_tenant(
    quang_ninh: Tenant, prepared: Cluster
) -> None:
    database = await Database.open(prepared.settings.database_url, size=1)
    try:
        async with database.tenant(quang_ninh) as tx:
            assert await tx.fetchval("select count(*) from unit") > 0
        async with database.platform() as tx:
            assert await tx.fetchval("select count(*) from unit") == 0
        async with database.listener() as connection:
            assert await connection.fetchval("select count(*) from unit") == 0
    finally:
        await database.close()


async def test_the_national_role_reads_roll_ups_and_nothing_else(
    platform: Platform, prepared: Cluster
) -> None:
    national = await Database.open(prepared.settings.national_url, size=1)
    readable = []
    try:
        for table in TENANT_TABLES:
            try:
                async with national.platform() as tx:
                    await tx.fetch(f"select * from {table} limit 1")  # noqa: S608
            except asyncpg.InsufficientPrivilegeError:
                continue
            readable.append(table)
        with pytest.raises(asyncpg.PostgresError):
            async with national.platform() as tx:
                await tx.execute("delete from rollup_day")
    finally:
        await national.close()
    assert readable == [t for t in ("due_day", "rollup_day") if t in readable]
    assert "rollup_day" in readable


async def test_a_sealed_text_opens_only_for_its_tenant(
    quang_ninh: Tenant, thai_nguyen: Tenant, platform: Platform
) -> None:
    from cryptography.exceptions import InvalidTag

    sealed = platform.vaults.of(quang_ninh.id).seal("022095012345")
    assert platform.vaults.of(quang_ninh.id).open(sealed) == "022095012345"
    with pytest.raises(InvalidTag):
        platform.vaults.of(thai_nguyen.id).open(sealed)


async def test_an_exception_undoes_state_events_and_debts(
    quang_ninh: Tenant, platform: Platform
) -> None:
    marker = "test.undone"
    with pytest.raises(RuntimeError):
        async with platform.works.begin(quang_ninh, SYSTEM) as work:
            work.emit(marker, quang_ninh.id)
            await work.flush()
            raise RuntimeError
    async with platform.db.tenant(quang_ninh) as tx:
        assert await tx.fetchval("select count(*) from event where type = $1", marker) == 0
