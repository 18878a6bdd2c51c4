"""The verifier: requests of programs and third parties, issuers outside of the platform, tokens of programs."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220006"
down_revision = "202611220005"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)


def _added() -> list[sa.Column[Any]]:
    return [
        sa.Column(
            "response_mode", sa.Text(), server_default=sa.text("'direct_post'"), nullable=False
        ),
        sa.Column("response_key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("flow", sa.Text(), server_default=sa.text("'same_device'"), nullable=False),
        sa.Column("reader_hash", sa.LargeBinary(), nullable=True),
        sa.Column("bound_at", _MOMENT, nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
    ]


def upgrade() -> None:
    for column in _added():
        op.add_column("presentation", column)
    op.alter_column("presentation", "subject_id", existing_type=sa.Uuid(), nullable=True)
    op.create_check_constraint(
        op.f("ck_presentation_flow"), "presentation", "flow in ('same_device', 'cross_device')"
    )
    op.create_check_constraint(
        op.f("ck_presentation_response_mode"),
        "presentation",
        "response_mode in ('direct_post', 'direct_post.jwt')",
    )
    op.create_foreign_key(
        op.f("fk_presentation_tenant_id"), "presentation", "tenant", ["tenant_id"], ["id"]
    )
    op.create_table(
        "trusted_issuer",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("certificates", sa.Text(), nullable=False),
        sa.Column("types", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", _MOMENT, nullable=False),
        sa.Column("valid_until", _MOMENT, nullable=False),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_trusted_issuer_validity")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_trusted_issuer_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_trusted_issuer")),
    )
    op.create_index(
        "uq_trusted_issuer_url",
        "trusted_issuer",
        ["tenant_id", "url"],
        unique=True,
        postgresql_where=sa.text("revoked_at is null"),
    )
    op.create_table(
        "service_token",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_service_token_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_service_token")),
        sa.UniqueConstraint(
            "tenant_id", "token_hash", name=op.f("uq_service_token_tenant_id_token_hash")
        ),
    )
    op.enable_tenant_rls("trusted_issuer")
    op.enable_tenant_rls("service_token")


def downgrade() -> None:
    for table in ("service_token", "trusted_issuer"):
        op.disable_tenant_rls(table)
        op.drop_table(table)
    op.drop_constraint(op.f("fk_presentation_tenant_id"), "presentation", type_="foreignkey")
    # Nobody's requests cannot be told in the old table; the owner sees them without the wall only.
    op.execute("alter table presentation no force row level security")
    op.execute("delete from presentation where subject_id is null")
    op.execute("alter table presentation force row level security")
    op.alter_column("presentation", "subject_id", existing_type=sa.Uuid(), nullable=False)
    for check in ("ck_presentation_flow", "ck_presentation_response_mode"):
        op.drop_constraint(op.f(check), "presentation", type_="check")
    for column in _added():
        op.drop_column("presentation", column.name)
