"""Row-level security costs no index: every catalogued query is planned as if the policies were no barrier.

A policy is evaluated before any function that might leak what it is given; a condition whose operator is
not marked leakproof (``like``, ``@>``, ``=`` of an enum or numeric) can then not be answered from an index.
Each query is planned twice for the application's role, as it is and with every function taken for
leakproof. The same indexes with the same conditions must answer it both times.
"""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

import motcua
from motcua.demo.cluster import Cluster
from motcua.ids import uuid7
from motcua.migrations.units import core

pytestmark = pytest.mark.anyio

_ROWS = 1500
# Tables of which a province has few rows; the rows of all others refer to them in turn.
_FEW = 20
_SMALL = frozenset({"unit", "site", "line", "counter", "staff", "device", "status_list"})
# These speak to the database in another role: the schema's owner, its administrator, the national office.
_OTHERS = ("motcua.migrations", "motcua.onboarding", "motcua.doctor", "motcua.reporting.national")
_READ = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
# A part of a statement: it has a word in capitals where something is put in, or it breaks off.
_PART = re.compile(r"\b[A-Z][A-Z_]{2,}\b|,\s*$")
_TENANT = """
insert into tenant (id, slug, host, kind, name, short_name, agency_code, province_code)
values ($1, $2, $2, 'national', $2, $2, 'H00', '00')
"""
_COLUMNS = """
select a.attname as name, format_type(a.atttypid, null) as type, a.attnotnull as needed,
  (select c.confrelid::regclass::text from pg_constraint c
   where c.conrelid = a.attrelid and c.contype = 'f' and a.attnum = c.conkey[2]) as refers,
  (select pg_get_constraintdef(c.oid) from pg_constraint c
   where c.conrelid = a.attrelid and c.contype = 'c' and c.conkey = array[a.attnum]) as checked
from pg_attribute a where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
  and a.attname not in ('tenant_id', 'id') order by a.attnum
"""
# The statements keep their open parameters, which only a statement without any may explain.
_PLAN = """
create function pg_temp.plan(statement text) returns text language plpgsql as $$
declare said text;
begin
  perform set_config('role', 'mc_app', true);
  execute 'explain (generic_plan, format json) ' || statement into said;
  perform set_config('role', 'none', true);
  return said;
end $$
"""
_VALUES = {
    "text": "md5('{column}' || n)",
    "jsonb": "'[]'::jsonb",
    "bytea": "sha256(('{column}' || n)::bytea)",
    "timestamp with time zone": "now() - n * interval '1 hour'",
    "date": "current_date - n",
    "boolean": "true",
    "uuid": "md5('{column}' || n % 500)::uuid",
    "integer": "1 + n",
    "bigint": "1 + n",
}
# Made-up rows do not know what columns have to agree on: such a check waits until they are in.
_AGREEMENTS = """
select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as rule
from pg_constraint where contype = 'c' and cardinality(conkey) > 1
  and conrelid = any($1::text[]::regclass[])
"""


def _queries() -> Iterator[Any]:
    """Return every reading statement that stands as a constant in the program."""
    for module in pkgutil.walk_packages(motcua.__path__, "motcua."):
        if module.name.startswith(_OTHERS) or module.name.endswith("__main__"):
            continue
        for name, text in vars(importlib.import_module(module.name)).items():
            if (
                name.isupper()
                and isinstance(text, str)
                and _READ.match(text)
                and not _PART.search(text)
            ):
                yield pytest.param(text, id=f"{module.name.removeprefix('motcua.')}:{name}")


def _value(column: Any) -> str:
    """Return SQL for the value of a column in row ``n``: valid, and as varied as in life."""
    if column["refers"]:
        table = column["refers"]
        number = f"n % {_FEW}" if table in _SMALL else "n"
        return f"md5('{table}' || {number})::uuid"
    if column["checked"] and (allowed := re.findall(r"'([^']+)'::text", column["checked"])):
        listed = ", ".join(f"'{value}'" for value in allowed)
        return f"(array[{listed}])[1 + n % {len(allowed)}]"
    return _VALUES.get(column["type"], "1 + n % 3").format(column=column["name"])


