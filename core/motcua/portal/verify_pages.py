"""Whether a paper is genuine, for anybody who holds it: by its code, by its file, and without a network.

Nothing is shown that does not stand on the paper in hand; of its holder nothing at all, unless the paper's own
code says it, and that never leaves the browser.
"""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua import clock
from motcua.errors import Both, NotFound, TooLarge
from motcua.holdings import withdrawing
from motcua.holdings.withdrawing import Link
from motcua.keys import crls
from motcua.platform import Platform
from motcua.portal import verifying
from motcua.portal.asking import asker
from motcua.portal.tracking import typed_code
from motcua.portal.verifying import Checked
from motcua.tenancy.db import Record
from motcua.wallet import paper_keys
from motcua.wallet.answers import text_answer
from motcua.wallet.statuslist import SUSPENDED
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import CORE, page

_LONGEST = 20 * 1024 * 1024
_UPLOAD_BODY = _LONGEST + 65_536
_CHUNK = 256 * 1024
_GENUINE = """
select r.id, r.number, r.kind, r.title_vi, r.title_en, r.issued_at, r.expires_at, r.status, u.name as unit
from issued_result r
join dossier d on d.tenant_id = r.tenant_id and d.id = r.dossier_id
join unit u on u.tenant_id = d.tenant_id and u.id = d.competent_unit
where r.verify_code = $1
"""
_SINCE = """
select at from status_change where result_id = $1 and signing_kid is null order by at desc, id desc limit 1
"""


@get("/verify", include_in_schema=False, opt={"open": True})
async def door(request: AnyRequest) -> Template:
    """Ask for the code, the file, or the paper's code to read."""
    return page(request, "portal/verify_door.html", checked=None, errors={}, code="")


@post(
    "/verify",
    include_in_schema=False,
    status_code=200,
    request_max_body_size=_UPLOAD_BODY,
    opt={"open": True},
)
async def any_file(request: AnyRequest) -> Redirect | Template:
    """Go to the page of a code, or say what a file is; it is read and not kept."""
    form = await request.form()
    code = typed_code(str(form.get("code", "")))
    if code:
        return Redirect(here(request).url(f"/verify/{code}"), status_code=303)
    checked, errors = await _checked(request, form.get("file"))
    return page(
        request,
        "portal/verify_door.html",
        status=422 if errors else 200,
        checked=checked,
        errors=errors,
        code="",
        standing_of=_standing,
    )


@get("/verify/paper", include_in_schema=False, opt={"open": True})
async def paper(request: AnyRequest) -> Template:
    """Check the code of a paper copy in the browser, without a network once it was opened."""
    province_of(request)
    return page(request, "portal/verify_paper.html")


@get("/verify/worker.js", include_in_schema=False, opt={"open": True}, sync_to_thread=True)
def worker(request: AnyRequest) -> Response[str]:
    """Return the service worker that lets the page above open without a network."""
    province_of(request)
    code = (CORE / "portal" / "static" / "paper-worker.js").read_text(encoding="utf-8")
    headers = {"service-worker-allowed": "/", "cache-control": "no-cache"}
    return Response(code, media_type="text/javascript", headers=headers)


@get("/V/{code:str}", include_in_schema=False, opt={"open": True}, sync_to_thread=False)
def printed(request: AnyRequest, code: FromPath[str]) -> Redirect:
    """Lead from the printed code to its page; what stands behind ``#`` goes along in the browser."""
    return Redirect(here(request).url(f"/verify/{typed_code(code)}"), status_code=303)


@get("/verify/{verify_code:str}", include_in_schema=False, opt={"open": True})
async def verify(request: AnyRequest, verify_code: FromPath[str]) -> Template:
    """Show whether a result is in force: number, kind, office and day, nothing of its holder."""
    return await _verified(request, verify_code, None, {})


@post(
    "/verify/{verify_code:str}",
    include_in_schema=False,
    status_code=200,
    request_max_body_size=_UPLOAD_BODY,
    opt={"open": True},
)
async def compare(request: AnyRequest, verify_code: FromPath[str]) -> Template:
    """Compare a PDF with the one that was issued, and check its signature; it is read and not kept."""
    checked, errors = await _checked(request, (await request.form()).get("file"))
    return await _verified(request, verify_code, checked, errors)


