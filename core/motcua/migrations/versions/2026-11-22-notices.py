"""Notices: what was written to whom, until it was sent; a telephone holds one live number in a line."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220004"
down_revision = "202611220003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("once", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'owed'"), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("channel", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "state in ('owed', 'sent', 'given_up', 'no_channel')", name=op.f("ck_notice_state")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_notice_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notice")),
        sa.UniqueConstraint("tenant_id", "once", name=op.f("uq_notice_tenant_id_once")),
    )
    op.create_index(op.f("ix_notice_tenant_id_at"), "notice", ["tenant_id", "at"], unique=False)
    op.create_index(
        op.f("ix_notice_tenant_id_subject"), "notice", ["tenant_id", "subject"], unique=False
    )
    op.add_column("ticket", sa.Column("contact_index", sa.LargeBinary(), nullable=True))
    op.create_index(
        "uq_ticket_live_contact",
        "ticket",
        ["tenant_id", "line_id", "contact_index", "day"],
        unique=True,
        postgresql_where=sa.text(
            "contact_index is not null and state in ('reserved', 'waiting', 'called', 'serving', 'parked')"
        ),
    )
    op.enable_tenant_rls("notice")


def downgrade() -> None:
    op.disable_tenant_rls("notice")
    op.drop_index(
        "uq_ticket_live_contact",
        table_name="ticket",
        postgresql_where=sa.text(
            "contact_index is not null and state in ('reserved', 'waiting', 'called', 'serving', 'parked')"
        ),
    )
    op.drop_column("ticket", "contact_index")
    op.drop_index(op.f("ix_notice_tenant_id_subject"), table_name="notice")
    op.drop_index(op.f("ix_notice_tenant_id_at"), table_name="notice")
    op.drop_table("notice")
