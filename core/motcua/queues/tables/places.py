"""Where people are received, who may serve what, and by which rules the next one is called."""

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
    # Weekly hours where they differ from the tenant's calendar: {"mon": [["07:30", "11:30"], ...], ...}.
    col("hours", JSON, null=True),
    col("latitude", sa.Float(), null=True),
    col("longitude", sa.Float(), null=True),
    # The last day that was closed: its waiting numbers have expired.
    col("closed_day", sa.Date(), null=True),
    sa.UniqueConstraint("tenant_id", "key"),
    ref("unit_id", "unit"),
)

zone = tenant_table(
    "zone",
    col("site_id", sa.Uuid()),
    col("key", sa.Text()),
    col("name_vi", sa.Text()),
    col("name_en", sa.Text()),
    sa.UniqueConstraint("tenant_id", "site_id", "key"),
    ref("site_id", "site"),
)

skill = tenant_table(
    "skill",
    col("key", sa.Text()),
    col("name_vi", sa.Text()),
    col("name_en", sa.Text()),
    sa.UniqueConstraint("tenant_id", "key"),
)

staff_skill = tenant_table(
    "staff_skill",
    col("staff_id", sa.Uuid()),
    col("skill_id", sa.Uuid()),
    ref("staff_id", "staff"),
    ref("skill_id", "skill"),
    key=("staff_id", "skill_id"),
)

line = tenant_table(
    "line",
    col("site_id", sa.Uuid()),
    col("letter", sa.Text()),
    col("name_vi", sa.Text()),
    col("name_en", sa.Text()),
    col("fields", JSON, default="'[]'"),
    # What one service takes before anything was measured here: mean, and spread as sd / mean.
    col("mean_minutes", sa.Float(), default="10"),
    col("spread", sa.Float(), default="0.5"),
    # What a service of this line counts for in productivity; fair across fields.
    col("standard_minutes", sa.Float(), null=True),
    # The promise of the hall: called within so many minutes.
    col("promise_minutes", sa.SmallInteger(), default="30"),
    # Only who has the skill is given this line's people; null: everybody.
    col("skill_id", sa.Uuid(), null=True),
    # How many a day: numbers taken from afar, and at the door; null: no cap.
    col("quota_remote", sa.Integer(), null=True),
    col("quota_walk_in", sa.Integer(), null=True),
    # Appointments in this line: {"minutes": 30, "capacity": 2, "days_ahead": 14, "from": "07:30", ...}.
    col("appointments", JSON, null=True),
    col("paused_at", MOMENT, null=True),
    col("paused_why", sa.Text(), default="''"),
    sa.UniqueConstraint("tenant_id", "site_id", "letter"),
    ref("site_id", "site"),
    ref("skill_id", "skill"),
)

work_profile = tenant_table(
    "work_profile",
    col("site_id", sa.Uuid()),
    col("key", sa.Text()),
    col("name", sa.Text()),
    # Groups of letters, the first group with anybody waiting goes first: [["A", "B"], ["D"]].
    col("groups", JSON, default="'[]'"),
    # Letters taken only when nobody of the own lines is expected within a mean service.
    col("spill", JSON, default="'[]'"),
    sa.UniqueConstraint("tenant_id", "site_id", "key"),
    ref("site_id", "site"),
)

counter = tenant_table(
    "counter",
    col("site_id", sa.Uuid()),
    col("number", sa.Text()),
    col("zone_id", sa.Uuid(), null=True),
    # All letters that are served here; the profile gives their order.
    col("lines", JSON, default="'[]'"),
    col("profile_id", sa.Uuid(), null=True),
    col("staff_id", sa.Uuid(), null=True),
    col("opened_at", MOMENT, null=True),
    # Who sits here is away until he comes back; the ticket list waits.
    col("break_since", MOMENT, null=True),
    # Calls of people with priority in a row: the policy bounds them.
    col("priority_run", sa.SmallInteger(), default="0"),
    sa.UniqueConstraint("tenant_id", "site_id", "number"),
    ref("site_id", "site"),
    ref("staff_id", "staff"),
    ref("zone_id", "zone"),
    ref("profile_id", "work_profile"),
)
# Nobody sits at two counters.
sa.Index(
    "uq_counter_staff",
    counter.c.tenant_id,
    counter.c.staff_id,
    unique=True,
    postgresql_where=counter.c.staff_id.is_not(None),
)

priority_class = tenant_table(
    "priority_class",
    col("key", sa.Text()),
    col("name_vi", sa.Text()),
    col("name_en", sa.Text()),
    # Higher goes first among those with priority.
    col("rank", sa.SmallInteger(), default="1"),
    # What shows it: an age on the card, a paper, or the officer's eyes.
    col("evidence", sa.Text()),
    col("min_age", sa.SmallInteger(), null=True),
    col("source", sa.Text(), default="''"),
    col("valid_from", sa.Date()),
    col("valid_to", sa.Date(), null=True),
    sa.UniqueConstraint("tenant_id", "key", "valid_from"),
    one_of("evidence", "age", "paper", "officer"),
)

call_policy = tenant_table(
    "call_policy",
    # Null: the tenant's own, for every site without one.
    col("site_id", sa.Uuid(), null=True),
    col("version", sa.Integer()),
    col("valid_from", MOMENT, null=True),
    col("body", JSON),
    col("made_by", sa.Uuid(), null=True),
    col("made_at", MOMENT),
    sa.UniqueConstraint("tenant_id", "site_id", "version", postgresql_nulls_not_distinct=True),
    ref("site_id", "site"),
)
