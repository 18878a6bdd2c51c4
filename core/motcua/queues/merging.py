"""Merging what a site's node did alone: an ordered batch, each change once, whatever the centre did meanwhile.

The node is the only writer while it is alone, but the centre may have written in the last seconds before,
unknown to the node. The node's history of officers and counters holds; a number that the centre had called
unseen goes back to its place in the queue. Nothing that is closed is opened again, and nothing overlaps.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues import kept_appointment, models
from motcua.queues.figures import book
from motcua.tenancy.db import Record


class Change(msgspec.Struct):
    """One row as it was after a change at the node; ``seq`` counts the node's changes in commit order.

    ``_tx`` in the body names the command that it belongs to.
    """

    seq: int
    kind: str
    body: dict[str, Any]


def _upsert(table: sa.Table, keep: Sequence[str] = ()) -> str:
    """Write the statement that stores a row given as JSON; ``keep``: what the centre knows better."""
    names = [c.name for c in table.columns]
    key = [c.name for c in table.primary_key.columns]
    fresh = ", ".join(f"{n} = excluded.{n}" for n in names if n not in (*key, *keep))
    return (
        f"insert into {table.name} ({', '.join(names)}) "  # noqa: S608 -- names of our own tables
        f"select {', '.join(names)} from jsonb_populate_record(null::public.{table.name}, $1) "
        f"on conflict ({', '.join(key)}) do update set {fresh}"
    )


_SITE_HELD = "select merged from site_node where site_id = $1 and device_id = $2 for update"
_MERGED = "update site_node set merged = $2 where site_id = $1"
_ROWS: Final = {
    "visit": _upsert(models.visit, ("person_id", "contact_sealed", "device_id")),
    "ticket": _upsert(
        models.ticket, ("person_id", "contact_index", "dossier_id", "trace_id", "public_code")
    ),
    "ticket_service": _upsert(models.service, ("dossier_id",)),
    "feedback": _upsert(models.feedback),
}
_GIVEN = """
select r.site_id, r.day, regexp_replace(r.number, '[0-9]+$', '') as letter,
  substring(r.number from '[0-9]+$')::int as n
from jsonb_populate_record(null::public.ticket, $1) as r
"""
# How far the node's block is used: its next one begins behind.
_USED = f"""
update number_lease n set used = greatest(n.used, t.n - n.first + 1)
from ({_GIVEN}) t
where n.site_id = t.site_id and n.day = t.day and n.letter = t.letter
  and t.n between n.first and n.last
"""  # noqa: S608 -- constants
# A node that was alone for longer than it had blocks numbered from one: the centre goes on behind.
_PASSED = f"""
insert into day_number as d (site_id, letter, day, n)
select t.site_id, t.letter, t.day, t.n from ({_GIVEN}) t
where not exists (select 1 from number_lease b where b.site_id = t.site_id and b.letter = t.letter
  and b.day = t.day and t.n between b.first and b.last)
on conflict (tenant_id, site_id, letter, day) do update set n = excluded.n where d.n < excluded.n
"""  # noqa: S608 -- constants
_COUNTER = """
update counter set staff_id = r.staff_id, opened_at = r.opened_at, break_since = r.break_since,
  profile_id = r.profile_id, priority_run = r.priority_run
