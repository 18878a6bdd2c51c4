"""How the sites stand, as the monitor shows it: figures, devices, alerts, and what deserves whose eyes."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.monitor import past as then
from motcua.queues import alerts, figures
from motcua.queues.alerts import Around, Reading, Rule
from motcua.queues.figures import SiteNow
from motcua.queues.hours import Span, hours_of
from motcua.station.health import DeviceHealth, health_of
from motcua.tenancy.db import Record, TenantTx

#: Worst first.
TONES = ("act", "watch", "calm", "quiet")
SORTS = (
    "worst",
    "name",
    "waiting",
    "longest",
    "p90",
    "open",
    "needed",
    "no_show",
    "devices",
    "age",
)
# A node that has said nothing for so long has lost the centre.
_NODE_SILENT = timedelta(seconds=30)
_HOURS_SECONDS = 60.0
_MOST_SPANS = 5000
_spans: dict[tuple[UUID, UUID, date], tuple[float, tuple[Span, ...]]] = {}
#: A device with one of these does not work.
DOWN = frozenset({"silent", "printer_silent", "printer", "paper_out"})
_NODES = """
select site_id, seen_at, alone_since from site_node where site_id = any($1)
"""
_PLACES = """
select s.id, s.key, s.name, s.unit_id, s.kind,
  case when count(*) over (partition by s.unit_id) = 1 then u.name else s.name end as short,
  coalesce(s.latitude, u.latitude) as latitude,
  coalesce(s.longitude, u.longitude) as longitude
from site s join unit u on u.tenant_id = s.tenant_id and u.id = s.unit_id
where s.id = any($1) order by short, s.name, s.id
"""
# What was shown at the machine to people without priority who were called in the last hour.
_ESTIMATES = """
with c as (
  select g.ticket_id, min(g.from_at) as at from segment g
  where g.site_id = any($1) and g.day = $2 and g.kind = 'called' and g.from_at <= $3
  group by g.ticket_id)
select t.site_id, count(*) as n, count(*) filter (where extract(epoch from c.at - t.issued_at)
    between t.low_minutes * 60 and t.high_minutes * 60) as kept
from c join ticket t on t.id = c.ticket_id
where t.site_id = any($1) and t.day = $2 and c.at > $3 - interval '1 hour' and t.priority = 0
  and t.origin in ('kiosk', 'counter', 'station')
group by t.site_id
"""


@dataclass(frozen=True)
class Seen:
    """A site as the monitor sees it. ``reasons`` are the readings at or above their mark, the worst first."""

    place: Record
    now: SiteNow
    around: Around
    devices: Sequence[DeviceHealth]
    alerts: Sequence[Record]
    reasons: Sequence[Reading]
    tone: str

    @property
    def key(self) -> str:
        """The site's key."""
        return str(self.place["key"])

    @property
    def low(self) -> int:
        """How many devices run out of paper soon."""
        return sum("paper_low" in device.troubles for device in self.devices)

    @property
    def helps(self) -> int:
        """How many devices have somebody in front of them who asks for help."""
        return sum("help" in device.troubles for device in self.devices)

    @property
    def loose(self) -> int:
        """How many open alerts nobody has acknowledged."""
        return sum(row["acked_at"] is None for row in self.alerts)


async def look(
    tx: TenantTx,
    sites: Sequence[UUID],
    now: datetime,
    rules: Mapping[str, Rule],
    *,
    past: bool = False,
    estimates: bool = False,
) -> list[Seen]:
    """Return how these sites stand, by name. ``past``: the moment is over, and told by what was noted of it.

    ``estimates`` reads the shown waiting times too, which only the alerts need.
    """
    places = {row["id"]: row for row in await tx.fetch(_PLACES, list(sites))}
    standing = {site.site: site for site in await figures.live(tx, list(places), now)}
    devices: dict[UUID, list[DeviceHealth]] = {}
    raised: dict[UUID, list[Record]] = {}
    if past:
        known = await then.devices(tx, list(places), now)
        nodes = await then.cut(tx, list(places), now, clock.now() - _NODE_SILENT)
        stood = await then.alerts(tx, list(places), now)
        standing = await _paused_then(tx, standing, now)
    else:
        known = await health_of(tx, list(places), now)
        nodes = await _cut(tx, list(places), now)
        stood = await alerts.open_alerts(tx, list(places))
    for device in known:
        devices.setdefault(device.site, []).append(device)
    for row in stood:
        raised.setdefault(row["site_id"], []).append(row)
    kept = {r["site_id"]: r for r in await _estimates(tx, list(places), now)} if estimates else {}
    found = []
    for site, place in places.items():
        around = Around(
            any(a <= now < b for a, b in await _hours(tx, site, local_day(now))),
            sum(bool(DOWN & set(device.troubles)) for device in devices.get(site, ())),
            nodes.get(site),
            kept[site]["n"] if site in kept else 0,
            kept[site]["kept"] if site in kept else 0,
        )
        found.append(_seen(place, standing[site], around, devices, raised, rules))
    return found