async def _fill(admin: Any, table: str, tenant: object) -> None:
    found = await admin.fetch(_COLUMNS, table)
    # What may be empty stays so when it is a moment: an end that has not come, a death.
    filled = [c for c in found if c["needed"] or c["type"] in {"text", "uuid"}]
    keyed = await admin.fetchval(
        "select count(*) from pg_attribute where attrelid = $1::regclass and attname = 'id'", table
    )
    names = ["tenant_id", *(["id"] if keyed else []), *(c["name"] for c in filled)]
    identity = [f"md5('{table}' || n)::uuid"] if keyed else []
    values = [f"'{tenant}'::uuid", *identity, *map(_value, filled)]
    rows = _FEW if table in _SMALL else _ROWS
    await admin.execute(
        f"insert into {table} ({', '.join(names)}) select {', '.join(values)} "  # noqa: S608
        f"from generate_series(0, {rows - 1}) n on conflict do nothing"
    )


@pytest.fixture(scope="module")
async def full(prepared: Cluster) -> Any:
    """Fill every tenant table for two tenants; returns the administrator's connection and a tenant."""
    admin = await asyncpg.connect(prepared.postgres.url("postgres", "motcua"))
    tenants = [uuid7(), uuid7()]
    tables = sorted(t.name for t in core().tables if t.info["tenant"])
    try:
        async with admin.transaction():
            await admin.execute("set local session_replication_role = replica")
            agreements = await admin.fetch(_AGREEMENTS, tables)
            for one in agreements:
                await admin.execute(f"alter table {one['table']} drop constraint {one['name']}")
            for tenant in tenants:
                await admin.execute(_TENANT, tenant, f"t{tenant.hex}")
                for table in tables:
                    await _fill(admin, table, tenant)
            for one in agreements:
                rule = f"add constraint {one['name']} {one['rule']} not valid"
                await admin.execute(f"alter table {one['table']} {rule}")
        await admin.execute(f"analyze {', '.join(tables)}")
        await admin.execute(_PLAN)
        yield admin, tenants[0]
        # Nothing of what was made up is owed to anybody: other tests would try to do it.
        await admin.execute("delete from outbox where tenant_id = any($1)", tenants)
    finally:
        await admin.close()


async def _used(admin: Any, sql: str) -> list[tuple[str, str]]:
    """Return the indexes of the generic plan for the application's role, with what they are asked."""
    return sorted(
        _indexes(json.loads(await admin.fetchval("select pg_temp.plan($1)", sql))[0]["Plan"])
    )


def _indexes(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if name := node.get("Index Name"):
        # The number of a sub-plan says nothing; what it gives (the tenant) does.
        yield name, re.sub(r"\w*Plan \d+", "plan", node.get("Index Cond", ""))
    for below in node.get("Plans", ()):
        yield from _indexes(below)


@pytest.mark.parametrize("sql", list(_queries()))
async def test_the_same_indexes_answer_with_and_without_the_barrier(sql: str, full: Any) -> None:
    admin, tenant = full
    undo = admin.transaction()
    await undo.start()
    try:
        await admin.execute(f"set local app.tenant_id = '{tenant}'")
        # On a few thousand rows reading all would do; on a million it would not.
        await admin.execute("set local enable_seqscan = off")
        behind_the_barrier = await _used(admin, sql)
        await admin.execute("update pg_proc set proleakproof = true where not proleakproof")
        without = await _used(admin, sql)
    finally:
        await undo.rollback()
    assert behind_the_barrier == without


async def test_a_condition_that_may_leak_is_noticed(full: Any) -> None:
    admin, tenant = full
    undo = admin.transaction()
    await undo.start()
    try:
        await admin.execute(f"set local app.tenant_id = '{tenant}'")
        await admin.execute("set local enable_seqscan = off")
        sql = "select id from dossier where track_code like 'abc%'"
        plain = await _used(admin, sql)
        await admin.execute("update pg_proc set proleakproof = true where not proleakproof")
        assert plain != await _used(admin, sql)
    finally:
        await undo.rollback()
