"""Citizens, staff, who is signed in, and what people agreed to."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, one_of, ref, tenant_table

person = tenant_table(
    "person",
    col("pid_index", sa.LargeBinary()),
    col("pid_sealed", sa.LargeBinary()),
    col("full_name", sa.Text()),
    col("folded", sa.Text()),
    col("birth", sa.Date(), null=True),
    col("sex", sa.Text(), null=True),
    col("address_sealed", sa.LargeBinary(), null=True),
    col("phone_sealed", sa.LargeBinary(), null=True),
    col("created_at", MOMENT, default="now()"),
    sa.UniqueConstraint("tenant_id", "pid_index"),
)

staff = tenant_table(
    "staff",
    col("username", sa.Text()),
    col("full_name", sa.Text()),
    col("active", sa.Boolean(), default="true"),
    sa.UniqueConstraint("tenant_id", "username"),
)

staff_role = tenant_table(
    "staff_role",
    col("staff_id", sa.Uuid()),
    col("unit_id", sa.Uuid(), null=True),
    col("role", sa.Text()),
    sa.UniqueConstraint("tenant_id", "staff_id", "unit_id", "role"),
    ref("staff_id", "staff"),
    ref("unit_id", "unit"),
)

web_session = tenant_table(
    "web_session",
    col("token_hash", sa.LargeBinary()),
    col("kind", sa.Text()),
    col("subject", sa.Uuid()),
    col("data", JSON),
    col("created_at", MOMENT, default="now()"),
    col("expires_at", MOMENT),
    sa.UniqueConstraint("tenant_id", "token_hash"),
    one_of("kind", "citizen", "staff", "device"),
)

# Who of the officers sits where: asked on every page of a counter.
sa.Index(
    "ix_web_session_staff",
    web_session.c.tenant_id,
    web_session.c.subject,
    postgresql_where=web_session.c.kind == "staff",
)

consent = tenant_table(
    "consent",
    col("person_id", sa.Uuid()),
    col("purpose", sa.Text()),
    col("scopes", JSON),
    col("trace_id", sa.Uuid()),
    col("given_at", MOMENT),
    ref("person_id", "person"),
)
