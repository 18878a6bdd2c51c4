"""Tables: the tenant's key, what was published, and all that the sandbox knows."""

import sqlalchemy as sa

from motcua.api import JSON, MOMENT, col, one_of, ref, tenant_table

PREFIX = "vneid"

# The pair whose public half VNeID is given: its answers come sealed for it.
key = tenant_table(
    "vneid_key",
    col("purpose", sa.Text()),
    col("private_sealed", sa.LargeBinary()),
    key=("purpose",),
    plugin=PREFIX,
)

# ``published``: the province's own source, which VNeID reads. ``pushed``: what lies in the sandbox's application.
paper = tenant_table(
    "vneid_paper",
    col("idem", sa.Text()),
    col("origin", sa.Text()),
    col("result_id", sa.Uuid()),
    col("pid_index", sa.LargeBinary()),
    # Null when it was withdrawn: only that there was one is remembered.
    col("paper_sealed", sa.LargeBinary(), null=True),
    col("at", MOMENT),
    col("read_at", MOMENT, null=True),
    col("withdrawn_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "origin", "idem"),
    sa.Index(None, "tenant_id", "pid_index"),
    one_of("origin", "published", "pushed"),
    plugin=PREFIX,
)

account = tenant_table(
    "vneid_account",
    col("username", sa.Text()),
    col("pid_index", sa.LargeBinary()),
    col("claims_sealed", sa.LargeBinary()),
    sa.UniqueConstraint("tenant_id", "username"),
    plugin=PREFIX,
)

code = tenant_table(
    "vneid_code",
    col("digest", sa.LargeBinary()),
    col("account_id", sa.Uuid()),
    col("redirect_uri", sa.Text()),
    col("expires_at", MOMENT),
    col("used_at", MOMENT, null=True),
    col("access_digest", sa.LargeBinary(), null=True),
    sa.UniqueConstraint("tenant_id", "digest"),
    ref("account_id", "vneid_account"),
    plugin=PREFIX,
)

# A data sharing: begun by the province, consented to in the application, read once.
sharing = tenant_table(
    "vneid_sharing",
    col("transaction_digest", sa.LargeBinary()),
    col("wanted", JSON),
    col("return_url", sa.Text()),
    col("account_id", sa.Uuid(), null=True),
    col("consent_digest", sa.LargeBinary(), null=True),
    col("expires_at", MOMENT),
    col("read_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "transaction_digest"),
    ref("account_id", "vneid_account"),
    plugin=PREFIX,
)
TABLES = (key, paper, account, code, sharing)
