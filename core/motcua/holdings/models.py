"""Shares of papers with who looked at them, and the withdrawal of wrong results."""

import sqlalchemy as sa

from motcua.tenancy.schema import MOMENT, col, one_of, ref, tenant_table

# What a person lets somebody see for a time. Link and code are known to the two of them alone.
share = tenant_table(
    "share",
    col("owner_id", sa.Uuid()),
    col("trace_id", sa.Uuid()),
    col("kind", sa.Text()),
    # For whom: a name, a telephone or an office as the owner wrote it.
    col("recipient_sealed", sa.LargeBinary()),
    # An office of the province opens it at its own desk, and needs neither link nor code.
    col("unit_id", sa.Uuid(), null=True),
    col("purpose_sealed", sa.LargeBinary()),
    col("link_hash", sa.LargeBinary(), null=True),
    col("code_index", sa.LargeBinary(), null=True),
    col("tries", sa.SmallInteger(), default="0"),
    col("download", sa.Boolean(), default="false"),
    col("tell_owner", sa.Boolean(), default="true"),
    col("looks_most", sa.SmallInteger()),
    col("looks", sa.SmallInteger(), default="0"),
    col("created_at", MOMENT),
    col("ends_at", MOMENT),
    col("ended_at", MOMENT, null=True),
    col("end_reason", sa.Text(), null=True),
    sa.UniqueConstraint("tenant_id", "link_hash"),
    sa.Index(None, "tenant_id", "owner_id", "created_at"),
    ref("owner_id", "person"),
    ref("unit_id", "unit"),
    one_of("kind", "person", "phone", "office"),
    one_of("end_reason", "owner", "locked", "withdrawn"),
)
sa.Index(
    "ix_share_unit_id",
    share.c.tenant_id,
    share.c.unit_id,
    share.c.created_at,
    postgresql_where=share.c.unit_id.is_not(None),
)

share_item = tenant_table(
    "share_item",
    col("share_id", sa.Uuid()),
    col("place", sa.SmallInteger()),
    col("result_id", sa.Uuid(), null=True),
    col("component_id", sa.Uuid(), null=True),
    # Closed for good: what it shows was withdrawn.
    col("closed_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "share_id", "place"),
    sa.Index(None, "tenant_id", "result_id"),
    ref("share_id", "share"),
    ref("result_id", "issued_result"),
    ref("component_id", "component"),
    sa.CheckConstraint("(result_id is null) <> (component_id is null)", name="one_thing"),
)

# Whoever proved link and code may look for some minutes without proving them again.
share_visit = tenant_table(
    "share_visit",
    col("share_id", sa.Uuid()),
    col("token_hash", sa.LargeBinary()),
    col("expires_at", MOMENT),
    sa.UniqueConstraint("tenant_id", "token_hash"),
    ref("share_id", "share"),
)

# Append-only: who looked at what. ``actor`` as in the event log; a stranger with the code has no name.
share_look = tenant_table(
    "share_look",
    col("share_id", sa.Uuid()),
    col("at", MOMENT),
    col("what", sa.Text()),
    col("place", sa.SmallInteger(), null=True),
    col("actor", sa.Text()),
    sa.Index(None, "tenant_id", "share_id", "at"),
    ref("share_id", "share"),
    one_of("what", "opened", "viewed", "downloaded", "refused", "locked"),
)

# One officer proposes, a leader signs. Nothing of a signed one is ever changed but its letter.
result_withdrawal = tenant_table(
    "result_withdrawal",
    col("result_id", sa.Uuid()),
    col("dossier_id", sa.Uuid()),
    col("kind", sa.Text()),
    col("ground", sa.Text()),
    col("fault", sa.Text()),
    col("basis", sa.Text()),
    col("reason", sa.Text()),
    col("proposed_by", sa.Uuid()),
    col("proposed_at", MOMENT),
    col("state", sa.Text(), default="'proposed'"),
    col("decided_by", sa.Uuid(), null=True),
    col("decided_at", MOMENT, null=True),
    col("note", sa.Text(), null=True),
    # The dossier in which the right result is made.
    col("successor_id", sa.Uuid(), null=True),
    col("number", sa.Text(), null=True),
    col("pdf_sha256", sa.Text(), null=True),
    col("signing_kid", sa.Text(), null=True),
    sa.Index(None, "tenant_id", "dossier_id"),
    ref("result_id", "issued_result"),
    ref("dossier_id", "dossier"),
    ref("proposed_by", "staff"),
    ref("decided_by", "staff"),
    ref("successor_id", "dossier"),
    one_of("kind", "replace", "revoke"),
    one_of("fault", "office", "applicant", "none"),
    one_of("state", "proposed", "signed", "declined"),
)
# A result has one open or signed withdrawal at most, whoever proposes at the same time.
sa.Index(
    "uq_result_withdrawal_result_id",
    result_withdrawal.c.tenant_id,
    result_withdrawal.c.result_id,
    unique=True,
    postgresql_where=result_withdrawal.c.state != "declined",
)
sa.Index(
    "uq_result_withdrawal_successor_id",
    result_withdrawal.c.tenant_id,
    result_withdrawal.c.successor_id,
    unique=True,
    postgresql_where=result_withdrawal.c.successor_id.is_not(None),
)
