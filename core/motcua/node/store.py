"""What a node keeps: a mirror of its site while the centre writes, and its own changes while it is alone.

Every row that changes while the node is alone is noted by a trigger, in commit order: nothing that the
queue engine writes can be forgotten. While the centre writes, the same trigger refuses.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from motcua.queues import numbers
from motcua.tenancy.db import Database, TenantTx
from motcua.tenancy.schema import metadata
from motcua.tenancy.tenant import Tenant

#: What is noted while the node is alone.
CAPTURED = (
    "visit",
    "ticket",
    "segment",
    "ticket_service",
    "feedback",
    "board_call",
    "counter",
    "line",
    "appointment",
    "event",
)
# In the order of their foreign keys.
_SETUP = (
    "unit",
    "staff",
    "staff_role",
    "site",
    "skill",
    "staff_skill",
    "zone",
    "line",
    "work_profile",
    "priority_class",
    "call_policy",
    "tenant_calendar",
    "device",
    "web_session",
)
# Who may what is told whole each time: what is not told any more is gone.
_TOLD_WHOLE = ("web_session", "staff_role", "staff_skill")
_LIVE = (
    "site",
    "counter",
    "day_number",
    "number_lease",
    "visit",
    "ticket",
    "segment",
    "board_call",
    "slot",
    "appointment",
)
_WIPED = (
    "appointment",
    "slot",
    "segment",
    "ticket_service",
    "feedback",
    "estimate_log",
    "ticket",
    "visit",
    "board_call",
    "day_number",
    "number_lease",
)
_LOCK = "select pg_advisory_xact_lock(7263002)"
_CAPTURE = """
create sequence if not exists site_change_seq;
grant usage on sequence site_change_seq to mc_app;
create or replace function site_capture() returns trigger language plpgsql as $$
begin
  if coalesce(current_setting('motcua.mirror', true), '') = 'on' then
    return null;
  end if;
  perform pg_advisory_xact_lock(7263002);
  if not exists (select 1 from site_node where alone_since is not null) then
    raise exception 'the centre writes for this site' using errcode = 'MC001';
  end if;
  insert into site_change (tenant_id, seq, kind, body, at)
  values (new.tenant_id, nextval('site_change_seq'), tg_table_name,
    to_jsonb(new) || jsonb_build_object('_tx', pg_current_xact_id()::text), now());
  return null;
end $$
"""
_TRIGGER = """
create or replace trigger site_capture after insert or update on {table}
for each row execute function site_capture()
"""
#: A moment long ago: while this stands in its own row, the node itself is the one who may not write.
_NOT_ME = datetime(2000, 1, 1, tzinfo=UTC)
_SELF = """
insert into site_node (site_id, device_id, centre_until, about) values ($1, $2, $3, $4)
on conflict (tenant_id, site_id) do nothing
"""
_STATE = "select alone_since, about from site_node"
_ALONE = "update site_node set alone_since = $1, centre_until = null"
# From here on numbers come out of the blocks that the centre leased: what is not in them is turned into
# blocks of others, which are stepped over. The first of these holds how many the centre has given out, so
# that the day's caps hold here too; the last one has no end. A node that did this already has its rows.
_BLOCKS = """
with leased as (
  delete from number_lease n where not exists (select 1 from number_lease b where b.last = $2::smallint)
  returning n.*),
given as (
  select l.site_id, l.letter, l.day, coalesce(max(d.n), 0)
    + sum(l.used - (l.last - l.first + 1) * (l.first <= coalesce(d.n, 0))::int) as n
  from leased l left join day_number d on d.tenant_id = l.tenant_id and d.site_id = l.site_id
    and d.letter = l.letter and d.day = l.day
  group by 1, 2, 3),
free as (
  select site_id, letter, day, first + used as low, last,
    lag(last) over (partition by site_id, letter, day order by first) as before
  from leased where first + used <= last)
insert into number_lease (site_id, letter, day, first, last, used, leased_at)
select f.site_id, f.letter, f.day, coalesce(f.before, 0) + 1, f.low - 1,
  case when f.before is null then g.n else 0 end, $1::timestamptz
from free f join given g using (site_id, letter, day)
union all
select site_id, letter, day, max(last) + 1, $2::smallint, 0, $1 from free group by site_id, letter, day
returning 1
"""
_BEGIN = """
insert into day_number as d (site_id, letter, day, n)
select site_id, letter, day, last from number_lease where first = 1
on conflict (tenant_id, site_id, letter, day) do update set n = excluded.n
"""
_LINKED = """
update site_node set alone_since = null, centre_until = $1
where not exists (select 1 from site_change) returning 1
"""
# The last command is sent whole: a half of it would hang in the air at the centre.
_CHANGES = """
with oldest as (select seq, body->>'_tx' as tx from site_change order by seq limit $1)
select seq, kind, body from site_change
where seq <= (select max(seq) from oldest)
  or body->>'_tx' = (select tx from oldest order by seq desc limit 1)
