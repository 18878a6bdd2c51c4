"""Signing in by a channel that proves who somebody is, where the tenant's ``channels.toml`` offers it.

For identities that are no OpenID Connect provider. Between the two halves everything lies in one sealed cookie of
the browser; the transaction around a channel's call does nothing else.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx2
import msgspec
import structlog
from cryptography.exceptions import InvalidTag
from litestar import get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect

from motcua import clock
from motcua.channels import engine, sending
from motcua.errors import Forbidden, NotFound, Unavailable
from motcua.events.log import SYSTEM, Actor
from motcua.people import sign_in as people
from motcua.platform import Platform
from motcua.plugins.wallet_channels import (
    ClaimsRequest,
    Errand,
    Interaction,
    VerifiedClaims,
    WalletChannel,
)
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from motcua.web.here import AnyRequest, here, tenant_of
from motcua.web.routes import session_cookie
from motcua.web.sign_in import base_url_of, local_path, proving

COOKIE = "mc_proof"
PATH = "/sign-in/by"
SECONDS = 15.0
_CLAIMS = ("personal_id", "full_name", "birth_date")
_ASSURANCE = "substantial"
_OPEN = {"open": True}
_log = structlog.get_logger(__name__)


class _Attempt(msgspec.Struct, frozen=True):
    """A sign-in that was begun: by which channel, what it needs again, and where the person goes on."""

    channel: str
    id: str
    url: str
    expires_at: datetime
    kept: dict[str, str]
    next: str


@post(PATH + "/{key:str}", include_in_schema=False, opt=_OPEN)
async def start(request: AnyRequest, key: FromPath[str]) -> Redirect:
    """Send the browser to the channel's own sign-in."""
    platform: Platform = request.app.state.platform
    tenant, form = tenant_of(request), await request.form()
    channel = _channel(platform, tenant, key)
    need = ClaimsRequest(_CLAIMS, "login", f"{base_url_of(request)}{PATH}/{key}", _ASSURANCE)
    async with _errand(platform, tenant, key) as errand:
        begun = await channel.start(errand, need)
    attempt = _Attempt(
        key,
        begun.id,
        begun.url,
        begun.expires_at,
        dict(begun.kept),
        local_path(str(form.get("next", ""))),
    )
    away = Redirect(begun.url, status_code=303)
    away.set_cookie(_cookie(request, platform, tenant, attempt))
    return away


@get(PATH + "/{key:str}", include_in_schema=False, opt=_OPEN)
async def back(request: AnyRequest, key: FromPath[str]) -> Redirect:
    """Take what came back; the browser leaves with a session of the person who was proven."""
    platform: Platform = request.app.state.platform
    tenant = tenant_of(request)
    attempt = _known(request, platform, tenant)
    if attempt is None or attempt.channel != key or attempt.expires_at <= clock.now():
        raise Forbidden(
            "Lượt đăng nhập này đã hết hạn hoặc bắt đầu từ trình duyệt khác. Hãy đăng nhập lại.",
            "This sign-in has run out or was begun in another browser. Please sign in again.",
        )
    proven = await _finish(request, platform, tenant, attempt)
    async with platform.works.begin(tenant, SYSTEM) as work:
        found = await people.citizen(work, _in_words_of_sign_in(proven))
        work.actor = Actor(found.kind, found.subject, found.name)
        secret = await sessions.start(
            work, found.kind, found.subject, found.name, data={"provider": key}
        )
    where = here(request)
    if where.session is not None and where.session.kind != "device":
        await request.app.state.sessions.end(tenant, where.session)
    home = Redirect(where.url(attempt.next or "/my"), status_code=303)
    home.set_cookie(session_cookie(request, secret))
    home.delete_cookie(COOKIE, path=where.url("/sign-in"))
    return home


async def _finish(
    request: AnyRequest, platform: Platform, tenant: Tenant, attempt: _Attempt
) -> VerifiedClaims:
    channel = _channel(platform, tenant, attempt.channel)
    begun = Interaction(attempt.id, attempt.url, attempt.expires_at, attempt.kept)
    async with _errand(platform, tenant, attempt.channel) as errand:
        return await channel.finish(errand, begun, dict(request.query_params.items()))


@asynccontextmanager
async def _errand(platform: Platform, tenant: Tenant, key: str) -> AsyncIterator[Errand]:
    """Lend what a channel has in hand, for ``SECONDS``: anybody may begin, and a connection waits for it.

    ``Unavailable`` when the other system does not answer; its own words may name somebody.
    """
    told = engine.plan_of(tenant).told(key)
    try:
        async with (
            asyncio.timeout(SECONDS),
            platform.works.begin(tenant, SYSTEM) as work,
            sending.errand(platform, work, told) as errand,
        ):
            yield errand
    except (TimeoutError, httpx2.HTTPError) as error:
        _log.warning("sign_in_channel_failed", channel=key, error=type(error).__name__)
        raise Unavailable(
            "Hệ thống định danh không trả lời. Bạn chưa đăng nhập; hãy thử lại sau ít phút hoặc chọn cách khác.",
            "The identity system does not answer. You are not signed in; try again later, or another way.",
        ) from None


def _in_words_of_sign_in(proven: VerifiedClaims) -> dict[str, Any]:
    claims = proven.claims
    return {
        "name": claims.get("full_name", ""),
        "personal_id": claims.get("personal_id", ""),
        "birthdate": claims.get("birth_date", ""),
    }


def _channel(platform: Platform, tenant: Tenant, key: str) -> WalletChannel:
    for channel in proving(platform, tenant):
        if channel.key == key:
            return channel
    raise NotFound(
        "Cách đăng nhập này không còn dùng ở đây. Hãy chọn lại cách đăng nhập.",
        "This way to sign in is not in use here any more. Please choose again.",
    )


def _cookie(request: AnyRequest, platform: Platform, tenant: Tenant, attempt: _Attempt) -> Cookie:
    sealed = platform.vaults.of(tenant.id).seal(msgspec.json.encode(attempt).decode())
    # Lax: the other system sends the browser back with a GET from another site.
    return Cookie(
        key=COOKIE,
        value=sealed.hex(),
        path=here(request).url("/sign-in"),
        httponly=True,
        secure=platform.settings.scheme == "https",
        samesite="lax",
        max_age=int((attempt.expires_at - clock.now()).total_seconds()),
    )


def _known(request: AnyRequest, platform: Platform, tenant: Tenant) -> _Attempt | None:
    """Return the attempt of this browser; None when there is none, or it is forged."""
    try:
        plain = platform.vaults.of(tenant.id).open(bytes.fromhex(request.cookies.get(COOKIE, "")))
    except (InvalidTag, ValueError):
        return None
    return msgspec.json.decode(plain, type=_Attempt)


ROUTES: list[Any] = [start, back]
