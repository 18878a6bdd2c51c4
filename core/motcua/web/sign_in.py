"""Signing in: choose a provider, go there, come back as somebody.

Works on every tenant, the national office included. An issuer that begins with ``/`` lies below the
tenant's own address (a provider that this installation runs itself).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from litestar import get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from motcua.errors import NotFound, Problem
from motcua.events.log import SYSTEM, Actor
from motcua.http import borrowed
from motcua.people import sign_in as people
from motcua.platform import Platform
from motcua.plugins.kinds import IdentityProvider
from motcua.plugins.wallet_channels import WalletChannel
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from motcua.web.here import AnyRequest, here, tenant_of
from motcua.web.pages import page
from motcua.web.relying_party import LIFETIME, Attempt, RelyingParty, known_attempt, seal, unseal
from motcua.web.routes import session_cookie

COOKIE = "mc_oidc"
CALLBACK = "/sign-in/callback"
_LONGEST_PATH = 1000


def base_url_of(request: AnyRequest) -> str:
    """Return the public address of this tenant, as this browser reaches it, without a slash at the end.

    ``https://slug.domain``, or ``https://domain/t/slug`` for a browser that came that way. It comes from
    the settings, never from the request's Host.
    """
    settings = request.app.state.platform.settings
    if root := here(request).root:
        return f"{settings.scheme}://{settings.domain}{root}"
    return str(settings.url_of(tenant_of(request).slug))


def local_path(value: str) -> str:
    """Return a path of this site to go on to, or an empty text for anything else.

    Refused: other hosts in every spelling browsers understand (``//host``, ``/\\host``, control
    characters), and the pages of signing in and out themselves.
    """
    local = value.startswith("/") and not value.startswith("//") and len(value) <= _LONGEST_PATH
    clean = value.isprintable() and "\\" not in value and " " not in value
    if not (local and clean) or value.split("?")[0].startswith(("/sign-in", "/sign-out")):
        return ""
    return value


def proving(platform: Platform, tenant: Tenant) -> list[WalletChannel]:
    """Return the channels by which people may sign in: those that can, and that the tenant's file offers."""
    told = tenant.settings.get("channels", {}).get("settings", {})
    return [
        channel
        for _, channel in platform.plugins.wallet_channels(tenant)
        if "authenticate" in channel.capabilities and told.get(channel.key, {}).get("sign_in")
    ]


def _sign_in_page(request: AnyRequest, next_path: str, problem: Problem | None = None) -> Template:
    platform: Platform = request.app.state.platform
    offered = platform.plugins.identity_providers(tenant_of(request))
    groups = {
        audience: [p for p in offered if p.audience == audience]
        for audience in ("citizen", "staff")
    }
    return page(
        request,
        "web/sign_in.html",
        status=problem.status if problem else 200,
        citizen=groups["citizen"],
        channels=proving(platform, tenant_of(request)),
        staff=groups["staff"],
        next=next_path,
        problem=problem,
    )


@get("/sign-in", sync_to_thread=False, include_in_schema=False, opt={"open": True})
def choose(request: AnyRequest) -> Template:
    """Show the ways to sign in; ``?next=/path`` is where the person goes on."""
    return _sign_in_page(request, local_path(request.query_params.get("next", "")))


@post("/sign-in/start", include_in_schema=False, opt={"open": True})
async def start(request: AnyRequest) -> Redirect | Template:
    """Send the browser to the provider named ``provider``, with a sealed note of where it came from."""
    platform: Platform = request.app.state.platform
    tenant = tenant_of(request)
    form = await request.form()
    next_path = local_path(str(form.get("next", "")))
    provider = _provider(platform, tenant, str(form.get("provider", "")))
    now = datetime.now(UTC)
    try:
        async with borrowed(platform.cache, platform.settings.reach) as sender:
            party = _party(request, provider, sender)
            url, attempt = await party.leave(next_path, now)
    except Problem as problem:
        return _sign_in_page(request, next_path, problem)
    away = Redirect(url, status_code=303)
    away.set_cookie(_note(request, seal(attempt, platform.vaults.key("oidc"), tenant.id)))
    return away


@get(CALLBACK, include_in_schema=False, opt={"open": True})
async def callback(request: AnyRequest) -> Redirect | Template:
    """Take the provider's answer; the browser leaves with a new session, or with a reason."""
    platform: Platform = request.app.state.platform
    tenant = tenant_of(request)
    sealed = request.cookies.get(COOKIE, "")
    attempt = unseal(sealed, platform.vaults.key("oidc"), tenant.id, datetime.now(UTC))
    answer: Redirect | Template
    try:
        answer = await _arrive(request, tenant, known_attempt(attempt))
    except Problem as problem:
        answer = _sign_in_page(request, attempt.next if attempt else "", problem)
    # Used or useless: nobody comes back to the same attempt twice.
    answer.delete_cookie(COOKIE, path=here(request).url("/sign-in"))
    return answer


async def _arrive(request: AnyRequest, tenant: Tenant, attempt: Attempt) -> Redirect:
    platform: Platform = request.app.state.platform
    provider = _provider(platform, tenant, attempt.provider)
    said = dict(request.query_params.items())
    async with borrowed(platform.cache, platform.settings.reach) as sender:
        claims = await _party(request, provider, sender).claims(said, attempt)
    secret = await _session(platform, tenant, provider, claims)
    where = here(request)
    if where.session is not None and where.session.kind != "device":
        await request.app.state.sessions.end(tenant, where.session)
    home = {"citizen": "/my", "staff": "/desk"}[provider.audience] if tenant.is_province else "/"
    back = Redirect(where.url(attempt.next or home), status_code=303)
    back.set_cookie(session_cookie(request, secret))
    return back


async def _session(
    platform: Platform, tenant: Tenant, provider: IdentityProvider, claims: Mapping[str, Any]
) -> str:
    find = people.officer if provider.audience == "staff" else people.citizen
    async with platform.works.begin(tenant, SYSTEM) as work:
        found = await find(work, claims)
        work.actor = Actor(found.kind, found.subject, found.name)
        return await sessions.start(
            work,
            found.kind,
            found.subject,
            found.name,
            capabilities=found.capabilities,
            data={"provider": provider.key},
        )


def _provider(platform: Platform, tenant: Tenant, key: str) -> IdentityProvider:
    for provider in platform.plugins.identity_providers(tenant):
        if provider.key == key:
            return provider
    raise NotFound(
        "Cách đăng nhập này không còn dùng ở đây. Hãy chọn lại cách đăng nhập.",
        "This way to sign in is not in use here any more. Please choose again.",
    )


def _party(request: AnyRequest, provider: IdentityProvider, sender: Any) -> RelyingParty:
    base = base_url_of(request)
    issuer = base + provider.issuer if provider.issuer.startswith("/") else provider.issuer
    return RelyingParty(provider, issuer, base + CALLBACK, sender)


def _note(request: AnyRequest, value: str) -> Cookie:
    # Lax: the provider sends the browser back with a GET from another site.
    return Cookie(
        key=COOKIE,
        value=value,
        path=here(request).url("/sign-in"),
        httponly=True,
        secure=request.app.state.platform.settings.scheme == "https",
        samesite="lax",
        max_age=int(LIFETIME.total_seconds()),
    )


ROUTES: list[Any] = [choose, start, callback]