from jsonb_populate_record(null::public.counter, $1) as r
where counter.tenant_id = r.tenant_id and counter.id = r.id
"""
# Nobody sits at two counters: where he sat for the centre, he does not sit any more.
_ELSEWHERE = """
update counter set staff_id = null, opened_at = null
where staff_id = ($1::jsonb->>'staff_id')::uuid and id <> ($1::jsonb->>'id')::uuid
"""
_LINE = """
update line set paused_at = r.paused_at, paused_why = r.paused_why
from jsonb_populate_record(null::public.line, $1) as r
where line.tenant_id = r.tenant_id and line.id = r.id
"""
_CALL = """
with next as (update site set call_seq = call_seq + 1 where id = ($1::jsonb->>'site_id')::uuid returning call_seq)
insert into board_call (site_id, seq, number, counter, zone_id, calls, at)
select r.site_id, next.call_seq, r.number, r.counter, r.zone_id, r.calls, r.at
from jsonb_populate_record(null::public.board_call, $1) as r, next
"""
_EVENT = """
insert into event (id, trace_id, at, type, subject, unit_id, actor, payload)
select id, trace_id, at, type, subject, unit_id, actor, payload
from jsonb_populate_record(null::public.event, $1) on conflict do nothing
"""
_KNOWN = "select to_at, staff_id from segment where id = $1"
_NEW_SEGMENT = """
insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at, to_at, counter_id, staff_id)
select id, ticket_id, site_id, line_id, day, kind, from_at, to_at, counter_id, staff_id
from jsonb_populate_record(null::public.segment, $1)
"""
# The row of a service that the centre has noted already, when both ended the same number.
_NOTED = """
select 1 from ticket_service s join jsonb_populate_record(null::public.ticket_service, $1) as r
  on s.tenant_id = r.tenant_id and s.ticket_id = r.ticket_id and s.line_id = r.line_id and s.id <> r.id
limit 1
"""
_OVER = "select id from ticket where id = any($1) and ended_at is not null"
# What has ended at the node has no open piece, and ends with its last one.
_SHUT = """
update segment g set to_at = greatest(g.from_at, t.ended_at) from ticket t
where t.id = any($1) and t.ended_at is not null and g.tenant_id = t.tenant_id and g.ticket_id = t.id
  and g.to_at is null
"""
_ENDS = """
update ticket t set ended_at = l.to_at
from (select ticket_id, max(to_at) as to_at from segment where ticket_id = any($1) group by 1) l
where t.id = l.ticket_id and t.ended_at is not null and t.ended_at <> l.to_at
"""
# The centre had ended a number that goes on at the node: what lies between was waiting.
_BETWEEN = """
insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at, to_at)
select $1, s.ticket_id, s.site_id, s.line_id, s.day, 'waiting', s.to_at, $3
from (select * from segment where ticket_id = $2 order by to_at desc nulls first limit 1) s
where s.to_at < $3
"""
_CLOSE = "update segment set to_at = greatest(from_at, $2) where id = $1 and to_at is null"
_IN_THE_WAY = """
select id, ticket_id, staff_id, counter_id, kind from segment
where to_at is null and id <> $1 and (ticket_id = $2 or staff_id = $3 or counter_id = $4)
order by id for update
"""
_BACK = """
update ticket set state = 'waiting', counter_id = null, staff_id = null, called_at = null,
  version = version + 1
where id = $1 and state in ('called', 'serving') returning id
"""
_WAIT_AGAIN = """
insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at)
select $1, t.id, t.site_id, t.line_id, t.day, 'waiting',
  (select max(s.to_at) from segment s where s.tenant_id = t.tenant_id and s.ticket_id = t.id)
