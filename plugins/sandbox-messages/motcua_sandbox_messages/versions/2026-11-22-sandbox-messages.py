"""The messages of the sandbox."""

# The operations of row-level security are registered on ``alembic.op`` at run time.
# mypy: disable-error-code="attr-defined"

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sandbox_messages_message",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_index", sa.LargeBinary(), nullable=False),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_sandbox_messages_message_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sandbox_messages_message")),
    )
    op.create_index(
        op.f("ix_sandbox_messages_message_tenant_id_at"),
        "sandbox_messages_message",
        ["tenant_id", "at"],
        unique=False,
    )
    op.enable_tenant_rls("sandbox_messages_message")


def downgrade() -> None:
    """Drop the table."""
    op.disable_tenant_rls("sandbox_messages_message")
    op.drop_index(
        op.f("ix_sandbox_messages_message_tenant_id_at"), table_name="sandbox_messages_message"
    )
    op.drop_table("sandbox_messages_message")
