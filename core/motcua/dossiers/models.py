"""The dossier and all that hangs on it; the id of its process instance is its own id."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, one_of, ref, tenant_table

dossier = tenant_table(
    "dossier",
    col("code", sa.Text(), null=True),
    col("track_code", sa.Text()),
    col("trace_id", sa.Uuid()),
    col("state", sa.SmallInteger()),
    col("channel", sa.SmallInteger()),
    col("adopted_id", sa.Uuid()),
    col("procedure_code", sa.Text()),
    col("procedure_version", sa.Text()),
    col("procedure_name", sa.Text()),
    col("subject_id", sa.Uuid()),
    col("submitter_id", sa.Uuid()),
    col("subject_name", sa.Text()),
    col("helped_at_unit", sa.Uuid(), null=True),
    col("received_unit", sa.Uuid()),
    col("competent_unit", sa.Uuid()),
    col("answers_sealed", sa.LargeBinary()),
    col("submitted_at", MOMENT),
    col("react_by", MOMENT),
    col("accepted_at", MOMENT, null=True),
    col("original_due_at", MOMENT, null=True),
    col("due_at", MOMENT, null=True),
    col("derivation", JSON, default="'[]'"),
    col("paused_since", MOMENT, null=True),
    col("clock_stopped_at", MOMENT, null=True),
    col("finished_at", MOMENT, null=True),
    col("returned_at", MOMENT, null=True),
    col("fee", sa.Integer(), default="0"),
    col("money", sa.Text(), default="'none'"),
    col("delivery", sa.Text(), default="'none'"),
    col("digitisation", sa.SmallInteger(), default="1"),
    col("decision", sa.Text(), null=True),
    col("draft_sealed", sa.LargeBinary(), null=True),
    col("supplements", sa.SmallInteger(), default="0"),
    col("idempotency_key", sa.Text(), null=True),
    col("case_key", sa.Text(), default="'default'"),
    # The bundle that opened it.
    col("parent_id", sa.Uuid(), null=True),
    col("limit_value", sa.SmallInteger(), null=True),
    col("priority", sa.SmallInteger(), default="0"),
    col("version", sa.Integer(), default="1"),
    sa.UniqueConstraint("tenant_id", "code"),
    sa.UniqueConstraint("tenant_id", "track_code"),
    ref("adopted_id", "adopted_procedure"),
    ref("subject_id", "person"),
    ref("submitter_id", "person"),
    ref("received_unit", "unit"),
    ref("competent_unit", "unit"),
    ref("parent_id", "dossier"),
    sa.Index(None, "tenant_id", "subject_id", "submitted_at"),
    sa.Index(None, "tenant_id", "submitter_id", "submitted_at"),
    sa.Index(None, "tenant_id", "received_unit", "state", "submitted_at"),
    sa.CheckConstraint("state between 1 and 10", name="state"),
    one_of("money", "none", "pending", "paid", "refunded"),
    one_of("delivery", "none", "ready", "delivered", "in_wallet"),
)
# A request that is sent again makes no second dossier; most dossiers come without a key.
sa.Index(
    "uq_dossier_idempotency_key",
    dossier.c.tenant_id,
    dossier.c.submitter_id,
    dossier.c.idempotency_key,
    unique=True,
    postgresql_where=dossier.c.idempotency_key.is_not(None),
)
sa.Index(
    "ix_dossier_parent_id",
    dossier.c.tenant_id,
    dossier.c.parent_id,
    postgresql_where=dossier.c.parent_id.is_not(None),
)

draft = tenant_table(
    "draft",
    col("person_id", sa.Uuid()),
    col("trace_id", sa.Uuid()),
    col("procedure_code", sa.Text()),
    col("data_sealed", sa.LargeBinary()),
    col("updated_at", MOMENT),
    ref("person_id", "person"),
    sa.Index(None, "tenant_id", "person_id", "updated_at"),
)

cosignature = tenant_table(
    "cosignature",
    col("draft_id", sa.Uuid()),
    col("pid_index", sa.LargeBinary()),
    col("requested_by", sa.Uuid()),
    col("digest", sa.Text()),
    col("content_sealed", sa.LargeBinary()),
    col("requested_at", MOMENT),
    col("confirmed_at", MOMENT, null=True),
    sa.ForeignKeyConstraint(
        ["tenant_id", "draft_id"], ["draft.tenant_id", "draft.id"], ondelete="CASCADE"
    ),
    ref("requested_by", "person"),
    sa.UniqueConstraint("tenant_id", "draft_id", "pid_index"),
    sa.Index(None, "tenant_id", "pid_index"),
)

component = tenant_table(
    "component",
    col("dossier_id", sa.Uuid()),
    col("paper_key", sa.Text()),
    col("name_vi", sa.Text()),
    col("name_en", sa.Text()),
    col("provenance", sa.Text()),
    col("sha256", sa.Text(), null=True),
    col("pages", sa.Integer(), null=True),
    col("size", sa.Integer(), null=True),
    col("evidence", JSON, null=True),
    col("added_at", MOMENT),
    col("compared_by", sa.Uuid(), null=True),
    col("compared_at", MOMENT, null=True),
    ref("dossier_id", "dossier"),
    sa.Index(None, "tenant_id", "dossier_id"),
    sa.Index(None, "tenant_id", "sha256"),
    one_of("provenance", "self-scanned", "officer-compared", "issuer-signed"),
)

supplement = tenant_table(
    "supplement",
    col("dossier_id", sa.Uuid()),
    col("stage", sa.Text()),
    col("items", JSON),
    col("reason", sa.Text()),
    col("requested_by", sa.Uuid()),
    col("requested_at", MOMENT),
    col("answered_at", MOMENT, null=True),
    col("typed_sealed", sa.LargeBinary(), null=True),
    col("changes_sealed", sa.LargeBinary(), null=True),
    ref("dossier_id", "dossier"),
    sa.Index(None, "tenant_id", "dossier_id"),
    one_of("stage", "reception", "settlement"),
)

clock_pause = tenant_table(
    "clock_pause",
    col("dossier_id", sa.Uuid()),
    col("reason", sa.Text()),
    col("note", sa.Text(), default="''"),
    col("started_at", MOMENT),
    col("ended_at", MOMENT, null=True),
    ref("dossier_id", "dossier"),
    sa.Index(None, "tenant_id", "dossier_id"),
    one_of("reason", "supplement", "financial_duty", "opinion", "force_majeure"),
)
# The clock stands still once for each reason, whoever says it twice.
sa.Index(
    "uq_clock_pause_open",
    clock_pause.c.tenant_id,
    clock_pause.c.dossier_id,
    clock_pause.c.reason,
    unique=True,
    postgresql_where=clock_pause.c.ended_at.is_(None),
)

clock_extension = tenant_table(
    "clock_extension",
    col("dossier_id", sa.Uuid()),
    col("granted_at", MOMENT),
    col("granted_by", sa.Uuid()),
    col("days", sa.SmallInteger()),
    col("reason", sa.Text()),
    col("old_due_at", MOMENT),
    col("new_due_at", MOMENT),
    col("pdf_sha256", sa.Text()),
    col("signing_kid", sa.Text()),
    sa.UniqueConstraint("tenant_id", "dossier_id"),
    ref("dossier_id", "dossier"),
    ref("granted_by", "staff"),
    sa.CheckConstraint("days > 0", name="days"),
)

code_sequence = tenant_table(
    "code_sequence",
    col("agency_code", sa.Text()),
    col("day", sa.Date()),
    col("n", sa.Integer()),
    key=("agency_code", "day"),
)

issued_result = tenant_table(
    "issued_result",
    col("dossier_id", sa.Uuid()),
    col("trace_id", sa.Uuid()),
    col("holder_id", sa.Uuid()),
    col("number", sa.Text()),
    col("kind", sa.Text()),
    col("title_vi", sa.Text()),
    col("title_en", sa.Text()),
    col("type", sa.Text(), null=True),
    col("claims_sealed", sa.LargeBinary()),
    col("hidden", JSON, default="'[]'"),
    col("pdf_sha256", sa.Text()),
    col("verify_code", sa.Text()),
    col("signing_kid", sa.Text()),
    col("issued_at", MOMENT),
    col("expires_at", MOMENT, null=True),
    col("status", sa.SmallInteger(), default="0"),
    # The wrong one that this one was issued in place of.
    col("replaces", sa.Uuid(), null=True),
    sa.UniqueConstraint("tenant_id", "dossier_id"),
    sa.UniqueConstraint("tenant_id", "number"),
    sa.UniqueConstraint("tenant_id", "verify_code"),
    sa.Index(None, "tenant_id", "pdf_sha256"),
    ref("dossier_id", "dossier"),
    ref("holder_id", "person"),
    ref("replaces", "issued_result"),
    sa.Index(None, "tenant_id", "holder_id", "issued_at"),
    one_of("kind", "granted", "refused"),
)
# What a key signed and still stands, for the day when the key is lost.
sa.Index(
    "ix_issued_result_signed_by",
    issued_result.c.tenant_id,
    issued_result.c.signing_kid,
    issued_result.c.id,
    postgresql_where=issued_result.c.status != 1,
)
sa.Index(
    "uq_issued_result_replaces",
    issued_result.c.tenant_id,
    issued_result.c.replaces,
    unique=True,
    postgresql_where=issued_result.c.replaces.is_not(None),
)

rating = tenant_table(
    "rating",
    col("dossier_id", sa.Uuid()),
    col("score", sa.SmallInteger()),
    col("comment", sa.Text(), null=True),
    col("at", MOMENT),
    sa.UniqueConstraint("tenant_id", "dossier_id"),
    ref("dossier_id", "dossier"),
    sa.CheckConstraint("score between 1 and 3", name="score"),
)
