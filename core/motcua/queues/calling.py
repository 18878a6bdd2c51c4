"""Calling: the next one by the policy in one statement, a certain one with a reason, the same one again.

``queues.policy.choose`` is the rule as a pure function; the statement here picks the same ticket.
"""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues import frozen, held
from motcua.queues.policies import policy_in_force
from motcua.queues.policy import Policy
from motcua.tenancy.db import Record

_PLACE = """
select c.site_id as site, s.unit_id as unit from counter c
join site s on s.tenant_id = c.tenant_id and s.id = c.site_id where c.id = $1
"""
# $1 counter $2 officer $3 now $4 day $5 priority in a row $6 head start of priority in minutes (null:
# absolute) $7 spill-over allowed $8 new segment $9 event $10 actor $11 $12 rows owed for it $13 mark of a visit
# $14 the counter's site $15 the key before which somebody counts as of the first group (null: nobody does)
# $16 how many people it looks at.
#
# The counter is locked first, then the officer's open idle segment, which is his seat: calls of one counter
# come one after the other, and a call that waited finds the seat taken. Tickets and their visits that another call holds are passed.
_NEXT = """
with desk as (
  select id, number, zone_id, priority_run, lines, profile_id from counter
  where id = $1 and staff_id = $2 and break_since is null for no key update),
seat as (
  select g.id as segment, g.from_at, d.priority_run, d.lines, d.profile_id
  from desk d, segment g
  where g.staff_id = $2 and g.counter_id = $1 and g.kind = 'idle' and g.to_at is null
    and not exists (select 1 from site_node n where n.site_id = $14::uuid and n.centre_until <= $3)
  for no key update of g),
own as (
  select case when jsonb_array_length(coalesce(p.groups, '[]')) > 0 then p.groups
      else jsonb_build_array(seat.lines) end as groups,
    coalesce(p.spill, '[]') as spill
  from seat left join work_profile p on p.id = seat.profile_id),
able as (
  select l.id, l.mean_minutes, own.spill ? l.letter as spills,
    (select min(g.place) from jsonb_array_elements(own.groups) with ordinality g (letters, place)
     where g.letters ? l.letter) as place
  from own, line l
  where l.site_id = $14 and (l.skill_id is null or exists (
    select 1 from staff_skill k where k.staff_id = $2 and k.skill_id = l.skill_id))),
-- The run of priority calls is full: somebody ordinary goes first, where there is one.
rules as (
  select $6::float8 is null and seat.priority_run >= $5 as full_run,
    $7 and not exists (
      select 1 from able a join ticket r on r.line_id = a.id
      where a.place is not null and r.site_id = $14 and r.state = 'reserved'
        and r.day = $4 and r.window_from >= $3
        and r.window_from - $3 <= a.mean_minutes * interval '1 minute')
    and not exists (
      select 1 from able a join slot o on o.line_id = a.id
      join appointment p on p.slot_id = o.id and p.state = 'booked'
      where a.place is not null and o.booked > 0
        and o.from_at >= $3 and o.from_at < $3 + interval '4 hours'
        and o.from_at - $3 <= a.mean_minutes * interval '1 minute') as spills
  from seat),
-- Who may be among the first: the few for whom something special holds, and the oldest ordinary ones of each line.
-- In the order of the calls, sorted before anything is locked; "picked" goes down it one by one (no join can
-- turn a lateral one round) and stops at the first whom nobody else holds.
first as materialized (
  select t.id, t.version, t.level, t.place, t.rank, t.key
  from able a
  cross join lateral (
    select w.id, w.version,
      case when k.pinned then 0
        else 1 + (w.priority > 0 and (select full_run from rules))::int
          + case when a.place is null then 2 else 0 end end as level,
      case when k.pinned then null when a.place > 1 and w.sort_key < $15 then 1 else a.place end as place,
      case when not k.pinned and $6::float8 is null then -w.priority end as rank,
      case when k.pinned then w.sort_key
        else w.sort_key - coalesce($6::float8, 0) * interval '1 minute' end as key
    from ticket w
    cross join lateral (select w.for_counter_id is not null or w.for_staff_id is not null as pinned) k
    where w.line_id = a.id and w.site_id = $14::uuid and w.day = $4
      and w.state = 'waiting'
      and (w.priority > 0 or w.for_counter_id is not null or w.for_staff_id is not null)
      and (w.for_counter_id is null or w.for_counter_id = $1)
      and (w.for_staff_id is null or w.for_staff_id = $2)
      and (k.pinned or a.place is not null or (a.spills and (select spills from rules)))
    union all
    (select w.id, w.version, case when a.place is null then 3 else 1 end,
       case when a.place > 1 and w.sort_key < $15 then 1 else a.place end,
       case when $6::float8 is null then 0 end, w.sort_key
     from ticket w
     where w.line_id = a.id and w.site_id = $14::uuid and w.day = $4
       and w.state = 'waiting'
       and w.priority = 0 and w.for_counter_id is null and w.for_staff_id is null
       and (a.place is not null or (a.spills and (select spills from rules)))
     order by w.sort_key, w.id limit $16)) t
  order by level, place, rank, key, id limit $16),
-- A ticket that has changed since this statement began to look is passed, like one that is held: its segment as
-- read here may be over.
picked as (
  select x.*, f.level = 0 as pinned
  from first f cross join lateral (
    select t.id, t.visit_id, t.number, t.dossier_id, t.trace_id, t.priority, t.calls + 1 as calls,
      greatest($3, (select from_at from seat), g.from_at) as at
    from ticket t join visit v on v.id = t.visit_id
    join segment g on g.ticket_id = t.id and g.to_at is null
    where t.id = f.id and t.version = f.version and t.state = 'waiting'
    for no key update of t, v skip locked) x
  limit 1),
-- The ticket, and what else of its visit waits: that steps aside.
moved as (
  update ticket t set version = t.version + 1,
    state = case when t.id = p.id then 'called' else 'parked' end,
    parked_why = case when t.id = p.id then '' else $13 end,
    called_at = case when t.id = p.id then p.at else t.called_at end,
    counter_id = case when t.id = p.id then $1::uuid else t.counter_id end,
    staff_id = case when t.id = p.id then $2::uuid else t.staff_id end,
    calls = t.calls + (t.id = p.id)::int,
    for_counter_id = case when t.id = p.id then null else t.for_counter_id end,
    for_staff_id = case when t.id = p.id then null else t.for_staff_id end
  from picked p
  where t.visit_id = p.visit_id and (t.id = p.id or t.state = 'waiting')
  returning t.id, t.line_id, t.state, p.at),
closed as (
  update segment g set to_at = greatest(g.from_at, o.at)
  from (
    select s.id, m.at from moved m join segment s on s.ticket_id = m.id and s.to_at is null
    union all select seat.segment, p.at from seat, picked p) o
  where g.id = o.id returning g.ticket_id, g.to_at),
opened as (
  insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at, counter_id, staff_id)
  select case when m.state = 'called' then $8::uuid else uuidv7() end, m.id, $14, m.line_id, $4,
    m.state, c.to_at,
    case when m.state = 'called' then $1::uuid end,
    case when m.state = 'called' then $2::uuid end
  from moved m join closed c on c.ticket_id = m.id where (select count(*) from closed) > 1),
run as (
  update counter c set priority_run = case when p.priority > 0 then c.priority_run + 1 else 0 end
  from picked p where c.id = $1 and not p.pinned and (c.priority_run > 0 or p.priority > 0)),
seq as (
  update site s set call_seq = s.call_seq + 1 from picked where s.id = $14
  returning s.call_seq, s.unit_id),
said as (
  select p.id, p.number, p.trace_id, p.calls, desk.number as counter, desk.zone_id,
    case when not p.pinned and (desk.priority_run > 0 or p.priority > 0) then desk.priority_run end as run,
    seq.call_seq, seq.unit_id
  from picked p, desk, seq),
shown as (
  insert into board_call (site_id, seq, number, counter, zone_id, calls, at)
  select $14, call_seq, number, counter, zone_id, calls, $3 from said),
event as (
  insert into event (id, trace_id, at, type, subject, unit_id, actor, payload)
  select $9, trace_id, $3, 'ticket.called', id, unit_id, $10,
    jsonb_build_object('counter', counter, 'calls', calls)
      || case when run is null then '{}' else jsonb_build_object('run', run) end
  from said),
owed as (
  insert into outbox (id, event_id, subscriber, next_at)
  select o.id, $9, o.subscriber, now() from picked, unnest($11::uuid[], $12::text[])
    as o (id, subscriber))
select p.id, p.number, p.dossier_id, p.trace_id, exists (select 1 from first) as more
from seat left join picked p on true
"""
_WHY_NOT = """
select c.number, c.staff_id, c.break_since, n.centre_until,
  (select t.number from ticket t where t.counter_id = c.id and t.state in ('called', 'serving')
   and exists (select 1 from segment g where g.tenant_id = t.tenant_id and g.ticket_id = t.id
     and g.to_at is null and g.counter_id = c.id) limit 1) as busy
from counter c
left join site_node n on n.tenant_id = c.tenant_id and n.site_id = c.site_id
where c.id = $1
"""
_SEAT = """
with desk as (
  select tenant_id, id from counter where id = $1 and staff_id = $2 and break_since is null
  for no key update)
select g.id from desk
join segment g on g.tenant_id = desk.tenant_id and g.counter_id = desk.id
where g.staff_id = $2 and g.kind = 'idle' and g.to_at is null for no key update of g
"""
# A call looks at the first few. When others hold all of them at this moment, it looks again, at as many as
# there can be counters: whoever stands behind those cannot be the next.
_FEW, _MANY = 5, 500
_places: dict[tuple[UUID, UUID], "Place"] = {}


