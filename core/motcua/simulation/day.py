"""A whole day of a province: made ready, driven through the servers, closed, summed up."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

import httpx2
from litestar.middleware.csrf import generate_csrf_token

from motcua import clock
from motcua.demo.cluster import Cluster
from motcua.dossiers.codes import local_day
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.queues import days, upkeep
from motcua.queues.hours import midnight
from motcua.simulation import cutting, halls
from motcua.simulation.cutting import Cut
from motcua.simulation.driving import HallDay
from motcua.simulation.halls import Hall
from motcua.simulation.pace import Pace
from motcua.simulation.stage import Log
from motcua.simulation.visitors import Visitor, visitors
from motcua.simulation.wire import Api, RefusedError, Wire
from motcua.tenancy.tenant import Tenant

Say = Callable[[str], None]
#: Returns the connection of the n-th hall, and one of its own for whoever looks on.
Connect = Callable[[int], Wire]
_SAY_SECONDS = 10.0


@dataclass(frozen=True)
class Order:
    """What is to be simulated. ``sites`` 0: all of the tenant; ``speed`` 0: as fast as it goes."""

    day: date
    visitors: int = 20_000
    sites: int = 0
    speed: float = 600.0
    seed: int = 1


@dataclass(frozen=True)
class Played:
    """What a day came to."""

    order: Order
    halls: Sequence[Hall]
    log: Log
    requests: int
    seconds: float
    speed: float

    @property
    def ids(self) -> list[UUID]:
        """The sites."""
        return [hall.id for hall in self.halls]


async def on_open_day(platform: Platform, tenant: Tenant, order: Order) -> Order:
    """Return the order for the first day, from its own on, on which all its halls are open."""
    sites = await halls.chosen(platform, tenant, order.sites or None)
    return replace(order, day=await halls.first_open_day(platform, tenant, sites, order.day))


async def made_ready(platform: Platform, tenant: Tenant, order: Order, say: Say) -> list[Hall]:
    """Open the halls of the day; the same seed makes the same halls.

    ``ValueError`` when the day has begun (people book the evening before, and what is stamped with the past
    is not what happened in it), when it was played, or when a hall is closed on it.
    """
    if order.day <= local_day(clock.now()):
        raise ValueError(f"{order.day} has begun: choose a later --day")
    draw = random.Random(f"halls {order.seed}")  # noqa: S311 -- invented people, no secret
    sites = await halls.chosen(platform, tenant, order.sites or None)
    await halls.refuse_played(platform, tenant, sites, order.day)
    found = []
    for site, crowd in zip(sites, halls.crowds(draw, sites, order.visitors), strict=True):
        spans = await halls.open_on(platform, tenant, site, order.day)
        found.append(await halls.prepared(platform, tenant, site, spans, draw, crowd))
    with clock.at(_evening(order.day)):
        await upkeep.keep(platform, tenant)
    desks = sum(len(hall.desks) for hall in found)
    added = sum(hall.added for hall in found)
    say(f"{len(found)} halls, {desks} counters and officers ({added} counters added for the day)")
    return found


def _evening(day: date) -> datetime:
    return midnight(day) - timedelta(hours=6)


async def play(
    platform: Platform,
    tenant: Tenant,
    order: Order,
    found: Sequence[Hall],
    connect: Connect,
    say: Say,
    *,
    cut: tuple[Cluster, httpx2.AsyncBaseTransport, str] | None = None,
) -> Played:
    """Drive the day through the API. ``cut``: where a hall's own machine lives, and how it reaches the centre."""
    begin = min(hall.spans[0][0] for hall in found) - timedelta(minutes=20)
    log, counts = Log(), dict[str, int]()
    pace = Pace(begin, order.speed)
    csrf = generate_csrf_token(platform.vaults.key("csrf").hex())
    played = []
    for n, hall in enumerate(found):
        draw = random.Random(f"day {order.seed} {hall.key}")  # noqa: S311 -- as above
        people = visitors(draw, hall.spans, hall.means, hall.visitors)
        api = Api(connect(n), counts)
        played.append(HallDay(hall, people, api, log, pace, draw, csrf=csrf))
    await asyncio.gather(*(_book(one, order.day) for one in played))
    pace = Pace(begin, order.speed)
    for one in played:
        one.pace = pace
        one.plan()
    _without_paper(played)
    async with contextlib.AsyncExitStack() as stack:
        if cut is not None:
            await stack.enter_async_context(_cut(platform, tenant, played, cut))
            pace.restart()
        teller = asyncio.create_task(_tell(pace, log, counts, say))
        try:
            async with asyncio.TaskGroup() as group:
                for one in played:
                    group.create_task(one.play())
        finally:
            teller.cancel()
    for one in played:
        await one.remote.wire.close()
    await _close(platform, tenant, found, order.day)
    return Played(order, found, log, counts["requests"], pace.seconds, pace.speed)


