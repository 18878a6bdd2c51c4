"""A report of a day or a month, for one site or for all that somebody may see: made from the figures alone."""

import calendar as gregorian
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from motcua.errors import Both
from motcua.monitor.reports_summary import SUMMARY, summary
from motcua.monitor.reports_tables import (
    OFFICER,
    OPEN_HOUR,
    PLACE,
    SEAT,
    Cell,
    Column,
    Table,
    cells,
    used,
)
from motcua.queues import figures
from motcua.queues.figures import Dimension, Figures, Scope
from motcua.queues.kpis import Kpi
from motcua.tenancy.db import Record, Tx
from motcua.text import fold, vn_date
from motcua.worktime import Calendar

Span = Literal["day", "month"]
_NAMES = """
select 'line' as kind, l.id, l.letter as sorted, l.letter || ' · ' || l.name_vi as vi,
  l.letter || ' · ' || l.name_en as en
from line l where l.site_id = any($1)
union all
select 'counter', c.id, lpad(c.number, 8, '0'), c.number, c.number
from counter c where c.site_id = any($1)
"""


@dataclass(frozen=True)
class Wish:
    """What is asked for: a day or the month it lies in; one site, or all of ``sites``."""

    span: Span
    day: date
    sites: Sequence[Record]
    site: Record | None
    officers: bool = False

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        if self.span == "day":
            return self.day, self.day
        last = gregorian.monthrange(self.day.year, self.day.month)[1]
        return self.day.replace(day=1), self.day.replace(day=last)

    @property
    def chosen(self) -> list[Record]:
        """The sites it is about."""
        return [self.site] if self.site else list(self.sites)

    def scope(self, now: datetime) -> Scope:
        """Return what the figures are asked for."""
        return Scope([site["id"] for site in self.chosen], *self.days, now)

    @property
    def query(self) -> dict[str, str]:
        """The address of this report."""
        asked = {"span": self.span, "date": vn_date(self.day)}
        return asked | ({"site": self.site["key"]} if self.site else {})

    def neighbour(self, step: int) -> "Wish":
        """Return the wish for the report before (-1) or after (1)."""
        if self.span == "day":
            return replace(self, day=self.day + timedelta(days=step))
        first, last = self.days
        edge = first - timedelta(days=1) if step < 0 else last + timedelta(days=1)
        return replace(self, day=edge.replace(day=1))


@dataclass(frozen=True)
class Report:
    """A report: tables of numbers, and the definitions of all that stands in them."""

    wish: Wish
    made_at: datetime
    total: Figures
    tables: Sequence[Table]
    kpis: Sequence[Kpi]
    alarms: Sequence[str]

    @property
    def table(self) -> Mapping[str, Table]:
        """Its tables by their keys."""
        return {table.key: table for table in self.tables}


async def make(tx: Tx, wish: Wish, calendar: Calendar, now: datetime) -> Report:
    """Make a report as things stand at a moment."""
    scope = wish.scope(now)
    sets = _sets(wish)
    # A month of the whole province is a sum of days; whatever else is asked is summed from its rows.
    whole = wish.span == "month" and wish.site is None
    kept = await figures.book.read(tx, scope) if whole else None
    found = await kept.of(sets) if kept else await figures.of(tx, scope, by=sets)
    total = found[()][0] if found[()] else Figures(figures.Whose())
    names = await _names(tx, wish)
    checks = figures.little(found["site",], scope)
    tables = [
        await summary(tx, scope, total, calendar, checks, wish.query, kept),
        *(
            _table(shape, found[one], names, wish)
            for one in sets
            if _shown(one, wish)
            for shape in _SHAPES
            if shape.dimension == one[0]
        ),
    ]
    if wish.officers and wish.site:
        tables.append(await _officers(tx, wish, now))
    alarms = [names["site", check.site].name for check in checks if check.alarm]
    return Report(wish, now, total, tables, used(tables, SUMMARY), alarms)


def _sets(wish: Wish) -> list[tuple[Dimension, ...]]:
    sets: list[tuple[Dimension, ...]] = [()]
    sets += [("site",), ("line",), ("counter",)] if wish.site else [("site",)]
    if wish.span == "month":
        sets.append(("day",))
    if wish.span == "day" or wish.site:
        sets.append(("hour",))
    return sets


def _shown(one: tuple[Dimension, ...], wish: Wish) -> bool:
    return bool(one) and not (one == ("site",) and wish.site)


@dataclass(frozen=True)
class _Shape:
    """A table of places or spans: its key, by what it is summed, its headings, its columns."""

    key: str
    dimension: Dimension
    vi: str
    en: str
    column_vi: str
    column_en: str
    columns: Sequence[Column]


