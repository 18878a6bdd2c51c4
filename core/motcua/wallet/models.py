"""Offers, credentials, status lists and presentations: all state of the wallet protocols."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, one_of, ref, tenant_table

status_list = tenant_table(
    "status_list",
    col("permutation_key", sa.LargeBinary()),
    col("size", sa.Integer()),
    col("next_seq", sa.Integer(), default="0"),
    col("open", sa.Boolean(), default="true"),
)

credential_offer = tenant_table(
    "credential_offer",
    col("result_id", sa.Uuid()),
    col("trace_id", sa.Uuid()),
    col("code_hash", sa.LargeBinary()),
    col("tx_code_hash", sa.LargeBinary()),
    col("tries", sa.SmallInteger(), default="0"),
    col("expires_at", MOMENT),
    col("used_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "code_hash"),
    ref("result_id", "issued_result"),
)

credential_token = tenant_table(
    "credential_token",
    col("token_hash", sa.LargeBinary()),
    col("offer_id", sa.Uuid()),
    col("result_id", sa.Uuid()),
    col("issued", sa.SmallInteger(), default="0"),
    col("expires_at", MOMENT),
    sa.UniqueConstraint("tenant_id", "token_hash"),
    ref("offer_id", "credential_offer"),
    ref("result_id", "issued_result"),
)

credential = tenant_table(
    "credential",
    col("result_id", sa.Uuid()),
    col("list_id", sa.Uuid()),
    col("list_index", sa.Integer()),
    col("status", sa.SmallInteger(), default="0"),
    col("holder_thumbprint", sa.Text()),
    col("digest", sa.Text()),
    col("notification_hash", sa.LargeBinary()),
    col("issued_at", MOMENT),
    col("notified", sa.Text(), null=True),
    sa.UniqueConstraint("tenant_id", "list_id", "list_index"),
    # One notification speaks of all copies of a batch.
    sa.Index(None, "tenant_id", "notification_hash"),
    sa.Index(None, "tenant_id", "result_id"),
    sa.Index(None, "tenant_id", "digest"),
    ref("result_id", "issued_result"),
    ref("list_id", "status_list"),
)
# What a published list is built from: nearly all credentials stay valid.
sa.Index(
    "ix_credential_changed",
    credential.c.tenant_id,
    credential.c.list_id,
    postgresql_where=credential.c.status != 0,
)

presentation = tenant_table(
    "presentation",
    col("trace_id", sa.Uuid()),
    col("purpose", sa.Text()),
    col("subject_id", sa.Uuid()),
    col("dossier_id", sa.Uuid(), null=True),
    col("draft_id", sa.Uuid(), null=True),
    col("paper_key", sa.Text(), null=True),
    col("vct_type", sa.Text()),
    col("nonce", sa.Text()),
    col("state", sa.Text()),
    col("query", JSON),
    col("return_path", sa.Text()),
    col("status", sa.Text(), default="'waiting'"),
    col("response_code_hash", sa.LargeBinary(), null=True),
    col("claims_sealed", sa.LargeBinary(), null=True),
    col("issuer", sa.Text(), null=True),
    col("digest", sa.Text(), null=True),
    col("error", sa.Text(), null=True),
    col("created_at", MOMENT, default="now()"),
    col("expires_at", MOMENT),
    col("finished_at", MOMENT, null=True),
    sa.Index(None, "tenant_id", "digest"),
    ref("subject_id", "person"),
    ref("dossier_id", "dossier"),
    one_of("status", "waiting", "verified", "refused", "failed", "used"),
)
# What is still to be forgotten.
sa.Index(
    "ix_presentation_claims",
    presentation.c.tenant_id,
    presentation.c.expires_at,
    postgresql_where=presentation.c.claims_sealed.is_not(None),
)
