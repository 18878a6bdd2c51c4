"""The steps of a dossier's process: my work, and what is entered for a step."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.catalogue.adopted import Adopted
from motcua.desk import access, lists
from motcua.desk.dossiers import Fields, back_to, dossier_page, known_papers
from motcua.desk.view import drafts, staff_id
from motcua.dossiers import queries, settlement
from motcua.dossiers.settlement import Officer, StepDone
from motcua.errors import Invalid
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

_PREFIX = "draft."


@get("/desk/work", include_in_schema=False)
async def work(request: AnyRequest) -> Template:
    """Show the steps that wait for this officer, oldest first."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, *access.DESK_ROLES)
    asked = request.query_params
    now = datetime.now(UTC)
    async with platform.db.tenant(tenant) as tx:
        found = await lists.work(
            tx,
            access.held(officer),
            officer.subject,
            now,
            late=asked.get("late") == "1",
            after=asked.get("after", ""),
        )
    return page(request, "desk/work.html", found=found, done=asked.get("done", ""))


@get("/desk/tray", include_in_schema=False)
async def tray(request: AnyRequest) -> Template:
    """Show the dossiers that wait for reception, with the time by which they need an answer."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, "receiver")
    asked = request.query_params
    async with platform.db.tenant(tenant) as tx:
        found = await lists.tray(
            tx,
            access.receiving(officer),
            datetime.now(UTC),
            late=asked.get("late") == "1",
            after=asked.get("after", ""),
        )
    return page(request, "desk/tray.html", found=found, done=asked.get("done", ""))


@post("/desk/dossier/{dossier_id:uuid}/step", include_in_schema=False)
async def step(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Complete the step that waits under the form's token."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request)
    form = await request.form()
    outcome = str(form.get("outcome", ""))
    law = await platform.catalogue.of(tenant)
    try:
        async with platform.works.begin(tenant, officer.actor) as command:
            row = await access.dossier(command.tx, officer, dossier_id)
            waits = await queries.waits(command.tx, dossier_id)
            procedure = law.version(row["procedure_code"], row["procedure_version"])
            done = _entered(procedure, waits, form, here(request).lang)
            await settlement.complete(
                platform,
                command,
                dossier_id,
                Officer(officer.subject, officer.capabilities),
                done,
            )
    except Invalid as wrong:
        said = wrong.en if here(request).lang == "en" else wrong.vi
        errors = wrong.fields or {"": said}
        return await dossier_page(
            request, dossier_id, errors=errors, failed=f"step-{outcome or 'ok'}", kept=form
        )
    return back_to(request, form, "/desk/work", f"step-{outcome or 'ok'}")


def _entered(procedure: Adopted, waits: list[Record], form: Fields, lang: str) -> StepDone:
    """Read what was entered for a step; the draft is checked by the procedure's own form."""
    token = str(form.get("token", ""))
    outcome = str(form.get("outcome", ""))
    known = {p.key for p in procedure.package.procedure.papers}
    wait = next((w for w in waits if w["token"] == token), None)
    draft: dict[str, Any] = {}
    if wait is not None and outcome == "ok" and drafts(procedure, wait["outcomes"]):
        draft = _draft(procedure, form, lang)
    return StepDone(
        token=token,
        outcome=outcome,
        assignee=staff_id(str(form.get("assignee", ""))),
        draft=draft,
        papers=known_papers(form, known),
        reason=str(form.get("reason", "")),
    )


def _draft(procedure: Adopted, form: Fields, lang: str) -> dict[str, Any]:
    questions = procedure.package.draft
    if questions is None:
        return {}
    raw: dict[str, object] = {}
    for asked in questions.fields():
        values = [str(v) for v in form.getall(_PREFIX + asked.key, [])]
        if values:
            raw[asked.key] = values if asked.kind == "multichoice" else values[0]
    try:
        return questions.clean(raw, lang=lang).values
    except Invalid as wrong:
        fields = {_PREFIX + key: said for key, said in wrong.fields.items()}
        raise Invalid(wrong.vi, wrong.en, fields=fields) from wrong


ROUTES: list[Any] = [work, tray, step]
