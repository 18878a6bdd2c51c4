"""The steps of a dossier's process: my work, and what is entered for a step."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.channels import shown
from motcua.desk.dossiers import Fields, back_to, dossier_page, items_of
from motcua.desk.view import staff_id
from motcua.desk.withdrawal_view import to_sign
from motcua.dossiers import access, settlement, worklists
from motcua.dossiers.law import names
from motcua.dossiers.settlement import Officer, StepDone
from motcua.errors import Invalid
from motcua.platform import Platform
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
    law = await platform.catalogue.of(tenant)
    async with platform.db.tenant(tenant) as tx:
        found = await worklists.work(
            tx,
            access.held(officer),
            officer.subject,
            now,
            late=asked.get("late") == "1",
            after=asked.get("after", ""),
        )
        undelivered = await shown.count(tx, officer)
        withdrawals = await to_sign(tenant, tx, officer)
    return page(
        request,
        "desk/work.html",
        found=found,
        names=names(law),
        done=asked.get("done", ""),
        undelivered=undelivered,
        withdrawals=withdrawals,
    )


@get("/desk/tray", include_in_schema=False)
async def tray(request: AnyRequest) -> Template:
    """Show the dossiers that wait for reception, with the time by which they need an answer."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, "receiver")
    asked = request.query_params
    law = await platform.catalogue.of(tenant)
    async with platform.db.tenant(tenant) as tx:
        found = await worklists.tray(
            tx,
            access.receiving(officer),
            datetime.now(UTC),
            late=asked.get("late") == "1",
            after=asked.get("after", ""),
        )
    return page(
        request, "desk/tray.html", found=found, names=names(law), done=asked.get("done", "")
    )


@post("/desk/dossier/{dossier_id:uuid}/step", include_in_schema=False)
async def step(request: AnyRequest, dossier_id: FromPath[UUID]) -> Redirect | Template:
    """Complete the step that waits under the form's token."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request)
    form = await request.form()
    outcome = str(form.get("outcome", ""))
    try:
        async with platform.works.begin(tenant, officer.actor) as command:
            await access.seen(command, officer, dossier_id)
            await settlement.complete(
                platform,
                command,
                dossier_id,
                Officer(officer.subject, officer.capabilities),
                _entered(form, here(request).lang),
            )
    except Invalid as wrong:
        said = wrong.en if here(request).lang == "en" else wrong.vi
        errors = wrong.fields or {"": said}
        return await dossier_page(
            request, dossier_id, errors=errors, failed=f"step-{outcome or 'ok'}", kept=form
        )
    return back_to(request, form, "/desk/work", f"step-{outcome or 'ok'}")


def _entered(form: Fields, lang: str) -> StepDone:
    """Read what was entered for a step; whether it is right is the command's to say."""
    drafted = {key for key in form if key.startswith(_PREFIX)}
    return StepDone(
        token=str(form.get("token", "")),
        outcome=str(form.get("outcome", "")),
        assignee=staff_id(str(form.get("assignee", ""))),
        draft={key.removeprefix(_PREFIX): [str(v) for v in form.getall(key)] for key in drafted},
        items=items_of(form),
        reason=str(form.get("reason", "")),
        lang=lang,
    )


ROUTES: list[Any] = [work, tray, step]
