"""A dossier's way through its process: the state of the engine, and who is waited for."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, tenant_table

process_instance = tenant_table(
    "process_instance",
    col("definition", sa.Text()),
    col("state", JSON),
    col("version", sa.Integer(), default="1"),
    col("ended_at", MOMENT, null=True),
)

process_wait = tenant_table(
    "process_wait",
    col("instance_id", sa.Uuid()),
    col("token", sa.Text()),
    col("node", sa.Text()),
    col("kind", sa.Text()),
    col("name_vi", sa.Text()),
    col("name_en", sa.Text()),
    col("role", sa.Text(), null=True),
    col("unit_id", sa.Uuid(), null=True),
    col("assignee", sa.Uuid(), null=True),
    col("handler", sa.Text(), null=True),
    col("message", sa.Text(), null=True),
    col("outcomes", JSON, default="'[]'"),
    col("hours", sa.Float(), null=True),
    col("since", MOMENT),
    col("due_at", MOMENT, null=True),
    sa.UniqueConstraint("tenant_id", "instance_id", "token"),
    sa.ForeignKeyConstraint(
        ["tenant_id", "instance_id"], ["process_instance.tenant_id", "process_instance.id"]
    ),
    sa.Index(None, "tenant_id", "unit_id", "role", "since"),
)