from ticket t where t.id = $2
"""
_IDLE = """
insert into segment (id, site_id, day, kind, from_at, counter_id, staff_id)
select $1, site_id, day, 'idle', greatest(from_at, $3), counter_id, staff_id from segment where id = $2
"""


async def merge(work: Work, site: UUID, device: UUID, changes: Sequence[Change]) -> int:
    """Take over a node's changes after the last one that is here, in order; returns the last one now here.

    Sending a batch again, or a part of it, changes nothing.
    """
    merged = await work.tx.fetchval(_SITE_HELD, site, device)
    fresh = [change for change in changes if change.seq > merged]
    for _, rows in groupby(fresh, key=lambda change: change.body["_tx"]):
        await _command(work, sorted(rows, key=_rank))
    merged = max([merged, *(change.seq for change in fresh)])
    days = {date.fromisoformat(c.body["day"]) for c in fresh if c.body.get("day")}
    await book.tear(work, site, days)
    await work.tx.execute(_MERGED, site, merged)
    work.bells.add(f"site:{site}")
    return int(merged)


async def _command(work: Work, rows: Sequence[Change]) -> None:
    """Take over what one command at the node wrote."""
    moved = frozenset(UUID(row.body["id"]) for row in rows if row.kind == "ticket")
    over = {str(row["id"]) for row in await work.tx.fetch(_OVER, [*moved])}
    for row in rows:
        if row.kind == "segment":
            await _segment(work, row.body, moved)
        elif row.kind == "appointment":
            await kept_appointment.keep(work, row.body)
        elif row.kind != "ticket_service" or not (
            row.body["ticket_id"] in over and await work.tx.fetchval(_NOTED, row.body)
        ):
            await _apply(work, row)
    await work.tx.execute(_SHUT, [*moved])
    await work.tx.execute(_ENDS, [*moved])


def _rank(change: Change) -> tuple[int, bool, int]:
    """Order the rows of one command: what others refer to first, and what ends before what begins."""
    kinds = ("visit", "ticket", "ticket_service", "counter", "segment")
    place = kinds.index(change.kind) if change.kind in kinds else len(kinds)
    return place, change.body.get("to_at") is None, change.seq


async def _apply(work: Work, change: Change) -> None:
    if change.kind == "counter":
        await work.tx.execute(_ELSEWHERE, change.body)
        await work.tx.execute(_COUNTER, change.body)
    elif change.kind == "line":
        await work.tx.execute(_LINE, change.body)
    elif change.kind == "board_call":
        await work.tx.execute(_CALL, change.body)
    elif change.kind == "event":
        await work.tx.execute(_EVENT, change.body)
    else:
        await work.tx.execute(_ROWS[change.kind], change.body)
        if change.kind == "ticket":
            await work.tx.execute(_USED, change.body)
            await work.tx.execute(_PASSED, change.body)


async def _segment(work: Work, body: Mapping[str, Any], moved: frozenset[UUID]) -> None:
    """Store a segment of the node, after closing what is open in its way at the centre.

    ``moved``: tickets that the same command moves; where they are now, the node says.
    """
    segment = UUID(body["id"])
    known = await work.tx.fetchrow(_KNOWN, segment)
    ended = _moment(body["to_at"])
    if known is None:
        await _clear_the_way(work, segment, body, _moment(body["from_at"]), moved)
        if body["ticket_id"]:
            began = _moment(body["from_at"])
            await work.tx.execute(_BETWEEN, uuid7(), UUID(body["ticket_id"]), began)
        await work.tx.execute(_NEW_SEGMENT, body)
    elif known["to_at"] is None and ended:
        await work.tx.execute(_CLOSE, segment, ended)
    elif known["staff_id"] and ended:
        # The centre had closed it, unseen by the node: what it opened for this officer ends here.
        await _clear_the_way(work, segment, {**body, "ticket_id": None}, ended, moved)


async def _clear_the_way(
    work: Work,
    segment: UUID,
    body: Mapping[str, Any],
    at: datetime | None,
    moved: frozenset[UUID],
) -> None:
    who = [UUID(body[k]) if body[k] else None for k in ("ticket_id", "staff_id", "counter_id")]
    for row in await work.tx.fetch(_IN_THE_WAY, segment, *who):
        await work.tx.execute(_CLOSE, row["id"], at)
        if row["staff_id"] and row["staff_id"] != who[1]:
            # His number was taken by the node: for the centre he was free from then on.
            await work.tx.execute(_IDLE, uuid7(), row["id"], at)
        if row["ticket_id"] and row["ticket_id"] not in moved:
            await _return_to_queue(work, row)


async def _return_to_queue(work: Work, row: Record) -> None:
    if await work.tx.fetchval(_BACK, row["ticket_id"]):
        await work.tx.execute(_WAIT_AGAIN, uuid7(), row["ticket_id"])
        work.emit("ticket.returned", row["ticket_id"], {"why": "site_merged"})


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
