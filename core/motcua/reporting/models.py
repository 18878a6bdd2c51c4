"""Figures without people: roll-ups per day, and one slim fact per settled dossier."""

import sqlalchemy as sa

from motcua.tenancy.schema import MOMENT, col, tenant_table

rollup_day = tenant_table(
    "rollup_day",
    col("day", sa.Date()),
    col("metric", sa.Text()),
    col("n", sa.BigInteger()),
    key=("day", "metric"),
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
