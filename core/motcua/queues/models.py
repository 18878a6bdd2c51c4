"""The hall: sites, lines, counters, tickets, and the segments that tile a ticket's life."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, one_of, ref, tenant_table

site = tenant_table(
    "site",
    col("key", sa.Text()),
    col("unit_id", sa.Uuid()),
    col("name", sa.Text()),
    col("kind", sa.Text()),
    col("address", sa.Text(), default="''"),
    # Taken with a row lock by every call: calls of a site are numbered without gap, in commit order.
    col("call_seq", sa.BigInteger(), default="0"),
    sa.UniqueConstraint("tenant_id", "key"),
    ref("unit_id", "unit"),
)

line = tenant_table(
    "line",
    col("site_id", sa.Uuid()),
    col("letter", sa.Text()),
    col("name_vi", sa.Text()),
    col("name_en", sa.Text()),
    col("fields", JSON, default="'[]'"),
    col("mean_minutes", sa.Float(), default="10"),
    sa.UniqueConstraint("tenant_id", "site_id", "letter"),
    ref("site_id", "site"),
)

counter = tenant_table(
    "counter",
    col("site_id", sa.Uuid()),
    col("number", sa.Text()),
    col("lines", JSON, default="'[]'"),
    col("staff_id", sa.Uuid(), null=True),
    col("opened_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "site_id", "number"),
    ref("site_id", "site"),
    ref("staff_id", "staff"),
)
# Nobody sits at two counters.
sa.Index(
    "uq_counter_staff",
    counter.c.tenant_id,
    counter.c.staff_id,
    unique=True,
    postgresql_where=counter.c.staff_id.is_not(None),
)

day_number = tenant_table(
    "day_number",
    col("site_id", sa.Uuid()),
    col("letter", sa.Text()),
    col("day", sa.Date()),
    col("n", sa.Integer()),
    key=("site_id", "letter", "day"),
)

ticket = tenant_table(
    "ticket",
    col("site_id", sa.Uuid()),
    col("line_id", sa.Uuid()),
    col("day", sa.Date()),
    col("number", sa.Text()),
    col("public_code", sa.Text()),
    col("trace_id", sa.Uuid()),
    col("person_id", sa.Uuid(), null=True),
    col("dossier_id", sa.Uuid(), null=True),
    col("state", sa.Text()),
    col("sort_key", MOMENT),
    col("issued_at", MOMENT),
    col("called_at", MOMENT, null=True),
    col("started_at", MOMENT, null=True),
    col("ended_at", MOMENT, null=True),
    col("counter_id", sa.Uuid(), null=True),
    col("staff_id", sa.Uuid(), null=True),
    col("low_minutes", sa.SmallInteger()),
    col("high_minutes", sa.SmallInteger()),
    col("calls", sa.SmallInteger(), default="0"),
    sa.UniqueConstraint("tenant_id", "site_id", "day", "number"),
    sa.UniqueConstraint("tenant_id", "public_code"),
    sa.Index(None, "tenant_id", "dossier_id"),
    ref("site_id", "site"),
    ref("line_id", "line"),
    ref("counter_id", "counter"),
    ref("staff_id", "staff"),
    ref("person_id", "person"),
    ref("dossier_id", "dossier"),
    one_of("state", "waiting", "called", "serving", "done", "no_show", "cancelled"),
)
sa.Index(
    "ix_ticket_waiting",
    ticket.c.tenant_id,
    ticket.c.site_id,
    ticket.c.line_id,
    ticket.c.sort_key,
    postgresql_where=ticket.c.state == "waiting",
)
# A person holds one live number in a line and day, whatever arrives at the same moment.
sa.Index(
    "uq_ticket_live",
    ticket.c.tenant_id,
    ticket.c.line_id,
    ticket.c.person_id,
    ticket.c.day,
    unique=True,
    postgresql_where=sa.text("person_id is not null and state in ('waiting', 'called', 'serving')"),
)

segment = tenant_table(
    "segment",
    col("ticket_id", sa.Uuid()),
    col("kind", sa.Text()),
    col("from_at", MOMENT),
    col("to_at", MOMENT, null=True),
    col("counter_id", sa.Uuid(), null=True),
    col("staff_id", sa.Uuid(), null=True),
    ref("ticket_id", "ticket"),
    one_of("kind", "waiting", "called", "serving"),
)
sa.Index(
    "uq_segment_open",
    segment.c.tenant_id,
    segment.c.ticket_id,
    unique=True,
    postgresql_where=segment.c.to_at.is_(None),
)

board_call = tenant_table(
    "board_call",
    col("site_id", sa.Uuid()),
    col("seq", sa.BigInteger()),
    col("number", sa.Text()),
    col("counter", sa.Text()),
    col("at", MOMENT),
    key=("site_id", "seq"),
)