@dataclass(frozen=True)
class Place:
    """Where a counter stands: its site, and the unit the site belongs to."""

    site: UUID
    unit: UUID


@dataclass(frozen=True)
class Called:
    """Who is called to the counter, and the dossier that opens with the ticket."""

    id: UUID
    number: str
    dossier_id: UUID | None
    trace_id: UUID


async def call_next(work: Work, counter: UUID, staff: UUID) -> Called | None:
    """Call the next ticket by the policy in force; None when nobody waits whom this counter may call.

    ``NotFound`` for a strange counter; ``Conflict`` when the officer does not sit there, has a break, or a
    number is still there; ``Unavailable`` while the site is cut off.
    """
    site = await site_of(work, counter)
    rules = await policy_in_force(work.tx, site, work.now)
    row = await _next(work, site, counter, staff, rules, _FEW)
    if row and row["id"] is None and row["more"]:
        row = await _next(work, site, counter, staff, rules, _MANY)
    if row is None:
        raise await _why_not(work, counter, staff)
    if row["id"] is None:
        return None
    work.trace_id = row["trace_id"]
    work.bells.add(f"site:{site}")
    return Called(row["id"], row["number"], row["dossier_id"], row["trace_id"])


async def site_of(work: Work, counter: UUID) -> UUID:
    """Return the site of a counter; ``NotFound``."""
    return (await place_of(work, counter)).site


