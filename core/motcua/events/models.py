"""One row for each thing that happened, and one for each effect that is still owed."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, tenant_table

event = tenant_table(
    "event",
    col("trace_id", sa.Uuid()),
    col("at", MOMENT),
    col("type", sa.Text()),
    col("subject", sa.Uuid()),
    col("unit_id", sa.Uuid(), null=True),
    col("actor", sa.Text()),
    col("payload", JSON),
    sa.Index(None, "tenant_id", "trace_id", "id"),
    sa.Index(None, "tenant_id", "subject", "id"),
    anchored=False,
)

outbox = tenant_table(
    "outbox",
    col("event_id", sa.Uuid()),
    col("subscriber", sa.Text()),
    col("next_at", MOMENT, default="now()"),
    # How often it was claimed, and how often it failed: a claim that was lost on the way is no failure.
    col("attempts", sa.Integer(), default="0"),
    col("failures", sa.Integer(), default="0"),
    col("error", sa.Text(), null=True),
    col("dead_at", MOMENT, null=True),
    anchored=False,
)
sa.Index("ix_outbox_due", outbox.c.next_at, postgresql_where=outbox.c.dead_at.is_(None))
