"""Figures without people: roll-ups per day, what is due when, and one slim fact per settled dossier."""

import sqlalchemy as sa

from motcua.tenancy.schema import MOMENT, col, tenant_table

# `n` of a metric on a day; `last_at` is the moment of the latest event in it.
rollup_day = tenant_table(
    "rollup_day",
    col("day", sa.Date()),
    col("metric", sa.Text()),
    col("n", sa.BigInteger()),
    col("last_at", MOMENT),
    key=("day", "metric"),
)

# How many open dossiers are due on a day: those of past days are overdue now.
due_day = tenant_table(
    "due_day",
    col("day", sa.Date()),
    col("n", sa.BigInteger()),
    key=("day",),
)

settlement_fact = tenant_table(
    "settlement_fact",
    col("day", sa.Date()),
    col("procedure_code", sa.Text()),
    col("unit_id", sa.Uuid()),
    col("working_minutes", sa.Integer()),
    col("on_time", sa.Boolean()),
    col("finished_at", MOMENT),
    sa.Index(None, "tenant_id", "procedure_code", "day"),
)
