"""Procedures: the packages that exist, and which of them a tenant has adopted."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, platform_table, tenant_table

package_version = platform_table(
    "package_version",
    sa.Column("code", sa.Text(), primary_key=True),
    sa.Column("version", sa.Text(), primary_key=True),
    col("plugin", sa.Text()),
    col("sha256", sa.Text()),
    col("content", JSON),
    col("created_at", MOMENT, default="now()"),
)

adopted_procedure = tenant_table(
    "adopted_procedure",
    col("code", sa.Text()),
    col("version", sa.Text()),
    col("overlay", JSON, default="'{}'"),
    col("valid_from", MOMENT),
    col("valid_to", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "code", "valid_from"),
    sa.ForeignKeyConstraint(
        ["code", "version"], ["package_version.code", "package_version.version"]
    ),
)