async def place_of(work: Work, counter: UUID) -> Place:
    """Return where a counter stands, which never changes and is kept in memory; ``NotFound``."""
    key = (work.tenant.id, counter)
    found = _places.get(key)
    if found is None:
        row = await work.tx.fetchrow(_PLACE, counter)
        if row is None:
            raise no_counter()
        found = _places[key] = Place(row["site"], row["unit"])
    return found


def no_counter() -> NotFound:
    """Return the refusal for a counter that is not there."""
    return NotFound("Không có quầy này.", "There is no such counter.")


async def _next(
    work: Work, site: UUID, counter: UUID, staff: UUID, rules: Policy, looks: int
) -> Record | None:
    owed = list(work.subscribers(work.tenant, "ticket.called"))
    try:
        row = await work.alone(
            _NEXT,
            counter,
            staff,
            work.now,
            local_day(work.now),
            rules.priority_in_row,
            rules.priority_head_start_minutes,
            rules.spill_over,
            uuid7(),
            uuid7(),
            str(work.actor),
            [uuid7() for _ in owed],
            owed,
            held.VISIT,
            site,
            rules.patient_since(work.now),
            looks,
        )
    except asyncpg.UniqueViolationError as error:
        raise held.at_once(error) from error
    if owed and row is not None and row["id"] is not None:
        work.bells.add("outbox")
    return row