async def _paused_then(
    tx: TenantTx, standing: dict[UUID, SiteNow], at: datetime
) -> dict[UUID, SiteNow]:
    lines = await then.paused(tx, list(standing), at)
    return {
        key: replace(
            site, lines=tuple(replace(line, paused=line.line in lines) for line in site.lines)
        )
        for key, site in standing.items()
    }


async def _estimates(tx: TenantTx, sites: list[UUID], now: datetime) -> list[Record]:
    return await tx.fetch(_ESTIMATES, sites, local_day(now), now)


async def _cut(tx: TenantTx, sites: list[UUID], now: datetime) -> dict[UUID, float]:
    """Return for how many minutes sites are cut off from the centre."""
    found = {}
    for row in await tx.fetch(_NODES, sites):
        since = row["alone_since"]
        if since is None and row["seen_at"] is not None and now - row["seen_at"] > _NODE_SILENT:
            since = row["seen_at"]
        if since is not None:
            found[row["site_id"]] = max(0.0, (now - since).total_seconds() / 60)
    return found


async def _hours(tx: TenantTx, site: UUID, day: date) -> tuple[Span, ...]:
    """Return a site's hours, kept for a while: they are asked for every second and change once a year."""
    key = (tx.tenant.id, site, day)
    kept = _spans.get(key)
    if kept is None or kept[0] < time.monotonic():
        if len(_spans) > _MOST_SPANS:
            _spans.clear()
        spans = await hours_of(tx, site, day)
        kept = _spans[key] = (time.monotonic() + _HOURS_SECONDS, spans)
    return kept[1]


def _seen(
    place: Record,
    now: SiteNow,
    around: Around,
    devices: Mapping[UUID, list[DeviceHealth]],
    raised: Mapping[UUID, list[Record]],
    rules: Mapping[str, Rule],
) -> Seen:
    own, open_alerts = devices.get(now.site, []), raised.get(now.site, [])
    high = [one for one in alerts.readings(now, around, rules) if one.high]
    order = list(rules)
    high.sort(key=lambda one: (not rules[one.measure].act, order.index(one.measure), -one.value))
    looks = any("paper_low" in d.troubles or "help" in d.troubles for d in own)
    if any(rules[one.measure].act for one in high):
        tone = "act"
    elif high or open_alerts or looks or now.open < min(now.needed, now.counters):
        tone = "watch"
    else:
        tone = "calm" if now.counts["issued"] or now.open else "quiet"
    return Seen(place, now, around, own, open_alerts, high, tone)


def minutes(seconds: float | None) -> int | None:
    """Return full minutes; None for nothing."""
    return None if seconds is None else int(seconds // 60)


def cells(seen: Seen, now: datetime) -> dict[str, Any]:
    """Return what a page shows of a site, in no language: it is sent to all who watch."""
    site = seen.now
    last = None if site.age is None else (now - timedelta(seconds=site.age)).replace(microsecond=0)
    return {
        "tone": seen.tone,
        "reason": seen.reasons[0].measure if seen.reasons else "",
        "waiting": site.waiting,
        "longest": minutes(site.longest),
        "p90": minutes(site.p90),
        "open": site.open,
        "breaks": site.breaks,
        "counters": site.counters,
        "needed": site.needed,
        "no_show": site.counts["no_show"],
        "done": site.counts["done"],
        "devices": seen.around.down,
        "low": seen.low,
        "help": seen.helps,
        "cut": seen.around.cut is not None,
        "alerts": len(seen.alerts),
        "loose": seen.loose,
        "last": last.isoformat() if last else None,
    }


def ordered(found: Sequence[Seen], sort: str) -> list[Seen]:
    """Return sites in an order of ``SORTS``: figures from the highest, names from the first."""
    keys: Mapping[str, Any] = {
        "worst": badness,
        "waiting": lambda s: -s.now.waiting,
        "longest": lambda s: -(s.now.longest or 0.0),
        "p90": lambda s: -(s.now.p90 or 0.0),
        "open": lambda s: -s.now.open,
        "needed": lambda s: s.now.open - s.now.needed,
        "no_show": lambda s: -s.now.counts["no_show"],
        "devices": lambda s: (-s.around.down, -s.low, -s.helps),
        "age": lambda s: -(s.now.age or -1.0),
    }
    return sorted(found, key=keys[sort]) if sort in keys else list(found)


def badness(seen: Seen) -> tuple[float, ...]:
    """Return what puts a site before another when the worst come first."""
    return (
        TONES.index(seen.tone),
        -(seen.now.longest or 0.0),
        -float(seen.now.waiting),
    )
