"""How the applicant wants the result handed over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220015"
down_revision = "202611220014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handover_wish",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("chosen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("chosen_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "address_sealed is null or channel = 'post'", name=op.f("ck_handover_wish_address")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dossier_id"],
            ["dossier.tenant_id", "dossier.id"],
            name=op.f("fk_handover_wish_tenant_id_dossier_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_handover_wish")),
        sa.UniqueConstraint(
            "tenant_id", "dossier_id", name=op.f("uq_handover_wish_tenant_id_dossier_id")
        ),
    )
    op.enable_tenant_rls("handover_wish")


def downgrade() -> None:
    op.disable_tenant_rls("handover_wish")
    op.drop_table("handover_wish")