_SHAPES: Sequence[_Shape] = (
    _Shape(
        "site", "site", "Theo điểm tiếp nhận", "By site", "Điểm tiếp nhận", "Site", (*PLACE, *SEAT)
    ),
    _Shape("line", "line", "Theo lĩnh vực", "By line", "Lĩnh vực", "Line", PLACE),
    _Shape("counter", "counter", "Theo quầy", "By counter", "Quầy", "Counter", (*PLACE, *SEAT)),
    _Shape("day", "day", "Theo ngày", "By day", "Ngày", "Day", (*PLACE, *SEAT)),
    # A number belongs to the hour in which its holder came, a counter's time to the hour that the clock
    # showed: they stand in tables of their own, and no number is divided by another hour's time.
    _Shape("hour", "hour", "Theo giờ đến", "By hour of arrival", "Giờ đến", "Arrived", PLACE),
    _Shape("open_hour", "hour", "Quầy theo giờ", "Counters by hour", "Giờ", "Hour", OPEN_HOUR),
)


@dataclass(frozen=True)
class _Named:
    """A place: by what it is sorted, what it is called, how it is asked for."""

    order: str
    name: str
    asked: str


Names = Mapping[tuple[str, UUID], _Named]


async def _names(tx: Tx, wish: Wish) -> Names:
    ids = [site["id"] for site in wish.chosen]
    found = {
        ("site", site["id"]): _Named(fold(site["name"]), site["name"], site["key"])
        for site in wish.chosen
    }
    for row in await tx.fetch(_NAMES, ids):
        named = _Named(row["sorted"], Both(row["vi"], row["en"]), str(row["id"]))
        found[row["kind"], row["id"]] = named
    return found


def _named(dimension: Dimension, figures: Figures, names: Names) -> _Named | None:
    """Return what a row is called; None for what belongs to no such place (a number never called)."""
    whose = figures.whose
    if dimension == "hour":
        return None if whose.hour is None else _hour(whose.hour)
    if dimension == "day":
        return None if whose.day is None else _day(whose.day)
    place = {"site": whose.site, "line": whose.line, "counter": whose.counter}[dimension]
    return None if place is None else names.get((dimension, place))


def _hour(hour: int) -> _Named:
    return _Named(f"{hour:02}", f"{hour:02}:00–{hour + 1:02}:00", str(hour))


def _day(day: date) -> _Named:
    return _Named(day.isoformat(), vn_date(day), vn_date(day))


def _table(shape: _Shape, found: Iterable[Figures], names: Names, wish: Wish) -> Table:
    return Table(
        shape.key,
        shape.vi,
        shape.en,
        [Column(shape.dimension, shape.column_vi, shape.column_en, "text"), *shape.columns],
        [
            [Cell(named.name), *_row(shape, named, one, wish)]
            for named, one in _placed(shape, found, names)
        ],
    )


def _placed(
    shape: _Shape, found: Iterable[Figures], names: Names
) -> list[tuple[_Named, Figures | None]]:
    """Return the figures with the places they are of, in order; every site is there, with figures or without."""
    rows: dict[_Named, Figures | None] = {}
    if shape.dimension == "site":
        rows = {named: None for (kind, _), named in names.items() if kind == "site"}
    for one in found:
        named = _named(shape.dimension, one, names)
        if named is not None and _tells(shape, one):
            rows[named] = one
    return sorted(rows.items(), key=lambda row: row[0].order)


def _tells(shape: _Shape, figures: Figures) -> bool:
    """Tell whether an hour has something of what its table is about; other places have what they have."""
    if shape.dimension != "hour":
        return True
    if shape.columns is OPEN_HOUR:
        return bool(figures.seconds("seated") or figures.services)
    return bool(figures.count("issued"))


def _row(shape: _Shape, named: _Named, figures: Figures | None, wish: Wish) -> list[Cell]:
    if figures is None:
        return [Cell(None) for _ in shape.columns]
    return cells(figures, shape.columns, {**wish.query, **_narrowed(shape.dimension, named)})


def _narrowed(dimension: Dimension, named: _Named) -> dict[str, str]:
    if dimension == "day":
        return {"span": "day", "date": named.asked}
    return {dimension: named.asked}


async def _officers(tx: Tx, wish: Wish, now: datetime) -> Table:
    """Who sat at the counters, in their order: no figure sorts people."""
    site = wish.chosen[0]["id"]
    found = await figures.officers_of(tx, site, *wish.days, now)
    head = [
        Column("officer", "Cán bộ", "Officer", "text"),
        Column("counter", "Quầy", "Counter", "text"),
    ]
    return Table(
        "officer",
        "Theo cán bộ",
        "By officer",
        [*head, *OFFICER],
        [
            [
                Cell(one.name),
                Cell(one.counter),
                *cells(one.figures, OFFICER, {**wish.query, "officer": str(one.id)}),
            ]
            for one in found
        ],
    )
