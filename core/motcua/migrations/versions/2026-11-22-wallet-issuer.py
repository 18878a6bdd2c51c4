"""The wallet's issuer: grants above tokens, DPoP, pushed requests, refresh, deferred copies, status history."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220005"
down_revision = "202611220004"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)
_NEW = (
    "authorization_request",
    "credential_deferral",
    "credential_grant",
    "credential_refresh",
    "dpop_proof",
    "status_change",
)
# A wallet that fetched its paper before the change may still tell what became of it.
_GRANTS_OF_OLD_TOKENS = """
alter table credential_offer no force row level security;
alter table credential_token no force row level security;
alter table issued_result no force row level security;
update credential_offer o set dossier_id = r.dossier_id, type = coalesce(r.type, '')
  from issued_result r where r.tenant_id = o.tenant_id and r.id = o.result_id;
insert into credential_grant (tenant_id, id, trace_id, dossier_id, result_id, type, created_at)
  select t.tenant_id, t.id, r.trace_id, r.dossier_id, r.id, coalesce(r.type, ''), now()
  from credential_token t join issued_result r on r.tenant_id = t.tenant_id and r.id = t.result_id;
update credential_token set grant_id = id;
alter table issued_result force row level security;
alter table credential_token force row level security;
alter table credential_offer force row level security
"""
# What only exists since then cannot be kept: awaited results, offers without a code, open tokens.
_BEFORE = """
alter table credential_offer no force row level security;
alter table credential_token no force row level security;
delete from credential_token;
delete from credential_offer where result_id is null or tx_code_hash is null or flow <> 'code_sent';
alter table credential_token force row level security;
alter table credential_offer force row level security
"""


def _each(statements: str) -> None:
    for statement in statements.split(";"):
        op.execute(statement)


def _table(name: str, *items: sa.Column[Any] | sa.Constraint, key: str = "id") -> None:
    tenant = sa.Column(
        "tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False
    )
    first = [sa.Column("id", sa.Uuid(), nullable=False)] if key == "id" else []
    primary = sa.PrimaryKeyConstraint("tenant_id", key, name=op.f(f"pk_{name}"))
    op.create_table(name, tenant, *first, *items, primary)


def _ref(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{to}.tenant_id", f"{to}.id"],
        name=op.f(f"fk_{table}_tenant_id_{column}"),
    )


def _tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f(f"fk_{table}_tenant_id"))


def _unique(table: str, column: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint("tenant_id", column, name=op.f(f"uq_{table}_tenant_id_{column}"))


def _col(name: str, kind: Any, *, null: bool = False, default: str | None = None) -> sa.Column[Any]:
    given = sa.text(default) if default is not None else None
    return sa.Column(name, kind, nullable=null, server_default=given)


def upgrade() -> None:
    _table(
        "credential_grant",
        _col("trace_id", sa.Uuid()),
        _col("dossier_id", sa.Uuid()),
        _col("result_id", sa.Uuid(), null=True),
        _col("type", sa.Text()),
        _col("jkt", sa.Text(), null=True),
        _col("client_id", sa.Text(), null=True),
        _col("identified", sa.Boolean(), default="false"),
        _col("created_at", _MOMENT),
        _col("ended_at", _MOMENT, null=True),
        _ref("credential_grant", "dossier_id", "dossier"),
        _ref("credential_grant", "result_id", "issued_result"),
    )
    _table(
        "credential_refresh",
        _col("token_hash", sa.LargeBinary()),
        _col("grant_id", sa.Uuid()),
        _col("expires_at", _MOMENT),
        _col("used_at", _MOMENT, null=True),
        _ref("credential_refresh", "grant_id", "credential_grant"),
        _unique("credential_refresh", "token_hash"),
    )
    _table(
        "authorization_request",
        _col("uri_hash", sa.LargeBinary()),
        _col("client_id", sa.Text()),
        _col("redirect_uri", sa.Text()),
        _col("state", sa.Text(), null=True),
        _col("challenge", sa.Text()),
        _col("jkt", sa.Text(), null=True),
        _col("type", sa.Text()),
        _col("identified", sa.Boolean(), default="false"),
        _col("offer_id", sa.Uuid(), null=True),
        _col("expires_at", _MOMENT),
        _col("ticket_hash", sa.LargeBinary(), null=True),
        _col("answered_at", _MOMENT, null=True),
        _col("code_hash", sa.LargeBinary(), null=True),
        _col("grant_id", sa.Uuid(), null=True),
        _col("used_at", _MOMENT, null=True),
        _ref("authorization_request", "offer_id", "credential_offer"),
        _ref("authorization_request", "grant_id", "credential_grant"),
        _tenant("authorization_request"),
        _unique("authorization_request", "uri_hash"),
        _unique("authorization_request", "ticket_hash"),
        _unique("authorization_request", "code_hash"),
    )
    _table(
        "credential_deferral",
        _col("transaction_hash", sa.LargeBinary()),
        _col("grant_id", sa.Uuid()),
        _col("holders", postgresql.JSONB(astext_type=sa.Text())),
        _col("created_at", _MOMENT),
        _col("expires_at", _MOMENT),
        _col("delivered_at", _MOMENT, null=True),
        _col("answer_sealed", sa.LargeBinary(), null=True),
        _ref("credential_deferral", "grant_id", "credential_grant"),
        _unique("credential_deferral", "transaction_hash"),
    )
    _table(
        "dpop_proof",
        _col("proof_hash", sa.LargeBinary()),
        _col("expires_at", _MOMENT),
        _tenant("dpop_proof"),
        key="proof_hash",
    )
    op.create_index(
        op.f("ix_dpop_proof_tenant_id_expires_at"), "dpop_proof", ["tenant_id", "expires_at"]
    )
    _table(
        "status_change",
        _col("result_id", sa.Uuid()),
        _col("before", sa.SmallInteger()),
        _col("status", sa.SmallInteger()),
        _col("copies", sa.Integer()),
        _col("actor", sa.Text()),
        _col("reason", sa.Text()),
        _col("at", _MOMENT),
        _ref("status_change", "result_id", "issued_result"),
    )
    op.create_index(
        op.f("ix_status_change_tenant_id_result_id_at"),
        "status_change",
        ["tenant_id", "result_id", "at"],
    )
    _existing()
    for table in _NEW:
        op.enable_tenant_rls(table)
    op.execute("revoke update, delete on status_change from mc_app")


def _existing() -> None:
    op.add_column("credential_offer", _col("dossier_id", sa.Uuid(), null=True))
    op.add_column("credential_offer", _col("type", sa.Text(), null=True))
    op.add_column("credential_offer", _col("flow", sa.Text(), default="'code_sent'"))
    op.add_column("credential_token", _col("grant_id", sa.Uuid(), null=True))
    _each(_GRANTS_OF_OLD_TOKENS)
    for table, column in (
        ("credential_offer", "dossier_id"),
        ("credential_offer", "type"),
        ("credential_token", "grant_id"),
    ):
        op.alter_column(table, column, nullable=False)
    op.alter_column("credential_offer", "result_id", existing_type=sa.UUID(), nullable=True)
    op.alter_column(
        "credential_offer", "tx_code_hash", existing_type=sa.LargeBinary(), nullable=True
    )
    op.create_check_constraint(
        op.f("ck_credential_offer_flow"), "credential_offer", "flow in ('code_sent', 'sign_in')"
    )
    for table, column, to in (
        ("credential_offer", "dossier_id", "dossier"),
        ("credential_token", "grant_id", "credential_grant"),
    ):
        name = op.f(f"fk_{table}_tenant_id_{column}")
        op.create_foreign_key(name, table, to, ["tenant_id", column], ["tenant_id", "id"])
    op.drop_column("credential_token", "offer_id")
    op.drop_column("credential_token", "result_id")
    op.create_index(
        op.f("ix_credential_token_tenant_id_grant_id"),
        "credential_token",
        ["tenant_id", "grant_id"],
    )


def downgrade() -> None:
    _each(_BEFORE)
    op.drop_index(op.f("ix_credential_token_tenant_id_grant_id"), "credential_token")
    for column, to in (("offer_id", "credential_offer"), ("result_id", "issued_result")):
        op.add_column("credential_token", _col(column, sa.Uuid()))
        op.create_foreign_key(
            op.f(f"fk_credential_token_tenant_id_{column}"),
            "credential_token",
            to,
            ["tenant_id", column],
            ["tenant_id", "id"],
        )
    op.drop_column("credential_token", "grant_id")
    op.alter_column("credential_offer", "result_id", existing_type=sa.UUID(), nullable=False)
    op.alter_column(
        "credential_offer", "tx_code_hash", existing_type=sa.LargeBinary(), nullable=False
    )
    for table in _NEW:
        op.disable_tenant_rls(table)
    for table in (
        "status_change",
        "dpop_proof",
        "credential_deferral",
        "authorization_request",
        "credential_refresh",
        "credential_grant",
    ):
        op.drop_table(table)
    for column in ("flow", "type", "dossier_id"):
        op.drop_column("credential_offer", column)
