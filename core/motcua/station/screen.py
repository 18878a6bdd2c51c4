"""What every page of the station needs: which device asks, how a page is shown, where to go instead."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Template

from motcua import clock
from motcua.errors import Forbidden, Problem, SignInNeeded, TooLarge
from motcua.events.work import Work
from motcua.files.store import TenantFiles
from motcua.platform import Platform
from motcua.station import visits
from motcua.station.visits import Erasure, Notes, NoVisitError, Visit
from motcua.tenancy.tenant import Tenant
from motcua.web import problems
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.web.sessions import Session, need

MAX_BODY = 50_000_000
LOW = "mc_low"
_LANGUAGE = "mc_lang"
_RETRY = {
    f"/station/{step}"
    for step in (
        "identify",
        "papers",
        "check",
        "number",
        "track",
        "phone",
        "priority",
        "appointment",
        "by-wallet",
    )
}
SEEN_EVERY = timedelta(seconds=30)
"""How often it is written down that a device is there."""

_DEVICE = """
with seen as (
  update device set seen_at = $2
  where id = $1 and forgotten_at is null and (seen_at is null or seen_at < $3))
select s.id, s.key, s.name, s.unit_id, u.kind as unit_kind, u.name as unit_name,
  d.health, d.help_since
from device d join site s on s.tenant_id = d.tenant_id and s.id = d.site_id
join unit u on u.tenant_id = s.tenant_id and u.id = s.unit_id
where d.id = $1 and d.kind = $4 and d.forgotten_at is null
"""


class GoElsewhereError(Exception):
    """The step that was asked for is not the one that is next; nothing is changed."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True)
class Site:
    """Where the station stands; ``unit_kind`` is province, ward, commune or special_zone."""

    id: UUID
    key: str
    name: str
    unit_id: UUID
    unit_kind: str
    unit_name: str


@dataclass(frozen=True)
class Screen:
    """The device that asks, and its site."""

    request: AnyRequest
    platform: Platform
    tenant: Tenant
    session: Session
    site: Site
    health: Mapping[str, Any]
    help_since: datetime | None

    @property
    def device(self) -> UUID:
        """The id of the device."""
        return self.session.subject

    @property
    def lang(self) -> str:
        """The language on screen: vi or en."""
        return here(self.request).lang

    @property
    def files(self) -> TenantFiles:
        """The tenant's file store."""
        return self.platform.files.for_tenant(self.tenant.id, self.tenant.slug)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[tuple[Work, Erasure]]:
        """Open a unit of work; what it gave up of the store is erased after the commit."""
        erasure = Erasure()
        async with self.platform.works.begin(self.tenant, self.session.actor) as work:
            yield work, erasure
        await erasure.run(self.platform.db, self.tenant, self.files)

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[tuple[Work, Visit, Erasure]]:
        """Open a unit of work of the visit at this device; ``NoVisitError`` when there is none."""
        async with self.work() as (work, erasure):
            yield work, await visits.current(work, self.device), erasure


async def screen_of(request: AnyRequest, kind: str = "station") -> Screen:
    """Return the paired device of this kind that asks; 401 or 403 for everybody else."""
    tenant = province_of(request)
    session = here(request).session
    if session is None:
        raise SignInNeeded(
            "Thiết bị này chưa được ghép. Mở /station/pair và nhập mã của quản trị viên.",
            "This device is not paired. Open /station/pair and enter the administrator's code.",
        )
    device = need(session, "device")
    platform: Platform = request.app.state.platform
    now = clock.now()
    async with platform.db.tenant(tenant) as tx:
        row = await tx.fetchrow(_DEVICE, device.subject, now, now - SEEN_EVERY, kind)
    if row is None or device.data.get("kind") != kind:
        raise Forbidden(
            "Thiết bị này không được ghép cho trang này.",
            "This device is not paired for this page.",
        )
    about = dict(row)
    health, help_since = about.pop("health"), about.pop("help_since")
    return Screen(request, platform, tenant, device, Site(**about), health, help_since)


