"""The book of days: what a site's day came to, kept once it is settled, so that a month is a sum of days.

A day of a site is settled when it is over, no number of it is open and nobody still sits there from it: the
halls' upkeep closes it in the night after. Its figures do not change any more, but for a number that is voided
later, a batch of the site's own machine, or a line's new promise: then the page of the book is made anew. A
page holds the counts and sums of the day, and its times in order, because a percentile of a month is none of
its days' percentiles.

Pages are made by the statements that sum any day; days that have none yet are summed while somebody asks.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import floor, fsum
from typing import Any
from uuid import UUID

from anyio import to_thread

from motcua.dossiers.codes import local_day
from motcua.events.work import Work
from motcua.queues.figures import order, sql
from motcua.queues.figures.quality import OVERTAKEN_BY, Fairness, gini, overtakers
from motcua.queues.figures.shape import DIMENSIONS, Dimension, Figures, Scope, Spread, Whose
from motcua.queues.figures.summing import SERVICE_SUMS, TICKET_SUMS, TIME_SUMS, By, grouped
from motcua.tenancy.db import Tx

#: So many days without a page are summed while somebody waits; with more of them all is summed anew.
_MOST_MISSING = 3
#: The times of a page: of tickets, of whole visits, and of the wait until the first call by class.
RUNS = (*sql.SPREADS, "visit", "fair")
_DAYS: tuple[By, ...] = (("site", "day"),)
_TICKETS = grouped(
    sql.FACTS,
    [
        *TICKET_SUMS,
        *(
            f"array_agg({value} order by {value}) filter (where {sure} and {value} is not null)"
            f" as {key}_run"
            for key, (value, sure) in sql.SPREADS.items()
        ),
    ],
    "facts",
    _DAYS,
)
_TIMES = grouped(sql.pieces(hourly=False), TIME_SUMS, "pieces", _DAYS)
_SERVICES = grouped(sql.SERVICES, SERVICE_SUMS, "services", _DAYS)
_VISITS = """
with v as (
  select t.site_id, t.day, t.visit_id, min(v.arrived_at) as arrived_at, max(t.ended_at) as ended_at
  from ticket t join visit v on v.tenant_id = t.tenant_id and v.id = t.visit_id
  where t.site_id = any($1) and t.day between $2 and $3 and t.issued_at <= $4
    and v.arrived_at is not null
  group by t.site_id, t.day, t.visit_id
  having bool_and(t.ended_at is not null and t.ended_at <= $4) and bool_or(t.state = 'done')),
s as (select site_id, day, extract(epoch from ended_at - arrived_at)::float8 as seconds from v)
select site_id, day, array_agg(seconds order by seconds) as run from s where seconds >= 0
group by site_id, day
"""
_PROMISES = """
(select coalesce(string_agg(l.letter || l.promise_minutes, ' ' order by l.letter), '') from line l
  where l.tenant_id = i.tenant_id and l.site_id = i.id)
"""
_KEPT = f"""
select d.site_id, d.day, d.sums, d.wait, d.first_wait, d.service, d.visit, d.fair
from site_day d join site i on i.tenant_id = d.tenant_id and i.id = d.site_id
where d.site_id = any($1) and d.day between $2 and $3 and d.made_at <= $4 and d.promises = {_PROMISES}
"""  # noqa: S608 -- constants
# Days whose figures do not change any more and that have no page, or one that is no longer true.
_DUE = f"""
with o as (
  -- A number that is reserved for later takes no time of the days before.
  select site_id, min(day) as day from segment where to_at is null and kind <> 'reserved' group by site_id),
due as materialized (
  select i.id, d.day::date as day
  from site i cross join generate_series($1::date, $2::date, interval '1 day') as d (day)
  left join o on o.site_id = i.id
  where (o.day is null or o.day > d.day)
    and not exists (select 1 from site_day k where k.tenant_id = i.tenant_id and k.site_id = i.id
      and k.day = d.day::date and k.promises = {_PROMISES})
    and not exists (select 1 from site_node n where n.tenant_id = i.tenant_id and n.site_id = i.id
      and (n.alone_since is not null or n.centre_until <= $3)))
select day, array_agg(id) as sites from due
where (select count(*) from ticket t
  where t.site_id = due.id and t.day = due.day and t.ended_at is null) = 0
