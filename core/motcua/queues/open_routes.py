"""The JSON API open to everybody: how full each site is, what a day still holds, where a number stands."""

from datetime import date
from typing import Any

from litestar import get
from litestar.params import FromPath

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.platform import Platform
from motcua.queues import board, days, forecasting, queries, standing
from motcua.queues.schemas import CapacityOut, LeftOut, LineOut, PlaceOut, SiteOut
from motcua.web.here import AnyRequest, province_of

_WAITS = ("waiting", "reserved")


@get("/api/sites", opt={"open": True})
async def sites(request: AnyRequest) -> list[SiteOut]:
    """List the sites with how full each is now: numbers only."""
    platform: Platform = request.app.state.platform
    now = clock.now()
    async with platform.db.tenant(province_of(request)) as tx:
        rows = await queries.standings(tx, local_day(now))
        ids = {r["id"] for r in rows}
        halls = {site: await forecasting.forecast_of(tx, site, now) for site in ids}
    found: dict[str, SiteOut] = {}
    for r in rows:
        at = found.setdefault(r["key"], SiteOut(r["key"], r["name"], now.isoformat(), []))
        wait = board.wait(halls[r["id"]], r["letter"])
        names = (r["letter"], r["name_vi"], r["name_en"])
        at.lines.append(LineOut(*names, r["waiting"], wait["range"], r["paused"], wait["late"]))
    return list(found.values())


@get("/api/sites/{key:str}", opt={"open": True})
async def lines(request: AnyRequest, key: FromPath[str]) -> SiteOut:
    """Tell how full a site is: numbers only, as on the board in its hall."""
    platform: Platform = request.app.state.platform
    now = clock.now()
    async with platform.db.tenant(province_of(request)) as tx:
        site = await queries.site(tx, key)
        state = await board.snapshot(tx, site["id"], now)
    found = [
        LineOut(
            r["letter"], r["name"], r["name_en"], r["waiting"], r["range"], r["paused"], r["late"]
        )
        for r in state["lines"]
    ]
    return SiteOut(site["key"], site["name"], state["now"], found)


@get("/api/sites/{key:str}/capacity/{day:date}", opt={"open": True})
async def capacity(request: AnyRequest, key: FromPath[str], day: FromPath[date]) -> CapacityOut:
    """Tell when a site is open on a day, and how many numbers each line has left."""
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(province_of(request)) as tx:
        site = await queries.site(tx, key)
        spans = await days.hours_of(tx, site["id"], day)
        left = await days.capacity(tx, site["id"], day)
    rows = [
        LeftOut(c.letter, c.paused, c.given_remote, c.given_walk_in, c.left_remote, c.left_walk_in)
        for c in left
    ]
    return CapacityOut(day.isoformat(), list(spans), rows)


@get("/api/q/{public_code:str}", opt={"open": True})
async def place(request: AnyRequest, public_code: FromPath[str]) -> PlaceOut:
    """Tell where a number stands, to whoever holds its code."""
    platform: Platform = request.app.state.platform
    now = clock.now()
    tenant = province_of(request)
    async with platform.db.tenant(tenant) as tx:
        row = await queries.public(tx, public_code.strip().upper())
    out = PlaceOut(
        row["number"],
        row["state"],
        row["key"],
        row["name"],
        row["letter"],
        row["name_vi"],
        row["name_en"],
        now.isoformat(),
        counter=row["counter"],
    )
    if row["window_from"] is not None:
        out.window = (row["window_from"], row["window_to"])
    if row["state"] in _WAITS and row["day"] == local_day(now):
        hall = await standing.hall_of(platform, tenant, row["site_id"], now)
        stands = hall.places.get(row["id"])
        left = (stands.range if stands else None) or hall.lines[row["letter"]].range
        ahead = stands.ahead if stands else hall.lines[row["letter"]].waiting
        out.place, out.low, out.high, out.late = ahead + 1, left.low, left.high, left.late
    return out


ROUTES: list[Any] = [sites, lines, capacity, place]
