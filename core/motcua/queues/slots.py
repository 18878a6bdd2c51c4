"""Slots of appointments: made from data for the days ahead, each a row with a capacity.

A line says how in its ``appointments`` (``sites.toml``)::

    {minutes = 30, capacity = 2, days_ahead = 14, weekdays = [1, 2, 3, 4, 5],
     hours = [["08:00", "11:00"], ["14:00", "16:30"]]}

Slots lie within the hours in which the site is open (``hours.worked``), so that no day off has any. Making
them again changes nothing; a new plan or calendar closes what nobody booked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues.hours import sessions_of, worked
from motcua.tenancy.db import Tx
from motcua.text import VIETNAM
from motcua.worktime import Calendar
from motcua.worktime.calendar import Session

_LINES = """
select l.id, l.site_id, l.appointments, s.hours from line l
join site s on s.tenant_id = l.tenant_id and s.id = l.site_id
where l.appointments is not null
"""
# What is booked stays as it was promised: its end, and never a capacity below it.
_MAKE = """
insert into slot (id, site_id, line_id, day, from_at, to_at, capacity)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::date[], $5::timestamptz[],
                     $6::timestamptz[], $7::int[])
on conflict (tenant_id, line_id, from_at) do update
  set capacity = greatest(excluded.capacity, slot.booked),
    to_at = case when slot.booked = 0 then excluded.to_at else slot.to_at end
  where slot.capacity <> greatest(excluded.capacity, slot.booked)
    or (slot.booked = 0 and slot.to_at <> excluded.to_at)
"""
_UNPLANNED = """
from_at > $1 and closed_at is null and not exists (
    select 1 from unnest($2::uuid[], $3::timestamptz[]) as k (line_id, from_at)
    where k.line_id = slot.line_id and k.from_at = slot.from_at)
"""
_DROP = f"""
delete from slot where {_UNPLANNED} and not exists (
  select 1 from appointment a where a.tenant_id = slot.tenant_id and a.slot_id = slot.id)
"""  # noqa: S608 -- only our own words
_SHUT = f"update slot set closed_at = $1 where {_UNPLANNED} returning id, booked"  # noqa: S608
_FREE = """
select id, day, from_at, to_at, capacity, booked from slot
where line_id = $1 and closed_at is null and booked < capacity and from_at > $2
  and day between $3 and $4 order by from_at
