"""Signed documents that can be proven for long: the same document, with time stamp and revocation proofs."""

import sqlalchemy as sa

from motcua.tenancy.schema import MOMENT, col, one_of, tenant_table

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
