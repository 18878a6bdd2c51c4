"""Dead letters: effects that failed too often, and the key to send them again."""

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.dossiers import access
from motcua.errors import Conflict
from motcua.platform import Platform
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

SHOWN = 100
_DEAD = """
select o.id, o.subscriber, o.failures, o.error, o.dead_at, e.type, e.subject, e.at,
  count(*) over () as total
from outbox o join event e on e.tenant_id = o.tenant_id and e.id = o.event_id
where o.dead_at is not null order by o.dead_at desc, o.id limit $1
"""
_AGAIN = """
update outbox set dead_at = null, attempts = 0, failures = 0, next_at = now() where id = $1 and dead_at is not null
returning event_id
"""


@get("/desk/outbox", include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """List the effects that were given up."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    access.officer(request, "admin")
    async with platform.db.tenant(tenant) as tx:
        rows = await tx.fetch(_DEAD, SHOWN)
    total = rows[0]["total"] if rows else 0
    done = request.query_params.get("done", "")
    return page(request, "desk/outbox.html", rows=rows, total=total, done=done)


@post("/desk/outbox/{row_id:uuid}/again", include_in_schema=False)
async def again(request: AnyRequest, row_id: FromPath[UUID]) -> Redirect:
    """Try a dead letter again; 409 when somebody did already."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    admin = access.officer(request, "admin")
    async with platform.works.begin(tenant, admin.actor) as work:
        event = await work.tx.fetchval(_AGAIN, row_id)
        if event is None:
            raise Conflict(
                "Việc này không còn trong danh sách lỗi. Hãy tải lại trang.",
                "This is not among the dead letters any more. Reload the page.",
            )
        work.emit("outbox.sent_again", row_id, {"event": str(event)})
        work.bells.add("outbox")
    return Redirect(here(request).url("/desk/outbox?done=again"), status_code=303)


ROUTES: list[Any] = [show, again]
