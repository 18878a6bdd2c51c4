"""Start from last time: a draft that begins with the answers of the last dossier of the same procedure."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.catalogue.fields import Units
from motcua.catalogue.form_carry import carry_over
from motcua.catalogue.forms import Form
from motcua.dossiers import drafts, queries
from motcua.dossiers.drafts import Content
from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.people import citizens
from motcua.portal.mine import overview
from motcua.portal.sheets import begin
from motcua.portal.visit import Visit, citizen
from motcua.web.here import AnyRequest


@post("/apply/{code:str}/again", include_in_schema=False)
async def apply_again(request: AnyRequest, code: FromPath[str]) -> Redirect | Template:
    """Begin a draft with what the person answered last time, as far as today's form still takes it.

    Papers of earlier dossiers are offered at their slots, and nothing is attached unasked.
    """
    visit = citizen(request)
    form = (await visit.law()).current(code).package.form
    units = await visit.units(form)
    try:
        async with visit.work() as work:
            content = await _filled(work, visit, code, form, units)
            trace = visit.session.data.get("trace_id")
            draft = await drafts.create(
                work, visit.session.subject, code, content, UUID(trace) if trace else None
            )
    except Conflict as full:
        return await overview(visit, problem=full)
    return visit.go(f"/drafts/{draft.id}")


async def _filled(work: Work, visit: Visit, code: str, form: Form, units: Units | None) -> Content:
    last = await queries.last_own(work.tx, visit.session.subject, code)
    if last is None:
        raise NotFound(
            "Bạn chưa nộp hồ sơ nào của thủ tục này ở đây.",
            "You have not submitted a dossier of this procedure here.",
        )
    content = begin(form, (await citizens.read(work, visit.session.subject)).prefill())
    content.answers |= carry_over(form, queries.answers(work, last), units)
    return content


ROUTES: list[Any] = [apply_again]
