"""What the national office sees: figures per province and day, read as a role that can see nothing else."""

from dataclasses import dataclass
from datetime import date

from motcua.tenancy.db import Database

_DAYS = """
select t.slug, t.name, r.day, r.metric, r.n from rollup_day r join tenant t on t.id = r.tenant_id
where r.day between $1 and $2 order by t.slug, r.day desc
"""
_OPEN = """
select t.slug, sum(r.n) as n from rollup_day r join tenant t on t.id = r.tenant_id
where r.metric = 'open' group by t.slug
"""
_PROVINCES = "select slug, name from tenant where kind = 'province' order by name"
COLUMNS = ("received", "finished", "on_time", "late")


@dataclass(frozen=True)
class ProvinceDay:
    """One province on one day."""

    slug: str
    name: str
    day: date
    received: int
    finished: int
    on_time: int
    late: int


@dataclass(frozen=True)
class National:
    """The office's page: rows per province and day, and what waits in each province now."""

    days: list[ProvinceDay]
    waiting: dict[str, int]
    provinces: list[tuple[str, str]]


async def figures(national: Database, first: date, last: date) -> National:
    """Read the figures of a span of days."""
    async with national.platform() as tx:
        rows = await tx.fetch(_DAYS, first, last)
        waiting = {r["slug"]: int(r["n"]) for r in await tx.fetch(_OPEN)}
        provinces = [(r["slug"], r["name"]) for r in await tx.fetch(_PROVINCES)]
    found: dict[tuple[str, str, date], dict[str, int]] = {}
    for row in rows:
        key = (row["slug"], row["name"], row["day"])
        found.setdefault(key, dict.fromkeys(COLUMNS, 0))
        if row["metric"] in COLUMNS:
            found[key][row["metric"]] = int(row["n"])
    days = [
        ProvinceDay(*key, n["received"], n["finished"], n["on_time"], n["late"])
        for key, n in found.items()
    ]
    return National(days, waiting, provinces)
