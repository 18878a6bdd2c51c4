"""The first lock of every door: nobody passes without a session, and nobody with one of another kind.

It stands before the framework makes a request of what came, and so before any body is read. A route that
everybody may use says so with ``opt={"open": True}``; what a person may do beyond being signed in is decided
by the handler itself.
"""

from typing import Any

from litestar.types import ASGIApp, Scope

from motcua.errors import Forbidden, NotFound, SignInNeeded
from motcua.web.here import Here
from motcua.web.paths import audience


class FirstLock:
    """Middleware of every closed route; a guard of the framework would cost a copy of its handler."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        _refuse(scope)
        await self._app(scope, receive, send)


def _refuse(scope: Scope) -> None:
    """Refuse whoever has no session here, or one of a kind that has no business here."""
    if scope["route_handler"].opt.get("open"):
        return
    where: Here = scope["state"]["here"]
    if where.tenant is None:
        raise NotFound()
    if where.session is None:
        raise SignInNeeded("Hãy đăng nhập để tiếp tục.", "Sign in to continue.")
    wanted = audience(scope["path"])
    if wanted and where.session.kind != wanted:
        raise Forbidden("Trang này dành cho đối tượng khác.", "This page is for somebody else.")
