"""The page of a counter: one big key that is always the next right thing, the ticket beside its dossier."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from litestar import get
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua import clock
from motcua.desk import hall_rows, holding
from motcua.desk.hall_view import counter_of, counter_view, mark_of, troubles, who_waits
from motcua.desk.seats import moved_of
from motcua.desk.view import DossierView, dossier_view, staff_id
from motcua.dossiers import access
from motcua.errors import NotFound, in_words
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record, TenantTx
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.live import Lasting, Message, follow, stream
from motcua.web.pages import page
from motcua.web.sessions import Session, need_role

# An empty text stands for a live session without a seat.
_ALIVE = """
select coalesce(data->>'seat', '') from web_session where token_hash = $1 and expires_at > now()
"""


@get("/desk/counter/{counter_id:uuid}", include_in_schema=False)
async def show(request: AnyRequest, counter_id: FromPath[UUID]) -> Template | Redirect:
    """Show the counter to who sits there: the ticket beside its dossier, and who waits."""
    return await counter_page(request, counter_id)


async def counter_page(
    request: AnyRequest,
    counter_id: UUID,
    *,
    status: int = 200,
    failed: str = "",
    said: str = "",
    fields: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> Template | Redirect:
    """Return the page; ``failed`` is the verb that was refused, ``said`` why, ``kept`` what its form held."""
    platform: Platform = request.app.state.platform
    officer = access.officer(request, "receiver")
    asked, lang = request.query_params, here(request).lang
    async with platform.works.begin(province_of(request), officer.actor) as work:
        counter = await counter_for(work.tx, officer, counter_id)
        if counter["staff_id"] != officer.subject:
            return Redirect(here(request).url("/desk"), status_code=303)
        view = await counter_view(
            work.tx,
            counter,
            officer.subject,
            work.now,
            mine=not await holding.elsewhere(work.tx, officer, counter_id),
            picked=staff_id(asked.get("pick", "") or (kept or {}).get("picked", "")),
            undo=staff_id(asked.get("undo", "")),
        )
        dossier = await _dossier(platform, work, officer, view.ticket, lang)
    return page(
        request,
        "desk/counter.html",
        status=status,
        q=view,
        counter=counter,
        ticket=view.ticket,
        d=dossier,
        total=view.total,
        waiting=view.waiting,
        troubles=view.troubles,
        standby=asked.get("standby", "") == "1" and view.standing == "idle",
        done=asked.get("done", ""),
        moved=moved_of(request),
        refused=failed,
        said=said,
        held=kept or {},
        errors_at={name: in_words(told, lang) for name, told in (fields or {}).items()},
        errors={},
        failed="",
        kept={},
        back=str(counter_id),
    )


async def counter_for(
    tx: TenantTx, officer: Session, counter_id: UUID, roles: tuple[str, ...] = ("receiver",)
) -> Record:
    """Return the counter when the officer holds one of the roles in its unit."""
    counter = await counter_of(tx, counter_id)
    need_role(officer, *roles, unit=counter["unit_id"])
    return counter


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
async def hear(request: AnyRequest, counter_id: FromPath[UUID]) -> Lasting:
    """Send the waiting list, the devices that need somebody, and the loss of the seat, when they changed."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, "receiver")
    async with platform.db.tenant(tenant) as tx:
        counter = await counter_for(tx, officer, counter_id)
    parts = _parts(request, officer, counter)
    told: dict[str, str] = {}

    async def read(_: int | None) -> list[Message]:
        async with platform.db.tenant(tenant) as tx:
            found = await parts(tx)
        if found is None:
            return [("end", {}, None)]
        fresh = {name: html for name, html in found.items() if told.get(name) != html}
        told.update(fresh)
        return [(name, html, None) for name, html in fresh.items()]

    return stream(follow(platform.bell, f"site:{counter['site_id']}", read, None))


def _parts(
    request: AnyRequest, officer: Session, counter: Record
) -> Callable[[TenantTx], Awaitable[dict[str, str] | None]]:
    """Return what reads the live parts of the page; it answers None when the session is over."""
    mark = request.query_params.get("mark", "")

    def rendered(template: str, **context: Any) -> str:
        engine = request.app.template_engine
        known = page(request, template, counter=counter, **context).context
        return str(engine.get_template(template).render(known))  # type: ignore[union-attr]

    async def read(tx: TenantTx) -> dict[str, str] | None:
        seat = await tx.fetchval(_ALIVE, officer.token_hash)
        if seat is None:
            return None
        now = clock.now()
        lost = seat != str(counter["id"]) and await holding.elsewhere(tx, officer, counter["id"])
        total, waiting = await who_waits(tx, counter, officer.subject, now)
        state = await _state(tx, officer, counter["id"], mark)
        free = mark.startswith("free") and not lost
        aside = await hall_rows.aside(tx, counter, officer.subject, now)
        keys = {"keys": bool(mark) and not lost, "free": mark == mark_of(None, None, None)}
        return {
            "parked": rendered(
                "desk/_parked.html", parked=[r for r in aside if r["state"] == "parked"], **keys
            ),
            "away": rendered(
                "desk/_away.html", away=[r for r in aside if r["state"] == "reserved"], **keys
            ),
            "html": rendered("desk/_waiting.html", total=total, waiting=waiting, free=free),
            "seat": rendered("desk/_seat.html", state="lost" if lost else state),
            "devices": rendered(
                "desk/_troubles.html", troubles=await troubles(tx, counter["site_id"], now)
            ),
        }

    return read


async def _state(tx: TenantTx, officer: Session, counter_id: UUID, mark: str) -> str:
    """Return ``old`` when the page with this mark shows what is no longer so, else an empty text."""
    row = await hall_rows.mark(tx, counter_id, clock.now())
    if not mark or row is None:
        return ""
    seated = row["staff_id"] == officer.subject
    now = mark_of(row["break_since"], row["id"], row["version"])
    return "" if seated and now == mark else "old"


ROUTES: list[Any] = [show, hear]
