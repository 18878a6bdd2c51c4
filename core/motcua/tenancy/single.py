"""A statement that is a whole transaction of a tenant: one round trip in place of begin, statement, commit.

Row-level security reads the tenant from a setting that must stand before the statement begins. A function of the
connection (schema ``pg_temp``) sets it for this transaction and runs the statement; it is made of the statement
itself when a connection first needs it, and so never says anything else than the code does. What is set ends with
the transaction: nothing of a tenant stays in the connection.
"""

import hashlib
from typing import Any

INSTALLING = 3
"""Round trips of ``install``."""

_TYPES = """
select array(select format_type(t.oid, null) from unnest($1::oid[]) with ordinality as t (oid, n)
  order by t.n)
"""
_MAKE = """
drop function if exists {name};
create function {name}({taken}) returns table ({given}) language plpgsql as $single$
#variable_conflict use_column
declare
  -- Assigned, not performed: an expression costs less than a query.
  ignored text;
begin
  ignored := set_config('app.tenant_id', ${tenant}::text, true);
  return query {sql};
end $single$
"""


async def install(connection: Any, sql: str) -> str:
    """Make the function of a statement; returns the call of it, which takes the tenant's id as last parameter."""
    name = "pg_temp.single_" + hashlib.sha256(sql.encode()).hexdigest()[:16]
    statement = await connection.prepare(sql)
    taken = [parameter.oid for parameter in statement.get_parameters()]
    columns = statement.get_attributes()
    types = await connection.fetchval(_TYPES, taken + [c.type.oid for c in columns])
    # Columns of the statement could be taken for the function's own: those have other names.
    given = [f"out_{n} {kind}" for n, kind in enumerate(types[len(taken) :])]
    await connection.execute(
        _MAKE.format(
            name=name,
            taken=", ".join([*types[: len(taken)], "uuid"]),
            given=", ".join(given),
            tenant=len(taken) + 1,
            sql=sql.strip(),
        )
    )
    values = ", ".join(f"${n + 1}" for n in range(len(taken) + 1))
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"select * from {name}({values}) as r ({names})"  # noqa: S608 -- hash and numbers