group by day order by day desc limit $4
"""  # noqa: S608 -- constants
_KEEP = f"""
insert into site_day (site_id, day, made_at, promises, sums, wait, first_wait, service, visit, fair)
select $1, $2, $3, {_PROMISES}, $4, $5, $6, $7, $8, $9 from site i where i.id = $1
on conflict (tenant_id, site_id, day) do update set made_at = excluded.made_at,
  promises = excluded.promises, sums = excluded.sums, wait = excluded.wait,
  first_wait = excluded.first_wait, service = excluded.service, visit = excluded.visit,
  fair = excluded.fair
"""  # noqa: S608 -- constants
_TEAR = "delete from site_day where site_id = $1 and day = any($2)"


@dataclass(frozen=True)
class Page:
    """One site's day. ``counts`` and ``times`` as in ``Figures``; ``runs`` are seconds in their order."""

    site: UUID
    day: date
    counts: Mapping[str, int]
    times: Mapping[str, float]
    services: int
    standard_minutes: float
    tiled: float
    stay: float
    ordered: int
    overtaken: int
    runs: Mapping[str, "array[float]"]

    @property
    def sums(self) -> dict[str, Any]:
        """What is kept of it beside its times."""
        names = ("counts", "times", "services", "standard_minutes", "tiled", "stay")
        return {name: getattr(self, name) for name in (*names, "ordered", "overtaken")}


@dataclass(frozen=True)
class Book:
    """The pages of a scope."""

    pages: Sequence[Page]

    async def of(self, by: Sequence[By]) -> dict[By, list[Figures]]:
        """Return the figures once for each set of ``site`` and ``day``, as ``figures.of`` sums them."""
        return {one: await to_thread.run_sync(_sums, self.pages, one) for one in by}

    async def stay(self) -> Spread:
        """Return how long whole visits took."""
        return await to_thread.run_sync(spread, [page.runs["visit"] for page in self.pages])

    async def fairness(self) -> Fairness:
        """Return how fair it was."""
        called = sum(page.ordered for page in self.pages)
        overtaken = sum(page.overtaken for page in self.pages)
        return Fairness(called, overtaken, await to_thread.run_sync(self._gini))

    def _gini(self) -> float | None:
        return gini(value for page in self.pages for value in page.runs["fair"])


async def read(tx: Tx, scope: Scope) -> Book | None:
    """Open the book for all of some sites and days; None when too many days have no page yet."""
    rows = await tx.fetch(_KEPT, *scope.args[:4])
    pages = {(row["site_id"], row["day"]): _read(row) for row in rows}
    today, last = local_day(scope.now), scope.to_day
    missing = [
        day
        for day in _days(scope.from_day, last)
        if any((site, day) not in pages for site in scope.sites)
    ]
    if sum(1 for day in missing if day < today) > _MOST_MISSING:
        return None
    for first, until in _spans(missing):
        fresh = await made(tx, Scope(scope.sites, first, until, scope.now))
        pages |= {
            (page.site, page.day): page for page in fresh if (page.site, page.day) not in pages
        }
    return Book(list(pages.values()))


async def write(work: Work, most: int) -> int:
    """Write pages for at most so many settled days of the last weeks; returns how many sites' days."""
    yesterday = local_day(work.now) - timedelta(days=1)
    first = yesterday - timedelta(days=62)
    count = 0
    for row in await work.tx.fetch(_DUE, first, yesterday, work.now, most):
        day, sites = row["day"], row["sites"]
        pages = await made(work.tx, Scope(sites, day, day, work.now))
        found = {page.site: page for page in pages}
        for site in sites:
            page = found.get(site) or _empty(site, day)
            runs = [page.runs[name].tobytes() for name in RUNS]
            await work.tx.execute(_KEEP, site, day, work.now, page.sums, *runs)
        count += len(sites)
    return count


async def tear(work: Work, site: UUID, days: Iterable[date]) -> None:
    """Take pages out that are not true any more; they are written again."""
    await work.tx.execute(_TEAR, site, list(days))


