"""The hosted verifier page: a third party such as a bank shows it, and sees what was proven, once.

A program of the third party asks (``POST /api/wallet/requests`` with ``page``) and opens the link it gets. The
first browser that does is bound to the request by a cookie; no other sees anything, whoever knows the address.
"""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from motcua import clock
from motcua.errors import Conflict, NotFound
from motcua.events.log import Actor
from motcua.ids import token
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.vault import digest
from motcua.wallet import asking, issuer, labels, requests
from motcua.wallet.asking import PAGE
from motcua.wallet.metadata import Names
from motcua.wallet.verifying import Proven
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

COOKIE = "mc_verify"
_PAGE_ACTOR = Actor("verifier-page")

_BIND = """
update presentation set reader_hash = $3, bound_at = $4
where id = $1 and purpose = 'hosted' and reader_hash = $2 and bound_at is null and expires_at > $4
returning id
"""
_READ = """
select * from presentation
where id = $1 and purpose = 'hosted' and reader_hash = $2 and bound_at is not null
"""
_SAME = """
update presentation set flow = 'same_device'
where id = $1 and purpose = 'hosted' and reader_hash = $2 and bound_at is not null
  and status = 'waiting' and expires_at > $3
returning client_id
"""
# Taking and reading are one statement: what was proven is shown to one browser, one time.
_SHOW = """
with shown as (
  select tenant_id, id, claims_sealed from presentation
  where id = $1 and purpose = 'hosted' and reader_hash = $2 and bound_at is not null
    and status = 'verified' and finished_at > $4
    and (flow = 'cross_device' or response_code_hash = $3) for update)
update presentation p set status = 'used', claims_sealed = null, response_code_hash = null
from shown where p.tenant_id = shown.tenant_id and p.id = shown.id
returning shown.claims_sealed, p.trace_id
"""


@get(PAGE, include_in_schema=False, opt={"open": True}, sync_to_thread=False)
def about(request: AnyRequest) -> Template:
    """Say what this page is and how a third party gets a request."""
    province_of(request)
    return page(request, "wallet/verifier_about.html")


@get(PAGE + "/{asked_id:uuid}", include_in_schema=False, opt={"open": True})
async def show(
    request: AnyRequest,
    asked_id: FromPath[UUID],
    key: FromQuery[str] = "",
    response_code: FromQuery[str] = "",
) -> Redirect | Template:
    """Show the request, or what was proven; a link with ``key`` binds this browser first."""
    if key:
        return await _bind(request, asked_id, key)
    tenant, platform, now = province_of(request), _platform(request), clock.now()
    seen = digest(request.cookies.get(COOKIE, ""))
    async with platform.works.begin(tenant, _PAGE_ACTOR) as work:
        code, oldest = digest(response_code), now - asking.READABLE
        taken = await work.tx.fetchrow(_SHOW, asked_id, seen, code, oldest)
        if taken is not None:
            work.emit("presentation.shown", asked_id, trace_id=taken["trace_id"])
        row = await work.tx.fetchrow(_READ, asked_id, seen)
    if row is None:
        raise _nothing()
    proven = asking.proven_of(platform, tenant, taken["claims_sealed"]) if taken else {}
    return await _drawn(request, row, proven)


@post(PAGE + "/{asked_id:uuid}", include_in_schema=False, opt={"open": True})
async def same_device(request: AnyRequest, asked_id: FromPath[UUID]) -> Redirect:
    """Go on in the wallet of this very browser: the answer then needs the code that the wallet brings back."""
    tenant, platform = province_of(request), _platform(request)
    seen = digest(request.cookies.get(COOKIE, ""))
    async with platform.db.tenant(tenant) as tx:
        client_id = await tx.fetchval(_SAME, asked_id, seen, clock.now())
    if client_id is None:
        raise Conflict("Yêu cầu đã kết thúc.", "The request has ended.")
    wallet = issuer.wallet_url(platform)
    return Redirect(asking.link(platform, tenant, asked_id, client_id, wallet), status_code=303)


@get(PAGE + "/{asked_id:uuid}/state", include_in_schema=False, opt={"open": True})
async def state(request: AnyRequest, asked_id: FromPath[UUID]) -> Response[dict[str, str]]:
    """Tell the waiting page whether something happened; never what."""
    tenant, platform = province_of(request), _platform(request)
    async with platform.db.tenant(tenant) as tx:
        row = await tx.fetchrow(_READ, asked_id, digest(request.cookies.get(COOKIE, "")))
    if row is None:
        raise _nothing()
    body = {"status": asking.standing(row, clock.now())}
    return Response(body, headers={"cache-control": "no-store"}, media_type="application/json")


async def _bind(request: AnyRequest, asked_id: UUID, key: str) -> Redirect:
    tenant, platform = province_of(request), _platform(request)
    secret = token()
    async with platform.db.tenant(tenant) as tx:
        bound = await tx.fetchval(_BIND, asked_id, digest(key), digest(secret), clock.now())
    if bound is None:
        raise _nothing()
    path = here(request).url(f"{PAGE}/{asked_id}")
    away = Redirect(path, status_code=303)
    away.set_cookie(
        Cookie(
            key=COOKIE,
            value=secret,
            path=path,
            httponly=True,
            secure=platform.settings.scheme == "https",
            samesite="lax",
            max_age=3600,
        )
    )
    return away


async def _drawn(request: AnyRequest, row: Record, proven: dict[str, Proven]) -> Template:
    platform, tenant = _platform(request), province_of(request)
    kinds = row["vct_type"].split(",")
    papers, claims = await labels.known(platform, kinds)
    encrypted = row["response_mode"] == requests.ENCRYPTED
    wallet = "haip-vp://" if encrypted else issuer.wallet_url(platform)
    return page(
        request,
        "wallet/verifier.html",
        row=row,
        standing="shown" if proven else asking.standing(row, clock.now()),
        options=_options(row["query"], claims),
        kinds=[papers.get(kind, Names(kind, kind)) for kind in kinds],
        link=asking.link(platform, tenant, row["id"], row["client_id"], wallet),
        other_link=asking.link(platform, tenant, row["id"], row["client_id"]),
        encrypted=encrypted,
        papers=[(one, labels.rows(one, claims)) for one in proven.values()],
    )


def _options(query: dict[str, Any], claims: labels.Claims) -> list[list[Names]]:
    return [
        [labels.called(c["path"][0], claims) for c in e["claims"]] for e in query["credentials"]
    ]


def _nothing() -> NotFound:
    return NotFound(
        "Trang này chỉ mở được một lần, trên trình duyệt đầu tiên. Hãy tạo yêu cầu mới.",
        "This page opens once, in the first browser that does. Make a new request.",
    )


def _platform(request: AnyRequest) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


ROUTES: list[Any] = [about, show, same_device, state]
