"""What is printed after a day: what happened, how fast it went, and how true the shown waiting times were."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from motcua.platform import Platform
from motcua.queues.accuracy import Accuracy, accuracy, figures_of
from motcua.simulation.day import Played
from motcua.simulation.recount import Day
from motcua.tenancy.tenant import Tenant
from motcua.text import VIETNAM

_FIRST = ("numbers", "by telephone", "appointments booked", "appointments kept", "calls", "served")


def summary(played: Played) -> Iterator[str]:
    """Say what happened, in lines."""
    counts = played.log.counts
    yield (
        f"{played.order.day}: {played.requests} requests in {played.seconds / 60:.1f} min,"
        f" {played.requests / max(played.seconds, 1e-9):.0f} a second; speed {played.speed:.0f}"
        f" (asked for {played.order.speed:.0f})"
    )
    rest = sorted(key for key in counts if key not in _FIRST)
    for key in (*_FIRST, *rest):
        yield f"    {counts.get(key, 0):7d}  {key}"
    kinds = Counter[str]()
    for said, count in played.log.refused.items():
        path, _, why = said.partition(": ")
        kinds[f"{path.rsplit('/', 1)[-1]}: {why[:160]}"] += count
    for why, count in kinds.most_common(6):
        yield f"    {count:7d}  refused: {why}"


async def estimates(
    platform: Platform, tenant: Tenant, sites: Sequence[UUID], day: date
) -> list[str]:
    """Compare the ranges on the tickets with the waits that followed, and with the naive rule."""
    async with platform.db.tenant(tenant) as tx:
        found = [await accuracy(tx, site, day, day) for site in sites]
    return list(_accuracy(found))


def _accuracy(found: Sequence[Accuracy]) -> Iterator[str]:
    n = sum(one.issue.n for one in found)
    if not n:
        yield "no waiting time was shown"
        return
    error = sum(one.issue.error * one.issue.n for one in found) / n
    naive = sum(one.naive_error * one.issue.n for one in found) / n
    inside = sum(one.issue.inside * one.issue.n for one in found) / n
    wait = sum(one.issue.mean_wait * one.issue.n for one in found) / n
    yield (
        f"shown waiting times of {n} people who waited {wait:.1f} min on average: mean error"
        f" {error:.1f} min, naive rule {naive:.1f} min (ratio {error / max(naive, 1e-9):.2f});"
        f" inside the shown range {inside:.1%}"
    )


def by_hour(raw: Day) -> Iterator[str]:
    """Say by the hour of the issue how true the ranges on the tickets were; the hours are local."""
    called: dict[UUID, datetime] = {}
    for row in raw.segments:
        if row["kind"] == "called":
            known = called.get(row["ticket_id"], row["from_at"])
            called[row["ticket_id"]] = min(known, row["from_at"])
    found: dict[int, list[dict[str, float]]] = defaultdict(list)
    for ticket in raw.tickets:
        plain = ticket["window_from"] is None and ticket["appointment_id"] is None
        if plain and not ticket["priority"] and ticket["id"] in called:
            wait = (called[ticket["id"]] - ticket["issued_at"]).total_seconds() / 60
            shown = {"low": ticket["low_minutes"], "high": ticket["high_minutes"], "wait": wait}
            found[ticket["issued_at"].astimezone(VIETNAM).hour].append(shown)
    for hour, rows in sorted(found.items()):
        sums = figures_of(rows)
        over = sum(row["wait"] > row["high"] for row in rows) / sums.n
        yield (
            f"    {hour:02d}:00  {sums.n:5d} people waited {sums.mean_wait:5.1f} min, error"
            f" {sums.error:5.1f} min, inside {sums.inside:4.0%}, longer than shown {over:4.0%}"
        )
