"""An empty database and its roles, made by the cluster's administrator."""

import asyncpg

from motcua.migrations.roles import ROLES

_SCHEMA = """
grant create, usage on schema public to mc_owner, mc_relay;
grant usage on schema public to mc_app, mc_national;
"""


async def prepare(admin_url: str, database: str, database_url: str) -> bool:
    """Make roles and database when they are missing; True when the database is new.

    ``admin_url`` connects to any database as a role that may create both; ``database_url`` connects to
    the new one as the same role.
    """
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(ROLES)
        fresh = not await admin.fetchval("select 1 from pg_database where datname = $1", database)
        if fresh:
            name = '"' + database.replace('"', '""') + '"'
            await admin.execute(f"create database {name} template template0 owner mc_owner")
    finally:
        await admin.close()
    inside = await asyncpg.connect(database_url)
    try:
        await inside.execute(_SCHEMA)
        if await inside.fetchval("select lower('Đ')") != "đ":
            raise RuntimeError(
                "this PostgreSQL does not know Vietnamese letters: create the cluster with "
                "--locale-provider=builtin --builtin-locale=C.UTF-8 (or an ICU locale)"
            )
    finally:
        await inside.close()
    return fresh
