"""The browser wallet, on a host of its own: it belongs to the person and to no province."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from motcua import clock
from motcua.errors import NotFound
from motcua.platform import Platform
from motcua.wallet import certificates, hosted, issuer, program_routes, session_wallet
from motcua.web.here import AnyRequest, here
from motcua.web.pages import page

_STATIC = Path(__file__).parent / "static" / "wallet"
_HOUSE = Path(__file__).parents[1] / "web" / "static"
_SHEETS = ("tokens.css", "page.css", "forms.css", "parts.css", "print.css", "form.js", "live.js")
_DRAWN = ("words.js", "doors.svg", "icon.svg", "chevron.svg")


@get("/wallet-app", include_in_schema=False, opt={"open": True}, sync_to_thread=False)
def wallet(request: AnyRequest) -> Template:
    """Show the wallet; what it holds never leaves the browser."""
    platform = _platform(request)
    _on_its_host(request)
    known = [base64.b64encode(certificates.der(root)).decode() for root in issuer.roots(platform)]
    session = session_wallet.session_of(platform, request.cookies.get(session_wallet.COOKIE, ""))
    return page(
        request, "wallet/wallet.html", roots=known, site=_site(request), session=session or ("", "")
    )


@get("/wallet", include_in_schema=False, opt={"open": True}, sync_to_thread=False)
def entrance(request: AnyRequest) -> Redirect:
    """Lead to the wallet from any host: offers and requests may be linked as ``…/wallet?…``."""
    query = request.scope["query_string"].decode("latin-1")
    return Redirect(issuer.wallet_url(_platform(request)) + (f"?{query}" if query else ""))


@get("/wallet/worker.js", include_in_schema=False, opt={"open": True}, sync_to_thread=False)
def worker(request: AnyRequest) -> Response[str]:
    """Return the service worker; its version is the content of everything it keeps for offline."""
    _on_its_host(request)
    version, files = _kept()
    listed = ", ".join(f'"{file}"' for file in files)
    code = (_STATIC / "worker.js").read_text(encoding="utf-8")
    made = f'const VERSION = "{version}";\nconst FILES = [{listed}];\n{code}'
    headers = {"service-worker-allowed": "/", "cache-control": "no-cache"}
    return Response(made, media_type="text/javascript", headers=headers)


@get(session_wallet.BEGIN, include_in_schema=False, opt={"open": True})
async def begin_session(request: AnyRequest) -> Redirect:
    """Open a wallet for one visit at a station; ``pass`` is the station's word for it, good for one time."""
    _on_its_host(request)
    platform = _platform(request)
    given = request.query_params.get("pass", "")
    cookie = await session_wallet.opened(platform, given, clock.now())
    if cookie is None:
        raise NotFound(
            "Lượt mở ví này đã dùng, đã quá hạn hoặc không đúng. Về màn hình trạm và bấm mở ví lần nữa.",
            "This pass was used, has run out or is not right. Go back to the station and open the wallet again.",
        )
    away = Redirect("/", status_code=303)
    away.set_cookie(_cookie(platform, cookie))
    return away


@get(session_wallet.END, include_in_schema=False, opt={"open": True}, sync_to_thread=False)
def end_session(request: AnyRequest) -> Template | Redirect:
    """Wipe the visit's wallet and lead back to its station; a person's own wallet stays as it is."""
    _on_its_host(request)
    platform = _platform(request)
    session = session_wallet.session_of(platform, request.cookies.get(session_wallet.COOKIE, ""))
    if session is None:
        back = session_wallet.station_of(platform, request.query_params.get("at", ""))
        return Redirect(back or "/", status_code=303)
    left = page(request, "wallet/ended.html", site=_site(request), back=session[1])
    left.delete_cookie(session_wallet.COOKIE)
    return left


@cache
def _kept() -> tuple[str, tuple[str, ...]]:
    """Return version and addresses of what the wallet needs without a line."""
    own = sorted(
        f for f in _STATIC.iterdir() if f.name not in {"worker.js"} and "verifier" not in f.name
    )
    shared = [_HOUSE / name for name in (*_SHEETS, *_DRAWN)]
    files = [(f"/static/wallet/{f.name}", f) for f in own]
    files += [(f"/static/{f.name}", f) for f in shared]
    mark = hashlib.sha256()
    for address, file in files:
        mark.update(address.encode() + file.read_bytes())
    return mark.hexdigest()[:16], tuple(address for address, _ in files)


def _cookie(platform: Platform, value: str) -> Cookie:
    return Cookie(
        key=session_wallet.COOKIE,
        value=value,
        path="/",
        httponly=True,
        secure=platform.settings.scheme == "https",
        samesite="lax",
    )


def _site(request: AnyRequest) -> SimpleNamespace:
    name = "Identity wallet" if here(request).lang == "en" else "Ví giấy tờ điện tử"
    return SimpleNamespace(name=name, short_name=name, kind="platform", slug="")


def _on_its_host(request: AnyRequest) -> None:
    if not here(request).wallet:
        raise NotFound()


def _platform(request: AnyRequest) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


ROUTES: list[Any] = [
    wallet,
    entrance,
    worker,
    begin_session,
    end_session,
    *hosted.ROUTES,
    *program_routes.ROUTES,
]
