"""The tenant's key, published results, and what the sandbox knows."""

# The operations of row-level security are registered on ``alembic.op`` at run time.
# mypy: disable-error-code="attr-defined"

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)
_TABLES = ("vneid_account", "vneid_code", "vneid_key", "vneid_paper", "vneid_sharing")


def _tenant() -> sa.Column[object]:
    return sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False)


def _keyed(table: str) -> tuple[sa.Column[object], ...]:
    return _tenant(), sa.Column("id", sa.Uuid(), nullable=False)


def _to_tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f(f"fk_{table}_tenant_id"))


def _to_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "account_id"],
        ["vneid_account.tenant_id", "vneid_account.id"],
        name=op.f(f"fk_{table}_tenant_id_account_id"),
    )


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "vneid_account",
        *_keyed("vneid_account"),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("pid_index", sa.LargeBinary(), nullable=False),
        sa.Column("claims_sealed", sa.LargeBinary(), nullable=False),
        _to_tenant("vneid_account"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vneid_account")),
        sa.UniqueConstraint(
            "tenant_id", "username", name=op.f("uq_vneid_account_tenant_id_username")
        ),
    )
    op.create_table(
        "vneid_key",
        _tenant(),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        _to_tenant("vneid_key"),
        sa.PrimaryKeyConstraint("tenant_id", "purpose", name=op.f("pk_vneid_key")),
    )
    op.create_table(
        "vneid_paper",
        *_keyed("vneid_paper"),
        sa.Column("idem", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("pid_index", sa.LargeBinary(), nullable=False),
        sa.Column("paper_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("read_at", _MOMENT, nullable=True),
        sa.Column("withdrawn_at", _MOMENT, nullable=True),
        sa.CheckConstraint("origin in ('published', 'pushed')", name=op.f("ck_vneid_paper_origin")),
        _to_tenant("vneid_paper"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vneid_paper")),
        sa.UniqueConstraint(
            "tenant_id", "origin", "idem", name=op.f("uq_vneid_paper_tenant_id_origin_idem")
        ),
    )
    op.create_index(
        op.f("ix_vneid_paper_tenant_id_pid_index"), "vneid_paper", ["tenant_id", "pid_index"]
    )
    op.create_table(
        "vneid_code",
        *_keyed("vneid_code"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.Column("access_digest", sa.LargeBinary(), nullable=True),
        _to_account("vneid_code"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vneid_code")),
        sa.UniqueConstraint("tenant_id", "digest", name=op.f("uq_vneid_code_tenant_id_digest")),
    )
    op.create_table(
        "vneid_sharing",
        *_keyed("vneid_sharing"),
        sa.Column("transaction_digest", sa.LargeBinary(), nullable=False),
        sa.Column("wanted", postgresql.JSONB(), nullable=False),
        sa.Column("return_url", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("consent_digest", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("read_at", _MOMENT, nullable=True),
        _to_account("vneid_sharing"),
        _to_tenant("vneid_sharing"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vneid_sharing")),
        sa.UniqueConstraint(
            "tenant_id",
            "transaction_digest",
            name=op.f("uq_vneid_sharing_tenant_id_transaction_digest"),
        ),
    )
    for table in _TABLES:
        op.enable_tenant_rls(table)


def downgrade() -> None:
    """Take them away, the sandbox's people last."""
    for table in ("vneid_sharing", "vneid_code", "vneid_paper", "vneid_key", "vneid_account"):
        op.disable_tenant_rls(table)
        op.drop_table(table)
