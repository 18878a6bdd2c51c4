"""The halls: visits, skills, profiles, policies, appointments, alerts, nodes; segments of officers too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611220003"
down_revision = "202611220002"
branch_labels = None
depends_on = None


# Every ticket was a visit of its own; its segments knew the hall through it. The owner sees the rows of
# every tenant for these statements only.
_VISITS_OF_OLD_TICKETS = """
alter table ticket no force row level security;
alter table segment no force row level security;
alter table visit no force row level security;
insert into visit (tenant_id, id, site_id, day, person_id, arrived_at)
select tenant_id, id, site_id, day, person_id, issued_at from ticket;
update ticket set visit_id = id, arrived_at = issued_at;
update segment s set site_id = t.site_id, line_id = t.line_id, day = t.day from ticket t
where t.tenant_id = s.tenant_id and t.id = s.ticket_id;
update segment set staff_id = null, counter_id = null where kind not in ('called', 'serving');
alter table visit force row level security;
alter table segment force row level security;
alter table ticket force row level security;
"""
# What only exists since then cannot be told in the words of before: officers' own time goes, and numbers
# that waited in a way that was not known end.
_BEFORE_HALLS = """
alter table ticket no force row level security;
alter table segment no force row level security;
alter table device no force row level security;
delete from segment where ticket_id is null;
update segment set kind = 'waiting' where kind not in ('called', 'serving');
update ticket set state = 'cancelled' where state in ('reserved', 'parked', 'left', 'voided');
update ticket set state = 'no_show' where state = 'expired';
update device set forgotten_at = now(), kind = 'board' where kind in ('rating', 'node');
alter table device force row level security;
alter table segment force row level security;
alter table ticket force row level security;
"""
# Table, constraint, what it allowed, what it allows.
_CHECKS = (
    (
        "ticket",
        "ck_ticket_state",
        "state in ('waiting', 'called', 'serving', 'done', 'no_show', 'cancelled')",
        (
            "state in ('reserved', 'waiting', 'called', 'serving', 'parked', "
            "'done', 'no_show', 'expired', 'left', 'cancelled', 'voided')"
        ),
    ),
    (
        "ticket",
        "ck_ticket_origin",
        "",
        "origin in ('kiosk', 'counter', 'phone', 'portal', 'appointment', 'station')",
    ),
    (
        "segment",
        "ck_segment_kind",
        "kind in ('waiting', 'called', 'serving')",
        "kind in ('reserved', 'waiting', 'transferred', 'called', 'serving', 'parked', 'idle', 'break')",
    ),
    ("segment", "ck_segment_order", "", "to_at >= from_at"),
    ("segment", "ck_segment_whose", "", "(ticket_id is null) = (kind in ('idle', 'break'))"),
    (
        "segment",
        "ck_segment_staff",
        "",
        "(staff_id is not null) = (kind in ('called', 'serving', 'idle', 'break'))",
    ),
    (
        "device",
        "ck_device_kind",
        "kind in ('station', 'board')",
        "kind in ('station', 'board', 'rating', 'node')",
    ),
)


_LIVE_BEFORE = "person_id is not null and state in ('waiting', 'called', 'serving')"
_LIVE_NOW = (
    "person_id is not null and state in ('reserved', 'waiting', 'called', 'serving', 'parked')"
)


def _each(statements: str) -> None:
    for statement in statements.split(";"):
        if statement.strip():
            op.execute(statement)


def upgrade() -> None:
    op.create_table(
        "priority_class",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("min_age", sa.SmallInteger(), nullable=True),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "evidence in ('age', 'paper', 'officer')", name=op.f("ck_priority_class_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_priority_class_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_priority_class")),
        sa.UniqueConstraint(
            "tenant_id",
            "key",
            "valid_from",
            name=op.f("uq_priority_class_tenant_id_key_valid_from"),
        ),
    )
    op.create_table(
        "site_change",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_site_change_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("pk_site_change")),
    )
    op.create_table(
        "skill",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_skill_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_skill")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_skill_tenant_id_key")),
    )
    op.create_table(
        "staff_skill",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("skill_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "skill_id"],
            ["skill.tenant_id", "skill.id"],
            name=op.f("fk_staff_skill_tenant_id_skill_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_id"],
            ["staff.tenant_id", "staff.id"],
            name=op.f("fk_staff_skill_tenant_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "staff_id", "skill_id", name=op.f("pk_staff_skill")),
    )
    op.create_table(
        "alert",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("worst", sa.Float(), nullable=False),
        sa.Column("raised_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("calm_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("cleared_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("acked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("acked_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_alert_tenant_id_site_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_alert")),
    )
    op.create_index(
        "uq_alert_open",
        "alert",
        ["tenant_id", "site_id", "line_id", "measure"],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "call_policy",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_call_policy_tenant_id_site_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_call_policy_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_call_policy")),
        sa.UniqueConstraint(
            "tenant_id",
            "site_id",
            "version",
            name=op.f("uq_call_policy_tenant_id_site_id_version"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "number_lease",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first", sa.SmallInteger(), nullable=False),
        sa.Column("last", sa.SmallInteger(), nullable=False),
        sa.Column("used", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("leased_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_number_lease_tenant_id_site_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "site_id", "letter", "day", "first", name=op.f("pk_number_lease")
        ),
    )
    op.create_table(
        "visit",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.Text(), server_default=sa.text("'vi'"), nullable=False),
        sa.Column("arrived_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("priority_class", sa.Text(), nullable=True),
        sa.Column("priority_why", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("priority_by", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_visit_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_visit_tenant_id_site_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_visit")),
    )
    op.create_table(
        "work_profile",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "groups",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column(
            "spill",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_work_profile_tenant_id_site_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_work_profile")),
        sa.UniqueConstraint(
            "tenant_id", "site_id", "key", name=op.f("uq_work_profile_tenant_id_site_id_key")
        ),
    )
    op.create_table(
        "zone",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_zone_tenant_id_site_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_zone")),
        sa.UniqueConstraint(
            "tenant_id", "site_id", "key", name=op.f("uq_zone_tenant_id_site_id_key")
        ),
    )
    op.create_table(
        "site_node",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("centre_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("asked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("merged", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("alone_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "about",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "device_id"],
            ["device.tenant_id", "device.id"],
            name=op.f("fk_site_node_tenant_id_device_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_site_node_tenant_id_site_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "site_id", name=op.f("pk_site_node")),
    )
    op.create_table(
        "slot",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("from_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("to_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("capacity", sa.SmallInteger(), nullable=False),
        sa.Column("booked", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("booked between 0 and capacity", name=op.f("ck_slot_booked")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "line_id"],
            ["line.tenant_id", "line.id"],
            name=op.f("fk_slot_tenant_id_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"],
            ["site.tenant_id", "site.id"],
            name=op.f("fk_slot_tenant_id_site_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_slot")),
        sa.UniqueConstraint(
            "tenant_id", "line_id", "from_at", name=op.f("uq_slot_tenant_id_line_id_from_at")
        ),
    )
    op.create_index(
        op.f("ix_slot_tenant_id_site_id_day"), "slot", ["tenant_id", "site_id", "day"], unique=False
    )
    op.create_table(
        "appointment",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("contact_index", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.Text(), server_default=sa.text("'vi'"), nullable=False),
        sa.Column("procedure_key", sa.Text(), nullable=True),
        sa.Column("dossier_id", sa.Uuid(), nullable=True),
        sa.Column("trace_id", sa.Uuid(), nullable=False),
        sa.Column("public_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sequence", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("booked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reminded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state in ('booked', 'arrived', 'cancelled', 'missed')",
            name=op.f("ck_appointment_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_appointment_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "slot_id"],
            ["slot.tenant_id", "slot.id"],
            name=op.f("fk_appointment_tenant_id_slot_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_appointment")),
        sa.UniqueConstraint(
            "tenant_id", "public_code", name=op.f("uq_appointment_tenant_id_public_code")
        ),
    )
    op.create_index(
        op.f("ix_appointment_tenant_id_slot_id"),
        "appointment",
        ["tenant_id", "slot_id"],
        unique=False,
    )
    op.create_index(
        "uq_appointment_live_contact",
        "appointment",
        ["tenant_id", "line_id", "contact_index", "day"],
        unique=True,
        postgresql_where=sa.text("state = 'booked' AND contact_index IS NOT NULL"),
    )
    op.create_index(
        "uq_appointment_live_person",
        "appointment",
        ["tenant_id", "line_id", "person_id", "day"],
        unique=True,
        postgresql_where=sa.text("state = 'booked' AND person_id IS NOT NULL"),
    )
    op.create_table(
        "estimate_log",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("low_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("high_minutes", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_estimate_log_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_estimate_log")),
    )
    op.create_index(
        op.f("ix_estimate_log_tenant_id_ticket_id"),
        "estimate_log",
        ["tenant_id", "ticket_id"],
        unique=False,
    )
    op.create_table(
        "feedback",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closing", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("channel in ('device', 'phone')", name=op.f("ck_feedback_channel")),
        sa.CheckConstraint("level between 1 and 3", name=op.f("ck_feedback_level")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_feedback_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("tenant_id", "ticket_id", name=op.f("uq_feedback_tenant_id_ticket_id")),
    )
    op.create_index(
        op.f("ix_feedback_tenant_id_site_id_day"),
        "feedback",
        ["tenant_id", "site_id", "day"],
        unique=False,
    )
    op.create_table(
        "ticket_service",
        sa.Column("tenant_id", sa.Uuid(), server_default=sa.text("app_tenant()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("procedure_key", sa.Text(), nullable=True),
        sa.Column("dossier_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("standard_minutes", sa.Float(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_ticket_service_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ticket_service")),
    )
    op.create_index(
        op.f("ix_ticket_service_tenant_id_ticket_id"),
        "ticket_service",
        ["tenant_id", "ticket_id"],
        unique=False,
    )
    op.add_column("board_call", sa.Column("zone_id", sa.Uuid(), nullable=True))
    op.add_column(
        "board_call",
        sa.Column("calls", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
    )
    op.add_column("counter", sa.Column("zone_id", sa.Uuid(), nullable=True))
    op.add_column("counter", sa.Column("profile_id", sa.Uuid(), nullable=True))
    op.add_column(
        "counter", sa.Column("break_since", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column(
        "counter",
        sa.Column("priority_run", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.create_foreign_key(
        op.f("fk_counter_tenant_id_zone_id"),
        "counter",
        "zone",
        ["tenant_id", "zone_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_counter_tenant_id_profile_id"),
        "counter",
        "work_profile",
        ["tenant_id", "profile_id"],
        ["tenant_id", "id"],
    )
    op.add_column(
        "day_number", sa.Column("remote", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "device",
        sa.Column(
            "health",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column(
        "device", sa.Column("help_since", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column(
        "line", sa.Column("spread", sa.Float(), server_default=sa.text("0.5"), nullable=False)
    )
    op.add_column("line", sa.Column("standard_minutes", sa.Float(), nullable=True))
    op.add_column(
        "line",
        sa.Column(
            "promise_minutes", sa.SmallInteger(), server_default=sa.text("30"), nullable=False
        ),
    )
    op.add_column("line", sa.Column("skill_id", sa.Uuid(), nullable=True))
    op.add_column("line", sa.Column("quota_remote", sa.Integer(), nullable=True))
    op.add_column("line", sa.Column("quota_walk_in", sa.Integer(), nullable=True))
    op.add_column(
        "line", sa.Column("appointments", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column(
        "line", sa.Column("paused_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column(
        "line", sa.Column("paused_why", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.create_foreign_key(
        op.f("fk_line_tenant_id_skill_id"),
        "line",
        "skill",
        ["tenant_id", "skill_id"],
        ["tenant_id", "id"],
    )
    op.add_column("segment", sa.Column("site_id", sa.Uuid(), nullable=True))
    op.add_column("segment", sa.Column("line_id", sa.Uuid(), nullable=True))
    op.add_column("segment", sa.Column("day", sa.Date(), nullable=True))
    op.alter_column("segment", "ticket_id", existing_type=sa.UUID(), nullable=True)
    op.drop_index(op.f("uq_segment_open"), table_name="segment", postgresql_where="(to_at IS NULL)")
    op.create_index(
        op.f("ix_segment_tenant_id_site_id_day"),
        "segment",
        ["tenant_id", "site_id", "day"],
        unique=False,
    )
    op.create_index(
        "ix_web_session_staff",
        "web_session",
        ["tenant_id", "subject"],
        unique=False,
        postgresql_where=sa.text("kind = 'staff'"),
    )
    op.create_index(
        "ix_segment_overnight",
        "segment",
        ["tenant_id", "site_id", "day"],
        unique=False,
        postgresql_where=sa.text(
            "to_at is null or (to_at at time zone 'Asia/Ho_Chi_Minh')::date > day"
        ),
    )
    op.create_index(
        op.f("ix_segment_tenant_id_ticket_id"), "segment", ["tenant_id", "ticket_id"], unique=False
    )
    op.create_index(
        "uq_segment_open_counter",
        "segment",
        ["tenant_id", "counter_id"],
        unique=True,
        postgresql_where=sa.text("to_at IS NULL AND counter_id IS NOT NULL"),
    )
    op.create_index(
        "uq_segment_open_staff",
        "segment",
        ["tenant_id", "staff_id"],
        unique=True,
        postgresql_where=sa.text("to_at IS NULL AND staff_id IS NOT NULL"),
    )
    op.create_index(
        "uq_segment_open_ticket",
        "segment",
        ["tenant_id", "ticket_id"],
        unique=True,
        postgresql_where=sa.text("to_at IS NULL AND ticket_id IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_segment_tenant_id_site_id"),
        "segment",
        "site",
        ["tenant_id", "site_id"],
        ["tenant_id", "id"],
    )
    op.add_column(
        "site", sa.Column("hours", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column("site", sa.Column("latitude", sa.Float(), nullable=True))
    op.add_column("site", sa.Column("longitude", sa.Float(), nullable=True))
    op.add_column("site", sa.Column("closed_day", sa.Date(), nullable=True))
    op.add_column("ticket", sa.Column("visit_id", sa.Uuid(), nullable=True))
    op.add_column(
        "ticket", sa.Column("origin", sa.Text(), server_default=sa.text("'kiosk'"), nullable=False)
    )
    op.add_column("ticket", sa.Column("appointment_id", sa.Uuid(), nullable=True))
    op.add_column(
        "ticket", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column(
        "ticket",
        sa.Column("priority", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "ticket", sa.Column("arrived_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column(
        "ticket", sa.Column("window_from", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column(
        "ticket", sa.Column("window_to", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column("ticket", sa.Column("for_counter_id", sa.Uuid(), nullable=True))
    op.add_column("ticket", sa.Column("for_staff_id", sa.Uuid(), nullable=True))
    op.add_column(
        "ticket", sa.Column("parked_why", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "ticket",
        sa.Column("recycled", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("ticket", sa.Column("outcome", sa.Text(), nullable=True))
    _each(_VISITS_OF_OLD_TICKETS)
    for table, column in (("segment", "site_id"), ("segment", "day"), ("ticket", "visit_id")):
        op.alter_column(table, column, nullable=False)
    for table, name, _, allowed in _CHECKS:
        op.drop_constraint(op.f(name), table, type_="check", if_exists=True)
        op.create_check_constraint(op.f(name), table, allowed)
    op.drop_index("uq_ticket_live", "ticket")
    op.create_index(
        "uq_ticket_live",
        "ticket",
        ["tenant_id", "line_id", "person_id", "day"],
        unique=True,
        postgresql_where=sa.text(_LIVE_NOW),
    )
    op.create_index(
        op.f("ix_ticket_tenant_id_visit_id"), "ticket", ["tenant_id", "visit_id"], unique=False
    )
    op.drop_constraint(op.f("fk_ticket_tenant_id_site_id"), "ticket", type_="foreignkey")
    op.drop_constraint(op.f("fk_ticket_tenant_id_person_id"), "ticket", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_ticket_tenant_id_visit_id"),
        "ticket",
        "visit",
        ["tenant_id", "visit_id"],
        ["tenant_id", "id"],
    )
    op.enable_tenant_rls("alert")
    op.enable_tenant_rls("appointment")
    op.enable_tenant_rls("call_policy")
    op.enable_tenant_rls("estimate_log")
    op.enable_tenant_rls("feedback")
    op.enable_tenant_rls("number_lease")
    op.enable_tenant_rls("priority_class")
    op.enable_tenant_rls("site_change")
    op.enable_tenant_rls("site_node")
    op.enable_tenant_rls("skill")
    op.enable_tenant_rls("slot")
    op.enable_tenant_rls("staff_skill")
    op.enable_tenant_rls("ticket_service")
    op.enable_tenant_rls("visit")
    op.enable_tenant_rls("work_profile")
    op.enable_tenant_rls("zone")


def downgrade() -> None:
    _each(_BEFORE_HALLS)
    for table, name, before, _ in reversed(_CHECKS):
        op.drop_constraint(op.f(name), table, type_="check")
        if before:
            op.create_check_constraint(op.f(name), table, before)
    op.drop_index("uq_ticket_live", "ticket")
    op.create_index(
        "uq_ticket_live",
        "ticket",
        ["tenant_id", "line_id", "person_id", "day"],
        unique=True,
        postgresql_where=sa.text(_LIVE_BEFORE),
    )
    op.disable_tenant_rls("zone")
    op.disable_tenant_rls("work_profile")
    op.disable_tenant_rls("visit")
    op.disable_tenant_rls("ticket_service")
    op.disable_tenant_rls("staff_skill")
    op.disable_tenant_rls("slot")
    op.disable_tenant_rls("skill")
    op.disable_tenant_rls("site_node")
    op.disable_tenant_rls("site_change")
    op.disable_tenant_rls("priority_class")
    op.disable_tenant_rls("number_lease")
    op.disable_tenant_rls("feedback")
    op.disable_tenant_rls("estimate_log")
    op.disable_tenant_rls("call_policy")
    op.disable_tenant_rls("appointment")
    op.disable_tenant_rls("alert")
    op.drop_constraint(op.f("fk_ticket_tenant_id_visit_id"), "ticket", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_ticket_tenant_id_person_id"),
        "ticket",
        "person",
        ["tenant_id", "person_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_ticket_tenant_id_site_id"),
        "ticket",
        "site",
        ["tenant_id", "site_id"],
        ["tenant_id", "id"],
    )
    op.drop_index(op.f("ix_ticket_tenant_id_visit_id"), table_name="ticket")
    op.drop_column("ticket", "outcome")
    op.drop_column("ticket", "recycled")
    op.drop_column("ticket", "parked_why")
    op.drop_column("ticket", "for_staff_id")
    op.drop_column("ticket", "for_counter_id")
    op.drop_column("ticket", "window_to")
    op.drop_column("ticket", "window_from")
    op.drop_column("ticket", "arrived_at")
    op.drop_column("ticket", "priority")
    op.drop_column("ticket", "version")
    op.drop_column("ticket", "appointment_id")
    op.drop_column("ticket", "origin")
    op.drop_column("ticket", "visit_id")
    op.drop_column("site", "closed_day")
    op.drop_column("site", "longitude")
    op.drop_column("site", "latitude")
    op.drop_column("site", "hours")
    op.drop_constraint(op.f("fk_segment_tenant_id_site_id"), "segment", type_="foreignkey")
    op.drop_index(
        "uq_segment_open_ticket",
        table_name="segment",
        postgresql_where=sa.text("to_at IS NULL AND ticket_id IS NOT NULL"),
    )
    op.drop_index(
        "uq_segment_open_staff",
        table_name="segment",
        postgresql_where=sa.text("to_at IS NULL AND staff_id IS NOT NULL"),
    )
    op.drop_index(
        "uq_segment_open_counter",
        table_name="segment",
        postgresql_where=sa.text("to_at IS NULL AND counter_id IS NOT NULL"),
    )
    op.drop_index("ix_segment_overnight", table_name="segment")
    op.drop_index("ix_web_session_staff", table_name="web_session")
    op.drop_index(op.f("ix_segment_tenant_id_ticket_id"), table_name="segment")
    op.drop_index(op.f("ix_segment_tenant_id_site_id_day"), table_name="segment")
    op.create_index(
        op.f("uq_segment_open"),
        "segment",
        ["tenant_id", "ticket_id"],
        unique=True,
        postgresql_where="(to_at IS NULL)",
    )
    op.alter_column("segment", "ticket_id", existing_type=sa.UUID(), nullable=False)
    op.drop_column("segment", "day")
    op.drop_column("segment", "line_id")
    op.drop_column("segment", "site_id")
    op.drop_constraint(op.f("fk_line_tenant_id_skill_id"), "line", type_="foreignkey")
    op.drop_column("line", "paused_why")
    op.drop_column("line", "paused_at")
    op.drop_column("line", "appointments")
    op.drop_column("line", "quota_walk_in")
    op.drop_column("line", "quota_remote")
    op.drop_column("line", "skill_id")
    op.drop_column("line", "promise_minutes")
    op.drop_column("line", "standard_minutes")
    op.drop_column("line", "spread")
    op.drop_column("device", "help_since")
    op.drop_column("device", "health")
    op.drop_column("day_number", "remote")
    op.drop_constraint(op.f("fk_counter_tenant_id_profile_id"), "counter", type_="foreignkey")
    op.drop_constraint(op.f("fk_counter_tenant_id_zone_id"), "counter", type_="foreignkey")
    op.drop_column("counter", "priority_run")
    op.drop_column("counter", "break_since")
    op.drop_column("counter", "profile_id")
    op.drop_column("counter", "zone_id")
    op.drop_column("board_call", "calls")
    op.drop_column("board_call", "zone_id")
    op.drop_index(op.f("ix_ticket_service_tenant_id_ticket_id"), table_name="ticket_service")
    op.drop_table("ticket_service")
    op.drop_index(op.f("ix_feedback_tenant_id_site_id_day"), table_name="feedback")
    op.drop_table("feedback")
    op.drop_index(op.f("ix_estimate_log_tenant_id_ticket_id"), table_name="estimate_log")
    op.drop_table("estimate_log")
    op.drop_index(
        "uq_appointment_live_person",
        table_name="appointment",
        postgresql_where=sa.text("state = 'booked' AND person_id IS NOT NULL"),
    )
    op.drop_index(
        "uq_appointment_live_contact",
        table_name="appointment",
        postgresql_where=sa.text("state = 'booked' AND contact_index IS NOT NULL"),
    )
    op.drop_index(op.f("ix_appointment_tenant_id_slot_id"), table_name="appointment")
    op.drop_table("appointment")
    op.drop_index(op.f("ix_slot_tenant_id_site_id_day"), table_name="slot")
    op.drop_table("slot")
    op.drop_table("site_node")
    op.drop_table("zone")
    op.drop_table("work_profile")
    op.drop_table("visit")
    op.drop_table("number_lease")
    op.drop_table("call_policy")
    op.drop_index(
        "uq_alert_open",
        table_name="alert",
        postgresql_where=sa.text("cleared_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_table("alert")
    op.drop_table("staff_skill")
    op.drop_table("skill")
    op.drop_table("site_change")
    op.drop_table("priority_class")
