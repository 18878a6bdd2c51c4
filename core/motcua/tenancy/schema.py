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
    name: str,
    *items: Any,
    key: tuple[str, ...] = ("id",),
    plugin: str = "",
    anchored: bool = True,
) -> sa.Table:
    """Return a table whose rows belong to a tenant; ``key`` names the key beside ``tenant_id``.

    ``plugin`` names the plugin that brings the table. A foreign key to the tenant is left out where another
    one already implies it, and (``anchored`` is false) on the logs that every command writes: each costs a
    look-up per row, and row-level security has checked the tenant already.
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
        *([] if _implied(items) or not anchored else [_to_tenant()]),
        info={"tenant": True, "plugin": plugin},
    )


def _to_tenant() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"])


def _implied(items: tuple[Any, ...]) -> bool:
    """Tell whether a foreign key inside the tenant always holds: none of its columns may be null."""
    optional = {i.name for i in items if isinstance(i, sa.Column) and i.nullable}
    keys = [i for i in items if isinstance(i, sa.ForeignKeyConstraint)]
    return any("tenant_id" in k.column_keys and not optional & set(k.column_keys) for k in keys)


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