"""
_CLOSE = """
update slot set closed_at = $2 where id = $1 and closed_at is null returning id, site_id, booked
"""
_KNOWN = "select closed_at from slot where id = $1"


class Plan(msgspec.Struct, frozen=True):
    """How a line makes its slots; without ``hours`` all that is worked. Weekdays are ISO ones, 1 is Monday."""

    minutes: int = 30
    capacity: int = 1
    days_ahead: int = 14
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    hours: tuple[Session, ...] = ()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Plan":
        """Read a plan from data; ``Invalid`` names every field that is wrong or unknown."""
        wrong = {key: said for key, value in body.items() if (said := _fault(key, value))}
        if wrong:
            raise Invalid(
                "Cách chia giờ hẹn chưa hợp lệ.", "The appointment plan is not valid.", fields=wrong
            )
        read: dict[str, Any] = {**body, "hours": sessions_of(body.get("hours", ()))}
        if "weekdays" in body:
            read["weekdays"] = tuple(body["weekdays"])
        return cls(**read)


@dataclass(frozen=True)
class Planned:
    """A slot that is to be there."""

    line: UUID
    site: UUID
    day: date
    from_at: datetime
    to_at: datetime
    capacity: int


@dataclass(frozen=True)
class Free:
    """A slot with room; ``left`` more can be booked in it."""

    id: UUID
    day: date
    from_at: datetime
    to_at: datetime
    left: int


def planned(
    plan: Plan,
    calendar: Calendar,
    hours: Mapping[str, Any] | None,
    line: UUID,
    site: UUID,
    first: date,
) -> Iterator[Planned]:
    """Yield the slots of a line from a day on, for the days that its plan looks ahead (pure).

    ``hours`` are the site's own weekly hours. A slot lies whole inside a session.
    """
    for ahead in range(plan.days_ahead + 1):
        day = first + timedelta(days=ahead)
        if day.isoweekday() not in plan.weekdays:
            continue
        for low, high in _common(worked(calendar, hours, day), plan.hours):
            for minute in range(low, high - plan.minutes + 1, plan.minutes):
                begin = datetime.combine(day, time(0), VIETNAM) + timedelta(minutes=minute)
                end = begin + timedelta(minutes=plan.minutes)
                yield Planned(line, site, day, begin, end, plan.capacity)


async def make(work: Work, calendar: Calendar) -> int:
    """Make the slots of all lines for the days ahead; returns how many the plans have from now on.

    Safe to run at any time and twice at once. What the plan does not have any more is taken away, or
    closed when somebody booked there once: who has an appointment keeps it.
    """
    today = local_day(work.now)
    wanted: list[Planned] = []
    for row in await work.tx.fetch(_LINES):
        plan = Plan.of(row["appointments"])
        found = planned(plan, calendar, row["hours"], row["id"], row["site_id"], today)
        wanted += [slot for slot in found if slot.from_at > work.now]
    # In one order for everybody, so that two who make them at once do not wait for each other.
    wanted.sort(key=lambda slot: (slot.line, slot.from_at))
    await work.tx.execute(
        _MAKE,
        [uuid7() for _ in wanted],
        [slot.site for slot in wanted],
        [slot.line for slot in wanted],
        [slot.day for slot in wanted],
        [slot.from_at for slot in wanted],
        [slot.to_at for slot in wanted],
        [slot.capacity for slot in wanted],
    )
    await _retire(work, wanted)
    return len(wanted)


async def _retire(work: Work, wanted: Sequence[Planned]) -> None:
    kept = ([slot.line for slot in wanted], [slot.from_at for slot in wanted])
    await work.tx.execute(_DROP, work.now, *kept)
    for row in await work.tx.fetch(_SHUT, work.now, *kept):
        work.emit("slot.closed", row["id"], {"booked": row["booked"], "why": "plan"})


async def free(tx: Tx, line: UUID, now: datetime, first: date, last: date) -> list[Free]:
    """Return the slots of a line that can be booked, on these days, in the order of time."""
    rows = await tx.fetch(_FREE, line, now, first, last)
    return [
        Free(r["id"], r["day"], r["from_at"], r["to_at"], r["capacity"] - r["booked"]) for r in rows
    ]


async def close(work: Work, slot: UUID, why: str) -> int:
    """Let nobody book in a slot any more; returns how many have booked in it and keep their place.

    ``NotFound`` for a slot that does not exist, ``Conflict`` for one that is closed.
    """
    row = await work.tx.fetchrow(_CLOSE, slot, work.now)
    if row is None:
        if await work.tx.fetchrow(_KNOWN, slot) is None:
            raise NotFound("Không có khung giờ này.", "There is no such slot.")
        raise Conflict("Khung giờ này đã đóng.", "This slot is closed already.")
    work.emit("slot.closed", slot, {"booked": row["booked"], "why": why})
    work.bells.add(f"site:{row['site_id']}")
    return int(row["booked"])


def _common(worked: Sequence[Session], wished: Sequence[Session]) -> Iterator[Session]:
    if not wished:
        yield from worked
        return
    for low, high in worked:
        for begin, end in wished:
            if max(low, begin) < min(high, end):
                yield max(low, begin), min(high, end)


_BOUNDS = {"minutes": (5, 240), "capacity": (1, 200), "days_ahead": (1, 60)}


def _fault(key: str, value: object) -> tuple[str, str] | None:
    if key in _BOUNDS:
        low, high = _BOUNDS[key]
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return (
            None
            if fits
            else (f"Nhập số từ {low} đến {high}.", f"Enter a number from {low} to {high}.")
        )
    if key == "weekdays":
        fits = isinstance(value, list | tuple) and all(v in range(1, 8) for v in value)
        return None if fits else ("Ngày trong tuần từ 1 đến 7.", "Weekdays are 1 to 7.")
    if key == "hours":
        return None if _hours_fit(value) else ("Giờ viết như 08:00.", "Hours are written 08:00.")
    return "Không có mục này.", "There is no such key."


def _hours_fit(value: object) -> bool:
    if not isinstance(value, list | tuple):
        return False
    try:
        return all(low < high for low, high in sessions_of(value))
    except (Invalid, TypeError, ValueError):
        return False
