"""Sharing my papers: choose, say for whom, what for and until when; see who looked; end it at once."""

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua import notices
from motcua.dossiers import offices
from motcua.errors import Invalid
from motcua.holdings import door, sharing, store
from motcua.holdings.sharing import Wish
from motcua.portal import my_papers
from motcua.portal.visit import Visit, citizen
from motcua.web.here import AnyRequest
from motcua.web.pages import page

STATES = {
    "open": ("Đang mở", "Open", "ok"),
    "over": ("Đã hết hạn", "Over", "neutral"),
    "used": ("Đã hết số lần xem", "Looks used up", "neutral"),
    "owner": ("Bạn đã dừng", "You ended it", "neutral"),
    "locked": ("Bị khóa vì nhập sai mã", "Locked: wrong codes", "bad"),
    "withdrawn": ("Giấy tờ đã bị thu hồi", "The paper was withdrawn", "bad"),
}
_DID = {
    "opened": ("đã mở", "opened it"),
    "viewed": ("xem giấy tờ số", "looked at paper no."),
    "downloaded": ("tải giấy tờ số", "downloaded paper no."),
    "refused": ("nhập sai mã", "entered a wrong code"),
    "locked": ("nhập sai mã lần cuối, đã khóa", "entered a wrong code for the last time, locked"),
}


@get("/my/shares", include_in_schema=False)
async def show_all(request: AnyRequest) -> Template:
    """List my shares, the open ones with a key to end them."""
    visit = citizen(request)
    async with visit.work() as work:
        rows = await sharing.mine(work, visit.session.subject)
    return page(
        request,
        "portal/shares.html",
        menu_at=my_papers.HERE,
        rows=[(r, *_state(visit, r)) for r in rows],
    )


@get("/my/shares/new", include_in_schema=False)
async def new(request: AnyRequest, item: FromQuery[str] = "") -> Template:
    """Choose papers, and say for whom and what for."""
    visit = citizen(request)
    limit = sharing.limits(visit.tenant)
    typed = {"items": [item], "days": str(limit.days), "looks": str(limit.looks), "tell": "1"}
    return await _form(visit, typed, {})


async def _form(visit: Visit, typed: dict[str, Any], errors: dict[str, Any]) -> Template:
    async with visit.work() as work:
        held = await store.holdings(work, visit.session.subject)
    known = await offices.of(visit.platform, visit.tenant)
    return page(
        visit.request,
        "portal/share_new.html",
        menu_at=my_papers.HERE,
        status=422 if errors else 200,
        errors=errors,
        typed=typed,
        rows=[my_papers.drawn(visit, h) for h in held if h.in_force],
        offices=sorted((str(o.id), o.name) for o in known.values()),
        limit=sharing.limits(visit.tenant),
        texts=notices.reach(visit.platform, visit.tenant),
    )


@post("/my/shares", include_in_schema=False, status_code=200)
async def create(request: AnyRequest) -> Template:
    """Share; link and code are shown this once."""
    visit = citizen(request)
    posted = await request.form()
    typed: dict[str, Any] = {k: str(v) for k, v in posted.items()}
    typed["items"] = [str(v) for v in posted.getall("items", [])]
    try:
        async with visit.work() as work:
            wish = _wish(typed)
            made = await sharing.create(visit.platform, work, visit.session.subject, wish)
    except Invalid as problem:
        return await _form(visit, typed, dict(problem.fields))
    async with visit.work() as work:
        row = await sharing.one(work, visit.session.subject, made.id)
    return page(request, "portal/share_made.html", menu_at=my_papers.HERE, made=made, row=row)


def _wish(typed: dict[str, Any]) -> Wish:
    """Read the form; what is no number or id is refused by ``sharing.create`` at its field."""
    kind = typed.get("kind", "")
    unit = typed.get("unit", "") if kind == "unit" else ""
    try:
        office = UUID(unit) if unit else None
    except ValueError:
        office = UUID(int=0)
    if kind == "unit" and office is None:
        office = UUID(int=0)
    return Wish(
        kind="office" if kind == "unit" else kind,
        recipient=typed.get("phone" if kind == "phone" else "recipient", ""),
        purpose=typed.get("purpose", ""),
        items=typed["items"],
        days=_number(typed.get("days", "")),
        looks=_number(typed.get("looks", "")),
        unit=office,
        download=typed.get("download") == "1",
        tell=typed.get("tell") == "1",
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


@get("/my/shares/{share_id:uuid}", include_in_schema=False)
async def show_one(request: AnyRequest, share_id: FromPath[UUID]) -> Template:
    """Show one share: what, for whom, until when, and every look."""
    visit = citizen(request)
    async with visit.work() as work:
        row = await sharing.one(work, visit.session.subject, share_id)
    en = visit.lang == "en"
    seen = [(look["at"], _who(row, look["actor"], en), _did(look, en)) for look in row["seen"]]
    items = [(i, door.in_force(i)) for i in row["shown"]]
    return page(
        request,
        "portal/share.html",
        menu_at=my_papers.HERE,
        row=row,
        state=_state(visit, row),
        seen=seen,
        items=items,
    )


@post("/my/shares/{share_id:uuid}/end", include_in_schema=False)
async def end(request: AnyRequest, share_id: FromPath[UUID]) -> Redirect:
    """End a share now."""
    visit = citizen(request)
    async with visit.work() as work:
        await sharing.end(work, visit.session.subject, share_id)
    return visit.go(f"/my/shares/{share_id}")


def _state(visit: Visit, row: dict[str, Any]) -> tuple[str, str]:
    vi, en, tone = STATES[row["state"]]
    return (en if visit.lang == "en" else vi), tone


def _who(row: dict[str, Any], actor: str, en: bool) -> str:
    if actor.startswith("staff:"):
        return f"{'An officer of' if en else 'Cán bộ của'} {row['recipient']}"
    return "Somebody with the link" if en else "Người có liên kết"


def _did(look: Any, en: bool) -> str:
    place = f" {look['place']}" if look["place"] else ""
    return f"{_DID[look['what']][en]}{place}"


ROUTES: list[Any] = [show_all, new, create, show_one, end]
