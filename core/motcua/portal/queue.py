"""Taking a number from afar: which hall, which line, when to come. Works without an account and without script."""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from typing import Any

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua import clock, notices
from motcua.dossiers.codes import local_day
from motcua.errors import Invalid, NotFound, Problem
from motcua.platform import Platform
from motcua.portal.asking import Asker, asker, phone_of
from motcua.portal.queue_parts import fragment
from motcua.queues import advice, days, hours, issuing, remote, standing
from motcua.queues import slots as slots_of
from motcua.queues.days import Capacity
from motcua.tenancy.db import Record, TenantTx
from motcua.tenancy.tenant import Tenant
from motcua.text import fold
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.live import Lasting, Whole, hub_of
from motcua.web.pages import page

_SITE = """
select s.id, s.key, s.name, s.address, n.centre_until from site s
left join site_node n on n.tenant_id = s.tenant_id and n.site_id = s.id where s.key = $1
"""
_ANY_SLOT = timedelta(days=60)


@get("/queue", include_in_schema=False, opt={"open": True})
async def choose_site(request: AnyRequest, q: FromQuery[str] = "") -> Template:
    """Show the halls, by name or those whose name, unit or address holds the words."""
    tenant, now = province_of(request), clock.now()
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(tenant) as tx:
        rows = await standing.all_sites(tx, now)
    wanted = fold(q[:80])
    found = [r for r in rows if wanted in fold(f"{r['name']} {r['unit']} {r['address']}")]
    sites = [{**r, "cut_off": _cut_off(r, now)} for r in found]
    return page(request, "portal/queue.html", sites=sites, query=q[:80])


@get("/queue/{site_key:str}", include_in_schema=False, opt={"open": True})
async def choose_line(request: AnyRequest, site_key: FromPath[str]) -> Template:
    """Show the lines of a hall in plain words, with who waits and for how long, live."""
    tenant, now = province_of(request), clock.now()
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(tenant) as tx:
        site = await _site(tx, site_key)
        opened = await hours.hours_of(tx, site["id"], local_day(now))
        coming = await _coming(tx, site["id"], local_day(now))
    shown = await _lines(platform, tenant, site, now)
    said: dict[str, Any] = {"opened": opened, "coming": coming, "now": now}
    return page(request, "portal/queue_site.html", at=site, **said, **shown)


@get("/queue/{site_key:str}/stream", include_in_schema=False, opt={"open": True})
async def follow_lines(request: AnyRequest, site_key: FromPath[str]) -> Lasting:
    """Send the lines whenever they changed; one reader for everybody who looks at this hall."""
    tenant, lang = province_of(request), here(request).lang
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(tenant) as tx:
        site = await _site(tx, site_key)

    async def read() -> str:
        shown = await _lines(platform, tenant, site, clock.now())
        return fragment(request, "portal/queue_lines.html", at=site, **shown)

    key = ("queue", tenant.id, site["id"], lang, here(request).root)
    return hub_of(platform).stream(key, lambda: Whole([f"site:{site['id']}"], read, "lines"))


@get("/queue/{site_key:str}/{letter:str}", include_in_schema=False, opt={"open": True})
async def ask(request: AnyRequest, site_key: FromPath[str], letter: FromPath[str]) -> Template:
    """Show when to come, and ask for a telephone."""
    who = asker(request)
    return await _form(request, who, site_key, letter, phone=await who.own_phone())


@post("/queue/{site_key:str}/{letter:str}", include_in_schema=False, opt={"open": True})
async def reserve(
    request: AnyRequest, site_key: FromPath[str], letter: FromPath[str]
) -> Redirect | Template:
    """Take the number and lead to its page."""
    who = asker(request)
    form = await request.form()
    # A day that is over offers no "now": then nothing may be chosen yet.
    phone, when = str(form.get("phone", ""))[:40], str(form.get("when", "none"))[:40]
    typed = str(form.get("code", ""))[:20]
    try:
        code = await take(who, site_key, letter, phone, when, typed)
    except Problem as refused:
        if refused.status == 404:
            raise
        # Whoever has not been asked for the code yet has done nothing wrong.
        confirm = "code" in refused.fields
        errors = refused.fields or {"": refused.said(who.lang)}
        if confirm and not typed:
            errors = {}
        return await _form(
            request,
            who,
            site_key,
            letter,
            phone=phone,
            when=when,
            errors=errors,
            confirm=confirm or bool(typed),
            status=refused.status if errors else 200,
        )
    return Redirect(here(request).url(f"/q/{code}"), status_code=303)


async def take(
    who: Asker, site_key: str, letter: str, phone: str, when: str, code: str = ""
) -> str:
    """Reserve a number now, or in the half-hour that begins at ``when`` (ISO 8601); returns its public code.

    A telephone to which messages will go needs the ``code`` that was sent to it, unless somebody is signed
    in: ``Invalid`` at ``code`` without it, which sends it, and for a wrong one.
    """
    contact = phone_of(phone)
    begin = _moment(when)
    platform, now = who.platform, clock.now()
    async with platform.db.tenant(who.tenant) as tx:
        line = await remote.line_at(tx, site_key, letter)
        opened = await hours.hours_of(tx, line["site_id"], local_day(now))
    hall = await standing.hall_of(platform, who.tenant, line["site_id"], now)
    if begin is None:
        remote.refuse_late(hall.lines[letter].range)
        window = remote.window_of(hall.lines[letter].range, now, opened)
    # A hall that is cut off gives nothing: no code is sent for it.
    if not hall.cut_off:
        await who.confirm(contact, code)
    async with platform.works.begin(who.tenant, who.actor) as work:
        await who.knock(work, "reserve")
        if begin is not None:
            found = await remote.refuse_full(work.tx, line["site_id"], line["id"], begin, now)
            window = (found.from_at, found.to_at)
        issued = await issuing.reserve(
            work,
            line["site_id"],
            line["id"],
            contact=contact,
            person=who.person,
            language=who.lang,
            window=window,
            origin="portal" if who.person else "phone",
        )
    return issued.public_code


