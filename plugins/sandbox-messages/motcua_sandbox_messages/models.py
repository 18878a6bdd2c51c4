"""The messages that would have been sent."""

import sqlalchemy as sa

from motcua.api import MOMENT, col, tenant_table

PREFIX = "sandbox_messages"

message = tenant_table(
    "sandbox_messages_message",
    col("contact_index", sa.LargeBinary()),
    col("contact_sealed", sa.LargeBinary()),
    col("text_sealed", sa.LargeBinary()),
    col("kind", sa.Text()),
    col("language", sa.Text()),
    col("at", MOMENT),
    sa.Index(None, "tenant_id", "at"),
    plugin="sandbox-messages",
)
