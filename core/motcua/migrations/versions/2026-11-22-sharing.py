"""What holders share, and withdrawn results."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220010"
down_revision = "202611220009"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)
_NEW = ("share", "share_item", "share_visit", "share_look", "result_withdrawal")


def _table(name: str, *items: sa.Column[Any] | sa.Constraint) -> None:
    tenant = sa.Column(
        "tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False
    )
    first = sa.Column("id", sa.Uuid(), nullable=False)
    primary = sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f(f"pk_{name}"))
    op.create_table(name, tenant, first, *items, primary)


def _ref(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{to}.tenant_id", f"{to}.id"],
        name=op.f(f"fk_{table}_tenant_id_{column}"),
    )


def _col(name: str, kind: Any, *, null: bool = False, default: str | None = None) -> sa.Column[Any]:
    given = sa.text(default) if default is not None else None
    return sa.Column(name, kind, server_default=given, nullable=null)


def _one_of(table: str, name: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{v}'" for v in values)
    return sa.CheckConstraint(f"{name} in ({listed})", name=op.f(f"ck_{table}_{name}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    joined = "_".join(columns)
    return sa.UniqueConstraint("tenant_id", *columns, name=op.f(f"uq_{table}_tenant_id_{joined}"))


def _index(table: str, *columns: str) -> None:
    joined = "_".join(columns)
    op.create_index(op.f(f"ix_{table}_tenant_id_{joined}"), table, ["tenant_id", *columns])


def upgrade() -> None:
    _shares()
    _withdrawals()
    for table in _NEW:
        op.enable_tenant_rls(table)
    op.add_column("issued_result", sa.Column("replaces", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_issued_result_tenant_id_replaces"),
        "issued_result",
        "issued_result",
        ["tenant_id", "replaces"],
        ["tenant_id", "id"],
    )
    op.create_index(
        "uq_issued_result_replaces",
        "issued_result",
        ["tenant_id", "replaces"],
        unique=True,
        postgresql_where=sa.text("replaces is not null"),
    )
    _index("issued_result", "holder_id", "issued_at")
    _index("dossier", "submitter_id", "submitted_at")


def _shares() -> None:
    _table(
        "share",
        _col("owner_id", sa.Uuid()),
        _col("trace_id", sa.Uuid()),
        _col("kind", sa.Text()),
        _col("recipient_sealed", sa.LargeBinary()),
        _col("unit_id", sa.Uuid(), null=True),
        _col("purpose_sealed", sa.LargeBinary()),
        _col("link_hash", sa.LargeBinary(), null=True),
        _col("code_index", sa.LargeBinary(), null=True),
        _col("tries", sa.SmallInteger(), default="0"),
        _col("download", sa.Boolean(), default="false"),
        _col("tell_owner", sa.Boolean(), default="true"),
        _col("looks_most", sa.SmallInteger()),
        _col("looks", sa.SmallInteger(), default="0"),
        _col("created_at", _MOMENT),
        _col("ends_at", _MOMENT),
        _col("ended_at", _MOMENT, null=True),
        _col("end_reason", sa.Text(), null=True),
        _one_of("share", "kind", "person", "phone", "office"),
        _one_of("share", "end_reason", "owner", "locked", "withdrawn"),
        _ref("share", "owner_id", "person"),
        _ref("share", "unit_id", "unit"),
        _unique("share", "link_hash"),
    )
    _index("share", "owner_id", "created_at")
    op.create_index(
        "ix_share_unit_id",
        "share",
        ["tenant_id", "unit_id", "created_at"],
        postgresql_where=sa.text("unit_id is not null"),
    )
    _table(
        "share_item",
        _col("share_id", sa.Uuid()),
        _col("place", sa.SmallInteger()),
        _col("result_id", sa.Uuid(), null=True),
        _col("component_id", sa.Uuid(), null=True),
        _col("closed_at", _MOMENT, null=True),
        sa.CheckConstraint(
            "(result_id is null) <> (component_id is null)", name=op.f("ck_share_item_one_thing")
        ),
        _ref("share_item", "share_id", "share"),
        _ref("share_item", "result_id", "issued_result"),
        _ref("share_item", "component_id", "component"),
        _unique("share_item", "share_id", "place"),
    )
    _index("share_item", "result_id")
    _table(
        "share_visit",
        _col("share_id", sa.Uuid()),
        _col("token_hash", sa.LargeBinary()),
        _col("expires_at", _MOMENT),
        _ref("share_visit", "share_id", "share"),
        _unique("share_visit", "token_hash"),
    )
    _table(
        "share_look",
        _col("share_id", sa.Uuid()),
        _col("at", _MOMENT),
        _col("what", sa.Text()),
        _col("place", sa.SmallInteger(), null=True),
        _col("actor", sa.Text()),
        _one_of("share_look", "what", "opened", "viewed", "downloaded", "refused", "locked"),
        _ref("share_look", "share_id", "share"),
    )
    _index("share_look", "share_id", "at")


def _withdrawals() -> None:
    _table(
        "result_withdrawal",
        _col("result_id", sa.Uuid()),
        _col("dossier_id", sa.Uuid()),
        _col("kind", sa.Text()),
        _col("ground", sa.Text()),
        _col("fault", sa.Text()),
        _col("basis", sa.Text()),
        _col("reason", sa.Text()),
        _col("proposed_by", sa.Uuid()),
        _col("proposed_at", _MOMENT),
        _col("state", sa.Text(), default="'proposed'"),
        _col("decided_by", sa.Uuid(), null=True),
        _col("decided_at", _MOMENT, null=True),
        _col("note", sa.Text(), null=True),
        _col("successor_id", sa.Uuid(), null=True),
        _col("number", sa.Text(), null=True),
        _col("pdf_sha256", sa.Text(), null=True),
        _col("signing_kid", sa.Text(), null=True),
        _one_of("result_withdrawal", "kind", "replace", "revoke"),
        _one_of("result_withdrawal", "fault", "office", "applicant", "none"),
        _one_of("result_withdrawal", "state", "proposed", "signed", "declined"),
        _ref("result_withdrawal", "result_id", "issued_result"),
        _ref("result_withdrawal", "dossier_id", "dossier"),
        _ref("result_withdrawal", "proposed_by", "staff"),
        _ref("result_withdrawal", "decided_by", "staff"),
        _ref("result_withdrawal", "successor_id", "dossier"),
    )
    _index("result_withdrawal", "dossier_id")
    op.create_index(
        "uq_result_withdrawal_result_id",
        "result_withdrawal",
        ["tenant_id", "result_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'declined'"),
    )
    op.create_index(
        "uq_result_withdrawal_successor_id",
        "result_withdrawal",
        ["tenant_id", "successor_id"],
        unique=True,
        postgresql_where=sa.text("successor_id is not null"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_dossier_tenant_id_submitter_id_submitted_at"), table_name="dossier")
    op.drop_index(
        op.f("ix_issued_result_tenant_id_holder_id_issued_at"), table_name="issued_result"
    )
    op.drop_index("uq_issued_result_replaces", table_name="issued_result")
    op.drop_constraint(
        op.f("fk_issued_result_tenant_id_replaces"), "issued_result", type_="foreignkey"
    )
    op.drop_column("issued_result", "replaces")
    for table in reversed(_NEW):
        op.disable_tenant_rls(table)
        op.drop_table(table)
