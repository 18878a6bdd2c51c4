"""The schema of the core, its roles' rights, and the two doors between tenants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220001"
down_revision = None
branch_labels = None
depends_on = None

BEFORE = """
create function app_tenant() returns uuid language sql stable parallel safe
  return nullif(current_setting('app.tenant_id', true), '')::uuid;
"""

# The directory and the law are public between tenants; the log is append-only for the application.
RIGHTS = """
grant select on tenant, package_version to mc_app;
grant select on tenant to mc_national;
revoke update, delete on event from mc_app;
"""

# The national office sees roll-ups, and nothing else.
NATIONAL = """
grant select on rollup_day to mc_national;
create policy national_read on rollup_day for select to mc_national using (true);
grant select on due_day to mc_national;
create policy national_read on due_day for select to mc_national using (true);
"""

# The relay claims what is due from all tenants, fairly, and learns nothing but ids.
RELAY = """
grant select, update on outbox to mc_relay;
create policy relay_claims on outbox to mc_relay using (true) with check (true);
create function claim_outbox(batch integer, lease_seconds integer)
  returns table (tenant_id uuid, id uuid, attempts integer)
  language sql security definer set search_path = public, pg_temp as $$
  with due as (
    select o.tenant_id, o.id from (
      select d.tenant_id, d.id,
        row_number() over (partition by d.tenant_id order by d.next_at, d.id) as turn
      from outbox d where d.dead_at is null and d.next_at <= now()
      order by d.next_at limit batch * 20) o
    order by o.turn limit batch),
  locked as (
    select l.tenant_id, l.id from outbox l join due on due.tenant_id = l.tenant_id and due.id = l.id
    where l.dead_at is null and l.next_at <= now() for update of l skip locked)
  update outbox u set next_at = now() + make_interval(secs => lease_seconds),
    attempts = u.attempts + 1,
    -- What kills its process again and again never gets to say that it failed.
    dead_at = case when u.attempts >= 100 then now() end
  from locked where u.tenant_id = locked.tenant_id and u.id = locked.id
  returning u.tenant_id, u.id, u.attempts $$;
