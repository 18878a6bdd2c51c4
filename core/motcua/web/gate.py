"""The gate in front of the framework: which tenant, who, which language; and what leaves the house.

It wraps Litestar, because Litestar's own middleware runs after routing: it could neither rewrite a path
nor cover an unknown one. It sets ``scope["state"]["here"]`` to a ``Here``.
"""

import re
import time
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any

import msgspec
import structlog
from litestar.types import ASGIApp, Message

from motcua.tenancy.directory import Directory
from motcua.tenancy.tenant import Tenant
from motcua.web.here import Here
from motcua.web.sessions import COOKIE, SessionStore

WALLET_HOST = "vi"
_OPEN_PATHS = ("/static/", "/healthz")
_log = structlog.get_logger("motcua.access")
_HIDDEN = re.compile(r"/[A-Za-z0-9_-]{16,}(?=/|$)")

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src *; font-src 'self'; manifest-src 'self'; form-action *; base-uri 'none'; "
    "frame-ancestors 'none'; media-src 'self' blob:; worker-src 'self'"
)
_HEADERS = [
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]


class Gate:
    """ASGI application around the framework's."""

    def __init__(self, app: ASGIApp, directory: Directory, sessions: SessionStore) -> None:
        self.app = app
        self._directory = directory
        self._sessions = sessions

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = dict(scope["headers"])
        found = await self._place(scope, headers)
        if found is None:
            await _unknown(send)
            return
        inner, here = found
        status = 0

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_extra(here, message)]
            await send(message)

        try:
            await self.app(inner, receive, guarded)
        finally:
            # The path's secrets are hidden; no query, body, cookie or header is ever logged.
            _log.info(
                "request",
                method=scope["method"],
                path=_HIDDEN.sub("/…", scope["path"]),
                status=status,
                tenant=here.tenant.slug if here.tenant else "-",
                ms=round((time.perf_counter() - began) * 1000, 1),
            )

    async def _place(self, scope: Any, headers: dict[bytes, bytes]) -> tuple[Any, Here] | None:
        """Return the inner scope and where we are; None for an unknown host."""
        host = headers.get(b"host", b"").decode("latin-1").rsplit(":", 1)[0].lower()
        path: str = scope["path"]
        tenant: Tenant | None = None
        root = ""
        await self._directory.refresh()
        wallet = host.split(".", 1)[0] == WALLET_HOST
        if path.startswith("/t/"):
            slug = path.split("/", 3)[2]
            tenant, root = self._directory.by_slug(slug), f"/t/{slug}"
            path = path[len(root) :] or "/"
        elif not wallet:
            tenant = self._directory.by_host(host)
        if tenant is None and not wallet and not path.startswith(_OPEN_PATHS):
            return None
        cookies = _cookies(headers.get(b"cookie", b""))
        session = None
        if tenant and (secret := _token(path, headers, cookies)):
            session = await self._sessions.read(tenant, secret)
        asked = _asked_language(scope)
        lang = asked or ("en" if cookies.get("mc_lang") == "en" else "vi")
        here = Here(tenant, session, lang, root, wallet, new_language=asked is not None)
        state = {**scope.get("state", {}), "here": here}
        inner = {**scope, "path": here.rewrite(path), "root_path": "", "state": state}
        inner["raw_path"] = inner["path"].encode()
        return inner, here


def _token(path: str, headers: dict[bytes, bytes], cookies: dict[str, str]) -> str | None:
    """Return the secret of the session: a bearer for programs, a cookie for pages, never crossed.

    The JSON API takes no cookie, so no other site can use a person's browser against it.
    """
    if path.startswith("/api/"):
        kind, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        return value if kind.lower() == "bearer" and value else None
    return cookies.get(COOKIE)


def _cookies(raw: bytes) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(raw.decode("latin-1")).items()}
    except CookieError:
        return {}


def _asked_language(scope: Any) -> str | None:
    parts = scope.get("query_string", b"").split(b"&")
    return next((lang for lang in ("vi", "en") if f"lang={lang}".encode() in parts), None)


def _extra(here: Here, message: Any) -> Iterable[tuple[bytes, bytes]]:
    present = {name.lower() for name, _ in message.get("headers", [])}
    yield from (h for h in _HEADERS if h[0] not in present)
    if b"cache-control" not in present:
        yield b"cache-control", b"no-store"
    if here.new_language:
        yield b"set-cookie", f"mc_lang={here.lang}; Path=/; SameSite=Lax; Max-Age=31536000".encode()


async def _unknown(send: Any) -> None:
    body = msgspec.json.encode(
        {"type": "about:blank", "title": "Không có cổng dịch vụ ở địa chỉ này", "status": 404}
    )
    headers = [(b"content-type", b"application/problem+json")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
