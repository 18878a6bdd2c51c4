"""The counter: sit down, call, serve, finish; one big key that is always the next right thing."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template

from motcua.desk.view import DossierView, dossier_view, minutes_since, staff_id
from motcua.dossiers import access, incidents, worklists
from motcua.errors import Forbidden, NotFound
from motcua.events.work import Work
from motcua.people.capabilities import units
from motcua.platform import Platform
from motcua.queues import queries, service
from motcua.tenancy.db import Record, TenantTx
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.live import Message, follow, stream
from motcua.web.pages import page
from motcua.web.sessions import Session, need_role

Verb = Callable[[Work, UUID, UUID], Awaitable[Any]]
_TICKET: Mapping[str, Verb] = {
    "start": service.start,
    "finish": service.finish,
    "recall": service.recall,
    "no-show": service.no_show,
}
_KEEPERS = ("receiver", "admin")
_ALIVE = "select 1 from web_session where token_hash = $1 and expires_at > now()"


@get("/desk", include_in_schema=False)
async def start(request: AnyRequest) -> Template:
    """Show where an officer begins: the counters to sit down at, and what waits."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, *access.DESK_ROLES)
    now = datetime.now(UTC)
    sites: list[Record] = []
    counters: list[Record] = []
    tray = None
    async with platform.db.tenant(tenant) as tx:
        if officer.may("receiver") or officer.may("admin"):
            sites = await queries.sites(tx, _kept(officer))
            counters = await queries.counters(tx, [s["id"] for s in sites])
        if officer.may("receiver"):
            tray = await worklists.tray(tx, access.receiving(officer), now)
        seat = await queries.seat(tx, officer.subject)
        work = await worklists.work(tx, access.held(officer), officer.subject, now)
    return page(
        request,
        "desk/start.html",
        sites=[
            (
                s,
                [c for c in counters if c["site_id"] == s["id"]],
                officer.may("receiver", s["unit_id"]),
            )
            for s in sites
        ],
        seat=seat,
        tray=tray,
        work=work,
        me=officer.subject,
        settles=any(officer.may(role) for role in access.CASE_ROLES),
        pairs=officer.may("receiver") or officer.may("admin"),
        administers=officer.may("admin"),
        leads=any(officer.may(role) for role in incidents.ROLES),
        done=request.query_params.get("done", ""),
    )


def _kept(officer: Session) -> list[UUID] | None:
    """Return the units whose counters an officer sits at or keeps in order; None for all of them."""
    found = [units(officer.capabilities, role) for role in _KEEPERS if officer.may(role)]
    return None if None in found else [unit for some in found for unit in some or ()]


async def _counter(
    tx: TenantTx, officer: Session, counter_id: UUID, roles: tuple[str, ...] = ("receiver",)
) -> Record:
    """Return the counter when the officer holds one of the roles in its unit."""
    counter = await queries.counter(tx, counter_id)
    need_role(officer, *roles, unit=counter["unit_id"])
    return counter


async def _rows(tx: TenantTx, counter: Record, now: datetime) -> dict[str, Any]:
    total, waiting = await queries.waiting(tx, counter["site_id"], counter["lines"], now)
    rows = [
        {"row": row, "range": str(left), "waited": minutes_since(row["issued_at"], now)}
        for row, left in waiting
    ]
    return {"total": total, "waiting": rows}


