"""Appointments: a slot is a row with a capacity, and what is booked in it can never exceed it."""

import sqlalchemy as sa

from motcua.tenancy.schema import MOMENT, col, one_of, ref, tenant_table

slot = tenant_table(
    "slot",
    col("site_id", sa.Uuid()),
    col("line_id", sa.Uuid()),
    col("day", sa.Date()),
    col("from_at", MOMENT),
    col("to_at", MOMENT),
    col("capacity", sa.SmallInteger()),
    col("booked", sa.SmallInteger(), default="0"),
    col("closed_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "line_id", "from_at"),
    sa.Index(None, "tenant_id", "site_id", "day"),
    ref("site_id", "site"),
    ref("line_id", "line"),
    sa.CheckConstraint("booked between 0 and capacity", name="booked"),
)

appointment = tenant_table(
    "appointment",
    col("slot_id", sa.Uuid()),
    col("site_id", sa.Uuid()),
    col("line_id", sa.Uuid()),
    col("day", sa.Date()),
    col("person_id", sa.Uuid(), null=True),
    col("contact_sealed", sa.LargeBinary(), null=True),
    # The blind index of the telephone: one live appointment per telephone, line and day.
    col("contact_index", sa.LargeBinary(), null=True),
    col("language", sa.Text(), default="'vi'"),
    col("procedure_key", sa.Text(), null=True),
    col("dossier_id", sa.Uuid(), null=True),
    col("trace_id", sa.Uuid()),
    col("public_code", sa.Text()),
    col("state", sa.Text()),
    # Raised by every change: the SEQUENCE of its calendar file (RFC 5545, 3.8.7.4).
    col("sequence", sa.SmallInteger(), default="0"),
    col("booked_at", MOMENT),
    col("reminded_at", MOMENT, null=True),
    col("ticket_id", sa.Uuid(), null=True),
    sa.UniqueConstraint("tenant_id", "public_code"),
    sa.Index(None, "tenant_id", "slot_id"),
    ref("slot_id", "slot"),
    ref("person_id", "person"),
    one_of("state", "booked", "arrived", "cancelled", "missed"),
)
for _who in ("person_id", "contact_index"):
    sa.Index(
        f"uq_appointment_live_{_who.split('_')[0]}",
        appointment.c.tenant_id,
        appointment.c.line_id,
        appointment.c[_who],
        appointment.c.day,
        unique=True,
        postgresql_where=sa.and_(appointment.c.state == "booked", appointment.c[_who].is_not(None)),
    )
