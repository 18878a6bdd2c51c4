"""Alembic's environment; ``motcua.migrations.run`` calls it with a connection and a unit."""

import sqlalchemy as sa
from alembic import context

from motcua.migrations import ops
from motcua.migrations.units import Unit

config = context.config
REGISTERED = ops.__name__  # importing it registers op.enable_tenant_rls
unit: Unit = config.attributes["unit"]
others: list[str] = config.attributes["prefixes"]
own = {table.name for table in unit.tables}


def include_name(name: str | None, kind: str, parents: object) -> bool:
    """Look only at the tables of this unit: those of plugins start with the plugin's prefix."""
    if kind != "table" or name is None:
        return True
    if name.startswith("alembic_version"):
        return False
    if unit.prefix:
        return name.startswith(unit.prefix + "_")
    return not any(name.startswith(p + "_") for p in others)


def include_object(
    thing: object, name: str | None, kind: str, reflected: bool, compare_to: object
) -> bool:
    """Leave out the other units' models."""
    return kind != "table" or reflected or name in own


connection: sa.Connection = config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=unit.metadata,
    include_name=include_name,
    include_object=include_object,
    version_table=unit.version_table,
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=True,
    tenant_tables=sorted(t.name for t in unit.tables if t.info.get("tenant")),
)
with context.begin_transaction():
    # Two processes may start at once; a migration must not wait long for a busy table.
    connection.execute(sa.text("select pg_advisory_xact_lock(7263001)"))
    connection.execute(sa.text("set local lock_timeout = '5s'"))
    connection.execute(sa.text("set local statement_timeout = '300s'"))
    context.run_migrations()
