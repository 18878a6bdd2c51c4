"""What every host answers: its colours, and the end of a session."""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect

from motcua.errors import NotFound
from motcua.web.here import AnyRequest, here
from motcua.web.sessions import COOKIE, SessionStore

_HOUSE = {"brand": "#1d4f73", "brand_ink": "#ffffff", "accent": "#d9a441"}


@get("/theme.css", sync_to_thread=False, include_in_schema=False, opt={"open": True})
def theme(request: AnyRequest) -> Response[str]:
    """Return this host's colours as CSS variables."""
    tenant = here(request).tenant
    colours = {**_HOUSE, **(tenant.settings.get("theme", {}) if tenant else {})}
    lines = [f"--{k.replace('_', '-')}: {colours[k]};" for k in _HOUSE]
    return Response(
        ":root { " + " ".join(lines) + " }\n",
        media_type="text/css",
        headers={"cache-control": "public, max-age=300"},
    )


@post("/sign-out", include_in_schema=False, opt={"open": True})
async def sign_out(request: AnyRequest) -> Redirect:
    """End the session and go to the start page."""
    where = here(request)
    if where.tenant is None:
        raise NotFound()
    sessions: SessionStore = request.app.state.sessions
    if where.session is not None:
        await sessions.end(where.tenant, where.session)
    gone = Redirect(where.url("/"), status_code=303)
    gone.delete_cookie(COOKIE, path=where.root or "/")
    return gone


def session_cookie(request: AnyRequest, secret: str, *, device: bool = False) -> Cookie:
    """Return the cookie of a session: host only, not readable by scripts."""
    settings = request.app.state.platform.settings
    return Cookie(
        key=COOKIE,
        value=secret,
        path=here(request).root or "/",
        httponly=True,
        secure=settings.scheme == "https",
        samesite="lax",
        max_age=400 * 86400 if device else None,
    )


ROUTES: list[Any] = [theme, sign_out]
