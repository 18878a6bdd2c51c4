"""My papers: all results and all papers brought before, in one list; found, downloaded, shared, exported."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.params import FromQuery
from litestar.response import Stream, Template

from motcua.dossiers.law import names
from motcua.dossiers.slips import PROVENANCE
from motcua.holdings import archive, store
from motcua.holdings.store import Holding
from motcua.portal.visit import Visit, citizen
from motcua.text import vn_date
from motcua.web.here import AnyRequest
from motcua.web.pages import WALLET_LABEL, page

HERE = "/my/papers"
_PAGE = 20
_STANDING = {
    "valid": ("Đang có hiệu lực", "In force", "ok"),
    "soon": ("Sắp hết hạn", "Runs out soon", "warn"),
    "expired": ("Đã hết hạn", "Expired", "warn"),
    "suspended": ("Tạm dừng hiệu lực", "Suspended", "warn"),
    "revoked": ("Đã thu hồi", "Withdrawn", "bad"),
    "replaced": ("Đã thu hồi, có bản thay", "Withdrawn and replaced", "bad"),
}


@get(HERE, include_in_schema=False)
async def show(
    request: AnyRequest,
    q: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    standing: FromQuery[str] = "",
    start: FromQuery[int] = 0,
) -> Template:
    """List what I hold here, searched and filtered."""
    visit = citizen(request)
    english = dict(names(await visit.law()).values())
    async with visit.work() as work:
        held = await store.holdings(work, visit.session.subject)
    wanted = {"q": q[:100], "kind": kind, "standing": standing}
    found = store.chosen(held, query=q[:100], kind=kind, standing=standing)
    start = max(0, min(start, len(found)))
    return page(
        request,
        "portal/my_papers.html",
        rows=[drawn(visit, h, english) for h in found[start : start + _PAGE]],
        counted=len(found),
        holds=len(held),
        sharable=any(h.in_force for h in held),
        asked=wanted,
        previous=_link(visit, wanted, start - _PAGE) if start else None,
        following=_link(visit, wanted, start + _PAGE) if start + _PAGE < len(found) else None,
        wallet=visit.platform.settings.url_of(WALLET_LABEL),
    )


def drawn(visit: Visit, h: Holding, english: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Describe a holding for a page; ``english`` names procedures, by their Vietnamese name."""
    en = visit.lang == "en"
    home = visit.url(f"/my/{h.dossier_id}")
    result = h.kind == "result"
    words = _STANDING[h.standing] if result else _provenance(h)
    return {
        "h": h,
        "ref": h.ref,
        "name": h.name(visit.lang),
        "badge": (words[en], words[2]),
        "withdrawn": h.standing in ("revoked", "replaced"),
        "about": _about(h, visit.lang),
        "file": f"{home}/result.pdf" if result else f"{home}/papers/{h.id}.pdf",
        "home": home,
        "used": _used(h, visit.lang, english or {}),
        "replaced": visit.url(f"/my/{h.next_dossier}") if h.next_dossier else "",
    }


def _provenance(h: Holding) -> tuple[str, str, str]:
    compared = h.standing == "compared"
    vi, en = PROVENANCE["officer-compared" if compared else "self-scanned"]
    return vi, en, "ok" if compared else "neutral"


def _about(h: Holding, lang: str) -> str:
    en = lang == "en"
    if h.kind == "result":
        ends = vn_date(h.expires_at) if h.expires_at else ""
        until = (f"valid until {ends}" if en else f"có giá trị đến {ends}") if ends else ""
        issued = ("issued " if en else "cấp ") + vn_date(h.at)
        return ", ".join(part for part in (h.number, h.unit, issued, until) if part)
    pages = f"{h.pages} page(s)" if en else f"{h.pages} trang"
    if h.compared_at:
        said = "compared " if en else "đối chiếu ngày "
        return f"{pages}, {said}{vn_date(h.compared_at)}"
    return f"{pages}, {'handed in ' if en else 'nộp ngày '}{vn_date(h.at)}"


def _used(h: Holding, lang: str, english: Mapping[str, str]) -> list[str]:
    en = lang == "en"
    words = "dossier" if en else "hồ sơ"
    called = {name: english.get(name) or name if en else name for _, name, _ in h.used}
    return [f"{words} {code}{': ' + called[name] if name else ''}" for code, name, _ in h.used]


def _link(visit: Visit, wanted: dict[str, str], start: int) -> str:
    keys = {**{k: v for k, v in wanted.items() if v}, "start": str(max(0, start))}
    return visit.url(f"/my/papers?{urlencode(keys)}")


@get("/my/papers.zip", include_in_schema=False)
async def export(request: AnyRequest) -> Stream:
    """Send everything as one ZIP with an index; it is made while it is sent."""
    visit = citizen(request)
    async with visit.work() as work:
        held: Sequence[Holding] = await store.holdings(work, visit.session.subject)
        work.emit("holdings.exported", visit.session.subject, {"items": len(held)})
        now = work.now
    name = f"giay-to-{now:%Y%m%d}.zip"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    pieces = archive.archive(visit.files, held, now)
    return Stream(pieces, media_type="application/zip", headers=headers)


ROUTES: list[Any] = [show, export]
