"""Law as data: what running processes, clocks and forms need beside the core."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220002"
down_revision = "202611220001"
branch_labels = None
depends_on = None

# Nothing ever made such a session; a row of that kind would be somebody's experiment.
_NO_PROGRAMS = """
alter table web_session no force row level security;
delete from web_session where kind = 'program';
alter table web_session force row level security;
"""
# What was asked for before was papers alone, with one reason for all of them. The owner sees the rows of
# every tenant for these statements only.
_SUPPLEMENT_ITEMS = """
alter table supplement no force row level security;
update supplement set items = coalesce((
  select jsonb_agg(jsonb_build_object('kind', 'paper', 'key', paper.key, 'note', supplement.reason)
    order by paper.place)
  from jsonb_array_elements_text(supplement.papers) with ordinality as paper (key, place)), '[]');
alter table supplement force row level security;
"""
_SUPPLEMENT_PAPERS = """
alter table supplement no force row level security;
update supplement set papers = coalesce((
  select jsonb_agg(item.value->'key' order by item.place)
  from jsonb_array_elements(supplement.items) with ordinality as item (value, place)
  where item.value->>'kind' = 'paper'), '[]');
alter table supplement force row level security;
"""


_CLOCK_COLUMNS = ("paused_since", "clock_stopped_at")
_PAUSE_REASONS = "reason in ('supplement', 'financial_duty', 'opinion', 'force_majeure')"
_CLOCKS_THAT_STAND = """
alter table clock_pause no force row level security;
alter table dossier no force row level security;
update dossier d set paused_since = p.started_at from clock_pause p
where p.tenant_id = d.tenant_id and p.dossier_id = d.id and p.ended_at is null;
update dossier set clock_stopped_at = finished_at where finished_at is not null;
alter table dossier force row level security;
alter table clock_pause force row level security;
"""


def _wait_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("signal", sa.Text(), nullable=True),
        sa.Column("timer", postgresql.JSONB(), nullable=True),
        sa.Column("watches", sa.Text(), nullable=True),
        sa.Column("optional", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("clock", sa.Text(), nullable=True),
        sa.Column("item", postgresql.JSONB(), nullable=True),
        sa.Column("incident", sa.Text(), nullable=True),
    )


def _each(statements: str) -> None:
    for statement in statements.split(";"):
        if statement.strip():
            op.execute(statement)


def _session_kinds(statements: str, allowed: str) -> None:
    op.drop_constraint(op.f("ck_web_session_kind"), "web_session", type_="check")
    _each(statements)
    op.create_check_constraint(op.f("ck_web_session_kind"), "web_session", allowed)


def _cosignatures() -> None:
    op.create_table(
        "cosignature",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("pid_index", sa.LargeBinary(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("requested_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("confirmed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "draft_id"],
            ["draft.tenant_id", "draft.id"],
            name=op.f("fk_cosignature_tenant_id_draft_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "requested_by"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_cosignature_tenant_id_requested_by"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_cosignature")),
        sa.UniqueConstraint(
            "tenant_id",
            "draft_id",
            "pid_index",
            name=op.f("uq_cosignature_tenant_id_draft_id_pid_index"),
        ),
    )
    op.create_index(
        op.f("ix_cosignature_tenant_id_pid_index"), "cosignature", ["tenant_id", "pid_index"]
    )
    op.enable_tenant_rls("cosignature")


def upgrade() -> None:
    """Bring the schema forward."""
    _cosignatures()
    op.add_column("supplement", sa.Column("items", postgresql.JSONB(), nullable=True))
    op.add_column("supplement", sa.Column("typed_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("supplement", sa.Column("changes_sealed", sa.LargeBinary(), nullable=True))
    _each(_SUPPLEMENT_ITEMS)
    op.alter_column("supplement", "items", nullable=False)
    op.drop_column("supplement", "papers")
    _session_kinds(_NO_PROGRAMS, "kind in ('citizen', 'staff', 'device')")
    op.add_column(
        "dossier", sa.Column("case_key", sa.Text(), server_default="default", nullable=False)
    )
    op.add_column("dossier", sa.Column("limit_value", sa.SmallInteger(), nullable=True))
    op.add_column(
        "dossier", sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column("dossier", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_dossier_tenant_id_parent_id"),
        "dossier",
        "dossier",
        ["tenant_id", "parent_id"],
        ["tenant_id", "id"],
    )
    op.create_index(
        "ix_dossier_parent_id",
        "dossier",
        ["tenant_id", "parent_id"],
        postgresql_where=sa.text("parent_id is not null"),
    )
    op.add_column("process_instance", sa.Column("digest", sa.Text(), nullable=True))
    for column in _wait_columns():
        op.add_column("process_wait", column)
    op.create_index(
        "ix_process_wait_due",
        "process_wait",
        ["tenant_id", "due_at"],
        postgresql_where=sa.text("kind = 'timer'"),
    )
    op.create_index(
        "ix_process_wait_incident",
        "process_wait",
        ["tenant_id", "since"],
        postgresql_where=sa.text("incident is not null"),
    )
    for name in _CLOCK_COLUMNS:
        moment = postgresql.TIMESTAMP(timezone=True)
        op.add_column("dossier", sa.Column(name, moment, nullable=True))
    op.add_column(
        "clock_pause", sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    _each(_CLOCKS_THAT_STAND)
    op.create_check_constraint(op.f("ck_clock_pause_reason"), "clock_pause", _PAUSE_REASONS)
    op.create_index(
        "uq_clock_pause_open",
        "clock_pause",
        ["tenant_id", "dossier_id", "reason"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "clock_extension",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("granted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("old_due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("new_due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), nullable=False),
        sa.Column("signing_kid", sa.Text(), nullable=False),
        sa.CheckConstraint("days > 0", name=op.f("ck_clock_extension_days")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dossier_id"],
            ["dossier.tenant_id", "dossier.id"],
            name=op.f("fk_clock_extension_tenant_id_dossier_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "granted_by"],
            ["staff.tenant_id", "staff.id"],
            name=op.f("fk_clock_extension_tenant_id_granted_by"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_clock_extension")),
        sa.UniqueConstraint(
            "tenant_id", "dossier_id", name=op.f("uq_clock_extension_tenant_id_dossier_id")
        ),
    )
    op.enable_tenant_rls("clock_extension")

    op.create_table(
        "process_definition",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_process_definition_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name=op.f("pk_process_definition")),
    )
    op.enable_tenant_rls("process_definition")
    # What a case began on, and what was granted, is never rewritten.
    op.execute("revoke update, delete on process_definition, clock_extension from mc_app")


def downgrade() -> None:
    """Take it back."""
    op.disable_tenant_rls("process_definition")
    op.drop_table("process_definition")
    op.disable_tenant_rls("clock_extension")
    op.drop_table("clock_extension")
    op.drop_index("uq_clock_pause_open", "clock_pause")
    op.drop_constraint(op.f("ck_clock_pause_reason"), "clock_pause", type_="check")
    op.drop_column("clock_pause", "note")
    for name in _CLOCK_COLUMNS:
        op.drop_column("dossier", name)
    op.disable_tenant_rls("cosignature")
    op.drop_table("cosignature")
    op.drop_index("ix_process_wait_incident", "process_wait")
    op.drop_index("ix_process_wait_due", "process_wait")
    for column in _wait_columns():
        op.drop_column("process_wait", column.name)
    op.drop_column("process_instance", "digest")
    op.drop_column("dossier", "parent_id")
    for name in ("priority", "limit_value", "case_key"):
        op.drop_column("dossier", name)
    op.add_column("supplement", sa.Column("papers", postgresql.JSONB(), nullable=True))
    _each(_SUPPLEMENT_PAPERS)
    op.alter_column("supplement", "papers", nullable=False)
    op.drop_column("supplement", "changes_sealed")
    op.drop_column("supplement", "typed_sealed")
    op.drop_column("supplement", "items")
    _session_kinds("", "kind in ('citizen', 'staff', 'device', 'program')")