@get(f"/.well-known/{paper_keys.NAME}", include_in_schema=False, opt={"open": True})
async def keys(request: AnyRequest) -> Response[Any]:
    """Return the signed list of the keys that sign papers, of every province."""
    platform: Platform = request.app.state.platform
    made = await paper_keys.published(platform, province_of(request), clock.now())
    keep = f"max-age={int(paper_keys.TTL.total_seconds())}"
    return text_answer(made, paper_keys.MEDIA_TYPE, cache_control=keep)


@get("/crl/{name:str}", include_in_schema=False, opt={"open": True})
async def crl(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Return the list of certificates that the tenant's authority, or the root, revoked (RFC 5280)."""
    platform: Platform = request.app.state.platform
    tenant, at = province_of(request), clock.now()
    kid = crls.kid_from(name.removesuffix(".crl"))
    if kid == crls.ROOT:
        made = await crls.of_root(platform, at)
    else:
        async with platform.db.tenant(tenant) as tx:
            made = await crls.of_authority(tx, platform.vaults.of(tenant.id), kid, at)
    headers = {"cache-control": "max-age=3600"}
    return Response(made, media_type="application/pkix-crl", headers=headers)


@get("/ca/{name:str}", include_in_schema=False, opt={"open": True})
async def ca(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Return the certificate of one of the tenant's authorities, or of the root, in DER (RFC 2585)."""
    platform: Platform = request.app.state.platform
    kid = crls.kid_from(name.removesuffix(".cer"))
    async with platform.db.tenant(province_of(request)) as tx:
        made = await crls.certificate_of(tx, platform.settings, kid)
    headers = {"cache-control": "max-age=86400"}
    return Response(made, media_type="application/pkix-cert", headers=headers)


async def _checked(request: AnyRequest, file: object) -> tuple[Checked | None, dict[str, Both]]:
    """Read the uploaded file, as far as it may be long, and say what it is; errors at the field."""
    pdf = bytearray()
    while isinstance(file, UploadFile) and (chunk := await file.read(_CHUNK)):
        pdf += chunk
        if len(pdf) > _LONGEST:
            raise TooLarge("Tệp lớn hơn 20 MB.", "The file is larger than 20 MB.")
    if not pdf:
        return None, {"file": Both("Hãy chọn tệp PDF", "Choose the PDF")}
    if b"%PDF-" not in pdf[:1024]:
        return None, {"file": Both("Tệp này không phải PDF", "This file is not a PDF")}
    who = asker(request)
    async with who.platform.works.begin(who.tenant, who.actor) as work:
        await who.knock(work, "check")
    return await verifying.check(who.platform, who.tenant, bytes(pdf)), {}


async def _genuine(request: AnyRequest, code: str) -> tuple[Record, list[Link], Any]:
    """Return a result by its code, the chain it stands in, and since when its standing is what it is."""
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(province_of(request)) as tx:
        row = await tx.fetchrow(_GENUINE, typed_code(code))
        chain = await withdrawing.chain(tx, row["id"]) if row else []
        since = await tx.fetchval(_SINCE, row["id"]) if row and row["status"] else None
    if row is None:
        raise NotFound(
            "Không có kết quả nào mang mã này. Giấy tờ có thể là giả, hoặc mã bị nhập sai.",
            "No result has this code. The paper may be forged, or the code mistyped.",
        )
    return row, chain, since


async def _verified(
    request: AnyRequest, code: str, checked: Checked | None, errors: dict[str, Both]
) -> Template:
    row, chain, since = await _genuine(request, code)
    place = next(n for n, link in enumerate(chain) if link.id == row["id"])
    return page(
        request,
        "portal/verify.html",
        status=422 if errors else 200,
        row=row,
        before=chain[:place],
        after=chain[place + 1 :],
        withdrawn_at=chain[place].withdrawn_at or since,
        standing=_standing(row),
        standing_of=_standing,
        checked=checked,
        other=bool(checked and checked.result and checked.result["id"] != row["id"]),
        seen_at=clock.now(),
        code=typed_code(code),
        errors=errors,
    )


def _standing(row: Record) -> str:
    """Return ``valid``, ``expired``, ``suspended`` or ``withdrawn``."""
    if row["status"] == SUSPENDED:
        return "suspended"
    if row["status"]:
        return "withdrawn"
    expired = row["expires_at"] is not None and row["expires_at"] <= clock.now()
    return "expired" if expired else "valid"


ROUTES: list[Any] = [
    door,
    any_file,
    paper,
    worker,
    printed,
    verify,
    compare,
    keys,
    crl,
    ca,
]