async def made(tx: Tx, scope: Scope) -> list[Page]:
    """Sum each day of each site from the tickets and segments."""
    parts: dict[tuple[UUID, date], dict[str, Any]] = {}
    statements = {
        "tickets": (_TICKETS, scope.args),
        "times": (_TIMES, scope.args),
        "services": (_SERVICES, scope.args),
        "visits": (_VISITS, scope.args[:4]),
    }
    for kind, (statement, args) in statements.items():
        for row in await tx.fetch(statement, *args):
            parts.setdefault((row["site_id"], row["day"]), {})[kind] = row
    for row in await tx.fetch(order.BY_CLASS, *scope.args[:5]):
        at = parts.setdefault((row["site_id"], row["day"]), {})
        at.setdefault("classes", []).append((row["called"], row["waits"]))
    return await to_thread.run_sync(
        lambda: [_page(site, day, found) for (site, day), found in parts.items()]
    )


def _page(site: UUID, day: date, parts: Mapping[str, Any]) -> Page:
    tickets, times, services = (parts.get(kind) for kind in ("tickets", "times", "services"))
    classes = parts.get("classes", ())
    runs = {key: tickets[f"{key}_run"] if tickets else None for key in sql.SPREADS}
    runs["visit"] = parts["visits"]["run"] if "visits" in parts else None
    runs["fair"] = sorted(max(0.0, wait) for _, waits in classes for wait in waits)
    beyond = sum(1 for called, _ in classes for n in overtakers(called) if n > OVERTAKEN_BY)
    return Page(
        site,
        day,
        {key: tickets[key] for key in sql.COUNTS} if tickets else {},
        {key: times[f"time_{key}"] for key in sql.TIMES} if times else {},
        services["services"] if services else 0,
        services["standard_minutes"] if services else 0.0,
        tickets["tiled"] if tickets else 0.0,
        tickets["stay"] if tickets else 0.0,
        sum(len(called) for called, _ in classes),
        beyond,
        {key: array("d", run or ()) for key, run in runs.items()},
    )


def _empty(site: UUID, day: date) -> Page:
    return _page(site, day, {})


def _read(row: Mapping[str, Any]) -> Page:
    runs = {name: array("d") for name in RUNS}
    for name, run in runs.items():
        run.frombytes(row[name])
    return Page(row["site_id"], row["day"], **row["sums"], runs=runs)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _spans(days: Sequence[date]) -> Iterable[tuple[date, date]]:
    """Return runs of days that follow each other, each as its first and its last."""
    if not days:
        return
    begin = days[0]
    for before, after in pairwise(days):
        if (after - before).days > 1:
            yield begin, before
            begin = after
    yield begin, days[-1]


def _sums(pages: Sequence[Page], one: By) -> list[Figures]:
    groups: dict[Whose, list[Page]] = {}
    for page in pages:
        groups.setdefault(_whose(page, one), []).append(page)
    found = [_figures(whose, own) for whose, own in groups.items()]
    return [made for made in found if made.counts.get("issued") or made.times or made.services]


def _whose(page: Page, one: By) -> Whose:
    own: dict[Dimension, Any] = {"site": page.site, "day": page.day}
    return Whose(*(own[dimension] if dimension in one else None for dimension in DIMENSIONS))


def _figures(whose: Whose, pages: Sequence[Page]) -> Figures:
    counted = any(page.counts for page in pages)
    times = {key: fsum(page.times.get(key, 0.0) for page in pages) for key in sql.TIMES}
    return Figures(
        whose,
        {key: sum(page.counts.get(key, 0) for page in pages) for key in sql.COUNTS}
        if counted
        else {},
        times if any(times.values()) else {},
        {key: spread([page.runs[key] for page in pages]) for key in sql.SPREADS} if counted else {},
        sum(page.services for page in pages),
        fsum(page.standard_minutes for page in pages),
        fsum(page.tiled for page in pages),
        fsum(page.stay for page in pages),
    )


def spread(runs: Sequence["array[float]"]) -> Spread:
    """Return mean, median, 90th percentile and maximum of all values of ordered runs together."""
    own = [run for run in runs if run]
    n = sum(map(len, own))
    if not n:
        return Spread()
    mean = fsum(map(fsum, own)) / n
    return Spread(n, mean, _cont(own, n, 0.5), _cont(own, n, 0.9), max(run[-1] for run in own))


def _cont(runs: Sequence["array[float]"], n: int, share: float) -> float:
    """Return a percentile between two neighbours, as ``percentile_cont`` of SQL does."""
    place = share * (n - 1)
    low = floor(place)
    below, above = order.neighbours(runs, low)
    return below if place == low else below + (place - low) * (above - below)
