"""Devices of a site, and what happens at a station between two people."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, one_of, ref, tenant_table

device = tenant_table(
    "device",
    col("site_id", sa.Uuid()),
    col("kind", sa.Text()),
    col("name", sa.Text()),
    col("pair_code_hash", sa.LargeBinary(), null=True),
    col("pair_expires_at", MOMENT, null=True),
    col("paired_at", MOMENT, null=True),
    col("seen_at", MOMENT, null=True),
    col("forgotten_at", MOMENT, null=True),
    # What the device says of itself: {"paper": "ok" | "low" | "out", ...}.
    col("health", JSON, default="'{}'"),
    # Since when somebody in front of it asks for help; null when somebody went there.
    col("help_since", MOMENT, null=True),
    ref("site_id", "site"),
    one_of("kind", "station", "board", "rating", "node"),
)

station_session = tenant_table(
    "station_session",
    col("device_id", sa.Uuid()),
    col("trace_id", sa.Uuid()),
    col("started_at", MOMENT),
    col("touched_at", MOMENT),
    col("ended_at", MOMENT, null=True),
    col("outcome", sa.Text(), null=True),
    # All that the person entered, sealed; null from the moment the session ends.
    col("data_sealed", sa.LargeBinary(), null=True),
    # What the person took away, and the hash of the token that shows it once; null when it was shown.
    col("ticket_id", sa.Uuid(), null=True),
    col("ticket_token", sa.LargeBinary(), null=True),
    ref("device_id", "device"),
    ref("ticket_id", "ticket"),
)
sa.Index(
    "uq_device_name",
    device.c.tenant_id,
    device.c.site_id,
    device.c.kind,
    device.c.name,
    unique=True,
    postgresql_where=device.c.forgotten_at.is_(None),
)
sa.Index(
    "uq_station_session_open",
    station_session.c.tenant_id,
    station_session.c.device_id,
    unique=True,
    postgresql_where=station_session.c.ended_at.is_(None),
)
