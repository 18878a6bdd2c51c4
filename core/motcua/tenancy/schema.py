"""How tables are written down: one metadata, two kinds of tables.

A *tenant table* belongs to a tenant: key ``(tenant_id, id)``, forced row-level security, composite
foreign keys. A *platform table* holds what is public between tenants: the directory, the law.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

MOMENT = TIMESTAMP(timezone=True)
JSON = JSONB()


def tenant_table(
    name: str, *items: Any, key: tuple[str, ...] = ("id",), plugin: str = ""
) -> sa.Table:
    """Return a table whose rows belong to a tenant; ``key`` names the key beside ``tenant_id``.

    ``plugin`` names the plugin that brings the table.
    """
    columns: list[Any] = [
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False)
    ]
    if key == ("id",):
        columns.append(sa.Column("id", sa.Uuid(), nullable=False))
    return sa.Table(
        name,
        metadata,
        *columns,
        *items,
        sa.PrimaryKeyConstraint("tenant_id", *key),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        info={"tenant": True, "plugin": plugin},
    )


def platform_table(name: str, *items: Any) -> sa.Table:
    """Return a table that every tenant may read; nothing about a person may stand in it."""
    return sa.Table(name, metadata, *items, info={"tenant": False})


def ref(column: str, table: str) -> sa.ForeignKeyConstraint:
    """Return a foreign key that stays inside the tenant (foreign keys are checked without RLS)."""
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])


def col(name: str, kind: Any, *more: Any, null: bool = False, default: str | None = None) -> Any:
    """Return a column, ``NOT NULL`` unless said otherwise; ``default`` is SQL."""
    server_default = sa.text(default) if default is not None else None
    return sa.Column(name, kind, *more, nullable=null, server_default=server_default)


def one_of(name: str, *values: str) -> sa.CheckConstraint:
    """Return a check instead of a native enum: an enum's ``=`` is not leakproof and defeats indexes."""
    listed = ", ".join(f"'{v}'" for v in values)
    return sa.CheckConstraint(f"{name} in ({listed})", name=name)