def _moment(when: str) -> datetime | None:
    """Read which half-hour was chosen; None stands for now."""
    if when in ("", "now"):
        return None
    try:
        found = datetime.fromisoformat(when)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not MINYEAR < found.year < MAXYEAR:
        said = ("Hãy chọn lại khung giờ.", "Choose a time again.")
        raise Invalid(*said, fields={"when": said})
    return found


async def _form(
    request: AnyRequest,
    who: Asker,
    site_key: str,
    letter: str,
    *,
    phone: str = "",
    when: str = "now",
    errors: dict[str, str] | None = None,
    confirm: bool = False,
    status: int = 200,
) -> Template:
    platform, tenant, now = who.platform, who.tenant, clock.now()
    async with platform.db.tenant(tenant) as tx:
        site = await _site(tx, site_key)
        line = await remote.line_at(tx, site_key, letter)
        today = await _today(tx, site["id"], line["id"], local_day(now))
        instead = await _instead(tx, site["id"], line["id"], now)
    hall = await standing.hall_of(platform, tenant, site["id"], now)
    if letter not in hall.lines:
        raise NotFound()
    state = hall.lines[letter]
    window = remote.window_of(state.range, now, today.opened)
    takes = not state.range.late and today.within_hours(window) and today.room.left_remote != 0
    return page(
        request,
        "portal/queue_line.html",
        status=status,
        at=site,
        line=state,
        room=today.room,
        window=window,
        today_open=takes and not state.paused and not hall.cut_off,
        door_open=today.at_door(now),
        opened=today.opened,
        cut_off=hall.cut_off,
        following=instead.day,
        later=instead.windows,
        later_room=instead.room,
        advice=instead.better,
        bookable=instead.bookable,
        messages=notices.reach(platform, tenant),
        confirm=confirm,
        phone=phone,
        when=when,
        errors=errors or {},
    )


@dataclass(frozen=True)
class _Today:
    """What today still holds of a line: the numbers that are left, and when its hall is open."""

    room: Capacity
    opened: tuple[hours.Span, ...]

    def within_hours(self, window: hours.Span) -> bool:
        """Tell whether today goes on for one whose turn comes in ``window``: some of it lies in the hours."""
        if not self.opened:
            return False
        return window[0] < self.opened[-1][1] and self.opened[0][0] <= window[1]

    def at_door(self, now: datetime) -> bool:
        """Tell whether today still gives a number to who comes to the hall."""
        return self.room.left_walk_in != 0 and bool(self.opened) and now < self.opened[-1][1]


async def _today(tx: TenantTx, site: Any, line: Any, today: date) -> _Today:
    room = next(c for c in await days.capacity(tx, site, today) if c.line == line)
    return _Today(room, await hours.hours_of(tx, site, today))


@dataclass(frozen=True)
class _Instead:
    """What else than a number for today: the next open day, a hall that is quicker, an appointment.

    ``room`` is how many numbers of that day are left, None where there is no cap.
    """

    day: date | None
    windows: list[remote.Window]
    room: int | None
    better: advice.Advice | None
    bookable: bool


async def _instead(tx: TenantTx, site: Any, line: Any, now: datetime) -> _Instead:
    today = local_day(now)
    day, windows = await _next_day(tx, site, line, today)
    coming = await days.capacity(tx, site, day) if day else []
    return _Instead(
        day,
        windows,
        next((c.left_remote for c in coming if c.line == line), None),
        await advice.better_site(tx, site, line, now),
        bool(await slots_of.free(tx, line, now, today, today + _ANY_SLOT)),
    )


async def _coming(tx: TenantTx, site: Any, today: date) -> list[tuple[date, list[Capacity]]]:
    """Return the next days on which the hall is open, with the lines whose numbers are limited."""
    found = []
    for ahead in range(1, remote.DAYS_AHEAD + 1):
        day = today + timedelta(days=ahead)
        if not await hours.hours_of(tx, site, day):
            continue
        room = await days.capacity(tx, site, day)
        capped = [c for c in room if (c.quota_remote, c.quota_walk_in) != (None, None)]
        if not capped:
            return []
        found.append((day, capped))
    return found


async def _next_day(
    tx: TenantTx, site: Any, line: Any, today: date
) -> tuple[date | None, list[remote.Window]]:
    """Return the next day on which the hall is open, with its half-hours."""
    for ahead in range(1, remote.DAYS_AHEAD + 1):
        day = today + timedelta(days=ahead)
        if found := await remote.windows(tx, site, line, day):
            return day, found
    return None, []


async def _lines(platform: Platform, tenant: Tenant, site: Record, now: datetime) -> dict[str, Any]:
    hall = await standing.hall_of(platform, tenant, site["id"], now)
    async with platform.db.tenant(tenant) as tx:
        today = {c.letter: c for c in await days.capacity(tx, site["id"], local_day(now))}
    lines = [(state, today.get(state.letter)) for state in hall.lines.values()]
    return {"lines": lines, "cut_off": hall.cut_off}


async def _site(tx: TenantTx, key: str) -> Record:
    row = await tx.fetchrow(_SITE, key)
    if row is None:
        raise NotFound("Không có điểm tiếp nhận này.", "There is no such site.")
    return row


def _cut_off(row: Record, now: datetime) -> bool:
    return row["centre_until"] is not None and now >= row["centre_until"]


ROUTES: list[Any] = [choose_site, choose_line, follow_lines, ask, reserve]