order by seq
"""
_FORGET = "delete from site_change where seq <= $1"


async def install(owner: Database) -> None:
    """Put the triggers in place; safe to repeat. Runs as the owner of the node's own database."""
    async with owner.platform() as tx:
        await tx.execute(_CAPTURE)
        for table in CAPTURED:
            await tx.execute(_TRIGGER.format(table=table))


class Store:
    """The node's own database, for the tenant of its site."""

    def __init__(self, app: Database, tenant: Tenant) -> None:
        self._app = app
        self.tenant = tenant

    async def begin(self, site: UUID, device: UUID, store: str) -> None:
        """Note whose node this is; keeps what is there."""
        async with self._app.tenant(self.tenant) as tx:
            await tx.execute(_SELF, site, device, _NOT_ME, {"store": store})

    async def alone_since(self) -> datetime | None:
        """Return since when this node is alone; it outlives a crash."""
        async with self._app.tenant(self.tenant) as tx:
            row = await tx.fetchrow(_STATE)
        return row["alone_since"] if row else None

    async def take_over(self, now: datetime) -> None:
        """Begin to write."""
        async with self._app.tenant(self.tenant) as tx:
            await tx.execute("set local motcua.mirror = 'on'")
            await tx.execute(_LOCK)
            if await tx.fetch(_BLOCKS, now, numbers.NO_END):
                await tx.execute(_BEGIN)
            await tx.execute(_ALONE, now)

    async def changes(self, most: int) -> list[dict[str, Any]]:
        """Return the oldest changes that are not known to be at the centre: whole commands, about ``most``."""
        async with self._app.tenant(self.tenant) as tx:
            return [dict(row) for row in await tx.fetch(_CHANGES, most)]

    async def forget(self, merged: int) -> None:
        """Drop what the centre has."""
        async with self._app.tenant(self.tenant) as tx:
            await tx.execute(_FORGET, merged)

    async def stop_writing(self) -> bool:
        """Stop writing when nothing is left to send; False when something came in between.

        Under the lock that every noted change takes: after it, no command of this node can still commit.
        """
        async with self._app.tenant(self.tenant) as tx:
            await tx.execute(_LOCK)
            return await tx.fetchval(_LINKED, _NOT_ME) is not None

    async def mirror(self, setup: Mapping[str, Any] | None, live: Mapping[str, Any] | None) -> None:
        """Take over the centre's rows: who works here and by what rules, and the day as it stands."""
        async with self._app.tenant(self.tenant) as tx:
            await tx.execute("set local motcua.mirror = 'on'")
            if setup is not None:
                await _keep_setup(tx, setup)
            if live is not None:
                await _keep_live(tx, live)


async def keep_tenant(owner: Database, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store the tenant itself. It has no plugins here: a node knows numbers, no procedures."""
    async with owner.platform() as tx:
        await tx.execute(*_upsert("tenant", [{**row, "plugins": []} for row in rows]))


async def _keep_setup(tx: TenantTx, setup: Mapping[str, Any]) -> None:
    for table in _TOLD_WHOLE:
        await tx.execute(f"delete from {table}")  # noqa: S608 -- a name of this list
    for table in _SETUP:
        if rows := setup.get(table):
            await tx.execute(*_upsert(table, rows))


async def _keep_live(tx: TenantTx, live: Mapping[str, Any]) -> None:
    for table in _WIPED:
        await tx.execute(f"delete from {table}")  # noqa: S608 -- a name of this list
    await tx.execute("update counter set staff_id = null where staff_id is not null")
    for table in _LIVE:
        if rows := live.get(table):
            await tx.execute(*_upsert(table, rows))


def _upsert(table: str, rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[Mapping[str, Any]]]:
    """Return the statement that stores rows given as JSON, with the columns they have."""
    columns: sa.Table = metadata.tables[table]
    names = [c.name for c in columns.columns if c.name in rows[0]]
    key = [c.name for c in columns.primary_key.columns]
    listed = ", ".join(names)
    fresh = ", ".join(f"{n} = excluded.{n}" for n in names if n not in key)
    statement = (
        f"insert into {table} ({listed}) "  # noqa: S608 -- names of our own tables
        f"select {listed} from jsonb_populate_recordset(null::public.{table}, $1) "
        f"on conflict ({', '.join(key)}) do " + (f"update set {fresh}" if fresh else "nothing")
    )
    return statement, list(rows)