async def _book(one: HallDay, day: date) -> None:
    """Let people book the evening before; where nothing is free, they come without."""
    booked = [v for v in one.people if v.how == "booked"]
    for visitor in booked:
        made = await _booked(one, visitor, _evening(day))
        one.people.remove(visitor)
        if made is None:
            one.people.append(replace(visitor, how="door", comes=True))
        else:
            one.book(*made)


async def _booked(one: HallDay, visitor: Visitor, at: datetime) -> tuple[Visitor, str] | None:
    path = f"/api/sites/{one.hall.key}/{visitor.letters[0]}/slots"
    day = visitor.at.date()
    try:
        slots = await one.api.get(path, at)
        own = [
            s
            for s in slots
            if datetime.fromisoformat(s["begin"]).date() == day or s["day"] == f"{day}"
        ]
        if not own:
            return None
        slot = min(own, key=lambda s: abs(datetime.fromisoformat(s["begin"]) - visitor.at))
        phone = f"08{one.hall.id.int % 997:03d}{visitor.number:05d}"
        body = {"slot": slot["id"], "phone": phone}
        said = await one.api.post("/api/appointments", one.hall.kiosk, at, body)
    except RefusedError as refused:
        one.log.refused[str(refused)] = one.log.refused.get(str(refused), 0) + 1
        return None
    one.log.count("appointments booked")
    comes = datetime.fromisoformat(slot["begin"]) - timedelta(minutes=one.draw.uniform(-6, 14))
    return replace(visitor, at=comes), said["public_code"]


def _without_paper(played: Sequence[HallDay]) -> None:
    """Let one kiosk run out of paper in the morning; its numbers go on without."""
    one = played[len(played) // 3]
    first = one.hall.spans[0][0]
    one.later(first + timedelta(minutes=50), lambda: one.paper("out"))
    one.later(first + timedelta(minutes=135), lambda: one.paper("ok"))


@contextlib.asynccontextmanager
async def _cut(
    platform: Platform,
    tenant: Tenant,
    played: Sequence[HallDay],
    where: tuple[Cluster, httpx2.AsyncBaseTransport, str],
) -> AsyncIterator[None]:
    """Cut the line of a hall of usual size for three quarters of an hour in the morning."""
    one = sorted(played, key=lambda d: d.hall.visitors)[len(played) // 2]
    cluster, transport, base = where
    async with cutting.machine(cluster, platform, tenant, one.hall, transport, base) as own:
        at = one.hall.spans[0][0] + timedelta(minutes=75)
        cutting.plan(one, own, Cut(at, timedelta(minutes=45)))
        yield


async def _tell(pace: Pace, log: Log, counts: dict[str, int], say: Say) -> None:
    before = 0
    while True:
        await asyncio.sleep(_SAY_SECONDS)
        done = counts.get("requests", 0)
        say(
            f"until {pace.reached.astimezone(pace.begin.tzinfo):%H:%M}:"
            f" {log.counts.get('numbers', 0)} numbers, {log.counts.get('served', 0)} served,"
            f" {(done - before) / _SAY_SECONDS:.0f} requests/s, speed {pace.speed:.0f}"
        )
        before = done


async def _close(platform: Platform, tenant: Tenant, found: Sequence[Hall], day: date) -> None:
    """Close the day's books, as the house does at night."""
    with clock.at(midnight(day) + timedelta(hours=23, minutes=30)):
        for hall in found:
            async with platform.works.begin(tenant, SYSTEM) as work:
                await days.close_day(work, hall.id, day)
