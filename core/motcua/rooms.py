"""The rooms of the house: their routes, and who hears of which event."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from motcua import notices
from motcua.board import pages as board
from motcua.catalogue import calendars
from motcua.channels import engine as channels
from motcua.channels import pages as channel_pages
from motcua.channels import sign_in as channel_sign_in
from motcua.desk import pages as desk
from motcua.dossiers import (
    bundles,
    clock_changes,
    clock_routes,
    incidents,
    preserving,
    service_tasks,
    staff_routes,
    timers,
)
from motcua.dossiers import routes as dossiers
from motcua.dossiers.changes import CHILD_ENDED
from motcua.dossiers.results import issue_result
from motcua.events.log import Event
from motcua.events.work import Work
from motcua.holdings import letters
from motcua.monitor import pages as monitor
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.portal import pages as portal
from motcua.process.store import SERVICE, TIMER
from motcua.queues import node_routes, telling, upkeep
from motcua.queues import routes as queues
from motcua.reporting import jobs as reporting
from motcua.station import node_entry
from motcua.station import pages as station
from motcua.tenancy.tenant import Tenant
from motcua.wallet import routes as wallet
from motcua.web import routes as web
from motcua.web import sign_in

ROUTES: list[Any] = [
    route
    for room in (
        web,
        sign_in,
        dossiers,
        staff_routes,
        clock_routes,
        queues,
        node_routes,
        wallet,
        portal,
        station,
        node_entry,
        desk,
        board,
        monitor,
        channel_pages,
        channel_sign_in,
    )
    for route in room.ROUTES
]
SERVICE_TASKS: dict[str, service_tasks.Handler] = {
    "issue_result": issue_result,
    "open_children": bundles.open_children,
}


def subscribers(plugins: Plugins, tenant: Tenant, event: str) -> Iterable[str]:
    """Return the names of the handlers that an event of this tenant is owed to."""
    if event in reporting.SUBSCRIBED:
        yield "reporting"
    if event == SERVICE:
        yield "service"
    if event == TIMER:
        yield "timer"
    if event in timers.MOVED_BY:
        yield "timers"
    if event == CHILD_ENDED:
        yield "bundle"
    if event in telling.SUBSCRIBED and plugins.writes(tenant):
        yield telling.SUBSCRIBER
    if event == upkeep.DAY_CLOSED:
        yield upkeep.SUBSCRIBER
    if event in channels.SUBSCRIBED:
        yield channels.SUBSCRIBER
    if event == notices.OWED:
        yield notices.SUBSCRIBER
    if event in letters.SUBSCRIBED:
        yield letters.SUBSCRIBER
    if preserving.wanted(plugins, tenant, event):
        yield preserving.SUBSCRIBER
    if event in clock_changes.SUBSCRIBED:
        yield calendars.SUBSCRIBER
    for plugin in plugins.listeners(tenant):
        yield f"plugin:{plugin}"


def wire(platform: Platform) -> None:
    """Put every handler into the platform."""
    platform.handlers |= {
        "reporting": partial(reporting.count, platform),
        "service": partial(service_tasks.run, platform, SERVICE_TASKS),
        "timer": partial(timers.fire, platform),
        "timers": partial(timers.move, platform),
        "bundle": partial(bundles.child_ended, platform),
        notices.SUBSCRIBER: partial(notices.deliver, platform),
        channels.SUBSCRIBER: partial(channels.follow, platform),
        telling.SUBSCRIBER: partial(telling.tell, platform),
        preserving.SUBSCRIBER: partial(preserving.preserve, platform),
        letters.SUBSCRIBER: partial(letters.follow, platform),
        upkeep.SUBSCRIBER: upkeep.day_closed,
        calendars.SUBSCRIBER: partial(clock_changes.recompute, platform),
    }
    for name in platform.plugins.infos:
        platform.handlers[f"plugin:{name}"] = partial(_tell, platform, name)
    platform.gave_up |= {notices.SUBSCRIBER: notices.gave_up, "service": incidents.gave_up}


async def _tell(platform: Platform, plugin: str, work: Work, event: Event) -> None:
    await platform.plugins.event_happened(plugin, work.tenant, work, event)
