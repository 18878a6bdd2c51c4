"""The tables of the sandbox: accounts, codes, and a signing key for each tenant."""

import sqlalchemy as sa

from motcua.api import JSON, MOMENT, col, one_of, ref, tenant_table

PREFIX = "sandbox_identity"

account = tenant_table(
    "sandbox_identity_account",
    col("kind", sa.Text()),
    col("username", sa.Text()),
    col("full_name", sa.Text()),
    col("folded", sa.Text()),
    col("claims_sealed", sa.LargeBinary()),
    sa.UniqueConstraint("tenant_id", "username"),
    one_of("kind", "citizen", "staff"),
    plugin=PREFIX,
)

# A row is a code, and after its exchange the access token that was given for it.
code = tenant_table(
    "sandbox_identity_code",
    col("digest", sa.LargeBinary()),
    col("account_id", sa.Uuid()),
    col("client_id", sa.Text()),
    col("redirect_uri", sa.Text()),
    col("scope", sa.Text()),
    col("nonce", sa.Text()),
    col("challenge", sa.Text()),
    col("issued_at", MOMENT),
    col("expires_at", MOMENT),
    col("used_at", MOMENT, null=True),
    col("access_digest", sa.LargeBinary(), null=True),
    sa.UniqueConstraint("tenant_id", "digest"),
    ref("account_id", "sandbox_identity_account"),
    plugin=PREFIX,
)

signing_key = tenant_table(
    "sandbox_identity_key",
    col("purpose", sa.Text()),
    col("kid", sa.Text()),
    col("public_jwk", JSON),
    col("private_sealed", sa.LargeBinary()),
    col("created_at", MOMENT, default="now()"),
    key=("purpose",),
    plugin=PREFIX,
)