@get("/desk/counter/{counter_id:uuid}", include_in_schema=False)
async def show(request: AnyRequest, counter_id: FromPath[UUID]) -> Template | Redirect:
    """Show the counter: the ticket beside its dossier, and who waits."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, "receiver")
    async with platform.works.begin(tenant, officer.actor) as work:
        counter = await _counter(work.tx, officer, counter_id)
        if counter["staff_id"] != officer.subject:
            return Redirect(here(request).url("/desk"), status_code=303)
        ticket = await queries.at_counter(work.tx, counter_id)
        view = await _dossier(platform, work, officer, ticket, here(request).lang)
        served = await queries.served_today(work.tx, counter_id, officer.subject, work.now)
        waiting = await _rows(work.tx, counter, work.now)
    return page(
        request,
        "desk/counter.html",
        counter=counter,
        ticket=ticket,
        d=view,
        served=served,
        done=request.query_params.get("done", ""),
        errors={},
        failed="",
        kept={},
        back=str(counter_id),
        **waiting,
    )


async def _dossier(
    platform: Platform, work: Work, officer: Session, ticket: Record | None, lang: str
) -> DossierView | None:
    if ticket is None or ticket["dossier_id"] is None:
        return None
    try:
        row = await access.seen(work, officer, ticket["dossier_id"])
    except NotFound:
        # The ticket of a dossier that another unit received: the counter serves it without.
        return None
    return await dossier_view(platform, work, officer, row, lang)


@get("/desk/counter/{counter_id:uuid}/stream", include_in_schema=False)
async def hear(request: AnyRequest, counter_id: FromPath[UUID]) -> Stream:
    """Send the waiting list whenever it changed."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, "receiver")
    async with platform.db.tenant(tenant) as tx:
        counter = await _counter(tx, officer, counter_id)
    template = request.app.template_engine.get_template("desk/_waiting.html")  # type: ignore[union-attr]
    told = ""

    async def read(_: int | None) -> list[Message]:
        nonlocal told
        async with platform.db.tenant(tenant) as tx:
            if not await tx.fetchval(_ALIVE, officer.token_hash):
                return [("end", {}, None)]
            waiting = await _rows(tx, counter, datetime.now(UTC))
        known = page(request, "desk/_waiting.html", **waiting).context
        fresh = template.render(known)
        before, told = told, fresh
        return [("html", fresh, None)] if fresh != before else []

    return stream(follow(platform.bell, f"site:{counter['site_id']}", read, None))


@post("/desk/counter/{counter_id:uuid}/{verb:str}", include_in_schema=False)
async def act(request: AnyRequest, counter_id: FromPath[UUID], verb: FromPath[str]) -> Redirect:
    """Do one thing at the counter: open, leave, release, call, or move its ticket on."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    roles = _KEEPERS if verb == "release" else ("receiver",)
    officer = access.officer(request, *roles)
    form = await request.form()
    to, done = f"/desk/counter/{counter_id}", ""
    async with platform.works.begin(tenant, officer.actor) as work:
        counter = await _counter(work.tx, officer, counter_id, roles)
        if verb == "release":
            await service.release_counter(work, counter_id)
            to, done = "/desk", "released"
        elif verb == "open":
            await _sit_down(work, officer, counter)
        elif verb == "leave":
            await queries.hold(work.tx, counter_id)
            await service.leave_counter(work, counter_id, officer.subject)
            to, done = "/desk", "left"
        elif verb == "call":
            called = await service.call_next(work, counter_id, officer.subject)
            done = "" if called else "nobody"
        elif verb in _TICKET:
            await _TICKET[verb](work, _ticket(form.get("ticket")), officer.subject)
            done = verb
        else:
            raise NotFound()
    return Redirect(here(request).url(f"{to}?done={done}" if done else to), status_code=303)


async def _sit_down(work: Work, officer: Session, counter: Record) -> None:
    seat = await queries.seat(work.tx, officer.subject)
    if seat is not None and seat["id"] != counter["id"]:
        raise Forbidden(
            f"Bạn đang ngồi ở quầy {seat['number']}. Hãy rời quầy đó trước.",
            f"You sit at counter {seat['number']}. Leave it first.",
        )
    await service.open_counter(work, counter["id"], officer.subject)


def _ticket(text: Any) -> UUID:
    found = staff_id(str(text or ""))
    if found is None:
        raise NotFound("Không có số này.", "There is no such ticket.")
    return found


ROUTES: list[Any] = [start, show, hear, act]
