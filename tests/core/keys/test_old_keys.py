"""Keys and copies from before keys were noted: the migration says which key signed what, forth and back."""

from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
import sqlalchemy as sa
from alembic import command

from motcua.demo.cluster import Cluster
from motcua.ids import uuid7
from motcua.migrations import bootstrap, run
from motcua.migrations.units import all_units
from motcua.plugins.manager import Plugins

pytestmark = pytest.mark.anyio
_BEFORE, _AFTER = "202611220006", "202611220007"
_KEY = """
insert into tenant_key (tenant_id, id, kid, purpose, public_jwk, certificate, private_sealed, not_before,
  not_after) values ($1, $2, $3, $4, '{}', '', '\\x00', now() - make_interval(days => $5), now())
"""
_COPY = """
insert into credential (tenant_id, id, result_id, list_id, list_index, holder_thumbprint, digest,
  notification_hash, issued_at)
values ($1, $2, $2, $2, $3, '', '', '', now() - make_interval(days => $4))
"""
Migrate = Callable[[str], Awaitable[None]]


@pytest.fixture
async def old(prepared: Cluster, plugins: Plugins) -> AsyncIterator[tuple[str, Migrate]]:
    """Make a database as it was before; returns its address and how to migrate it."""
    name = f"old_{uuid7().hex}"
    inside = prepared.postgres.url("postgres", name)
    await bootstrap.prepare(prepared.postgres.url("postgres", "postgres"), name, inside)
    units = all_units(plugins)
    engine = run._engine(prepared.postgres.url("mc_owner", name))

    async def migrate(revision: str) -> None:
        def go(connection: sa.Connection) -> None:
            config = run._config(connection, units[0], units)
            (command.downgrade if revision == _BEFORE and made else command.upgrade)(
                config, revision
            )

        async with engine.connect() as connection:
            await connection.run_sync(go)
            await connection.commit()

    made = False
    await migrate(_BEFORE)
    made = True
    yield inside, migrate
    await engine.dispose()


async def test_each_old_copy_gets_the_key_that_was_in_use(old: tuple[str, Migrate]) -> None:
    inside, migrate = old
    admin = await asyncpg.connect(inside)
    one, other = uuid7(), uuid7()
    try:
        await admin.execute("set session_replication_role = replica")
        for tenant, kid, purpose, age in (
            (one, "first", "credential", 300),
            (one, "second", "credential", 100),
            (one, "papers", "document", 50),
            (other, "theirs", "credential", 200),
        ):
            await admin.execute(_KEY, tenant, uuid7(), kid, purpose, age)
        for number, (tenant, age) in enumerate(((one, 200), (one, 20), (other, 20), (other, 250))):
            await admin.execute(_COPY, tenant, uuid7(), number, age)
        await migrate(_AFTER)
        rows = await admin.fetch("select signing_kid from credential order by list_index")
        assert [row["signing_kid"] for row in rows] == ["first", "second", "theirs", None]
        assert await admin.fetchval("select bool_and(use_from = not_before) from tenant_key")
        for table in ("credential", "tenant_key"):
            forced = "select relforcerowsecurity from pg_class where relname = $1"
            assert await admin.fetchval(forced, table)
        await migrate(_BEFORE)
        assert await admin.fetchval("select count(*) from tenant_key") == 4
    finally:
        await admin.close()
