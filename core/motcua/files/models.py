"""What was uploaded by whom; the bytes lie in the content-addressed store."""

import sqlalchemy as sa

from motcua.tenancy.schema import MOMENT, col, tenant_table

stored_file = tenant_table(
    "stored_file",
    col("sha256", sa.Text()),
    col("pages", sa.Integer()),
    col("size", sa.Integer()),
    col("source_kind", sa.Text()),
    col("uploaded_by", sa.Uuid()),
    col("at", MOMENT),
    sa.Index(None, "tenant_id", "sha256"),
    sa.Index(None, "tenant_id", "at"),
)
