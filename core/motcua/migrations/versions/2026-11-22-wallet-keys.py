"""Keys of tenants: an authority of each tenant, rotation, revocation, and which key signed what."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220007"
down_revision = "202611220006"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)

# A key was used from the beginning of its certificate on; which one signed a copy follows from the moment.
_BACKFILL = """
alter table tenant_key no force row level security;
alter table credential no force row level security;
update tenant_key set use_from = not_before;
update credential c set signing_kid = (
  select k.kid from tenant_key k where k.tenant_id = c.tenant_id and k.purpose = 'credential'
    and k.not_before <= c.issued_at order by k.not_before desc limit 1);
alter table credential force row level security;
alter table tenant_key force row level security
"""
_FORGET = """
alter table tenant_key no force row level security;
delete from tenant_key where purpose = 'authority' or private_sealed is null;
alter table tenant_key force row level security
"""


def _of_keys() -> list[sa.Column[Any]]:
    return [
        sa.Column("signer", sa.Text(), server_default=sa.text("'sealed'"), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("issuer_kid", sa.Text(), nullable=True),
        sa.Column("use_from", _MOMENT, nullable=True),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
    ]


def upgrade() -> None:
    for column in _of_keys():
        op.add_column("tenant_key", column)
    for table in ("credential", "status_change"):
        op.add_column(table, sa.Column("signing_kid", sa.Text(), nullable=True))
    _run(_BACKFILL)
    op.alter_column("tenant_key", "use_from", existing_type=_MOMENT, nullable=False)
    op.alter_column("tenant_key", "private_sealed", existing_type=sa.LargeBinary(), nullable=True)
    op.drop_constraint(op.f("ck_tenant_key_purpose"), "tenant_key", type_="check")
    for name, rule in (
        ("purpose", "purpose in ('authority', 'document', 'credential')"),
        ("signer", "signer in ('sealed', 'pkcs11', 'remote')"),
        ("held", "(signer = 'sealed') = (private_sealed is not null)"),
    ):
        op.create_check_constraint(op.f(f"ck_tenant_key_{name}"), "tenant_key", rule)
    _index("ix_credential_signed_by", "credential", "result_id")
    _index("ix_issued_result_signed_by", "issued_result", "id")
    op.create_table(
        "revoked_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_revoked_key")),
    )
    op.execute("grant select, insert on revoked_key to mc_app")


def downgrade() -> None:
    op.drop_table("revoked_key")
    op.drop_index("ix_issued_result_signed_by", table_name="issued_result")
    op.drop_index("ix_credential_signed_by", table_name="credential")
    _run(_FORGET)
    for name in ("held", "signer", "purpose"):
        op.drop_constraint(op.f(f"ck_tenant_key_{name}"), "tenant_key", type_="check")
    op.create_check_constraint(
        op.f("ck_tenant_key_purpose"), "tenant_key", "purpose in ('document', 'credential')"
    )
    op.alter_column("tenant_key", "private_sealed", existing_type=sa.LargeBinary(), nullable=False)
    for table in ("status_change", "credential"):
        op.drop_column(table, "signing_kid")
    for column in _of_keys():
        op.drop_column("tenant_key", column.name)


def _run(statements: str) -> None:
    for statement in statements.split(";"):
        op.execute(statement)


def _index(name: str, table: str, last: str) -> None:
    """Index what a key signed and what still stands; it empties as a revocation goes on."""
    columns = ["tenant_id", "signing_kid", last]
    op.create_index(name, table, columns, postgresql_where=sa.text("status <> 1"))
