"""The centre's live monitor: every site somebody may see, as a map of tiles and as a list, worst first.

With ``?wall=1`` it is a screen for a wall: large, dark, without controls.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import get
from litestar.response import Template

from motcua import clock
from motcua.errors import Forbidden
from motcua.monitor import halls, live, stuck, tiles
from motcua.monitor.live import Seen
from motcua.monitor.live_source import SitesSource
from motcua.platform import Platform
from motcua.queues import kpis
from motcua.queues.alerts import Rule, rules_of
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.text import VIETNAM
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.live import Lasting, hub_of
from motcua.web.pages import page

#: So many tiles stand on a wall at once; more are shown page by page.
WALL = (11, 6)
#: Figure of a site -> what ``/monitor/rows`` is asked for.
ROWS: Mapping[str, str] = {
    "waiting": "now_waiting",
    "longest": "now_waiting",
    "p90": "hour_called",
    "needed": "hour_arrived",
    "no_show": "no_show",
    "done": "done",
}
#: What is shown of a site wherever it stands, and how old that is.
SITE_KPIS = ("now_waiting", "longest", "hour_p90", "open", "needed", "no_show", "done")
_KPIS = (*SITE_KPIS, "age")


@get("/monitor", include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """Show how the sites stand now."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    now, rules = clock.now(), rules_of(tenant.settings)
    async with platform.db.tenant(tenant) as tx:
        session, sites = await halls.looking(request, tx)
        found = await live.look(tx, ids(sites), now, rules)
        held_up = await stuck.look(tx, session)
    wall = request.query_params.get("wall") == "1"
    template = "monitor/wall.html" if wall else "monitor/live.html"
    told = shown(request, found, rules, now)
    return page(request, template, **told, stuck=held_up, wall_pages=_pages(found))


@get("/monitor/stream", include_in_schema=False)
async def hear(request: AnyRequest) -> Lasting:
    """Send which sites have changed, to all who watch the same sites from one reader."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    async with platform.db.tenant(tenant) as tx:
        session, sites = await halls.looking(request, tx)
    return stream(platform, tenant, sites, session)


def stream(platform: Platform, tenant: Tenant, sites: Sequence[Record], session: Any) -> Lasting:
    """Return the stream of these sites; it ends with the session."""
    scope = tuple(ids(sites))
    return hub_of(platform).stream(
        ("monitor", tenant.id, frozenset(scope)),
        lambda: SitesSource(platform, tenant, scope),
        session=(tenant, session),
    )


def ids(sites: Sequence[Record]) -> list[UUID]:
    """Return the sites' ids."""
    return [site["id"] for site in sites]


def shown(
    request: AnyRequest,
    found: Sequence[Seen],
    rules: Mapping[str, Rule],
    now: datetime,
    *,
    moment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what the templates of the monitor need; ``moment`` is the query of a past moment."""
    lang, url = here(request).lang, here(request).url
    sort = request.query_params.get("sort", "worst")
    sort = sort if sort in live.SORTS else "worst"
    said = {key: (rule.en if lang == "en" else rule.vi) for key, rule in rules.items()}
    past = dict(moment or {})

    def rows(seen: Seen, figure: str) -> str:
        asked = {"site": seen.key, "figure": ROWS[figure], **past}
        return url("/monitor/replay/rows" if past else "/monitor/rows") + "?" + urlencode(asked)

    def site_page(seen: Seen, part: str = "") -> str:
        asked = "?" + urlencode(past) if past else ""
        return url(f"/monitor/site/{seen.key}") + asked + (f"#{part}" if part else "")

    def behind(figure: str, **of: str) -> str:
        return url("/monitor/behind") + "?" + urlencode({"figure": figure, **of, **past})

    grid = tiles.place([seen.place for seen in found])
    return {
        "found": live.ordered(found, sort),
        "worst": live.ordered(found, "worst"),
        "grid": grid,
        "cells": {seen.key: live.cells(seen, now) for seen in found},
        "total": _total(found),
        "alerts": _together(rules, [row for seen in found for row in seen.alerts]),
        "rules": rules,
        "said": said,
        "sort": sort,
        "sorted_by": lambda key: "?" + urlencode({**past, "sort": key}),
        "rows": rows,
        "behind": behind,
        "kpis": kpis.of(_KPIS),
        "site_page": site_page,
        "shorts": {seen.key: seen.place["short"] for seen in found},
        "clock_of": lambda seen: _changed(seen, now),
        "hour": lambda at: f"{at.astimezone(VIETNAM):%H:%M}",
        "decimal": lambda value: _decimal(value, lang),
        "past": past,
        "now": now,
    }


def _changed(seen: Seen, now: datetime) -> str:
    """Return when anything happened last at a site; a dash when nothing did that day."""
    if seen.now.age is None:
        return "–"
    return f"{(now - timedelta(seconds=seen.now.age)).astimezone(VIETNAM):%H:%M}"


def _decimal(value: float, lang: str) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return text if lang == "en" else text.replace(".", ",")


def _together(rules: Mapping[str, Rule], rows: Sequence[Record]) -> list[dict[str, Any]]:
    """Return the alerts with those of one site and measure as one: what needs somebody first comes first."""
    found: dict[tuple[Any, ...], list[Record]] = {}
    for row in rows:
        found.setdefault((row["site_id"], row["measure"], row["acked_at"] is None), []).append(row)
    groups = []
    for own in found.values():
        worst = max(own, key=lambda row: row["worst"] / (row["threshold"] or 1.0))
        letters = ", ".join(sorted(row["letter"] for row in own if row["letter"]))
        groups.append({**worst, "letters": letters, "raised_at": min(r["raised_at"] for r in own)})
    return sorted(
        groups,
        key=lambda row: (
            row["acked_at"] is not None,
            not _acts(rules, row),
            -row["worst"] / (row["threshold"] or 1.0),
        ),
    )


def _acts(rules: Mapping[str, Rule], row: Mapping[str, Any]) -> bool:
    return row["measure"] in rules and rules[row["measure"]].act


def _total(found: Sequence[Seen]) -> dict[str, int]:
    return {
        "sites": len(found),
        "act": sum(seen.tone == "act" for seen in found),
        "watch": sum(seen.tone == "watch" for seen in found),
        "waiting": sum(seen.now.waiting for seen in found),
        "open": sum(seen.now.open for seen in found),
        "done": sum(seen.now.counts["done"] for seen in found),
    }


def _pages(found: Sequence[Seen]) -> list[tuple[tiles.Grid, list[Seen]]]:
    """Return the pages of a wall: sites that lie beside each other where all fit, else by name."""
    columns, rows = WALL
    most = columns * rows
    parts = [list(found[n : n + most]) for n in range(0, len(found), most)]
    return [
        (tiles.place([s.place for s in part], columns=columns, rows=rows), part) for part in parts
    ]


def need_lead(session: Any, site: Record) -> None:
    """Refuse whoever does not answer for a site; an administrator of its unit does."""
    if not any(session.may(role, site["unit_id"]) for role in halls.ROLES):
        raise Forbidden()


ROUTES: list[Any] = [show, hear]
