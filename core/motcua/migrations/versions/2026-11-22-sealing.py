"""Documents with time stamps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220008"
down_revision = "202611220007"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sealed_document",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("lasting_sha256", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("stamped_at", _MOMENT, nullable=False),
        sa.Column("stamper", sa.Text(), nullable=False),
        sa.Column("roots", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint("level in ('B-LT')", name=op.f("ck_sealed_document_level")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_sealed_document_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sealed_document")),
        sa.UniqueConstraint(
            "tenant_id", "sha256", name=op.f("uq_sealed_document_tenant_id_sha256")
        ),
    )
    op.create_index(
        op.f("ix_sealed_document_tenant_id_lasting_sha256"),
        "sealed_document",
        ["tenant_id", "lasting_sha256"],
        unique=False,
    )
    # Whoever brings a file is told which result it is.
    op.create_index(
        op.f("ix_issued_result_tenant_id_pdf_sha256"),
        "issued_result",
        ["tenant_id", "pdf_sha256"],
        unique=False,
    )
    op.enable_tenant_rls("sealed_document")


def downgrade() -> None:
    op.drop_index(op.f("ix_issued_result_tenant_id_pdf_sha256"), table_name="issued_result")
    op.disable_tenant_rls("sealed_document")
    op.drop_index(op.f("ix_sealed_document_tenant_id_lasting_sha256"), table_name="sealed_document")
    op.drop_table("sealed_document")
