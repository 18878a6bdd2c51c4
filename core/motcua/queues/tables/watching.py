"""What watches over the halls: shown estimates, alerts; and what lets a site go on alone."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, ref, tenant_table

# What was shown when a ticket was issued stands on the ticket; this is what was shown later.
estimate_log = tenant_table(
    "estimate_log",
    col("ticket_id", sa.Uuid()),
    col("at", MOMENT),
    col("place", sa.SmallInteger()),
    col("low_minutes", sa.SmallInteger()),
    col("high_minutes", sa.SmallInteger()),
    sa.Index(None, "tenant_id", "ticket_id"),
    ref("ticket_id", "ticket"),
)

alert = tenant_table(
    "alert",
    col("site_id", sa.Uuid()),
    col("line_id", sa.Uuid(), null=True),
    col("measure", sa.Text()),
    col("threshold", sa.Float()),
    col("worst", sa.Float()),
    col("raised_at", MOMENT),
    # Since when the measure is back below the lower mark; the alert ends when it stays there.
    col("calm_since", MOMENT, null=True),
    col("cleared_at", MOMENT, null=True),
    col("acked_at", MOMENT, null=True),
    col("acked_by", sa.Uuid(), null=True),
    col("note", sa.Text(), default="''"),
    ref("site_id", "site"),
)
sa.Index(
    "uq_alert_open",
    alert.c.tenant_id,
    alert.c.site_id,
    alert.c.line_id,
    alert.c.measure,
    unique=True,
    postgresql_where=alert.c.cleared_at.is_(None),
    postgresql_nulls_not_distinct=True,
)

# What a site's day came to, once it is settled: see motcua.queues.figures.book.
site_day = tenant_table(
    "site_day",
    col("site_id", sa.Uuid()),
    col("day", sa.Date()),
    col("made_at", MOMENT),
    # The promises of the lines by which it was judged.
    col("promises", sa.Text()),
    col("sums", JSON),
    # Seconds in their order, as 8-byte floats of this machine's byte order.
    *(col(run, sa.LargeBinary()) for run in ("wait", "first_wait", "service", "visit", "fair")),
    ref("site_id", "site"),
    key=("site_id", "day"),
)

# A small machine at a site that goes on when the centre is out of reach.
site_node = tenant_table(
    "site_node",
    col("site_id", sa.Uuid()),
    col("device_id", sa.Uuid()),
    # Until when the centre may write for this site; the node grants it, a little at a time.
    col("centre_until", MOMENT, null=True),
    # The question the node answers next, and when it was asked, by the centre's clock.
    col("asked", sa.Text(), null=True),
    col("asked_at", MOMENT, null=True),
    # The last change of the node that was merged here: changes are in order and come once.
    col("merged", sa.BigInteger(), default="0"),
    col("alone_since", MOMENT, null=True),
    col("seen_at", MOMENT, null=True),
    col("about", JSON, default="'{}'"),
    ref("site_id", "site"),
    ref("device_id", "device"),
    key=("site_id",),
)

number_lease = tenant_table(
    "number_lease",
    col("site_id", sa.Uuid()),
    col("letter", sa.Text()),
    col("day", sa.Date()),
    col("first", sa.SmallInteger()),
    col("last", sa.SmallInteger()),
    # How many of the block were given out, from its first on.
    col("used", sa.SmallInteger(), default="0"),
    col("leased_at", MOMENT),
    ref("site_id", "site"),
    key=("site_id", "letter", "day", "first"),
)

# What a node did while it was alone, in order; empty at the centre.
site_change = tenant_table(
    "site_change",
    col("seq", sa.BigInteger()),
    col("kind", sa.Text()),
    col("body", JSON),
    col("at", MOMENT),
    key=("seq",),
)
