"""What must hold after a day: live figures, sums of segments, numbers, tiles, and Little's law.

Each check can fail, says what it counted, and names the first things that are wrong.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from motcua.platform import Platform
from motcua.queues.figures import Dimension, Scope, live, of
from motcua.queues.hours import midnight
from motcua.simulation import check_figures, check_tickets, recount
from motcua.simulation.check_figures import Shown
from motcua.simulation.finding import Finding
from motcua.simulation.recount import Day
from motcua.simulation.stage import Log
from motcua.tenancy.tenant import Tenant

_SETS: Mapping[str, tuple[Dimension, ...]] = {
    "all": (),
    "site": ("site",),
    "line": ("site", "line"),
    "counter": ("site", "counter"),
    "officer": ("site", "officer"),
}


async def examine(
    platform: Platform,
    tenant: Tenant,
    sites: Sequence[UUID],
    day: date,
    *,
    log: Log | None = None,
) -> list[Finding]:
    """Check a day of some sites; ``log`` is what the run that made it knows."""
    return findings(*await read(platform, tenant, sites, day), log)


async def read(
    platform: Platform, tenant: Tenant, sites: Sequence[UUID], day: date
) -> tuple[Day, Shown, datetime]:
    """Return a day's raw rows, what the product says of it, and the moment of looking: its last second."""
    begin = midnight(day)
    now = begin + timedelta(days=1) - timedelta(seconds=1)
    async with platform.db.tenant(tenant) as tx:
        raw = await recount.read(tx, sites, day, begin)
        scope = Scope(list(sites), day, day, now)
        figures = await of(tx, scope, by=tuple(_SETS.values()))
        by = {name: figures[dimensions] for name, dimensions in _SETS.items()}
        standing = await live(tx, list(sites), now)
        through = [(at, await live(tx, list(sites), at)) for at in recount.quarters(raw, begin)]
    return raw, Shown(by, standing, through), now


def findings(raw: Day, shown: Shown, now: datetime, log: Log | None = None) -> list[Finding]:
    """Return all checks of a day."""
    found = [
        check_figures.places(raw, shown, now, "site", "site_id"),
        check_figures.places(raw, shown, now, "line", "line_id"),
        check_figures.places(raw, shown, now, "counter", "counter_id"),
        check_figures.places(raw, shown, now, "officer", "staff_id"),
        check_figures.totals(shown),
        check_figures.standing(raw, shown, now),
        check_figures.through(raw, shown),
        check_figures.little(raw, now),
        check_tickets.numbers(raw),
        check_tickets.ended(raw),
        check_tickets.lives(raw),
        check_tickets.seats(raw),
        check_tickets.two_places(raw),
    ]
    if log is not None:
        found += [check_tickets.issued(raw, log), check_tickets.looked(raw, log)]
    return found
