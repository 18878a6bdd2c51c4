"""Would another hall of the province be quicker, the way there included? Said with its arithmetic, never done.

Reception is without boundaries, so people may go anywhere; but they went to one place for their own reasons.
Another one is named only where even a bad wait there, plus the way, plus ten minutes, beats the usual wait
here. Distances are as the crow flies, lengthened for roads; the speed is an assumption that is shown.

A wait there begins with the arrival and counts in the hours of that hall: who would come into its rest waits
for the end of it, and none is named that may have closed before one is called.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.queues import standing
from motcua.queues.estimate import Range, rounded
from motcua.queues.hours import hours_of, is_known, seat_since
from motcua.queues.opentime import OpenTime, Spans
from motcua.queues.standing import Hall, LineState
from motcua.tenancy.db import Record, TenantTx

SPEED_KMH = 30
DETOUR = 1.3
SPARE_MINUTES = 10
NEAREST = 5
"""So many halls are looked at: those that are nearest."""

FARTHEST_KM = 40.0
Point = tuple[float, float]
"""Latitude and longitude in degrees."""

# Only halls where somebody serves a line of these fields now and that are not closed for today.
_SITES = """
select s.id, s.key, s.name, s.address, coalesce(s.latitude, u.latitude) as latitude,
  coalesce(s.longitude, u.longitude) as longitude
from site s join unit u on u.tenant_id = s.tenant_id and u.id = s.unit_id
where s.id = $1 or coalesce(s.closed_day < $4, true) and exists (
  select 1 from line l
  join counter c on c.tenant_id = l.tenant_id and c.site_id = l.site_id and c.lines ? l.letter
  where l.tenant_id = s.tenant_id and l.site_id = s.id and l.paused_at is null
    and (l.fields ?| $2::text[]) and c.staff_id is not null and c.break_since is null
    and c.opened_at >= $3)
"""


@dataclass(frozen=True)
class Advice:
    """A hall that would be quicker. Minutes; ``way`` is what the way there costs more than the way here.

    ``here`` is the usual wait here, ``there`` a bad one there from the arrival on, ``saved`` what is left of
    the difference. ``rest``: a rest of the hall there is counted in.
    """

    site_key: str
    site_name: str
    address: str
    letter: str
    name_vi: str
    name_en: str
    kilometres: float
    way: int
    here: int
    there: int
    waiting: int
    rest: bool = False
    speed: int = SPEED_KMH

    @property
    def saved(self) -> int:
        """How many minutes sooner one is called, at least."""
        return self.here - self.way - self.there


def kilometres(a: Point, b: Point) -> float:
    """Return the way between two points of the earth by road, about: the great circle times ``DETOUR``."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, p)) for p in (a, b))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return DETOUR * 2 * 6371.0 * math.asin(math.sqrt(half))


def minutes_of(distance: float) -> int:
    """Return how long a way takes at the assumed speed, rounded up to minutes."""
    return math.ceil(60 * distance / SPEED_KMH)


def quicker(way: int, there: int, here: int) -> bool:
    """Tell whether the rule names another hall: way + bad wait there + 10 minutes < usual wait here."""
    return way + there + SPARE_MINUTES < here


def on_arrival(shown: Range, arrives: int, sessions: Spans) -> Range | None:
    """Return how long somebody waits who arrives in so many minutes, where who comes now waits ``shown`` (pure).

    ``sessions`` is when that hall is open today, in minutes from now, none when nobody knows it. As many open
    minutes as now lie before his call. None when the hall has closed by then, or may have.
    """
    if sessions and arrives >= sessions[-1][1]:
        return None
    opened = OpenTime(sessions)
    before = opened.passed(arrives)
    low, high = (
        round(opened.after(before + opened.passed(minutes)) - arrives)
        for minutes in (shown.low, shown.high)
    )
    found = rounded(low, high)
    if sessions and arrives + found.high > sessions[-1][1]:
        return None
    return replace(found, rest=opened.rests(arrives, arrives + high))


async def better_site(
    tx: TenantTx, site: UUID, line: UUID, now: datetime, from_where: Point | None = None
) -> Advice | None:
    """Return the hall with a line of the same field that would be quickest, if it is worth naming.

    ``from_where`` is where the person is; without it he is at the site. A line without a field of its own
    (everything else) is compared with no other.
    """
    hall = await standing.read(tx, site, now)
    mine = next((state for state in hall.lines.values() if state.id == line), None)
    fields = [f for f in mine.fields if f != "*"] if mine else []
    if mine is None or not fields or hall.cut_off or mine.usual <= SPARE_MINUTES:
        return None
    rows = await tx.fetch(_SITES, site, fields, seat_since(now), local_day(now))
    best: Advice | None = None
    for row, distance, way in _nearest(rows, site, from_where):
        if not quicker(way, 0, mine.usual):
            continue
        found = _best_line(await standing.read(tx, row["id"], now), fields)
        if found is None:
            continue
        there = await _there(tx, row["id"], now, found.range, minutes_of(distance))
        if there is None or not quicker(way, there.high, mine.usual):
            continue
        advice = _advice(row, found, there, distance, way, mine.usual)
        if best is None or advice.saved > best.saved:
            best = advice
    return best


def _nearest(
    rows: Sequence[Record], site: UUID, from_where: Point | None
) -> list[tuple[Record, float, int]]:
    """Return the nearest other sites with the distance and what the way costs more than the way here."""
    here = next((_point(r) for r in rows if r["id"] == site), None)
    start = from_where or here
    if start is None:
        return []
    base = minutes_of(kilometres(start, here)) if from_where and here else 0
    found = [
        (row, km, max(0, minutes_of(km) - base))
        for row in rows
        if row["id"] != site and (at := _point(row)) and (km := kilometres(start, at)) < FARTHEST_KM
    ]
    return sorted(found, key=lambda item: item[1])[:NEAREST]


def _point(row: Record) -> Point | None:
    if row["latitude"] is None or row["longitude"] is None:
        return None
    return row["latitude"], row["longitude"]


def _best_line(hall: Hall, fields: Sequence[str]) -> LineState | None:
    """Return the quickest line of these fields where somebody serves; a hall that is cut off has none."""
    if hall.cut_off:
        return None
    served = [
        state
        for state in hall.lines.values()
        if state.open
        and not state.paused
        and not state.range.late
        and set(fields) & set(state.fields)
    ]
    return min(served, key=lambda state: state.range.high, default=None)


async def _there(
    tx: TenantTx, site: UUID, now: datetime, shown: Range, arrives: int
) -> Range | None:
    spans = await hours_of(tx, site, local_day(now))
    if not spans:
        return None
    ahead = [((a - now).total_seconds() / 60, (b - now).total_seconds() / 60) for a, b in spans]
    return on_arrival(shown, arrives, ahead if is_known(spans) else ())


def _advice(
    row: Record, found: LineState, there: Range, distance: float, way: int, here: int
) -> Advice:
    return Advice(
        row["key"],
        row["name"],
        row["address"],
        found.letter,
        found.name_vi,
        found.name_en,
        round(distance, 1),
        way,
        here,
        there.high,
        found.waiting,
        there.rest,
    )
