"""Signed documents that can be proven for long, and the hosts that stand on printed ones."""

import sqlalchemy as sa

from motcua.tenancy.schema import MOMENT, col, one_of, tenant_table

# Under which hosts (with a port, where there is one) results were sealed: a paper outlives a renamed host.
paper_host = tenant_table(
    "paper_host",
    col("host", sa.Text()),
    col("since", MOMENT),
    sa.UniqueConstraint("tenant_id", "host"),
)

sealed_document = tenant_table(
    "sealed_document",
    # What was issued (PAdES B-B), and the longer file that begins with it.
    col("sha256", sa.Text()),
    col("lasting_sha256", sa.Text()),
    col("level", sa.Text()),
    col("stamped_at", MOMENT),
    # Who stamped, and the roots (PEM) by which the stamp is believed, also when he is no longer asked.
    col("stamper", sa.Text()),
    col("roots", sa.Text()),
    col("at", MOMENT),
    sa.UniqueConstraint("tenant_id", "sha256"),
    sa.Index(None, "tenant_id", "lasting_sha256"),
    one_of("level", "B-LT"),
)
