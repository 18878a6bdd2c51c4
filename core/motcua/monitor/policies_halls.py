"""The settings of a hall: its lines, the profiles of its counters, the skills of its officers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.dossiers import access
from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.monitor import halls, policies_changes
from motcua.platform import Platform
from motcua.queues import days
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

_LINES = """
select id, letter, name_vi, name_en, promise_minutes, standard_minutes, mean_minutes, quota_remote,
  quota_walk_in, skill_id, paused_at, paused_why from line where site_id = $1 order by letter
"""
_PROFILES = "select id, name, groups, spill from work_profile where site_id = $1 order by name"
_COUNTERS = """
select id, number, lines, profile_id from counter where site_id = $1 order by length(number), number
"""
_SKILLS = "select id, name_vi, name_en from skill order by name_vi"
_STAFF = """
select s.id, s.full_name, array(select k.skill_id from staff_skill k
    where k.tenant_id = s.tenant_id and k.staff_id = s.id) as skills
from staff s where s.active and exists (select 1 from staff_role r
  where r.tenant_id = s.tenant_id and r.staff_id = s.id and r.role = 'receiver'
    and (r.unit_id is null or r.unit_id = $1))
order by s.full_name, s.id limit 200
"""


@get("/monitor/halls/{key:str}", include_in_schema=False)
async def show(request: AnyRequest, key: FromPath[str]) -> Template:
    """Show how a hall is set up."""
    return await _page(request, key)


@post("/monitor/halls/{key:str}/{what:str}", include_in_schema=False)
async def change(
    request: AnyRequest, key: FromPath[str], what: FromPath[str]
) -> Redirect | Template:
    """Change one thing of a hall: ``line``, ``pause``, ``open``, ``profile``, ``counter``, ``skills``."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, "admin")
    form = await request.form()
    typed = {name: str(value) for name, value in form.items()}
    try:
        async with platform.works.begin(tenant, officer.actor) as work:
            _, sites = await halls.looking(request, work.tx, ("admin",))
            site = halls.one_of(sites, key)
            await _change(work, site, what, typed, [str(v) for v in form.getall("skill", [])])
    except Invalid as wrong:
        return await _page(
            request, key, failed=f"{what}-{typed.get('id', '')}", kept=typed, errors=wrong.fields
        )
    return Redirect(here(request).url(f"/monitor/halls/{key}?done={what}"), status_code=303)


async def _change(
    work: Work, site: Record, what: str, typed: Mapping[str, str], skills: list[str]
) -> None:
    where, chosen = site["id"], _id(typed.get("id", ""))
    match what:
        case "line":
            skill = _id(typed.get("skill_id", ""))
            await policies_changes.set_line(work, where, _need(chosen), typed, skill)
        case "pause" | "open":
            await _its_line(work, where, _need(chosen))
            if what == "pause":
                await days.pause_line(work, _need(chosen), typed.get("why", ""))
            else:
                await days.open_line(work, _need(chosen))
        case "profile":
            name, groups, spill = (typed.get(key, "") for key in ("name", "groups", "spill"))
            await policies_changes.set_profile(work, where, name, groups, spill, chosen)
        case "counter":
            profile = _id(typed.get("profile_id", ""))
            await policies_changes.set_counter(work, where, _need(chosen), profile)
        case "skills":
            known = [_need(_id(raw)) for raw in skills]
            await policies_changes.set_skills(work, site["unit_id"], _need(chosen), known)
        case _:
            raise NotFound()


async def _its_line(work: Work, site: UUID, line: UUID) -> None:
    if line not in {row["id"] for row in await work.tx.fetch(_LINES, site)}:
        raise NotFound("Không có lĩnh vực này.", "There is no such line.")


def _id(raw: str) -> UUID | None:
    try:
        return UUID(raw) if raw else None
    except ValueError as error:
        raise NotFound() from error


def _need(found: UUID | None) -> UUID:
    if found is None:
        raise NotFound()
    return found


async def _page(
    request: AnyRequest,
    key: str,
    *,
    failed: str = "",
    kept: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Template:
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(province_of(request)) as tx:
        session, sites = await halls.looking(request, tx)
        site = halls.one_of(sites, key)
        lines, profiles, counters, skills = (
            await tx.fetch(_LINES, site["id"]),
            await tx.fetch(_PROFILES, site["id"]),
            await tx.fetch(_COUNTERS, site["id"]),
            await tx.fetch(_SKILLS),
        )
        staff = await tx.fetch(_STAFF, site["unit_id"]) if skills else []
    return page(
        request,
        "monitor/policy_hall.html",
        status=422 if errors else 200,
        hall=site,
        lines=lines,
        profiles=profiles,
        counters=counters,
        skills=skills,
        skills_shown=[(row["id"], row["name_vi"]) for row in skills],
        profiles_shown=[(row["id"], row["name"]) for row in profiles],
        staff=staff,
        may=session.may("admin", site["unit_id"]),
        failed=failed,
        kept=dict(kept or {}),
        errors=dict(errors or {}),
        done=request.query_params.get("done", ""),
    )


ROUTES: list[Any] = [show, change]
