"""The gate in front of the framework: which tenant, who, which language; and what leaves the house.

It wraps Litestar, because Litestar's own middleware runs after routing: it could neither rewrite a path
nor cover an unknown one. It sets ``scope["state"]["here"]`` to a ``Here``.
"""

import time
from collections.abc import Iterable, Iterator
from http.cookies import CookieError, SimpleCookie
from typing import Any

import msgspec
import structlog
from litestar.types import ASGIApp, Message

from motcua.errors import Unavailable
from motcua.tenancy.db import LOST
from motcua.tenancy.directory import Directory
from motcua.tenancy.tenant import Tenant
from motcua.web.here import Here
from motcua.web.live_wire import LASTING, Serve
from motcua.web.paths import ENTRANCES, audience, hidden
from motcua.web.sessions import COOKIE, SessionStore

WALLET_HOST = "vi"
_OPEN_PATHS = ("/static/", "/healthz")
_log = structlog.get_logger("motcua.access")

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src {connect}; font-src 'self'; manifest-src 'self'; form-action *; base-uri 'none'; "
    "frame-ancestors 'none'; media-src 'self' blob:; worker-src 'self'"
)
# The wallet speaks with issuers and verifiers on their hosts; a tenant's page only with its own.
_POLICY = {
    wallet: (b"content-security-policy", _CSP.format(connect=connect).encode())
    for wallet, connect in ((True, "*"), (False, "'self'"))
}
_NO_STORE = (b"cache-control", b"no-store")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=(self)"),
    (b"cross-origin-opener-policy", b"same-origin"),
]


class Gate:
    """ASGI application around the framework's."""

    def __init__(
        self, app: ASGIApp, directory: Directory, sessions: SessionStore, domain: str
    ) -> None:
        self.app = app
        # The wallet's keys live in the browser under this origin: no tenant's page is ever served here.
        self._wallet_host = f"{WALLET_HOST}.{domain.rsplit(':', 1)[0]}"
        self._directory = directory
        self._sessions = sessions

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        lasting = await self._answer(scope, receive, send)
        if lasting is not None:
            # A stream stays for hours: nothing of the request stays with it.
            await lasting(receive, send)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> Serve | None:
        """Answer a request; returns what is left to do when the answer is a stream."""
        began = time.perf_counter()
        headers = _headers(scope)
        try:
            found = await self._place(scope, headers)
        except (Unavailable, *LOST):
            await _refuse(send, 503, "Hệ thống tạm gián đoạn, hãy thử lại sau ít phút")
            return None
        if found is None:
            await _refuse(send, 404, "Không có cổng dịch vụ ở địa chỉ này")
            return None
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            # No text of ours holds a NUL; files and the database refuse it only deep inside.
            await _refuse(send, 404, "Không có trang ở địa chỉ này")
            return None
        inner, here = found
        if _unread(scope, inner["path"], here):
            await _refuse(send, 401, "Hãy đăng nhập để tiếp tục")
            return None
        status = 0

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = message.get("headers", [])
                message["headers"] = [*own, *_extra(here, own)]
            await send(message)

        try:
            await self.app(inner, receive, guarded)
        finally:
            # The path's secrets are hidden; no query, body, cookie or header is ever logged.
            _log.info(
                "request",
                method=scope["method"],
                path=hidden(scope["path"]),
                status=status,
                tenant=here.tenant.slug if here.tenant else "-",
                ms=round((time.perf_counter() - began) * 1000, 1),
            )
        lasting: Serve | None = inner["state"].pop(LASTING, None)
        return lasting

    async def _place(self, scope: Any, headers: dict[bytes, bytes]) -> tuple[Any, Here] | None:
        """Return the inner scope and where we are; None for an unknown host."""
        host = headers.get(b"host", b"").decode("latin-1").rsplit(":", 1)[0].lower()
        path: str = scope["path"]
        tenant: Tenant | None = None
        root = ""
        await self._directory.refresh()
        wallet = host == self._wallet_host
        if path.startswith("/t/") and not wallet:
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


def _headers(scope: Any) -> dict[bytes, bytes]:
    """Return the headers by name; HTTP/2 may send the cookies in several pieces (RFC 9113 section 8.2.3)."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        known = headers.get(name)
        headers[name] = known + b"; " + value if name == b"cookie" and known else value
    return headers


def _token(path: str, headers: dict[bytes, bytes], cookies: dict[str, str]) -> str | None:
    """Return the secret of the session: a bearer for programs, a cookie for pages, never crossed.

    The JSON API takes no cookie, so no other site can use a person's browser against it.
    """
    if path.startswith("/api/"):
        kind, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        return value if kind.lower() == "bearer" and value else None
    return cookies.get(COOKIE)


def _cookies(raw: bytes) -> dict[str, str]:
    if not raw:
        return {}
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(raw.decode("latin-1")).items()}
    except CookieError:
        return {}


def _asked_language(scope: Any) -> str | None:
    if not (query := scope.get("query_string", b"")):
        return None
    parts = query.split(b"&")
    return next((lang for lang in ("vi", "en") if f"lang={lang}".encode() in parts), None)


def _extra(here: Here, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Return the headers of every answer, but those that the handler set itself."""
    yield _POLICY[here.wallet]
    present = {name.lower() for name, _ in headers}
    yield from (h for h in (*_HEADERS, _NO_STORE) if h[0] not in present)
    if here.new_language:
        yield b"set-cookie", f"mc_lang={here.lang}; Path=/; SameSite=Lax; Max-Age=31536000".encode()


def _unread(scope: Any, path: str, here: Here) -> bool:
    """Tell whether a body comes from nobody for a room of somebody: it is not even read."""
    safe = scope["method"] in {"GET", "HEAD", "OPTIONS"}
    return (
        not safe and here.session is None and audience(path) is not None and path not in ENTRANCES
    )


async def _refuse(send: Any, status: int, title: str) -> None:
    body = msgspec.json.encode({"type": "about:blank", "title": title, "status": status})
    headers = [(b"content-type", b"application/problem+json"), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
