"""Offers, credentials, status lists and presentations: all state of the wallet protocols."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, one_of, ref, tenant_table

status_list = tenant_table(
    "status_list",
    col("permutation_key", sa.LargeBinary()),
    col("size", sa.Integer()),
    col("next_seq", sa.Integer(), default="0"),
    col("open", sa.Boolean(), default="true"),
    col("opened_at", MOMENT),
)

credential_offer = tenant_table(
    "credential_offer",
    # Empty while the result is awaited: then the dossier says what will come.
    col("result_id", sa.Uuid(), null=True),
    col("dossier_id", sa.Uuid()),
    col("type", sa.Text()),
    col("flow", sa.Text(), default="'code_sent'"),
    col("trace_id", sa.Uuid()),
    col("code_hash", sa.LargeBinary()),
    col("tx_code_hash", sa.LargeBinary(), null=True),
    col("tries", sa.SmallInteger(), default="0"),
    col("expires_at", MOMENT),
    col("used_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "code_hash"),
    ref("result_id", "issued_result"),
    ref("dossier_id", "dossier"),
    one_of("flow", "code_sent", "sign_in"),
)

# What one wallet may fetch, whatever brought it here; tokens come and go below it.
credential_grant = tenant_table(
    "credential_grant",
    col("trace_id", sa.Uuid()),
    col("dossier_id", sa.Uuid()),
    col("result_id", sa.Uuid(), null=True),
    col("type", sa.Text()),
    col("jkt", sa.Text(), null=True),
    col("client_id", sa.Text(), null=True),
    col("identified", sa.Boolean(), default="false"),
    # Copies in all, whatever tokens they came by.
    col("issued", sa.SmallInteger(), default="0"),
    col("created_at", MOMENT),
    col("ended_at", MOMENT, null=True),
    ref("dossier_id", "dossier"),
    ref("result_id", "issued_result"),
)

credential_token = tenant_table(
    "credential_token",
    col("token_hash", sa.LargeBinary()),
    col("grant_id", sa.Uuid()),
    col("issued", sa.SmallInteger(), default="0"),
    col("expires_at", MOMENT),
    sa.UniqueConstraint("tenant_id", "token_hash"),
    sa.Index(None, "tenant_id", "grant_id"),
    ref("grant_id", "credential_grant"),
)

credential_refresh = tenant_table(
    "credential_refresh",
    col("token_hash", sa.LargeBinary()),
    col("grant_id", sa.Uuid()),
    col("expires_at", MOMENT),
    col("used_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "token_hash"),
    ref("grant_id", "credential_grant"),
)

# A pushed request, the browser that carries it to the consent page, and the code that comes of it.
authorization_request = tenant_table(
    "authorization_request",
    col("uri_hash", sa.LargeBinary()),
    col("client_id", sa.Text()),
    col("redirect_uri", sa.Text()),
    col("state", sa.Text(), null=True),
    col("challenge", sa.Text()),
    col("jkt", sa.Text(), null=True),
    col("type", sa.Text()),
    col("identified", sa.Boolean(), default="false"),
    col("offer_id", sa.Uuid(), null=True),
    col("expires_at", MOMENT),
    col("ticket_hash", sa.LargeBinary(), null=True),
    col("answered_at", MOMENT, null=True),
    col("code_hash", sa.LargeBinary(), null=True),
    col("grant_id", sa.Uuid(), null=True),
    col("used_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "uri_hash"),
    sa.UniqueConstraint("tenant_id", "ticket_hash"),
    sa.UniqueConstraint("tenant_id", "code_hash"),
    ref("offer_id", "credential_offer"),
    ref("grant_id", "credential_grant"),
)

# A request that waits for the result: the keys were proven, the copies come later.
credential_deferral = tenant_table(
    "credential_deferral",
    col("transaction_hash", sa.LargeBinary()),
    col("grant_id", sa.Uuid()),
    col("holders", JSON),
    col("created_at", MOMENT),
    col("expires_at", MOMENT),
    col("delivered_at", MOMENT, null=True),
    col("answer_sealed", sa.LargeBinary(), null=True),
    sa.UniqueConstraint("tenant_id", "transaction_hash"),
    ref("grant_id", "credential_grant"),
)

# Every DPoP proof of the last minutes, so that none is taken twice by any process.
dpop_proof = tenant_table(
    "dpop_proof",
    col("proof_hash", sa.LargeBinary()),
    col("expires_at", MOMENT),
    sa.Index(None, "tenant_id", "expires_at"),
    key=("proof_hash",),
)

# Append-only: who changed the status of a result, when and why.
status_change = tenant_table(
    "status_change",
    col("result_id", sa.Uuid()),
    col("before", sa.SmallInteger()),
    col("status", sa.SmallInteger()),
    col("copies", sa.Integer()),
    col("actor", sa.Text()),
    col("reason", sa.Text()),
    col("at", MOMENT),
    # Only the copies that this key signed were withdrawn; the result itself stands.
    col("signing_kid", sa.Text(), null=True),
    sa.Index(None, "tenant_id", "result_id", "at"),
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
    # Which key signed this copy; None only for copies older than the note of it.
    col("signing_kid", sa.Text(), null=True),
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
    credential.c.list_index,
    credential.c.status,
    postgresql_where=credential.c.status != 0,
)
# What a key signed and still stands, for the day when the key is lost.
sa.Index(
    "ix_credential_signed_by",
    credential.c.tenant_id,
    credential.c.signing_kid,
    credential.c.result_id,
    postgresql_where=credential.c.status != 1,
)

presentation = tenant_table(
    "presentation",
    col("trace_id", sa.Uuid()),
    col("purpose", sa.Text()),
    # None: a program or a third party asks, and nobody is signed in here.
    col("subject_id", sa.Uuid(), null=True),
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
    col("response_mode", sa.Text(), default="'direct_post'"),
    # The private key for this one answer; forgotten when it came.
    col("response_key_sealed", sa.LargeBinary(), null=True),
    col("client_id", sa.Text(), null=True),
    col("flow", sa.Text(), default="'same_device'"),
    # Who may read what was proven, where that is not a signed-in person: the hash of a secret.
    col("reader_hash", sa.LargeBinary(), null=True),
    col("bound_at", MOMENT, null=True),
    col("asked_by", sa.Text(), null=True),
    col("reason", sa.Text(), null=True),
    # What the person authorises with the answer, as it is sent (OpenID4VP section 8.4).
    col("transaction_data", JSON, null=True),
    # Where the request is shown on a screen: a visit at a station, a dossier or a ticket at the desk; and
    # which officer may read the answer.
    col("place_id", sa.Uuid(), null=True),
    col("reader_id", sa.Uuid(), null=True),
    sa.Index(None, "tenant_id", "digest"),
    ref("subject_id", "person"),
    ref("dossier_id", "dossier"),
    one_of("status", "waiting", "verified", "refused", "failed", "used"),
    one_of("flow", "same_device", "cross_device"),
    one_of("response_mode", "direct_post", "direct_post.jwt"),
)
# What is still to be forgotten.
sa.Index(
    "ix_presentation_claims",
    presentation.c.tenant_id,
    presentation.c.expires_at,
    postgresql_where=presentation.c.claims_sealed.is_not(None),
)

sa.Index(
    "ix_presentation_place_id",
    presentation.c.tenant_id,
    presentation.c.place_id,
    postgresql_where=presentation.c.place_id.is_not(None),
)

# An application signed with a wallet: all that is needed to check the signature again lies sealed in it.
dossier_signature = tenant_table(
    "dossier_signature",
    col("dossier_id", sa.Uuid()),
    col("form_digest", sa.Text()),
    col("kind", sa.Text()),
    col("issuer", sa.Text()),
    col("signed_at", MOMENT),
    col("evidence_sealed", sa.LargeBinary()),
    ref("dossier_id", "dossier"),
    sa.UniqueConstraint("tenant_id", "dossier_id"),
)

# Which answers of a dossier stand on a paper from a wallet, as its issuer signed it.
answer_source = tenant_table(
    "answer_source",
    col("dossier_id", sa.Uuid()),
    col("field", sa.Text()),
    col("kind", sa.Text()),
    col("issuer", sa.Text()),
    col("issuer_name", sa.Text()),
    col("digest", sa.Text()),
    col("proven_at", MOMENT),
    ref("dossier_id", "dossier"),
    key=("dossier_id", "field"),
)

# Issuers outside of the platform that a tenant believes, for some types and for a time.
trusted_issuer = tenant_table(
    "trusted_issuer",
    col("url", sa.Text()),
    col("name", sa.Text()),
    col("certificates", sa.Text()),
    col("types", JSON),
    col("valid_from", MOMENT),
    col("valid_until", MOMENT),
    col("added_at", MOMENT),
    col("added_by", sa.Text()),
    col("revoked_at", MOMENT, null=True),
    col("revoked_by", sa.Text(), null=True),
    col("revoked_reason", sa.Text(), null=True),
    sa.CheckConstraint("valid_from < valid_until", name="validity"),
)
sa.Index(
    "uq_trusted_issuer_url",
    trusted_issuer.c.tenant_id,
    trusted_issuer.c.url,
    unique=True,
    postgresql_where=trusted_issuer.c.revoked_at.is_(None),
)

# Programs of the tenant or of a third party that may use the wallet API.
service_token = tenant_table(
    "service_token",
    col("token_hash", sa.LargeBinary()),
    col("name", sa.Text()),
    col("scopes", JSON),
    col("created_at", MOMENT),
    col("expires_at", MOMENT),
    col("revoked_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "token_hash"),
)
