"""What was written to whom, until it was sent; the telephone and the words are sealed and fade."""

import sqlalchemy as sa

from motcua.tenancy.schema import MOMENT, col, one_of, tenant_table

notice = tenant_table(
    "notice",
    col("kind", sa.Text()),
    # The ticket, appointment or dossier it is about.
    col("subject", sa.Uuid()),
    # What is said once has a name; a second one of that name is not written.
    col("once", sa.Text(), null=True),
    col("language", sa.Text()),
    # Null after some days: who was written to, and what, is nobody's business any more.
    col("contact_sealed", sa.LargeBinary(), null=True),
    col("text_sealed", sa.LargeBinary(), null=True),
    col("state", sa.Text(), default="'owed'"),
    col("at", MOMENT),
    col("ended_at", MOMENT, null=True),
    # Which channel took it, and what it calls the message.
    col("channel", sa.Text(), default="''"),
    col("reference", sa.Text(), default="''"),
    sa.UniqueConstraint("tenant_id", "once"),
    sa.Index(None, "tenant_id", "subject"),
    sa.Index(None, "tenant_id", "at"),
    one_of("state", "owed", "sent", "given_up", "no_channel"),
)
