"""The directory of tenants, their units and their keys."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, one_of, platform_table, ref, tenant_table

tenant = platform_table(
    "tenant",
    sa.Column("id", sa.Uuid(), primary_key=True),
    col("slug", sa.Text()),
    col("host", sa.Text()),
    col("kind", sa.Text()),
    col("name", sa.Text()),
    col("short_name", sa.Text()),
    col("agency_code", sa.Text()),
    col("province_code", sa.Text()),
    col("plugins", JSON, default="'[]'"),
    col("settings", JSON, default="'{}'"),
    col("created_at", MOMENT, default="now()"),
    sa.UniqueConstraint("slug"),
    sa.UniqueConstraint("host"),
    one_of("kind", "province", "national"),
)

unit = tenant_table(
    "unit",
    col("code", sa.Text()),
    col("agency_code", sa.Text()),
    col("name", sa.Text()),
    col("folded", sa.Text()),
    col("kind", sa.Text()),
    col("parent_id", sa.Uuid(), null=True),
    col("latitude", sa.Float(), null=True),
    col("longitude", sa.Float(), null=True),
    col("valid_from", sa.Date()),
    col("valid_to", sa.Date(), null=True),
    col("successor_id", sa.Uuid(), null=True),
    sa.UniqueConstraint("tenant_id", "code", "valid_from"),
    ref("parent_id", "unit"),
    ref("successor_id", "unit"),
)

tenant_key = tenant_table(
    "tenant_key",
    col("kid", sa.Text()),
    col("purpose", sa.Text()),
    col("public_jwk", JSON),
    # The whole chain without the root, leaf first.
    col("certificate", sa.Text()),
    # Where the private key lies: sealed here, or elsewhere under a reference.
    col("private_sealed", sa.LargeBinary(), null=True),
    col("not_before", MOMENT),
    col("not_after", MOMENT),
    col("signer", sa.Text(), default="'sealed'"),
    col("reference", sa.Text(), null=True),
    # The tenant's authority that certified it; None: the platform's root.
    col("issuer_kid", sa.Text(), null=True),
    col("use_from", MOMENT),
    col("revoked_at", MOMENT, null=True),
    col("revoked_by", sa.Text(), null=True),
    col("revoked_reason", sa.Text(), null=True),
    sa.UniqueConstraint("tenant_id", "kid"),
    one_of("purpose", "authority", "document", "credential"),
    one_of("signer", "sealed", "pkcs11", "remote"),
    sa.CheckConstraint("(signer = 'sealed') = (private_sealed is not null)", name="held"),
)

# Keys that nobody believes any more, of every tenant: each tenant's verifier reads it.
revoked_key = platform_table(
    "revoked_key",
    col("kid", sa.Text()),
    col("host", sa.Text()),
    col("purpose", sa.Text()),
    col("revoked_at", MOMENT),
    sa.PrimaryKeyConstraint("kid"),
)

tenant_calendar = tenant_table(
    "tenant_calendar",
    col("version", sa.Text()),
    col("content", JSON),
    col("valid_from", sa.Date()),
    sa.UniqueConstraint("tenant_id", "version"),
)
