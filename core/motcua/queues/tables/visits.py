"""People in the hall: visits, their tickets, and the segments that tile a ticket's and an officer's time."""

import sqlalchemy as sa

from motcua.tenancy.schema import MOMENT, col, one_of, ref, tenant_table

LIVE = ("reserved", "waiting", "called", "serving", "parked")
ENDED = ("done", "no_show", "expired", "left", "cancelled", "voided")

day_number = tenant_table(
    "day_number",
    col("site_id", sa.Uuid()),
    col("letter", sa.Text()),
    col("day", sa.Date()),
    col("n", sa.Integer()),
    # How many of them were not taken at the door, but from afar or for an appointment.
    col("remote", sa.Integer(), default="0"),
    key=("site_id", "letter", "day"),
)

visit = tenant_table(
    "visit",
    col("site_id", sa.Uuid()),
    col("day", sa.Date()),
    col("person_id", sa.Uuid(), null=True),
    col("contact_sealed", sa.LargeBinary(), null=True),
    col("language", sa.Text(), default="'vi'"),
    # Every further ticket of the visit stands in its line since this moment; null until he is here.
    col("arrived_at", MOMENT, null=True),
    col("priority_class", sa.Text(), null=True),
    col("priority_why", sa.Text(), default="''"),
    col("priority_by", sa.Uuid(), null=True),
    col("device_id", sa.Uuid(), null=True),
    ref("site_id", "site"),
    ref("person_id", "person"),
)

ticket = tenant_table(
    "ticket",
    col("visit_id", sa.Uuid()),
    col("site_id", sa.Uuid()),
    col("line_id", sa.Uuid()),
    col("day", sa.Date()),
    col("number", sa.Text()),
    col("public_code", sa.Text()),
    col("origin", sa.Text(), default="'kiosk'"),
    col("trace_id", sa.Uuid()),
    col("person_id", sa.Uuid(), null=True),
    # The blind index of the telephone that took it from afar.
    col("contact_index", sa.LargeBinary(), null=True),
    col("dossier_id", sa.Uuid(), null=True),
    col("appointment_id", sa.Uuid(), null=True),
    col("state", sa.Text()),
    # Counts the changes: who acts on what he no longer sees is told so.
    col("version", sa.Integer(), default="1"),
    # 0 for everybody, else the rank of the priority class.
    col("priority", sa.SmallInteger(), default="0"),
    col("sort_key", MOMENT),
    col("issued_at", MOMENT),
    # When he said (or showed) that he is here.
    col("arrived_at", MOMENT, null=True),
    # When he is asked to be here, for a number taken from afar.
    col("window_from", MOMENT, null=True),
    col("window_to", MOMENT, null=True),
    col("called_at", MOMENT, null=True),
    col("started_at", MOMENT, null=True),
    col("ended_at", MOMENT, null=True),
    col("counter_id", sa.Uuid(), null=True),
    col("staff_id", sa.Uuid(), null=True),
    # Only this counter, only this officer may call it (transferred, or "come back to me").
    col("for_counter_id", sa.Uuid(), null=True),
    col("for_staff_id", sa.Uuid(), null=True),
    col("parked_why", sa.Text(), default="''"),
    # The range that was shown when it was issued, in minutes.
    col("low_minutes", sa.SmallInteger()),
    col("high_minutes", sa.SmallInteger()),
    col("calls", sa.SmallInteger(), default="0"),
    col("recycled", sa.SmallInteger(), default="0"),
    col("outcome", sa.Text(), null=True),
    sa.UniqueConstraint("tenant_id", "site_id", "day", "number"),
    sa.UniqueConstraint("tenant_id", "public_code"),
    sa.Index(None, "tenant_id", "dossier_id"),
    sa.Index(None, "tenant_id", "visit_id"),
    ref("visit_id", "visit"),
    ref("line_id", "line"),
    ref("counter_id", "counter"),
    ref("staff_id", "staff"),
    ref("dossier_id", "dossier"),
    one_of("state", *LIVE, *ENDED),
    one_of("origin", "kiosk", "counter", "phone", "portal", "appointment", "station"),
)
sa.Index(
    "ix_ticket_waiting",
    ticket.c.tenant_id,
    ticket.c.site_id,
    ticket.c.line_id,
    ticket.c.sort_key,
    postgresql_where=ticket.c.state == "waiting",
)
# Those of them whom a call weighs one by one; the others stand in the order of the index above.
sa.Index(
    "ix_ticket_ahead",
    ticket.c.tenant_id,
    ticket.c.site_id,
    ticket.c.line_id,
    postgresql_where=sa.text(
        "state = 'waiting'"
        " and (priority > 0 or for_counter_id is not null or for_staff_id is not null)"
    ),
)
# A person holds one live number in a line and day, whatever arrives at the same moment.
sa.Index(
    "uq_ticket_live",
    ticket.c.tenant_id,
    ticket.c.line_id,
    ticket.c.person_id,
    ticket.c.day,
    unique=True,
    postgresql_where=sa.text(
        "person_id is not null and state in ('reserved', 'waiting', 'called', 'serving', 'parked')"
    ),
)
# And so does a telephone.
sa.Index(
    "uq_ticket_live_contact",
    ticket.c.tenant_id,
    ticket.c.line_id,
    ticket.c.contact_index,
    ticket.c.day,
    unique=True,
    postgresql_where=sa.text(
        "contact_index is not null"
        " and state in ('reserved', 'waiting', 'called', 'serving', 'parked')"
    ),
)

