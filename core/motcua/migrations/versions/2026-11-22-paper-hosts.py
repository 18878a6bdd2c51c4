"""The hosts under which papers were printed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220014"
down_revision = "202611220013"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)

# What was printed so far bears the present host, as far as a database knows it.
_BACKFILL = """
insert into paper_host (tenant_id, id, host, since)
select id, gen_random_uuid(), host, created_at from tenant where kind = 'province'
"""


def upgrade() -> None:
    op.create_table(
        "paper_host",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_paper_host_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_paper_host")),
        sa.UniqueConstraint("tenant_id", "host", name=op.f("uq_paper_host_tenant_id_host")),
    )
    op.execute(_BACKFILL)
    op.enable_tenant_rls("paper_host")


def downgrade() -> None:
    op.disable_tenant_rls("paper_host")
    op.drop_table("paper_host")
