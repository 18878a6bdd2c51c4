"""What the national office sees: figures per province and day, read as a role that can see nothing else."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from motcua.dossiers.codes import local_day
from motcua.errors import Invalid, Unavailable
from motcua.platform import Platform
from motcua.tenancy.db import Database

KEY = "national"
MAX_DAYS = 366

_PROVINCES = "select slug, name, short_name from tenant where kind = 'province' order by name"
_DAYS = """
select t.slug, r.day, r.metric, r.n from rollup_day r join tenant t on t.id = r.tenant_id
where r.day between $1 and $2 and r.metric = any($3)
"""
_OPEN_BEFORE = """
select t.slug, sum(r.n)::bigint as n from rollup_day r join tenant t on t.id = r.tenant_id
where r.metric = 'open' and r.day < $1 group by t.slug
"""
_NOW = """
select t.slug,
  (select sum(r.n)::bigint from rollup_day r where r.tenant_id = t.id and r.metric = 'open')
    as waiting,
  (select sum(d.n)::bigint from due_day d where d.tenant_id = t.id and d.day < $1) as overdue,
  (select max(r.last_at) from rollup_day r where r.tenant_id = t.id) as last_at
from tenant t where t.kind = 'province'
"""
_METRICS = ("received", "finished", "on_time", "late", "open")


@dataclass(frozen=True)
class Figures:
    """What happened in a span: dossiers received and settled, on time and late by law."""

    received: int = 0
    finished: int = 0
    on_time: int = 0
    late: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.received + other.received,
            self.finished + other.finished,
            self.on_time + other.on_time,
            self.late + other.late,
        )


@dataclass(frozen=True)
class Day(Figures):
    """One province on one day; ``waiting`` is what was open at its end."""

    day: date = date.min
    waiting: int = 0


@dataclass(frozen=True)
class Province:
    """One province: a row for each day of the span, and how it stands now.

    ``overdue`` are open dossiers whose due day has passed; ``last_at`` is the latest event counted.
    """

    slug: str
    name: str
    short_name: str
    days: tuple[Day, ...]
    waiting: int = 0
    overdue: int = 0
    last_at: datetime | None = None

    @property
    def total(self) -> Figures:
        """The whole span."""
        return sum(self.days, Figures())


@dataclass(frozen=True)
class National:
    """All provinces over a span of days, both ends included."""

    first: date
    last: date
    read_at: datetime
    provinces: tuple[Province, ...] = field(default_factory=tuple)

    @property
    def total(self) -> Figures:
        """All provinces, the whole span."""
        return sum((p.total for p in self.provinces), Figures())


async def database(platform: Platform) -> Database:
    """Return the pool of the national role, opened at the first question of this process.

    ``Unavailable`` when this installation has no such role or PostgreSQL does not answer.
    """
    url = platform.settings.national_url
    if not url:
        raise Unavailable(
            "Chưa cấu hình kết nối số liệu quốc gia.",
            "Set MOTCUA_NATIONAL_DATABASE_URL: postgresql://mc_national:…@host/motcua",
        )
    opening = platform.cache.get(KEY)
    if opening is None:
        opening = platform.cache[KEY] = asyncio.ensure_future(Database.open(url, size=4))
    try:
        opened: Database = await asyncio.shield(opening)
    except Unavailable:
        platform.cache.pop(KEY, None)
        raise
    return opened


async def close(platform: Platform) -> None:
    """Close the pool when it was opened; for the end of the process."""
    opening = platform.cache.pop(KEY, None)
    if opening is not None:
        await (await opening).close()


async def figures(platform: Platform, first: date, last: date) -> National:
    """Read the figures of a span of days; ``Invalid`` when it ends before it begins or is too long."""
    if not timedelta(0) <= last - first < timedelta(MAX_DAYS):
        raise Invalid(
            fields={
                "to": (
                    f"Khoảng thời gian từ 1 đến {MAX_DAYS} ngày, ngày cuối không trước ngày đầu.",
                    f"A span has 1 to {MAX_DAYS} days and does not end before it begins.",
                )
            }
        )
    now = datetime.now(UTC)
    async with (await database(platform)).platform() as tx:
        provinces = await tx.fetch(_PROVINCES)
        counted = await tx.fetch(_DAYS, first, last, list(_METRICS))
        before = {r["slug"]: r["n"] for r in await tx.fetch(_OPEN_BEFORE, first)}
        state = {r["slug"]: r for r in await tx.fetch(_NOW, local_day(now))}
    cells = {(r["slug"], r["day"], r["metric"]): int(r["n"]) for r in counted}
    span = [first + timedelta(n) for n in range((last - first).days + 1)]
    return National(
        first,
        last,
        now,
        tuple(
            Province(
                p["slug"],
                p["name"],
                p["short_name"],
                tuple(_days(cells, p["slug"], span, int(before.get(p["slug"], 0)))),
                # An end may be counted before its begin; a figure on screen is never below zero.
                max(0, int(state[p["slug"]]["waiting"] or 0)),
                max(0, int(state[p["slug"]]["overdue"] or 0)),
                state[p["slug"]]["last_at"],
            )
            for p in provinces
        ),
    )


def _days(
    cells: Mapping[tuple[str, date, str], int], slug: str, span: Iterable[date], waiting: int
) -> Iterable[Day]:
    for day in span:
        received, finished, on_time, late, opened = (
            cells.get((slug, day, metric), 0) for metric in _METRICS
        )
        waiting += opened
        yield Day(received, finished, on_time, late, day, max(0, waiting))


def by_day(provinces: Iterable[Province]) -> list[Day]:
    """Return the days of several provinces added up."""
    found: dict[date, Day] = {}
    for province in provinces:
        for d in province.days:
            old = found.get(d.day, Day(day=d.day))
            both = Figures.__add__(old, d)
            found[d.day] = Day(
                both.received,
                both.finished,
                both.on_time,
                both.late,
                d.day,
                old.waiting + d.waiting,
            )
    return list(found.values())
