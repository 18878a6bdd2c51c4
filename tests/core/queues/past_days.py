"""Days that were: a played day written into the database as tickets, segments and seats."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from motcua.ids import random_code, uuid7
from motcua.queues.hours import midnight
from motcua.queues.outcome import Outcome, Seen
from motcua.queues.policy import Policy
from motcua.queues.simulation import Arrival, Desk, Plan, run

from .conftest import Hall

_VISIT = "insert into visit (id, site_id, day, arrived_at) values ($1, $2, $3, $4)"
_TICKET = """
insert into ticket (id, visit_id, site_id, line_id, day, number, public_code, trace_id, state,
  priority, sort_key, issued_at, arrived_at, low_minutes, high_minutes, recycled)
values ($1, $2, $3, $4, $5, $6, $7, $1, $8, $9, $10, $10, $10, $11, $12, 0)
"""
_SEGMENT = """
insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at, to_at, counter_id, staff_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
OPENS = 450.0


@dataclass(frozen=True)
class Past:
    """One written day."""

    day: date
    plan: Plan
    outcome: Outcome


def a_plan(seed: int, people: int = 40) -> Plan:
    """Return a morning of the test hall: lines A and B, three counters that serve both."""
    draw = random.Random(seed)
    arrivals = [
        Arrival(
            OPENS + draw.uniform(0, 150),
            draw.choice("AB"),
            draw.lognormvariate(2, 0.4),
            1 if draw.random() < 0.15 else 0,
        )
        for _ in range(people)
    ]
    desk = Desk((("A", "B"),), frozenset("AB"), ((OPENS, OPENS + 240),))
    return Plan(tuple(sorted(arrivals, key=lambda a: a.at)), (desk,) * 3, 0.5)


async def write_day(hall: Hall, day: date, plan: Plan, *, shown: tuple[int, int] = (0, 30)) -> Past:
    """Play a morning and write it; every ticket was shown the same range."""
    outcome = run(plan, Policy())
    async with hall.work() as work:
        for person in outcome.people:
            await _write(work, hall, day, plan, person, shown)
        for number in range(len(plan.desks)):
            await _idle(work, hall, day, outcome, number)
    return Past(day, plan, outcome)


async def _write(
    work: Any, hall: Hall, day: date, plan: Plan, person: Seen, shown: tuple[int, int]
) -> None:
    def at(minutes: float | None) -> Any:
        return midnight(day) + timedelta(minutes=minutes or 0.0)

    ticket, visit, line = uuid7(), uuid7(), hall.lines[person.letter]
    await work.tx.execute(_VISIT, visit, hall.site, day, at(person.arrived))
    await work.tx.execute(
        _TICKET,
        ticket,
        visit,
        hall.site,
        line,
        day,
        f"{person.letter}{person.number:03d}",
        random_code(8),
        "done",
        plan.arrivals[person.number].priority,
        at(person.arrived),
        *shown,
    )
    desk = person.desk or 0
    seat = (hall.counters[desk], hall.staff[desk])
    for kind, begins, ends, where in (
        ("waiting", person.arrived, person.called, (None, None)),
        ("called", person.called, person.started, seat),
        ("serving", person.started, person.ended, seat),
    ):
        await work.tx.execute(
            _SEGMENT, uuid7(), ticket, hall.site, line, day, kind, at(begins), at(ends), *where
        )


async def _idle(work: Any, hall: Hall, day: date, outcome: Outcome, desk: int) -> None:
    served = sorted((p.called or 0.0, p.ended or 0.0) for p in outcome.people if p.desk == desk)
    free = OPENS
    for called, ended in [*served, (max(OPENS + 240, served[-1][1]), 0.0)]:
        await work.tx.execute(
            _SEGMENT,
            uuid7(),
            None,
            hall.site,
            None,
            day,
            "idle",
            midnight(day) + timedelta(minutes=free),
            midnight(day) + timedelta(minutes=called),
            hall.counters[desk],
            hall.staff[desk],
        )
        free = ended
