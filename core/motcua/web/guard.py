"""The first lock of every door: nobody passes without a session, and nobody with one of another kind.

It stands before any body is read. A route that everybody may use says so with ``opt={"open": True}``;
what a person may do beyond being signed in is decided by the handler itself.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from motcua.errors import Forbidden, NotFound, SignInNeeded
from motcua.web.here import Here

# Whose rooms these are, by the begin of the path; the longest one that fits counts.
AUDIENCES: tuple[tuple[str, str], ...] = (
    ("/api/staff", "staff"),
    ("/api/counters", "staff"),
    ("/desk", "staff"),
    ("/x/admin", "staff"),
    ("/station", "device"),
    ("/apply", "citizen"),
    ("/drafts", "citizen"),
    ("/my", "citizen"),
    ("/submitted", "citizen"),
)
_PUBLIC = ("/api/docs",)

Connection = ASGIConnection[Any, Any, Any, Any]


def first_lock(connection: Connection, handler: BaseRouteHandler) -> None:
    """Refuse whoever has no session here, or one of a kind that has no business here."""
    path: str = connection.scope["path"]
    if handler.opt.get("open") or path.startswith(_PUBLIC):
        return
    where: Here = connection.scope["state"]["here"]
    if where.tenant is None:
        raise NotFound()
    if where.session is None:
        raise SignInNeeded("Hãy đăng nhập để tiếp tục.", "Sign in to continue.")
    wanted = audience(path)
    if wanted and where.session.kind != wanted:
        raise Forbidden("Trang này dành cho đối tượng khác.", "This page is for somebody else.")


def audience(path: str) -> str | None:
    """Return the kind of session a path is for; None when several kinds may come."""
    fits = [(len(p), kind) for p, kind in AUDIENCES if path == p or path.startswith(p + "/")]
    return max(fits)[1] if fits else None
