"""Behind a figure of the monitor that counts no numbers: sites, open counters, devices, appointments."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.response import Template

from motcua import clock
from motcua.errors import NotFound
from motcua.monitor import halls, live, live_pages, moments, site_figures
from motcua.monitor.live import Seen
from motcua.monitor.moments import Moment
from motcua.platform import Platform
from motcua.queues.alerts import rules_of
from motcua.station import health
from motcua.station.health import DeviceHealth
from motcua.tenancy.db import Record, TenantTx
from motcua.text import VIETNAM
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

_TONES = ("act", "watch")
# The same devices that ``live.cells`` counts.
_DEVICES: Mapping[str, Callable[[DeviceHealth], bool]] = {
    "devices": lambda device: bool(live.DOWN & set(device.troubles)),
    "low": lambda device: "paper_low" in device.troubles,
    "help": lambda device: "help" in device.troubles,
}


@get("/monitor/behind", include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """List what a figure counts now, or counted at a moment: at one site, or at all somebody may see."""
    platform: Platform = request.app.state.platform
    tenant, asked, now = province_of(request), request.query_params, clock.now()
    past = moments.read(asked, now) if asked.get("at") else None
    at, figure, key = past.at if past else now, asked.get("figure", ""), asked.get("site", "")
    rules = rules_of(tenant.settings)
    async with platform.db.tenant(tenant) as tx:
        _, sites = await halls.looking(request, tx)
        chosen = [halls.one_of(sites, key)] if key else sites
        if figure in _TONES or figure in _DEVICES:
            seen = await live.look(tx, live_pages.ids(chosen), at, rules, past=past is not None)
            kind, found = _of_sites(figure, seen)
        else:
            kind, found = await _of_site(tx, figure, chosen, at, asked.get("line", ""), past)
    english = here(request).lang == "en"
    return page(
        request,
        "monitor/behind.html",
        figure=figure,
        kind=kind,
        found=found,
        place=chosen[0]["name"] if key else tenant.name,
        one_site=bool(key),
        at=at,
        past_moment=past,
        back=_back(request, key, past),
        letter=asked.get("line", ""),
        query="?" + urlencode(past.query) if past else "",
        hour=lambda moment: f"{moment.astimezone(VIETNAM):%H:%M}",
        said={k: rule.en if english else rule.vi for k, rule in rules.items()},
        troubles={k: pair[english] for k, pair in health.TROUBLES.items()},
    )


def _of_sites(figure: str, seen: Sequence[Seen]) -> tuple[str, Sequence[Any]]:
    """Return the sites of a tone, the worst first, or the devices of sites with a trouble."""
    if figure in _TONES:
        return "sites", [one for one in live.ordered(seen, "worst") if one.tone == figure]
    counts = _DEVICES[figure]
    return "devices", [(one, device) for one in seen for device in one.devices if counts(device)]


async def _of_site(
    tx: TenantTx,
    figure: str,
    sites: Sequence[Record],
    at: datetime,
    letter: str,
    past: Moment | None,
) -> tuple[str, Sequence[Record]]:
    """Return open counters, or appointments, which are told of one site as they are now."""
    if figure == "open":
        found = await site_figures.open_counters(tx, live_pages.ids(sites), at, letter)
        return "counters", found
    if figure in site_figures.BOOKED and len(sites) == 1 and past is None:
        [site] = sites
        return "booked", await site_figures.appointments(tx, site["id"], at, figure, letter)
    raise NotFound("Không có số liệu này.", "There is no such figure.")


def _back(request: AnyRequest, key: str, past: Moment | None) -> str:
    """Return the address of the page whose figure this is."""
    path = f"/monitor/site/{key}" if key else "/monitor/replay" if past else "/monitor"
    return here(request).url(path) + ("?" + urlencode(past.query) if past else "")


ROUTES: list[Any] = [show]
