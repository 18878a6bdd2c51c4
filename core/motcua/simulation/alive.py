"""The halls of a demo that are never empty: a few of them are played at the pace of life, beside whoever tries it.

They begin with the last forty minutes in a few seconds, so that boards and monitors show something. Everybody
in them is invented, and the halls that the demo's texts name are left alone.
"""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from litestar.middleware.csrf import generate_csrf_token

from motcua import clock
from motcua.demo.population import NAMED
from motcua.dossiers.codes import local_day
from motcua.events.log import SYSTEM
from motcua.http import trusted
from motcua.platform import Platform
from motcua.queues import moving, seats
from motcua.queues.hours import midnight
from motcua.simulation import halls
from motcua.simulation.driving import HallDay
from motcua.simulation.halls import Hall
from motcua.simulation.pace import Pace
from motcua.simulation.stage import Log
from motcua.simulation.visitors import Share, visitors
from motcua.simulation.wire import Api, Connection, Wire
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant

HALLS = 4
Connect = Callable[[], Wire]
_REST_SECONDS = 30.0
_RUSH = 3
_BEFORE = timedelta(minutes=40)
_SESSION = timedelta(hours=6)
_LAST = timedelta(minutes=3)
_SHARE = Share(phone=0.0, booked=0.0)
_LIVE = """
select id from ticket where site_id = $1 and state in ('reserved', 'waiting', 'parked') order by id
"""
_TAKEN = "select id from counter where site_id = $1 and staff_id is not null order by id"
_log = structlog.get_logger(__name__)


async def keep_alive(platform: Platform, tenant: Tenant, port: int) -> None:
    """Play a few halls of a tenant through the server at ``port`` until cancelled."""
    number, tls = 0, trusted() if platform.settings.scheme == "https" else None
    while True:
        try:
            await _session(platform, tenant, lambda: Connection(port, tenant.host, tls), number)
        except* Exception as errors:  # noqa: BLE001 -- the demo is not about these halls
            _log.warning("quiet_halls", error=repr(errors.exceptions[0]))
            await asyncio.sleep(_REST_SECONDS)
        number += 1


async def _session(platform: Platform, tenant: Tenant, connect: Connect, number: int) -> None:
    """Play until some hours from now, or the end of the day: a number belongs to one day."""
    now = clock.now()
    tomorrow = midnight(local_day(now) + timedelta(days=1))
    if tomorrow - now < 2 * _LAST:
        await asyncio.sleep((tomorrow - now).total_seconds() + 1)
        return
    played = await halls_now(platform, tenant, connect, now, fresh=number == 0)
    try:
        async with asyncio.TaskGroup() as group:
            for one in played:
                group.create_task(one.play())
    finally:
        for one in played:
            await one.api.wire.close()


async def halls_now(
    platform: Platform, tenant: Tenant, connect: Connect, now: datetime, *, fresh: bool = True
) -> list[HallDay]:
    """Return halls that are ready to be played from ``now`` on; ``fresh``: with what came before."""
    day = local_day(now)
    begins = max(now - _BEFORE, midnight(day)) if fresh else now
    ends = min(now + _SESSION, midnight(day + timedelta(days=1)) - _LAST)
    draw = random.Random(f"alive {now:%d %H %M}")  # noqa: S311 -- invented people, no secret
    sites = await halls.chosen(platform, tenant, HALLS, without=NAMED)
    pace = Pace(now, 1.0)
    csrf = generate_csrf_token(platform.vaults.key("csrf").hex())
    played = []
    for site in sites:
        hall = await _opened(platform, tenant, site, (begins, ends), draw)
        played.append(_hall(hall, Api(connect()), pace, begins, draw, csrf))
    return played


async def _opened(
    platform: Platform,
    tenant: Tenant,
    site: Record,
    span: tuple[datetime, datetime],
    draw: random.Random,
) -> Hall:
    await _cleared(platform, tenant, site["id"])
    return await halls.prepared(platform, tenant, site, (span,), draw)


async def _cleared(platform: Platform, tenant: Tenant, site: UUID) -> None:
    """End what a demo that was stopped left behind: its officers are gone, and so are its people."""
    async with platform.works.begin(tenant, SYSTEM) as work:
        for row in await work.tx.fetch(_TAKEN, site):
            await seats.release_counter(work, row["id"])
        for row in await work.tx.fetch(_LIVE, site):
            await moving.leave(work, row["id"])


def _hall(
    hall: Hall, api: Api, pace: Pace, begins: datetime, draw: random.Random, csrf: str
) -> HallDay:
    own = random.Random(f"{draw.random()} {hall.key}")  # noqa: S311 -- as above
    people = visitors(own, hall.spans, hall.means, _crowd(hall), _SHARE, steady=True)
    if begins < pace.begin:
        # A rush before anybody looks, so that somebody waits.
        past = ((begins, pace.begin),)
        count = _RUSH * len(hall.desks)
        people += visitors(own, past, hall.means, count, _SHARE, steady=True)
    one = HallDay(hall, people, api, Log(), pace, own, csrf=csrf)
    one.now = begins
    one.plan(looks=False)
    one.later(pace.begin, one.beat)
    return one


def _crowd(hall: Hall) -> int:
    """Return how many come: enough that somebody waits, and not so many that the hall drowns."""
    return round(len(hall.desks) * 1150 / halls.needed_counters(hall.means, hall.spans, 1000))
