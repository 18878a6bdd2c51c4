"""The hosted verifier page: a third party such as a bank shows it, and sees what was proven, once.

A program of the third party asks (``POST /api/wallet/requests`` with ``page``) and opens the link it gets. The
first browser that does is bound to the request by a cookie; no other sees anything, whoever knows the address.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import date
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
from motcua.text import vn_date
from motcua.wallet import asking, issuer, requests
from motcua.wallet.asking import PAGE
from motcua.wallet.metadata import Claim, Names
from motcua.wallet.verifying import Proven
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

COOKIE = "mc_verify"
_Claims = dict[str, Claim]
_ISO_DAY = len("2026-01-31")
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
    papers, claims = await _known(platform, kinds)
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
        papers=[(one, _rows(one, claims)) for one in proven.values()],
    )


async def _known(platform: Platform, kinds: list[str]) -> tuple[dict[str, Names], _Claims]:
    """Return how people call the papers and the claims in them, whatever province has them.

    Papers call the same claim differently; the shortest name is the least particular one.
    """
    papers: dict[str, Names] = {}
    claims: _Claims = {}
    for kind, about in await issuer.all_papers(platform):
        if kind in kinds:
            papers.setdefault(kind, about.names)
            for claim in about.claims:
                _shorter(claims, claim)
    return papers, claims


def _shorter(claims: _Claims, claim: Claim) -> None:
    before = claims.get(claim.name, claim)
    short = min(before, claim, key=lambda c: len(c.names.vi))
    choices = {**dict(before.choices), **dict(claim.choices)}
    claims[claim.name] = replace(short, choices=tuple(choices.items()))


def _options(query: dict[str, Any], claims: _Claims) -> list[list[Names]]:
    return [[_called(c["path"][0], claims) for c in e["claims"]] for e in query["credentials"]]


def _called(name: str, claims: _Claims) -> Names:
    return claims[name].names if name in claims else Names(name, name)


def _rows(one: Proven, claims: _Claims) -> list[tuple[Names, Names]]:
    return [
        (_called(name, claims), _read_out(value, claims.get(name)))
        for name, value in one.claims.items()
        if not isinstance(value, dict | list)
    ]


def _read_out(value: object, claim: Claim | None) -> Names:
    """Return a value as people read it: the name of a choice, a date by day, month and year."""
    text = str(value)
    if claim is not None and (named := dict(claim.choices).get(text)) is not None:
        return named
    with suppress(ValueError):
        if len(text) == _ISO_DAY:
            text = vn_date(date.fromisoformat(text))
    return Names(text, text)


def _nothing() -> NotFound:
    return NotFound(
        "Trang này chỉ mở được một lần, trên trình duyệt đầu tiên. Hãy tạo yêu cầu mới.",
        "This page opens once, in the first browser that does. Make a new request.",
    )


def _platform(request: AnyRequest) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


ROUTES: list[Any] = [about, show, same_device, state]
