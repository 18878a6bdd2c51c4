"""Sitting down, breaks, handing over, leaving; and the page where an officer begins."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import get
from litestar.response import Template

from motcua.desk import hall_rows, holding
from motcua.desk.deeds import Deed, Done, Verb
from motcua.desk.hall_view import counter_of
from motcua.dossiers import access, incidents, worklists
from motcua.errors import Conflict
from motcua.people.capabilities import units
from motcua.platform import Platform
from motcua.queues import queries, seats
from motcua.station import health
from motcua.tenancy.db import TenantTx
from motcua.web.here import AnyRequest, province_of
from motcua.web.pages import page
from motcua.web.sessions import Session

KEEPERS = ("receiver", "admin")
LEADS = ("admin", "head", "leader")
"""Who pauses and opens the lines of a site, in its unit."""

_NEED_COUNTER = ("Hãy chọn quầy nhận bàn giao.", "Choose the counter that takes over.")


@get("/desk", include_in_schema=False)
async def start(request: AnyRequest) -> Template:
    """Show where an officer begins: the counters to sit down at, and what waits."""
    return await start_page(request)


async def start_page(request: AnyRequest, *, status: int = 200, said: str = "") -> Template:
    """Return the page; ``said`` is why the last command was refused."""
    platform: Platform = request.app.state.platform
    officer = access.officer(request, *access.DESK_ROLES)
    tray = None
    async with platform.works.begin(province_of(request), officer.actor) as work:
        tx, now = work.tx, work.now
        sites = await _sites(tx, officer, now)
        if officer.may("receiver"):
            tray = await worklists.tray(tx, access.receiving(officer), now)
        seat = await queries.seat(tx, officer.subject)
        elsewhere = seat is not None and await holding.elsewhere(tx, officer, seat["id"])
        listed = await worklists.work(tx, access.held(officer), officer.subject, now)
    return page(
        request,
        "desk/start.html",
        status=status,
        sites=sites,
        seat=seat,
        elsewhere=elsewhere,
        tray=tray,
        work=listed,
        me=officer.subject,
        settles=any(officer.may(role) for role in access.CASE_ROLES),
        pairs=officer.may("receiver") or officer.may("admin"),
        administers=officer.may("admin"),
        leads=any(officer.may(role) for role in incidents.ROLES),
        follows=any(officer.may(role) for role in LEADS),
        done=request.query_params.get("done", ""),
        moved=moved_of(request),
        said=said,
    )


async def _sites(tx: TenantTx, officer: Session, now: datetime) -> list[dict[str, Any]]:
    """Return the sites whose counters somebody sits at or keeps in order, and whose lines he leads."""
    kept = kept_by(officer, (*KEEPERS, *LEADS))
    if kept == []:
        return []
    sites = await queries.sites(tx, kept)
    ids = [s["id"] for s in sites]
    counters = await hall_rows.counters(tx, ids, now)
    lines = await hall_rows.lines(tx, ids, now)
    profiles = await hall_rows.profiles(tx, ids)
    return [
        {
            "row": s,
            "counters": [c for c in counters if c["site_id"] == s["id"]],
            "lines": [line for line in lines if line["site_id"] == s["id"]],
            "profiles": [p for p in profiles if p["site_id"] == s["id"]],
            "sits": officer.may("receiver", s["unit_id"]),
            "keeps": any(officer.may(role, s["unit_id"]) for role in KEEPERS),
            "leads": any(officer.may(role, s["unit_id"]) for role in LEADS),
        }
        for s in sites
    ]


def kept_by(officer: Session, roles: tuple[str, ...]) -> list[UUID] | None:
    """Return the units in which an officer holds one of the roles; None for all of them."""
    found = [units(officer.capabilities, role) for role in roles if officer.may(role)]
    return None if None in found else [unit for some in found for unit in some or ()]


async def open_counter(deed: Deed) -> Done:
    """Sit down with a profile; this session holds the seat from now on."""
    seat = await queries.seat(deed.work.tx, deed.staff)
    if seat is not None and seat["id"] != deed.here:
        raise Conflict(
            f"Bạn đang ngồi ở quầy {seat['number']}. Hãy rời quầy đó trước.",
            f"You sit at counter {seat['number']}. Leave it first.",
        )
    if seat is not None:
        await holding.check(deed.work, deed.officer, deed.here)
    else:
        await holding.take(deed.work, deed.officer, deed.here)
    await seats.open_counter(deed.work, deed.here, deed.staff, deed.id("profile"))
    return Done()


async def take_over(deed: Deed) -> Done:
    """Go on at this machine; the other one becomes a page for reading only."""
    if deed.counter["staff_id"] != deed.staff:
        raise Conflict("Bạn không còn ngồi ở quầy này.", "You no longer sit at this counter.")
    await holding.take(deed.work, deed.officer, deed.here)
    await seats.open_counter(deed.work, deed.here, deed.staff)
    return Done("taken-over")


async def leave(deed: Deed) -> Done:
    """Leave the counter; what waited for the officer goes to another one, or is open to all of them."""
    moved = await _hand_over(deed, deed.id("to_counter"))
    await seats.leave_counter(deed.work, deed.here, deed.staff)
    await holding.give_up(deed.work, deed.officer)
    return Done("left", to_start=True, moved=moved)


async def release(deed: Deed) -> Done:
    """Free a counter whose officer is gone."""
    await seats.release_counter(deed.work, deed.here)
    return Done("released", to_start=True)


async def take_break(deed: Deed) -> Done:
    """Go on a break; parked and pinned numbers are handed over or wait."""
    moved = await _hand_over(deed, deed.id("to_counter"))
    await seats.take_break(deed.work, deed.here, deed.staff)
    return Done("break", moved=moved)


async def back(deed: Deed) -> Done:
    """Come back from the break."""
    await seats.end_break(deed.work, deed.here, deed.staff)
    return Done("back")


async def hand_over(deed: Deed) -> Done:
    """Give parked and pinned numbers to another counter and go on."""
    to = deed.must("to_counter", *_NEED_COUNTER)
    return Done(moved=await _hand_over(deed, to))


async def help_given(deed: Deed) -> Done:
    """Say that somebody goes to a device of this site."""
    device = deed.must("device", "Không có thiết bị này.", "There is no such device.")
    known = await health.health_of(deed.work.tx, [deed.site], deed.work.now)
    if device not in {d.id for d in known}:
        raise Conflict("Không có thiết bị này.", "There is no such device.")
    await health.help_given(deed.work, device)
    return Done("helping")


async def _hand_over(deed: Deed, to: UUID | None) -> tuple[int, str] | None:
    """Hand over what is kept; returns how many numbers went, and the counter's number; None for no counter."""
    if to is None:
        return None
    count = await seats.hand_over(deed.work, deed.here, deed.staff, to)
    return count, (await counter_of(deed.work.tx, to))["number"]


def moved_of(request: AnyRequest) -> tuple[int, str] | None:
    """Return what the address of a page says was handed over just now, if it says so."""
    count, to = (request.query_params.get(name, "") for name in ("moved", "to"))
    if not (count.isascii() and count.isdigit() and len(count) < 5 and 0 < len(to) < 20):
        return None
    return int(count), to


FREE: Mapping[str, Verb] = {"open": open_counter, "take-over": take_over, "release": release}
"""What needs no seat of this session."""

VERBS: Mapping[str, Verb] = {
    "leave": leave,
    "break": take_break,
    "back": back,
    "hand-over": hand_over,
    "help": help_given,
}
ROUTES: list[Any] = [start]
