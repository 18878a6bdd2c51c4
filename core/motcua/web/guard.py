"""The first lock of every door: nobody passes without a session, and nobody with one of another kind.

It stands before the handler, and before any typed body is read. A route that everybody may use says so with ``opt={"open": True}``;
what a person may do beyond being signed in is decided by the handler itself.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from motcua.errors import Forbidden, NotFound, SignInNeeded
from motcua.web.here import Here
from motcua.web.paths import audience

Connection = ASGIConnection[Any, Any, Any, Any]


async def first_lock(connection: Connection, handler: BaseRouteHandler) -> None:
    """Refuse whoever has no session here, or one of a kind that has no business here."""
    path: str = connection.scope["path"]
    if handler.opt.get("open"):
        return
    where: Here = connection.scope["state"]["here"]
    if where.tenant is None:
        raise NotFound()
    if where.session is None:
        raise SignInNeeded("Hãy đăng nhập để tiếp tục.", "Sign in to continue.")
    wanted = audience(path)
    if wanted and where.session.kind != wanted:
        raise Forbidden("Trang này dành cho đối tượng khác.", "This page is for somebody else.")