def code_in(typed: str) -> str:
    """Take the code out of what was typed, or out of the link that a reader took from a QR code."""
    last = typed.strip().rstrip("/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable() and not c.isspace()).upper()[:40]


def show(request: AnyRequest, template: str, /, status: int = 200, **context: Any) -> Template:
    """Return a page of the station; ``?low=1`` brings it down into reach until the visit ends."""
    asked = request.query_params.get("low")
    low = asked == "1" if asked in {"0", "1"} else request.cookies.get(LOW) == "1"
    called = request.query_params.get("called") == "1"
    known: dict[str, Any] = {
        "errors": {},
        "said": "",
        "low": low,
        "called": called,
        "back": None,
        "ending": True,
        # A page that is shown once comes back under another address: ticket.html.
        "again": "",
        "shown_token": "",
    }
    answer = page(request, f"station/{template}", status=status, **{**known, **context})
    if asked in {"0", "1"}:
        secure = request.app.state.platform.settings.scheme == "https"
        answer.set_cookie(Cookie(key=LOW, value="1" if low else "0", httponly=True, secure=secure))
    return answer


def go(request: AnyRequest, path: str) -> Redirect:
    """Return the way on after a POST."""
    return Redirect(here(request).url(path), status_code=303)


def go_clean(request: AnyRequest) -> Redirect:
    """Return the way to the first screen; the browser forgets the person too."""
    away = go(request, "/station")
    away.headers["clear-site-data"] = '"cache", "storage"'
    for name in (LOW, _LANGUAGE):
        away.delete_cookie(name)
    return away


def say(request: AnyRequest, problem: Problem) -> str:
    """Return a refusal in the language on screen."""
    return problem.en if here(request).lang == "en" else problem.vi


def next_step(notes: Notes) -> str:
    """Return the page that is next for what was entered so far."""
    if notes.way == "track":
        return "/station/track"
    if notes.card and not notes.confirmed:
        return "/station/identify"
    if notes.card and not notes.person:
        return "/station/consent"
    if notes.way == "number":
        return notes.then or "/station/number"
    if not notes.person:
        return "/station/identify"
    if not notes.code:
        return "/station/procedure"
    if not notes.unit:
        return "/station/unit"
    if not notes.done:
        return "/station/form/1"
    return "/station/check" if notes.papers_seen else "/station/papers"


def require(given: object, notes: Notes) -> None:
    """Send the person to the step that is next when something is missing before this one."""
    if not given:
        raise GoElsewhereError(next_step(notes))


def elsewhere(request: AnyRequest, error: Exception) -> Redirect:
    """Answer ``GoElsewhereError`` and ``NoVisitError``."""
    return go(request, error.path if isinstance(error, GoElsewhereError) else "/station")


def refused(request: AnyRequest, error: Problem) -> Any:
    """Render a refusal as a page of the station: it has no way out of the station."""
    if not _is_screen(request) or error.status in {401, 403}:
        return problems.problem(request, error)
    return _error(request, error)


def http_refused(request: AnyRequest, error: HTTPException) -> Any:
    """Render what the framework refused: too large a body, an unknown address."""
    if not _is_screen(request) or error.status_code != 413:
        return problems.http_error(request, error)
    megabytes = MAX_BODY // 1_000_000
    too_large = TooLarge(
        f"Các tệp gửi lên lớn hơn {megabytes} MB. Hãy gửi ít trang hơn mỗi lần hoặc quét ở 200 dpi.",
        f"The files are larger than {megabytes} MB. Send fewer pages at a time or scan at 200 dpi.",
    )
    return _error(request, too_large)


def _error(request: AnyRequest, error: Problem) -> Template:
    path = str(request.scope["path"])
    again = path if path in _RETRY else "/station/procedure"  # which knows the step that is next
    return show(request, "error.html", status=error.status, problem=error, again=again)


def _is_screen(request: AnyRequest) -> bool:
    session = here(request).session
    wants_page = "text/html" in request.headers.get("accept", "")
    return wants_page and session is not None and session.kind == "device"


EXCEPTION_HANDLERS: dict[Any, Any] = {
    GoElsewhereError: elsewhere,
    NoVisitError: elsewhere,
    Problem: refused,
    HTTPException: http_refused,
}
