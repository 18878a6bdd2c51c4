"""How the applicant wants a result, and one row for each way by which it is brought to its holder."""

import sqlalchemy as sa

from motcua.tenancy.schema import MOMENT, col, one_of, ref, tenant_table

handover_wish = tenant_table(
    "handover_wish",
    col("dossier_id", sa.Uuid()),
    # A way of paper in the tenant's order, or ``usual``: chosen, and then taken back.
    col("channel", sa.Text()),
    # Recipient and address of a letter.
    col("address_sealed", sa.LargeBinary(), null=True),
    col("chosen_at", MOMENT),
    col("chosen_by", sa.Text()),
    sa.UniqueConstraint("tenant_id", "dossier_id"),
    ref("dossier_id", "dossier"),
    sa.CheckConstraint("address_sealed is null or channel = 'post'", name="address"),
)

# The key is result, channel and version.
delivery = tenant_table(
    "delivery",
    col("result_id", sa.Uuid()),
    col("dossier_id", sa.Uuid()),
    col("channel", sa.Text()),
    # Counts up when a channel is chosen again after it had ended.
    col("version", sa.SmallInteger(), default="1"),
    # Which place in the tenant's order; staff's own choice stands in the place that was reached.
    col("step", sa.SmallInteger()),
    col("state", sa.Text(), default="'owed'"),
    # How the channel took it, empty before.
    col("how", sa.Text(), default="''"),
    col("receipt", sa.Text(), default="''"),
    # Why it ended without arriving; what went wrong last, in words that name nobody.
    col("reason", sa.Text(), default="''"),
    col("error_vi", sa.Text(), default="''"),
    col("error_en", sa.Text(), default="''"),
    col("attempts", sa.SmallInteger(), default="0"),
    col("owed_at", MOMENT),
    col("next_at", MOMENT, null=True),
    col("sent_at", MOMENT, null=True),
    col("received_at", MOMENT, null=True),
    col("ended_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "result_id", "channel", "version"),
    sa.Index(None, "tenant_id", "dossier_id"),
    ref("result_id", "issued_result"),
    ref("dossier_id", "dossier"),
    one_of(
        "state", "owed", "sent", "received", "failed", "given_up", "withdrawing", "withdrawn"
    ),
    one_of("how", "", "offered", "pushed", "published", "handed_over", "by_staff"),
    one_of(
        "reason", "", "tried", "not_possible", "no_channel", "assurance", "elsewhere", "revoked",
        "by_staff",
    ),
)  # fmt: skip
# What people have to see to.
sa.Index(
    "ix_delivery_open",
    delivery.c.tenant_id,
    delivery.c.owed_at,
    postgresql_where=delivery.c.state.in_(("owed", "failed", "given_up", "withdrawing")),
)
