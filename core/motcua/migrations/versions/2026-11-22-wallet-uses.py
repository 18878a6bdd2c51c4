"""Uses of presentations: requests shown on a screen, applications signed with a wallet, answers from papers."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220011"
down_revision = "202611220010"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)


def _tenant() -> sa.Column[Any]:
    return sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _of_dossier(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "dossier_id"],
        ["dossier.tenant_id", "dossier.id"],
        name=op.f(f"fk_{table}_tenant_id_dossier_id"),
    )


def upgrade() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("presentation", sa.Column("transaction_data", json, nullable=True))
    op.add_column("presentation", sa.Column("place_id", sa.Uuid(), nullable=True))
    op.add_column("presentation", sa.Column("reader_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_presentation_place_id",
        "presentation",
        ["tenant_id", "place_id"],
        postgresql_where=sa.text("place_id IS NOT NULL"),
    )
    op.create_table(
        "dossier_signature",
        _tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        *map(_text, ("form_digest", "kind", "issuer")),
        sa.Column("signed_at", _MOMENT, nullable=False),
        sa.Column("evidence_sealed", sa.LargeBinary(), nullable=False),
        _of_dossier("dossier_signature"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_dossier_signature")),
        sa.UniqueConstraint(
            "tenant_id", "dossier_id", name=op.f("uq_dossier_signature_tenant_id_dossier_id")
        ),
    )
    op.create_table(
        "answer_source",
        _tenant(),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        *map(_text, ("field", "kind", "issuer", "issuer_name", "digest")),
        sa.Column("proven_at", _MOMENT, nullable=False),
        _of_dossier("answer_source"),
        sa.PrimaryKeyConstraint("tenant_id", "dossier_id", "field", name=op.f("pk_answer_source")),
    )
    for table in ("dossier_signature", "answer_source"):
        op.enable_tenant_rls(table)


def downgrade() -> None:
    for table in ("answer_source", "dossier_signature"):
        op.disable_tenant_rls(table)
        op.drop_table(table)
    op.drop_index("ix_presentation_place_id", "presentation")
    for name in ("reader_id", "place_id", "transaction_data"):
        op.drop_column("presentation", name)
