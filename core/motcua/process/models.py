"""A dossier's way through its process: the state of the engine, and who is waited for."""

import sqlalchemy as sa

from motcua.tenancy.schema import JSON, MOMENT, col, tenant_table

process_instance = tenant_table(
    "process_instance",
    col("definition", sa.Text()),
    col("state", JSON),
    col("version", sa.Integer(), default="1"),
    # SHA-256 of the process files it runs on: another process under the same name is never run on.
    col("digest", sa.Text(), null=True),
    col("ended_at", MOMENT, null=True),
)

# The files of a process as cases began on them: a case runs on these, whatever a later release would
# make of the same package.
process_definition = tenant_table(
    "process_definition",
    col("digest", sa.Text()),
    col("name", sa.Text()),
    col("content", JSON),
    key=("digest",),
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
    col("signal", sa.Text(), null=True),
    # Of a timer: what it counts, as ``Timer`` has it; its moment is ``due_at``.
    col("timer", JSON, null=True),
    # The token of the activity that a boundary event watches.
    col("watches", sa.Text(), null=True),
    # The case can end without this wait: it only watches.
    col("optional", sa.Boolean(), default="false"),
    col("clock", sa.Text(), null=True),
    col("item", JSON, null=True),
    # Why the service task of this wait failed for good; empty while nothing is wrong.
    col("incident", sa.Text(), null=True),
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
sa.Index(
    "ix_process_wait_due",
    process_wait.c.tenant_id,
    process_wait.c.due_at,
    postgresql_where=process_wait.c.kind == "timer",
)
sa.Index(
    "ix_process_wait_incident",
    process_wait.c.tenant_id,
    process_wait.c.since,
    postgresql_where=process_wait.c.incident.is_not(None),
)
