"""Row-level security as migration operations, so that no tenant table is ever made without it.

Autogenerate adds ``op.enable_tenant_rls`` for each tenant table that has no policy yet.
"""

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import comparators, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import UpgradeOps
from alembic.util import DispatchPriority, PriorityDispatchResult

_ENABLE = """
alter table {t} enable row level security;
alter table {t} force row level security;
create policy tenant_isolation on {t} to mc_app, mc_owner
  using (tenant_id = (select app_tenant())) with check (tenant_id = (select app_tenant()));
grant select, insert, update, delete on {t} to mc_app;
"""
_DISABLE = """
drop policy tenant_isolation on {t};
alter table {t} no force row level security;
alter table {t} disable row level security;
revoke all on {t} from mc_app;
"""


@Operations.register_operation("enable_tenant_rls")
class EnableTenantRls(MigrateOperation):
    """Confine a table to the tenant of the transaction."""

    def __init__(self, table: str) -> None:
        self.table = table

    @classmethod
    def enable_tenant_rls(cls, operations: Operations, table: str) -> None:
        """``op.enable_tenant_rls("dossier")``."""
        operations.invoke(cls(table))

    def reverse(self) -> "DisableTenantRls":
        """Return what undoes this."""
        return DisableTenantRls(self.table)

    def to_diff_tuple(self) -> tuple[str, str]:
        """Return what ``alembic check`` prints."""
        return ("enable_tenant_rls", self.table)


@Operations.register_operation("disable_tenant_rls")
class DisableTenantRls(MigrateOperation):
    """Undo ``enable_tenant_rls``; only ever before the table is dropped."""

    def __init__(self, table: str) -> None:
        self.table = table

    @classmethod
    def disable_tenant_rls(cls, operations: Operations, table: str) -> None:
        """``op.disable_tenant_rls("dossier")``."""
        operations.invoke(cls(table))

    def reverse(self) -> EnableTenantRls:
        """Return what undoes this."""
        return EnableTenantRls(self.table)


def _statements(operations: Operations, template: str, table: str) -> None:
    for statement in template.format(t=table).split(";"):
        if statement.strip():
            operations.execute(statement)


@Operations.implementation_for(EnableTenantRls)
def _enable(operations: Operations, operation: EnableTenantRls) -> None:
    _statements(operations, _ENABLE, operation.table)


@Operations.implementation_for(DisableTenantRls)
def _disable(operations: Operations, operation: DisableTenantRls) -> None:
    _statements(operations, _DISABLE, operation.table)


@renderers.dispatch_for(EnableTenantRls)
def _render_enable(context: AutogenContext, operation: EnableTenantRls) -> str:
    return f"op.enable_tenant_rls({operation.table!r})"


@renderers.dispatch_for(DisableTenantRls)
def _render_disable(context: AutogenContext, operation: DisableTenantRls) -> str:
    return f"op.disable_tenant_rls({operation.table!r})"


# At its default priority this would be rendered before the tables are made.
@comparators.dispatch_for("schema", priority=DispatchPriority.LAST)
def _compare(context: AutogenContext, upgrade: UpgradeOps, schemas: Any) -> PriorityDispatchResult:
    if context.connection is None:
        return PriorityDispatchResult.CONTINUE
    covered = {
        row[0]
        for row in context.connection.execute(
            sa.text("select tablename from pg_policies where policyname = 'tenant_isolation'")
        )
    }
    for table in context.opts["tenant_tables"]:
        if table not in covered:
            upgrade.ops.append(EnableTenantRls(table))
    return PriorityDispatchResult.CONTINUE
