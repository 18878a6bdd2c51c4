"""Rows of the released schema read the same after a migration, forward and back."""

import asyncpg
import msgspec
import pytest
import sqlalchemy as sa
from alembic import command

from motcua.demo.cluster import Cluster
from motcua.ids import uuid7
from motcua.migrations import bootstrap, run
from motcua.migrations.units import all_units
from motcua.plugins.manager import Plugins

pytestmark = pytest.mark.anyio
_BASE = "202611220001"
_ROW = """
insert into supplement (tenant_id, id, dossier_id, stage, papers, reason, requested_by, requested_at)
values ($1, $1, $1, 'reception', $2, 'Bản chụp mờ', $1, now())
"""
_ITEMS = [
    {"key": "relation", "kind": "paper", "note": "Bản chụp mờ"},
    {"key": "request", "kind": "paper", "note": "Bản chụp mờ"},
]


async def test_what_was_asked_for_before_becomes_items_with_the_reason_as_note(
    prepared: Cluster, plugins: Plugins
) -> None:
    postgres = prepared.postgres
    name = f"old_{uuid7().hex}"
    inside = postgres.url("postgres", name)
    await bootstrap.prepare(postgres.url("postgres", "postgres"), name, inside)
    units = all_units(plugins)
    engine = run._engine(postgres.url("mc_owner", name))

    async def migrate(forward: bool, revision: str) -> None:
        def go(connection: sa.Connection) -> None:
            config = run._config(connection, units[0], units)
            (command.upgrade if forward else command.downgrade)(config, revision)

        async with engine.connect() as connection:
            await connection.run_sync(go)
            await connection.commit()

    await migrate(forward=True, revision=_BASE)
    admin = await asyncpg.connect(inside)
    try:
        await admin.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=_as_json, decoder=_from_json
        )
        await admin.execute("set session_replication_role = replica")
        await admin.execute(_ROW, uuid7(), ["relation", "request"])
        await migrate(forward=True, revision="head")
        assert await admin.fetchval("select items from supplement") == _ITEMS
        forced = "select relforcerowsecurity from pg_class where relname = 'supplement'"
        assert await admin.fetchval(forced)
        await migrate(forward=False, revision=_BASE)
        assert await admin.fetchval("select papers from supplement") == ["relation", "request"]
        assert await admin.fetchval(forced)
    finally:
        await admin.close()
        await engine.dispose()


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _from_json(text: str) -> object:
    return msgspec.json.decode(text)
