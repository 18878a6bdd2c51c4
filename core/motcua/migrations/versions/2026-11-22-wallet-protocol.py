"""The wallet's protocol: a cap on the copies of a grant, and since when a status list has been kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220012"
down_revision = "202611220011"
branch_labels = None
depends_on = None

# The name of a list holds the moment at which it was made (RFC 9562 section 5.7).
_OPENED = """
update status_list set opened_at = to_timestamp(
  (('x' || replace(left(id::text, 13), '-', ''))::bit(48)::bigint) / 1000.0)
"""
_COUNTED = """
update credential_grant g set issued = least(t.issued, 32767) from (
  select tenant_id, grant_id, sum(issued) as issued from credential_token group by 1, 2) t
where t.tenant_id = g.tenant_id and t.grant_id = g.id
"""
_TABLES = ("status_list", "credential_grant", "credential_token")


def _for_all_tenants(statement: str) -> None:
    for table in _TABLES:
        op.execute(f"alter table {table} no force row level security")
    op.execute(statement)
    for table in _TABLES:
        op.execute(f"alter table {table} force row level security")


def upgrade() -> None:
    op.add_column(
        "credential_grant",
        sa.Column("issued", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "status_list", sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    _for_all_tenants(_OPENED)
    _for_all_tenants(_COUNTED)
    op.alter_column("status_list", "opened_at", nullable=False)
    op.drop_index("ix_credential_changed", "credential")
    op.create_index(
        "ix_credential_changed",
        "credential",
        ["tenant_id", "list_id", "list_index", "status"],
        postgresql_where=sa.text("status <> 0"),
    )


def downgrade() -> None:
    op.drop_index("ix_credential_changed", "credential")
    op.create_index(
        "ix_credential_changed",
        "credential",
        ["tenant_id", "list_id"],
        postgresql_where=sa.text("status <> 0"),
    )
    op.drop_column("status_list", "opened_at")
    op.drop_column("credential_grant", "issued")
