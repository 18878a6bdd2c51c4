"""Channels by which results reach their holders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220009"
down_revision = "202611220008"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)
_OPEN = sa.text("state in ('owed', 'failed', 'given_up', 'withdrawing')")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("version", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'owed'"), nullable=False),
        _text("how"),
        _text("receipt"),
        _text("reason"),
        _text("error_vi"),
        _text("error_en"),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("owed_at", _MOMENT, nullable=False),
        sa.Column("next_at", _MOMENT, nullable=True),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("received_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.CheckConstraint(
            "state in ('owed', 'sent', 'received', 'failed', 'given_up', 'withdrawing', 'withdrawn')",
            name=op.f("ck_delivery_state"),
        ),
        sa.CheckConstraint(
            "how in ('', 'offered', 'pushed', 'published', 'handed_over', 'by_staff')",
            name=op.f("ck_delivery_how"),
        ),
        sa.CheckConstraint(
            "reason in ('', 'tried', 'not_possible', 'no_channel', 'assurance', 'elsewhere', "
            "'revoked', 'by_staff')",
            name=op.f("ck_delivery_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dossier_id"],
            ["dossier.tenant_id", "dossier.id"],
            name=op.f("fk_delivery_tenant_id_dossier_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "result_id"],
            ["issued_result.tenant_id", "issued_result.id"],
            name=op.f("fk_delivery_tenant_id_result_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "tenant_id",
            "result_id",
            "channel",
            "version",
            name=op.f("uq_delivery_tenant_id_result_id_channel_version"),
        ),
    )
    op.create_index(
        op.f("ix_delivery_tenant_id_dossier_id"), "delivery", ["tenant_id", "dossier_id"]
    )
    op.create_index(
        "ix_delivery_open", "delivery", ["tenant_id", "owed_at"], postgresql_where=_OPEN
    )
    op.enable_tenant_rls("delivery")


def downgrade() -> None:
    op.disable_tenant_rls("delivery")
    op.drop_index("ix_delivery_open", table_name="delivery", postgresql_where=_OPEN)
    op.drop_index(op.f("ix_delivery_tenant_id_dossier_id"), table_name="delivery")
    op.drop_table("delivery")
