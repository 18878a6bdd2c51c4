"""The pages on which a person lets a wallet have a paper: reached from the wallet, left towards it."""

from typing import Any

from litestar import get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from motcua.errors import Invalid, NotFound
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.wallet import authorizing, codes, consenting, redirects
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.web.sessions import Session, need

COOKIE = "mc_authorize"
_CONSENT = "/authorize/consent"


@get("/authorize", include_in_schema=False, opt={"open": True})
async def authorize(
    request: AnyRequest, client_id: FromQuery[str] = "", request_uri: FromQuery[str] = ""
) -> Redirect:
    """Take a pushed request up; the browser keeps the ticket, and no address holds a secret."""
    platform, where = _platform(request), here(request)
    ticket = await authorizing.open_request(platform, province_of(request), client_id, request_uri)
    citizen = where.session is not None and where.session.kind == "citizen"
    on = _CONSENT if citizen else f"/sign-in?next={_CONSENT}"
    away = Redirect(where.url(on), status_code=303)
    away.set_cookie(_cookie(request, ticket))
    return away


@get(_CONSENT, include_in_schema=False)
async def ask(request: AnyRequest) -> Template:
    """Show which paper would go to which wallet."""
    tenant, citizen = _visit(request)
    platform = _platform(request)
    async with platform.works.begin(tenant, citizen.actor) as work:
        row = await authorizing.waiting(work, request.cookies.get(COOKIE, ""))
        found = await consenting.choices(platform, work, row, citizen.subject)
    return _asked(request, row, found)


@post(_CONSENT, include_in_schema=False)
async def answer(request: AnyRequest) -> Redirect | Template:
    """Take the person's word and send the browser back to the wallet."""
    tenant, citizen = _visit(request)
    platform = _platform(request)
    form = await request.form()
    async with platform.works.begin(tenant, citizen.actor) as work:
        row = await authorizing.waiting(work, request.cookies.get(COOKIE, ""))
        if str(form.get("request", "")) != str(row["id"]):
            raise NotFound(
                "Trang này thuộc một yêu cầu khác của ví. Hãy mở lại từ ví.",
                "This page belongs to another request. Start again from the wallet.",
            )
        if form.get("answer") != "agree":
            target = await authorizing.answer(platform, work, row, None)
        else:
            found = await consenting.choices(platform, work, row, citizen.subject)
            picked = [c for c in found if str(c.id) == str(form.get("paper", ""))]
            if not picked:
                raise Invalid(fields={"paper": ("Hãy chọn giấy tờ.", "Choose a paper.")})
            target = await authorizing.answer(platform, work, row, picked[0].subject)
    return _leave(request, target)


def _asked(request: AnyRequest, row: Record, found: list[consenting.Choice]) -> Template:
    target = redirects.shown(row["redirect_uri"])
    offered = row["offer_id"] is not None
    return page(
        request, "wallet/authorize.html", row=row, choices=found, target=target, offered=offered
    )


def _leave(request: AnyRequest, target: str) -> Redirect | Template:
    """Send the browser on: a form may lead to another site, but not straight into an application."""
    left: Redirect | Template
    if target.startswith(("https:", "http:")):
        left = Redirect(target, status_code=303)
    else:
        left = page(request, "wallet/back.html", target=target)
        left.headers["refresh"] = f"0; url={target}"
    left.delete_cookie(COOKIE, path=here(request).url("/authorize"))
    return left


def _visit(request: AnyRequest) -> tuple[Tenant, Session]:
    return province_of(request), need(here(request).session, "citizen")


def _cookie(request: AnyRequest, ticket: str) -> Cookie:
    # Lax: signing in comes back from another site with a GET.
    return Cookie(
        key=COOKIE,
        value=ticket,
        path=here(request).url("/authorize"),
        httponly=True,
        secure=_platform(request).settings.scheme == "https",
        samesite="lax",
        max_age=int(codes.TICKET_LIFETIME.total_seconds()),
    )


def _platform(request: AnyRequest) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


ROUTES: list[Any] = [authorize, ask, answer]
