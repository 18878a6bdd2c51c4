"""A day that was, played again under another policy: the same people, the same service times.

For an administrator before he publishes a policy. Both policies are simulated, the one in force and the
proposed one, so that what a simulation leaves out is left out of both; the waits as they really were stand
beside. Left out: who left before he was called, transfers (a number is taken in its last line), pins, today's
profiles and skills stand for those of that day.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from motcua.queues.hours import midnight
from motcua.queues.outcome import Outcome, Waits
from motcua.queues.policies import policy_in_force
from motcua.queues.policy import Policy
from motcua.queues.simulation import Arrival, Desk, Plan, run
from motcua.tenancy.db import Record, TenantTx

_ABSENT = 99
# Who sat at a counter until so many minutes before the last one left, would have stayed for the last people.
_STAYED = 60.0
_TICKETS = """
select t.id, l.letter, l.mean_minutes, t.priority, t.state, t.recycled, t.sort_key,
  o.from_at as slot, w.began, w.called, w.serving, w.waited
from ticket t
join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
left join appointment a on a.tenant_id = t.tenant_id and a.id = t.appointment_id
left join slot o on o.tenant_id = a.tenant_id and o.id = a.slot_id
join lateral (
  select min(g.from_at) filter (where g.kind in ('waiting', 'transferred')) as began,
    min(g.from_at) filter (where g.kind = 'called') as called,
    sum(extract(epoch from g.to_at - g.from_at)::float8 / 60)
      filter (where g.kind = 'serving') as serving,
    sum(extract(epoch from g.to_at - g.from_at)::float8 / 60)
      filter (where g.kind in ('waiting', 'transferred')) as waited
  from segment g where g.tenant_id = t.tenant_id and g.ticket_id = t.id) w on w.began is not null
where t.site_id = $1 and t.day = $2 and w.called is not null order by w.began, t.id
"""
_SEATS = """
select g.counter_id, g.staff_id, g.from_at, g.to_at, c.lines, p.groups, p.spill,
  (select jsonb_agg(a.letter) from line a
   where a.tenant_id = g.tenant_id and a.site_id = g.site_id and (a.skill_id is null or exists (
     select 1 from staff_skill k where k.tenant_id = a.tenant_id and k.staff_id = g.staff_id
       and k.skill_id = a.skill_id))) as able
from segment g
join counter c on c.tenant_id = g.tenant_id and c.id = g.counter_id
left join work_profile p on p.tenant_id = c.tenant_id and p.id = c.profile_id
where g.site_id = $1 and g.day = $2 and g.kind in ('idle', 'called', 'serving')
  and g.to_at is not null order by g.counter_id, g.staff_id, g.from_at
"""
_WALK = """
select coalesce(avg(extract(epoch from c.to_at - c.from_at)::float8 / 60), 0.7)
from segment c join segment s on s.tenant_id = c.tenant_id and s.ticket_id = c.ticket_id
  and s.kind = 'serving' and s.from_at = c.to_at
where c.site_id = $1 and c.day = $2 and c.kind = 'called'
"""


@dataclass(frozen=True)
class Comparison:
    """A day under two policies: ``was`` as it happened, ``before`` and ``after`` as played."""

    day: date
    people: int
    was: Waits
    policy: Policy
    proposed: Policy
    before: Outcome
    after: Outcome


async def replay(
    tx: TenantTx, site: UUID, day: date, policy: Policy, now: datetime
) -> Comparison | None:
    """Play a day under the policy that is in force now and under the proposed one; None if nobody was called."""
    tickets = await tx.fetch(_TICKETS, site, day)
    plan = plan_of(tickets, await tx.fetch(_SEATS, site, day), day, await _walk(tx, site, day))
    if not tickets or not plan.desks:
        return None
    force = await policy_in_force(tx, site, now)
    return Comparison(
        day,
        len(tickets),
        Waits.of((t["called"] - t["began"]).total_seconds() / 60 for t in tickets),
        force,
        policy,
        run(plan, force),
        run(plan, policy),
    )


def plan_of(tickets: Iterable[Record], seats: Sequence[Record], day: date, walk: float) -> Plan:
    """Make the plan of a day from its tickets and the time that officers sat at counters."""
    begins = midnight(day)
    rows = list(tickets)
    means = {row["letter"]: float(row["mean_minutes"]) for row in rows}
    return Plan(tuple(_arrival(row, begins) for row in rows), _desks(seats, begins), walk, means)


async def _walk(tx: TenantTx, site: UUID, day: date) -> float:
    return float(await tx.fetchval(_WALK, site, day))


def _arrival(row: Record, begins: datetime) -> Arrival:
    at = _minutes(row["began"], begins)
    since = None if row["slot"] else min(at, _minutes(row["sort_key"], begins))
    served = row["serving"]
    return Arrival(
        at,
        row["letter"],
        float(row["mean_minutes"] if served is None else served),
        row["priority"],
        _minutes(row["slot"], begins) if row["slot"] else None,
        _ABSENT if served is None else row["recycled"],
        since,
    )


def _desks(seats: Iterable[Record], begins: datetime) -> tuple[Desk, ...]:
    spans: dict[tuple[UUID, UUID], list[tuple[float, float]]] = defaultdict(list)
    about: dict[tuple[UUID, UUID], Mapping[str, Any]] = {}
    for row in seats:
        key = (row["counter_id"], row["staff_id"])
        about[key] = row
        own, at = spans[key], _minutes(row["from_at"], begins)
        until = _minutes(row["to_at"], begins)
        # A step of the service ends where the next one begins: one span.
        if own and at - own[-1][1] < 0.05:
            own[-1] = (own[-1][0], max(own[-1][1], until))
        else:
            own.append((at, until))
    last = max((own[-1][1] for own in spans.values()), default=0.0)
    return tuple(
        Desk(
            _groups(about[key]),
            frozenset(about[key]["able"] or ()),
            tuple(own),
            tuple(about[key]["spill"] or ()),
            stays=own[-1][1] > last - _STAYED,
        )
        for key, own in spans.items()
    )


def _groups(row: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(group) for group in row["groups"] or [row["lines"]])


def _minutes(moment: datetime, begins: datetime) -> float:
    return (moment - begins).total_seconds() / 60
