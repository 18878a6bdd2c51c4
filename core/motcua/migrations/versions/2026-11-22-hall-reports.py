"""Hall reports: what each site's day came to, kept once it is settled."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220013"
down_revision = "202611220012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_day",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("promises", sa.Text(), nullable=False),
        sa.Column("sums", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("wait", sa.LargeBinary(), nullable=False),
        sa.Column("first_wait", sa.LargeBinary(), nullable=False),
        sa.Column("service", sa.LargeBinary(), nullable=False),
        sa.Column("visit", sa.LargeBinary(), nullable=False),
        sa.Column("fair", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_site_day_tenant_id_site_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "site_id", "day", name=op.f("pk_site_day")),
    )
    op.enable_tenant_rls("site_day")


def downgrade() -> None:
    op.disable_tenant_rls("site_day")
    op.drop_table("site_day")
