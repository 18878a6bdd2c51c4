"""Accounts, codes and signing keys of the sandbox."""

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
    """Make the tables."""
    op.create_table(
        "sandbox_identity_account",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("claims_sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind in ('citizen', 'staff')", name=op.f("ck_sandbox_identity_account_kind")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_sandbox_identity_account_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sandbox_identity_account")),
        sa.UniqueConstraint(
            "tenant_id", "username", name=op.f("uq_sandbox_identity_account_tenant_id_username")
        ),
    )
    op.create_table(
        "sandbox_identity_key",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("public_jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_sandbox_identity_key_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "purpose", name=op.f("pk_sandbox_identity_key")),
    )
    op.create_table(
        "sandbox_identity_code",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("issued_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("access_digest", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["sandbox_identity_account.tenant_id", "sandbox_identity_account.id"],
            name=op.f("fk_sandbox_identity_code_tenant_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sandbox_identity_code")),
        sa.UniqueConstraint(
            "tenant_id", "digest", name=op.f("uq_sandbox_identity_code_tenant_id_digest")
        ),
    )
    op.enable_tenant_rls("sandbox_identity_account")
    op.enable_tenant_rls("sandbox_identity_code")
    op.enable_tenant_rls("sandbox_identity_key")


def downgrade() -> None:
    """Drop the tables."""
    op.disable_tenant_rls("sandbox_identity_key")
    op.disable_tenant_rls("sandbox_identity_code")
    op.disable_tenant_rls("sandbox_identity_account")
    op.drop_table("sandbox_identity_code")
    op.drop_table("sandbox_identity_key")
    op.drop_table("sandbox_identity_account")