service = tenant_table(
    "ticket_service",
    col("ticket_id", sa.Uuid()),
    col("line_id", sa.Uuid()),
    col("staff_id", sa.Uuid()),
    col("procedure_key", sa.Text(), null=True),
    col("dossier_id", sa.Uuid(), null=True),
    col("quantity", sa.SmallInteger(), default="1"),
    # What it counts for, kept as it was on that day.
    col("standard_minutes", sa.Float()),
    col("at", MOMENT),
    sa.Index(None, "tenant_id", "ticket_id"),
    ref("ticket_id", "ticket"),
)

segment = tenant_table(
    "segment",
    # Null for an officer's own time between tickets: idle, break.
    col("ticket_id", sa.Uuid(), null=True),
    col("site_id", sa.Uuid()),
    col("line_id", sa.Uuid(), null=True),
    # The site's local date on which it began.
    col("day", sa.Date()),
    col("kind", sa.Text()),
    col("from_at", MOMENT),
    col("to_at", MOMENT, null=True),
    col("counter_id", sa.Uuid(), null=True),
    col("staff_id", sa.Uuid(), null=True),
    sa.Index(None, "tenant_id", "site_id", "day"),
    sa.Index(None, "tenant_id", "ticket_id"),
    ref("ticket_id", "ticket"),
    ref("site_id", "site"),
    one_of(
        "kind", "reserved", "waiting", "transferred", "called", "serving", "parked", "idle", "break"
    ),
    sa.CheckConstraint("to_at >= from_at", name="order"),
    sa.CheckConstraint("(ticket_id is null) = (kind in ('idle', 'break'))", name="whose"),
    sa.CheckConstraint(
        "(staff_id is not null) = (kind in ('called', 'serving', 'idle', 'break'))", name="staff"
    ),
)
# What runs over midnight is looked for by the days after it.
sa.Index(
    "ix_segment_overnight",
    segment.c.tenant_id,
    segment.c.site_id,
    segment.c.day,
    postgresql_where=sa.text(
        "to_at is null or (to_at at time zone 'Asia/Ho_Chi_Minh')::date > day"
    ),
)
# One open segment per ticket, per officer and per counter: no ticket at two counters, no counter with two.
for _name in ("ticket_id", "staff_id", "counter_id"):
    sa.Index(
        f"uq_segment_open_{_name.removesuffix('_id')}",
        segment.c.tenant_id,
        segment.c[_name],
        unique=True,
        postgresql_where=sa.and_(segment.c.to_at.is_(None), segment.c[_name].is_not(None)),
    )

board_call = tenant_table(
    "board_call",
    col("site_id", sa.Uuid()),
    col("seq", sa.BigInteger()),
    col("number", sa.Text()),
    col("counter", sa.Text()),
    col("zone_id", sa.Uuid(), null=True),
    # How often this number was called by now: 1 the first time, 0 when a call was taken back.
    col("calls", sa.SmallInteger(), default="1"),
    col("at", MOMENT),
    key=("site_id", "seq"),
)

feedback = tenant_table(
    "feedback",
    col("site_id", sa.Uuid()),
    col("ticket_id", sa.Uuid()),
    col("staff_id", sa.Uuid(), null=True),
    col("line_id", sa.Uuid()),
    col("day", sa.Date()),
    # 3 very satisfied, 2 satisfied, 1 not satisfied.
    col("level", sa.SmallInteger()),
    col("reason", sa.Text(), null=True),
    col("words", sa.Text(), default="''"),
    col("channel", sa.Text()),
    col("at", MOMENT),
    # Who looks after a dislike, until when it was closed and with what word.
    col("owner_id", sa.Uuid(), null=True),
    col("closed_at", MOMENT, null=True),
    col("closing", sa.Text(), default="''"),
    sa.UniqueConstraint("tenant_id", "ticket_id"),
    sa.Index(None, "tenant_id", "site_id", "day"),
    ref("ticket_id", "ticket"),
    one_of("channel", "device", "phone"),
    sa.CheckConstraint("level between 1 and 3", name="level"),
)