async def _why_not(work: Work, counter: UUID, staff: UUID) -> Conflict | NotFound:
    """Return why this officer cannot call at this counter; ``Unavailable`` is raised at once."""
    row = await work.tx.fetchrow(_WHY_NOT, counter)
    if row is None:
        return no_counter()
    frozen.check(row["centre_until"], work.now)
    if row["staff_id"] != staff:
        return Conflict(
            "Hãy mở quầy trước khi gọi số.", "Sit down at the counter before you call a number."
        )
    if row["break_since"] is not None:
        return Conflict(
            "Quầy đang tạm nghỉ. Hãy bấm quay lại trước khi gọi số.",
            "The counter has a break. Come back before you call a number.",
        )
    if row["busy"]:
        return Conflict(
            f"Số {row['busy']} đang ở quầy. Hãy kết thúc trước khi gọi số tiếp theo.",
            f"Number {row['busy']} is at this counter. Finish it first.",
        )
    return held.NotFreeError()


async def call_this(
    work: Work,
    counter: UUID,
    staff: UUID,
    ticket: UUID,
    reason: str,
    *,
    version: int | None = None,
) -> Called:
    """Call a certain waiting number out of its order; the reason stands in the event log.

    ``Invalid`` without a reason; ``Conflict`` when the number does not wait, is of another day or for somebody
    else, the person is at another counter, the officer lacks the line's skill or is not free.
    """
    if not reason.strip():
        said = ("Hãy ghi lý do gọi ngoài thứ tự.", "Say why you call out of order.")
        raise Invalid(*said, fields={"reason": said})
    await free_seat(work, counter, staff)
    found = await held.one_of(work, ticket, "waiting", version=version)
    if found.site_id != await site_of(work, counter):
        raise NotFound("Không có số này.", "There is no such ticket.")
    held.of_today(work, found)
    if (found.for_staff_id or staff) != staff or (found.for_counter_id or counter) != counter:
        raise Conflict(
            "Số này đang chờ một quầy hoặc cán bộ khác.", "This number waits for somebody else."
        )
    await refuse_unskilled(work, found.line_id, staff)
    await held.alone(work, found)
    await bring(work, found, counter, staff, "called")
    name = await held.announce(work, found)
    work.emit(
        "ticket.called",
        found.id,
        {"counter": name, "calls": found.calls, "out_of_order": reason.strip()},
        unit=found.unit,
    )
    return Called(found.id, found.number, found.dossier_id, found.trace_id)


async def free_seat(work: Work, counter: UUID, staff: UUID) -> None:
    """Lock a counter before a ticket is brought to it by name; ``Conflict`` when its officer is not free."""
    if await work.tx.fetchval(_SEAT, counter, staff) is None:
        raise await _why_not(work, counter, staff)


async def bring(
    work: Work, found: held.Held, counter: UUID, staff: UUID, state: str, *, again: bool = False
) -> None:
    """Bring a ticket to a counter whose seat is held; ``again``: as it was there before."""
    found.state, found.counter_id, found.staff_id = state, counter, staff
    if not again:
        found.parked_why = ""
        found.calls += state == "called"
    await held.save(work, found, stamp=not again)


async def refuse_unskilled(work: Work, line: UUID, staff: UUID) -> None:
    """Refuse with ``Conflict`` when the line wants a skill that the officer lacks."""
    if await work.tx.fetchval(_LACKS, line, staff):
        raise Conflict(
            "Cán bộ này chưa được giao lĩnh vực của số.",
            "This officer is not trained for the line of this number.",
        )


_LACKS = """
select 1 from line l where l.id = $1 and l.skill_id is not null and not exists (
  select 1 from staff_skill k
  where k.tenant_id = l.tenant_id and k.staff_id = $2 and k.skill_id = l.skill_id)
"""


async def recall(work: Work, ticket: UUID, staff: UUID, *, version: int | None = None) -> int:
    """Call the same number again; returns how often it was called."""
    found = await held.mine(work, ticket, staff, "called", version=version)
    found.calls += 1
    await held.save(work, found)
    name = await held.announce(work, found)
    work.emit("ticket.recalled", found.id, {"counter": name, "calls": found.calls}, unit=found.unit)
    return found.calls