alter function claim_outbox(integer, integer) owner to mc_relay;
revoke execute on function claim_outbox(integer, integer) from public;
grant execute on function claim_outbox(integer, integer) to mc_app;
"""


def _run(script: str) -> None:
    """Execute statements; a blank line between functions is not needed: ``;`` + newline ends one."""
    for statement in script.split(";\n"):
        if statement.strip():
            op.execute(statement)


def upgrade() -> None:
    _run(BEFORE)
    op.create_table(
        "event",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trace_id", sa.Uuid(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_event")),
    )
    op.create_index(
        op.f("ix_event_tenant_id_subject_id"), "event", ["tenant_id", "subject", "id"], unique=False
    )
    op.create_index(
        op.f("ix_event_tenant_id_trace_id_id"),
        "event",
        ["tenant_id", "trace_id", "id"],
        unique=False,
    )
    op.create_table(
        "outbox",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column(
            "next_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("dead_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("dead_at IS NULL"),
    )
    op.create_table(
        "package_version",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_package_version")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("agency_code", sa.Text(), nullable=False),
        sa.Column("province_code", sa.Text(), nullable=False),
        sa.Column(
            "plugins",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind in ('province', 'national')", name=op.f("ck_tenant_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("host", name=op.f("uq_tenant_host")),
        sa.UniqueConstraint("slug", name=op.f("uq_tenant_slug")),
    )
    op.create_table(
        "adopted_procedure",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column(
            "overlay",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("valid_from", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("valid_to", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["code", "version"],
            ["package_version.code", "package_version.version"],
            name=op.f("fk_adopted_procedure_code_version"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_adopted_procedure_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_adopted_procedure")),
        sa.UniqueConstraint(
            "tenant_id",
            "code",
            "valid_from",
            name=op.f("uq_adopted_procedure_tenant_id_code_valid_from"),
        ),
    )
    op.create_table(
        "board_call",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_board_call_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "site_id", "seq", name=op.f("pk_board_call")),
    )
    op.create_table(
        "code_sequence",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("agency_code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_code_sequence_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "agency_code", "day", name=op.f("pk_code_sequence")),
    )
    op.create_table(
        "day_number",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_day_number_tenant_id")),
        sa.PrimaryKeyConstraint(
            "tenant_id", "site_id", "letter", "day", name=op.f("pk_day_number")
        ),
    )
    op.create_table(
        "due_day",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_due_day_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "day", name=op.f("pk_due_day")),
    )
    op.create_table(
        "person",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pid_index", sa.LargeBinary(), nullable=False),
        sa.Column("pid_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("birth", sa.Date(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_person_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_person")),
        sa.UniqueConstraint("tenant_id", "pid_index", name=op.f("uq_person_tenant_id_pid_index")),
    )
    op.create_table(
        "process_instance",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_process_instance_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_process_instance")),
    )
    op.create_table(
        "rollup_day",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("last_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_rollup_day_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "day", "metric", name=op.f("pk_rollup_day")),
    )
    op.create_table(
        "settlement_fact",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("working_minutes", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Boolean(), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_settlement_fact_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_settlement_fact")),
    )
    op.create_index(
        op.f("ix_settlement_fact_tenant_id_procedure_code_day"),
        "settlement_fact",
        ["tenant_id", "procedure_code", "day"],
        unique=False,
    )
    op.create_table(
        "staff",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_staff_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_staff")),
        sa.UniqueConstraint("tenant_id", "username", name=op.f("uq_staff_tenant_id_username")),
    )
    op.create_table(
        "status_list",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("permutation_key", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("next_seq", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("open", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_status_list_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_status_list")),
    )
    op.create_table(
        "stored_file",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_stored_file_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_stored_file")),
    )
    op.create_index(
        op.f("ix_stored_file_tenant_id_at"), "stored_file", ["tenant_id", "at"], unique=False
    )
    op.create_index(
        op.f("ix_stored_file_tenant_id_sha256"),
        "stored_file",
        ["tenant_id", "sha256"],
        unique=False,
    )
    op.create_table(
        "tenant_calendar",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_tenant_calendar_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_calendar")),
        sa.UniqueConstraint(
            "tenant_id", "version", name=op.f("uq_tenant_calendar_tenant_id_version")
        ),
    )
    op.create_table(
        "tenant_key",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("public_jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("not_after", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose in ('document', 'credential')", name=op.f("ck_tenant_key_purpose")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_tenant_key_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_key")),
        sa.UniqueConstraint("tenant_id", "kid", name=op.f("uq_tenant_key_tenant_id_kid")),
    )
    op.create_table(
        "unit",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("agency_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_unit_tenant_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "successor_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_unit_tenant_id_successor_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_unit_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_unit")),
        sa.UniqueConstraint(
            "tenant_id", "code", "valid_from", name=op.f("uq_unit_tenant_id_code_valid_from")
        ),
    )
    op.create_table(
        "web_session",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('citizen', 'staff', 'device', 'program')", name=op.f("ck_web_session_kind")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_web_session_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_web_session")),
        sa.UniqueConstraint(
            "tenant_id", "token_hash", name=op.f("uq_web_session_tenant_id_token_hash")
        ),
    )
    op.create_table(
        "consent",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("trace_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_consent_tenant_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_consent")),
    )
    op.create_table(
        "dossier",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("track_code", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("adopted_id", sa.Uuid(), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("procedure_version", sa.Text(), nullable=False),
        sa.Column("procedure_name", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("submitter_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.Text(), nullable=False),
        sa.Column("helped_at_unit", sa.Uuid(), nullable=True),
        sa.Column("received_unit", sa.Uuid(), nullable=False),
        sa.Column("competent_unit", sa.Uuid(), nullable=False),
        sa.Column("answers_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("submitted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("react_by", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("accepted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("original_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "derivation",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("returned_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("fee", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("money", sa.Text(), server_default=sa.text("'none'"), nullable=False),
        sa.Column("delivery", sa.Text(), server_default=sa.text("'none'"), nullable=False),
        sa.Column("digitisation", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("draft_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("supplements", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "delivery in ('none', 'ready', 'delivered', 'in_wallet')",
            name=op.f("ck_dossier_delivery"),
        ),
        sa.CheckConstraint(
            "money in ('none', 'pending', 'paid', 'refunded')", name=op.f("ck_dossier_money")
        ),
        sa.CheckConstraint("state between 1 and 10", name=op.f("ck_dossier_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "adopted_id"],
            ["adopted_procedure.tenant_id", "adopted_procedure.id"],
            name=op.f("fk_dossier_tenant_id_adopted_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "competent_unit"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_dossier_tenant_id_competent_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "received_unit"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_dossier_tenant_id_received_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "subject_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_dossier_tenant_id_subject_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "submitter_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_dossier_tenant_id_submitter_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_dossier_tenant_id_code")),
        sa.UniqueConstraint(
            "tenant_id", "track_code", name=op.f("uq_dossier_tenant_id_track_code")
        ),
    )
    op.create_index(
        op.f("ix_dossier_tenant_id_received_unit_state_submitted_at"),
        "dossier",
        ["tenant_id", "received_unit", "state", "submitted_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_dossier_tenant_id_subject_id_submitted_at"),
        "dossier",
        ["tenant_id", "subject_id", "submitted_at"],
        unique=False,
    )
    op.create_index(
        "uq_dossier_idempotency_key",
        "dossier",
        ["tenant_id", "submitter_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_table(
        "draft",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("trace_id", sa.Uuid(), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("data_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_draft_tenant_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_draft")),
    )
    op.create_index(
        op.f("ix_draft_tenant_id_person_id_updated_at"),
        "draft",
        ["tenant_id", "person_id", "updated_at"],
        unique=False,
    )
    op.create_table(
        "process_wait",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("assignee", sa.Uuid(), nullable=True),
        sa.Column("handler", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column(
            "outcomes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("hours", sa.Float(), nullable=True),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "instance_id"],
            ["process_instance.tenant_id", "process_instance.id"],
            name=op.f("fk_process_wait_tenant_id_instance_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_process_wait")),
        sa.UniqueConstraint(
            "tenant_id",
            "instance_id",
            "token",
            name=op.f("uq_process_wait_tenant_id_instance_id_token"),
        ),
    )
    op.create_index(
        op.f("ix_process_wait_tenant_id_unit_id_role_since"),
        "process_wait",
        ["tenant_id", "unit_id", "role", "since"],
        unique=False,
    )
    op.create_table(
        "site",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("call_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_site_tenant_id_unit_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_site")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_site_tenant_id_key")),
    )
    op.create_table(
        "staff_role",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_id"],
            ["staff.tenant_id", "staff.id"],
            name=op.f("fk_staff_role_tenant_id_staff_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_staff_role_tenant_id_unit_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_staff_role")),
        sa.UniqueConstraint(
            "tenant_id",
            "staff_id",
            "unit_id",
            "role",
            name=op.f("uq_staff_role_tenant_id_staff_id_unit_id_role"),
        ),
    )
    op.create_table(
        "clock_pause",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dossier_id"],
            ["dossier.tenant_id", "dossier.id"],
            name=op.f("fk_clock_pause_tenant_id_dossier_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_clock_pause")),
    )
    op.create_index(
        op.f("ix_clock_pause_tenant_id_dossier_id"),
        "clock_pause",
        ["tenant_id", "dossier_id"],
        unique=False,
    )
    op.create_table(
        "component",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("paper_key", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("added_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("compared_by", sa.Uuid(), nullable=True),
        sa.Column("compared_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "provenance in ('self-scanned', 'officer-compared', 'issuer-signed')",
            name=op.f("ck_component_provenance"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dossier_id"],
            ["dossier.tenant_id", "dossier.id"],
            name=op.f("fk_component_tenant_id_dossier_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_component")),
    )
    op.create_index(
        op.f("ix_component_tenant_id_dossier_id"),
        "component",
        ["tenant_id", "dossier_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_component_tenant_id_sha256"), "component", ["tenant_id", "sha256"], unique=False
    )
    op.create_table(
        "counter",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "lines",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_counter_tenant_id_site_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_id"],
            ["staff.tenant_id", "staff.id"],
            name=op.f("fk_counter_tenant_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_counter")),
        sa.UniqueConstraint(
            "tenant_id", "site_id", "number", name=op.f("uq_counter_tenant_id_site_id_number")
        ),
    )
    op.create_index(
        "uq_counter_staff",
        "counter",
        ["tenant_id", "staff_id"],
        unique=True,
        postgresql_where=sa.text("staff_id IS NOT NULL"),
    )
    op.create_table(
        "device",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pair_code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("pair_expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("paired_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("forgotten_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('station', 'board')", name=op.f("ck_device_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_device_tenant_id_site_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_device")),
    )
    op.create_index(
        "uq_device_name",
        "device",
        ["tenant_id", "site_id", "kind", "name"],
        unique=True,
        postgresql_where=sa.text("forgotten_at IS NULL"),
    )
    op.create_table(
        "issued_result",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("trace_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title_vi", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("claims_sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "hidden",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("pdf_sha256", sa.Text(), nullable=False),
        sa.Column("verify_code", sa.Text(), nullable=False),
        sa.Column("signing_kid", sa.Text(), nullable=False),
        sa.Column("issued_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("status", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("kind in ('granted', 'refused')", name=op.f("ck_issued_result_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dossier_id"],
            ["dossier.tenant_id", "dossier.id"],
            name=op.f("fk_issued_result_tenant_id_dossier_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "holder_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_issued_result_tenant_id_holder_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_issued_result")),
        sa.UniqueConstraint(
            "tenant_id", "dossier_id", name=op.f("uq_issued_result_tenant_id_dossier_id")
        ),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_issued_result_tenant_id_number")),
        sa.UniqueConstraint(
            "tenant_id", "verify_code", name=op.f("uq_issued_result_tenant_id_verify_code")
        ),
    )
    op.create_table(
        "line",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column(
            "fields",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("mean_minutes", sa.Float(), server_default=sa.text("10"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_line_tenant_id_site_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_line")),
        sa.UniqueConstraint(
            "tenant_id", "site_id", "letter", name=op.f("uq_line_tenant_id_site_id_letter")
        ),
    )
    op.create_table(
        "presentation",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trace_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=True),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("paper_key", sa.Text(), nullable=True),
        sa.Column("vct_type", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("return_path", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("response_code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("claims_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status in ('waiting', 'verified', 'refused', 'failed', 'used')",
            name=op.f("ck_presentation_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dossier_id"],
            ["dossier.tenant_id", "dossier.id"],
            name=op.f("fk_presentation_tenant_id_dossier_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "subject_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_presentation_tenant_id_subject_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_presentation")),
    )
    op.create_index(
        "ix_presentation_claims",
        "presentation",
        ["tenant_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("claims_sealed IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_presentation_tenant_id_digest"),
        "presentation",
        ["tenant_id", "digest"],
        unique=False,
    )
    op.create_table(
        "rating",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("score between 1 and 3", name=op.f("ck_rating_score")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dossier_id"],
            ["dossier.tenant_id", "dossier.id"],
            name=op.f("fk_rating_tenant_id_dossier_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rating")),
        sa.UniqueConstraint("tenant_id", "dossier_id", name=op.f("uq_rating_tenant_id_dossier_id")),
    )
    op.create_table(
        "supplement",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("papers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "stage in ('reception', 'settlement')", name=op.f("ck_supplement_stage")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dossier_id"],
            ["dossier.tenant_id", "dossier.id"],
            name=op.f("fk_supplement_tenant_id_dossier_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_supplement")),
    )
    op.create_index(
        op.f("ix_supplement_tenant_id_dossier_id"),
        "supplement",
        ["tenant_id", "dossier_id"],
        unique=False,
    )
    op.create_table(
        "credential",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("list_index", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("holder_thumbprint", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("notification_hash", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("notified", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "list_id"],
            ["status_list.tenant_id", "status_list.id"],
            name=op.f("fk_credential_tenant_id_list_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "result_id"],
            ["issued_result.tenant_id", "issued_result.id"],
            name=op.f("fk_credential_tenant_id_result_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credential")),
        sa.UniqueConstraint(
            "tenant_id",
            "list_id",
            "list_index",
            name=op.f("uq_credential_tenant_id_list_id_list_index"),
        ),
    )
    op.create_index(
        "ix_credential_changed",
        "credential",
        ["tenant_id", "list_id"],
        unique=False,
        postgresql_where=sa.text("status != 0"),
    )
    op.create_index(
        op.f("ix_credential_tenant_id_digest"), "credential", ["tenant_id", "digest"], unique=False
    )
    op.create_index(
        op.f("ix_credential_tenant_id_notification_hash"),
        "credential",
        ["tenant_id", "notification_hash"],
        unique=False,
    )
    op.create_index(
        op.f("ix_credential_tenant_id_result_id"),
        "credential",
        ["tenant_id", "result_id"],
        unique=False,
    )
    op.create_table(
        "credential_offer",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("trace_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "result_id"],
            ["issued_result.tenant_id", "issued_result.id"],
            name=op.f("fk_credential_offer_tenant_id_result_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credential_offer")),
        sa.UniqueConstraint(
            "tenant_id", "code_hash", name=op.f("uq_credential_offer_tenant_id_code_hash")
        ),
    )
    op.create_table(
        "ticket",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("public_code", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("dossier_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sort_key", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("issued_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("called_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("counter_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("low_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("high_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("calls", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'called', 'serving', 'done', 'no_show', 'cancelled')",
            name=op.f("ck_ticket_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "counter_id"],
            ["counter.tenant_id", "counter.id"],
            name=op.f("fk_ticket_tenant_id_counter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dossier_id"],
            ["dossier.tenant_id", "dossier.id"],
            name=op.f("fk_ticket_tenant_id_dossier_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "line_id"],
            ["line.tenant_id", "line.id"],
            name=op.f("fk_ticket_tenant_id_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_ticket_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_ticket_tenant_id_site_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_id"],
            ["staff.tenant_id", "staff.id"],
            name=op.f("fk_ticket_tenant_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ticket")),
        sa.UniqueConstraint(
            "tenant_id", "public_code", name=op.f("uq_ticket_tenant_id_public_code")
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "site_id",
            "day",
            "number",
            name=op.f("uq_ticket_tenant_id_site_id_day_number"),
        ),
    )
    op.create_index(
        op.f("ix_ticket_tenant_id_dossier_id"), "ticket", ["tenant_id", "dossier_id"], unique=False
    )
    op.create_index(
        "ix_ticket_waiting",
        "ticket",
        ["tenant_id", "site_id", "line_id", "sort_key"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_ticket_live",
        "ticket",
        ["tenant_id", "line_id", "person_id", "day"],
        unique=True,
        postgresql_where=sa.text(
            "person_id is not null and state in ('waiting', 'called', 'serving')"
        ),
    )
    op.create_table(
        "credential_token",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("issued", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "offer_id"],
            ["credential_offer.tenant_id", "credential_offer.id"],
            name=op.f("fk_credential_token_tenant_id_offer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "result_id"],
            ["issued_result.tenant_id", "issued_result.id"],
            name=op.f("fk_credential_token_tenant_id_result_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credential_token")),
        sa.UniqueConstraint(
            "tenant_id", "token_hash", name=op.f("uq_credential_token_tenant_id_token_hash")
        ),
    )
    op.create_table(
        "segment",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("to_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("counter_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind in ('waiting', 'called', 'serving')", name=op.f("ck_segment_kind")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_segment_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_segment")),
    )
    op.create_index(
        "uq_segment_open",
        "segment",
        ["tenant_id", "ticket_id"],
        unique=True,
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "station_session",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("trace_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("touched_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("data_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("ticket_token", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "device_id"],
            ["device.tenant_id", "device.id"],
            name=op.f("fk_station_session_tenant_id_device_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_station_session_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_station_session")),
    )
    op.create_index(
        "uq_station_session_open",
        "station_session",
        ["tenant_id", "device_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.enable_tenant_rls("adopted_procedure")
    op.enable_tenant_rls("board_call")
    op.enable_tenant_rls("clock_pause")
    op.enable_tenant_rls("code_sequence")
    op.enable_tenant_rls("component")
    op.enable_tenant_rls("consent")
    op.enable_tenant_rls("counter")
    op.enable_tenant_rls("credential")
    op.enable_tenant_rls("credential_offer")
    op.enable_tenant_rls("credential_token")
    op.enable_tenant_rls("day_number")
    op.enable_tenant_rls("device")
    op.enable_tenant_rls("dossier")
    op.enable_tenant_rls("draft")
    op.enable_tenant_rls("due_day")
    op.enable_tenant_rls("event")
    op.enable_tenant_rls("issued_result")
    op.enable_tenant_rls("line")
    op.enable_tenant_rls("outbox")
    op.enable_tenant_rls("person")
    op.enable_tenant_rls("presentation")
    op.enable_tenant_rls("process_instance")
    op.enable_tenant_rls("process_wait")
    op.enable_tenant_rls("rating")
    op.enable_tenant_rls("rollup_day")
    op.enable_tenant_rls("segment")
    op.enable_tenant_rls("settlement_fact")
    op.enable_tenant_rls("site")
    op.enable_tenant_rls("staff")
    op.enable_tenant_rls("staff_role")
    op.enable_tenant_rls("station_session")
    op.enable_tenant_rls("status_list")
    op.enable_tenant_rls("stored_file")
    op.enable_tenant_rls("supplement")
    op.enable_tenant_rls("tenant_calendar")
    op.enable_tenant_rls("tenant_key")
    op.enable_tenant_rls("ticket")
    op.enable_tenant_rls("unit")
    op.enable_tenant_rls("web_session")
    _run(RIGHTS)
    _run(NATIONAL)
    _run(RELAY)


def downgrade() -> None:
    op.execute("drop function claim_outbox(integer, integer)")
    op.disable_tenant_rls("web_session")
    op.disable_tenant_rls("unit")
    op.disable_tenant_rls("ticket")
    op.disable_tenant_rls("tenant_key")
    op.disable_tenant_rls("tenant_calendar")
    op.disable_tenant_rls("supplement")
    op.disable_tenant_rls("stored_file")
    op.disable_tenant_rls("status_list")
    op.disable_tenant_rls("station_session")
    op.disable_tenant_rls("staff_role")
    op.disable_tenant_rls("staff")
    op.disable_tenant_rls("site")
    op.disable_tenant_rls("settlement_fact")
    op.disable_tenant_rls("segment")
    op.disable_tenant_rls("rollup_day")
    op.disable_tenant_rls("rating")
    op.disable_tenant_rls("process_wait")
    op.disable_tenant_rls("process_instance")
    op.disable_tenant_rls("presentation")
    op.disable_tenant_rls("person")
    op.disable_tenant_rls("outbox")
    op.disable_tenant_rls("line")
    op.disable_tenant_rls("issued_result")
    op.disable_tenant_rls("event")
    op.disable_tenant_rls("due_day")
    op.disable_tenant_rls("draft")
    op.disable_tenant_rls("dossier")
    op.disable_tenant_rls("device")
    op.disable_tenant_rls("day_number")
    op.disable_tenant_rls("credential_token")
    op.disable_tenant_rls("credential_offer")
    op.disable_tenant_rls("credential")
    op.disable_tenant_rls("counter")
    op.disable_tenant_rls("consent")
    op.disable_tenant_rls("component")
    op.disable_tenant_rls("code_sequence")
    op.disable_tenant_rls("clock_pause")
    op.disable_tenant_rls("board_call")
    op.disable_tenant_rls("adopted_procedure")
    op.drop_index(
        "uq_station_session_open",
        table_name="station_session",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("station_session")
    op.drop_index(
        "uq_segment_open", table_name="segment", postgresql_where=sa.text("to_at IS NULL")
    )
    op.drop_table("segment")
    op.drop_table("credential_token")
    op.drop_index(
        "uq_ticket_live",
        table_name="ticket",
        postgresql_where=sa.text(
            "person_id is not null and state in ('waiting', 'called', 'serving')"
        ),
    )
    op.drop_index(
        "ix_ticket_waiting", table_name="ticket", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_index(op.f("ix_ticket_tenant_id_dossier_id"), table_name="ticket")
    op.drop_table("ticket")
    op.drop_table("credential_offer")
    op.drop_index(op.f("ix_credential_tenant_id_result_id"), table_name="credential")
    op.drop_index(op.f("ix_credential_tenant_id_notification_hash"), table_name="credential")
    op.drop_index(op.f("ix_credential_tenant_id_digest"), table_name="credential")
    op.drop_index(
        "ix_credential_changed", table_name="credential", postgresql_where=sa.text("status != 0")
    )
    op.drop_table("credential")
    op.drop_index(op.f("ix_supplement_tenant_id_dossier_id"), table_name="supplement")
    op.drop_table("supplement")
    op.drop_table("rating")
    op.drop_index(op.f("ix_presentation_tenant_id_digest"), table_name="presentation")
    op.drop_index(
        "ix_presentation_claims",
        table_name="presentation",
        postgresql_where=sa.text("claims_sealed IS NOT NULL"),
    )
    op.drop_table("presentation")
    op.drop_table("line")
    op.drop_table("issued_result")
    op.drop_index(
        "uq_device_name", table_name="device", postgresql_where=sa.text("forgotten_at IS NULL")
    )
    op.drop_table("device")
    op.drop_index(
        "uq_counter_staff", table_name="counter", postgresql_where=sa.text("staff_id IS NOT NULL")
    )
    op.drop_table("counter")
    op.drop_index(op.f("ix_component_tenant_id_sha256"), table_name="component")
    op.drop_index(op.f("ix_component_tenant_id_dossier_id"), table_name="component")
    op.drop_table("component")
    op.drop_index(op.f("ix_clock_pause_tenant_id_dossier_id"), table_name="clock_pause")
    op.drop_table("clock_pause")
    op.drop_table("staff_role")
    op.drop_table("site")
    op.drop_index(op.f("ix_process_wait_tenant_id_unit_id_role_since"), table_name="process_wait")
    op.drop_table("process_wait")
    op.drop_index(op.f("ix_draft_tenant_id_person_id_updated_at"), table_name="draft")
    op.drop_table("draft")
    op.drop_index(
        "uq_dossier_idempotency_key",
        table_name="dossier",
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.drop_index(op.f("ix_dossier_tenant_id_subject_id_submitted_at"), table_name="dossier")
    op.drop_index(
        op.f("ix_dossier_tenant_id_received_unit_state_submitted_at"), table_name="dossier"
    )
    op.drop_table("dossier")
    op.drop_table("consent")
    op.drop_table("web_session")
    op.drop_table("unit")
    op.drop_table("tenant_key")
    op.drop_table("tenant_calendar")
    op.drop_index(op.f("ix_stored_file_tenant_id_sha256"), table_name="stored_file")
    op.drop_index(op.f("ix_stored_file_tenant_id_at"), table_name="stored_file")
    op.drop_table("stored_file")
    op.drop_table("status_list")
    op.drop_table("staff")
    op.drop_index(
        op.f("ix_settlement_fact_tenant_id_procedure_code_day"), table_name="settlement_fact"
    )
    op.drop_table("settlement_fact")
    op.drop_table("rollup_day")
    op.drop_table("process_instance")
    op.drop_table("person")
    op.drop_table("due_day")
    op.drop_table("day_number")
    op.drop_table("code_sequence")
    op.drop_table("board_call")
    op.drop_table("adopted_procedure")
    op.drop_table("tenant")
    op.drop_table("package_version")
    op.drop_index("ix_outbox_due", table_name="outbox", postgresql_where=sa.text("dead_at IS NULL"))
    op.drop_table("outbox")
    op.drop_index(op.f("ix_event_tenant_id_trace_id_id"), table_name="event")
    op.drop_index(op.f("ix_event_tenant_id_subject_id"), table_name="event")
    op.drop_table("event")
    op.execute("drop function app_tenant()")
