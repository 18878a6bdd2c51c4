"""What anybody may see: how a dossier stands, and whether a result is genuine. Never a name."""

from datetime import UTC, datetime
from typing import Any

from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua.dossiers import queries
from motcua.dossiers.law import names
from motcua.dossiers.routes import public_events
from motcua.errors import Both, NotFound
from motcua.platform import Platform
from motcua.portal import progress, verifying
from motcua.portal.verifying import Checked
from motcua.tenancy.db import Record
from motcua.wallet.issuing_keys import root_certificate_file
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

_LONGEST = 20 * 1024 * 1024
_UPLOAD_BODY = _LONGEST + 65_536
_CHUNK = 256 * 1024
_GENUINE = """
select r.number, r.kind, r.title_vi, r.title_en, r.issued_at, r.expires_at, r.status, r.pdf_sha256,
  u.name as unit
from issued_result r
join dossier d on d.tenant_id = r.tenant_id and d.id = r.dossier_id
join unit u on u.tenant_id = d.tenant_id and u.id = d.competent_unit
where r.verify_code = $1
"""


def typed_code(code: str) -> str:
    """Return a code as it is stored, whatever a person typed around it."""
    return "".join(c for c in code.upper() if c.isalnum())[:40]


@get("/track", include_in_schema=False, opt={"open": True})
async def ask(request: AnyRequest, code: FromQuery[str] = "") -> Redirect | Template:
    """Ask for the code, or go to its page."""
    tenant = province_of(request)
    if not typed_code(code):
        return page(request, "portal/track.html", code="", errors={})
    platform: Platform = request.app.state.platform
    try:
        async with platform.db.tenant(tenant) as tx:
            row = await queries.track(tx, typed_code(code))
    except NotFound as unknown:
        said = unknown.en if here(request).lang == "en" else unknown.vi
        errors = {"code": said}
        return page(request, "portal/track.html", status=404, code=code[:40], errors=errors)
    return Redirect(here(request).url(f"/track/{row['track_code']}"), status_code=303)


@get("/track/{track_code:str}", include_in_schema=False, opt={"open": True})
async def show(request: AnyRequest, track_code: FromPath[str]) -> Template:
    """Show how a dossier stands to whoever holds its code."""
    tenant, lang = province_of(request), here(request).lang
    platform: Platform = request.app.state.platform
    law = await platform.catalogue.of(tenant)
    async with platform.db.tenant(tenant) as tx:
        row = await queries.track(tx, typed_code(track_code))
    events = public_events(row)
    return page(
        request,
        "portal/tracked.html",
        row=row,
        names=names(law),
        unit=row["unit"],
        badge=progress.state_badge(row["state"], lang),
        items=progress.timeline(law, row, events, lang),
        clock=progress.clock(law.calendar, row, events, lang),
        lines=progress.explained(row["derivation"], lang),
        react=progress.reaction_lines(law.calendar, row, events, lang),
        running=None,
    )


async def _genuine(request: AnyRequest, code: str) -> Record:
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(tenant) as tx:
        row = await tx.fetchrow(_GENUINE, typed_code(code))
    if row is None:
        raise NotFound(
            "Không có kết quả nào mang mã này. Giấy tờ có thể là giả, hoặc mã bị nhập sai.",
            "No result has this code. The paper may be forged, or the code mistyped.",
        )
    return row


@get("/verify/{verify_code:str}", include_in_schema=False, opt={"open": True})
async def verify(request: AnyRequest, verify_code: FromPath[str]) -> Template:
    """Show whether a result is in force: number, kind, office and day, nothing of its holder."""
    return _verified(request, await _genuine(request, verify_code), None, {})


@post(
    "/verify/{verify_code:str}",
    include_in_schema=False,
    status_code=200,
    request_max_body_size=_UPLOAD_BODY,
    opt={"open": True},
)
async def compare(request: AnyRequest, verify_code: FromPath[str]) -> Template:
    """Compare a PDF with the one that was issued, and check its signature; it is read and not kept."""
    row = await _genuine(request, verify_code)
    file = (await request.form()).get("file")
    pdf = bytearray()
    while isinstance(file, UploadFile) and (chunk := await file.read(_CHUNK)):
        pdf += chunk
    if not pdf:
        return _verified(request, row, None, {"file": Both("Hãy chọn tệp PDF", "Choose the PDF")})
    platform: Platform = request.app.state.platform
    root = root_certificate_file(platform.settings)
    found = await verifying.check(bytes(pdf), row["pdf_sha256"], row["issued_at"], root)
    return _verified(request, row, found, {})


def _verified(
    request: AnyRequest, row: Record, checked: Checked | None, errors: dict[str, str]
) -> Template:
    expired = row["expires_at"] is not None and row["expires_at"] <= datetime.now(UTC)
    standing = "withdrawn" if row["status"] else "expired" if expired else "valid"
    return page(
        request,
        "portal/verify.html",
        status=422 if errors else 200,
        row=row,
        standing=standing,
        checked=checked,
        errors=errors,
    )


ROUTES: list[Any] = [ask, show, verify, compare]
