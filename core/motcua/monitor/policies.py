"""How the next one is called: the policy in force, a draft, a day played again under it, and its history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect, Template

from motcua import clock
from motcua.dossiers import access
from motcua.dossiers.codes import local_day
from motcua.errors import Forbidden, Invalid
from motcua.monitor import halls, policies_form
from motcua.people.parse import parse_date
from motcua.platform import Platform
from motcua.queues import policies
from motcua.queues.policies import Version
from motcua.queues.policy import Policy
from motcua.queues.replaying import Comparison, replay
from motcua.tenancy.db import Record, TenantTx
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.web.sessions import Session, need_role

_EARLIEST = date(2020, 1, 1)
_OWN = "select distinct site_id from call_policy where valid_from <= $1"
_CLASSES = """
select name_vi, name_en, rank, evidence, min_age, source, valid_from, valid_to from priority_class
where valid_to is null or valid_to >= $1 order by rank desc, name_vi
"""
_STAFF = "select id, full_name from staff where id = any($1)"


@dataclass(frozen=True)
class Shown:
    """What a page of a policy shows beside the policy itself."""

    kept: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)


@get("/monitor/policies", include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """Show the policy of a site, or the tenant's without one."""
    return await _page(request, None)


@post("/monitor/policies", include_in_schema=False)
async def write(request: AnyRequest) -> Redirect | Template:
    """Keep a draft, or publish from a moment on."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, "admin")
    form = {key: str(value) for key, value in (await request.form()).items()}
    published = form.get("action") == "publish"
    try:
        async with platform.works.begin(tenant, officer.actor) as work:
            _, sites = await halls.looking(request, work.tx, ("admin",))
            site = halls.one_of(sites, form["site"]) if form.get("site") else None
            _may(officer, site)
            since = policies_form.moment(form, work.now) if published else None
            where = site["id"] if site else None
            await policies.publish(work, where, policies_form.read(form), since)
    except Invalid as wrong:
        return await _page(request, Shown(form, wrong.fields), site_key=form.get("site", ""))
    done = "published" if published else "draft"
    where_to = f"/monitor/policies?site={form.get('site', '')}&done={done}"
    return Redirect(here(request).url(where_to), status_code=303)


def _may(officer: Session, site: Record | None) -> None:
    """Refuse whoever may not change this policy: the tenant's is for who administers everywhere."""
    if site is not None:
        need_role(officer, "admin", unit=site["unit_id"])
    elif not halls.everywhere(officer, "admin"):
        raise Forbidden(
            "Quy tắc chung do quản trị cấp tỉnh ban hành.",
            "The common policy is published by the administrator of the whole tenant.",
        )


async def _page(request: AnyRequest, shown: Shown | None, *, site_key: str = "") -> Template:
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    now = clock.now()
    key = site_key or request.query_params.get("site", "")
    async with platform.db.tenant(tenant) as tx:
        session, sites = await halls.looking(request, tx)
        site = halls.one_of(sites, key) if key else None
        where = site["id"] if site else None
        history = await policies.history(tx, where)
        inherited = site is not None and not _in_force(history, now)
        force = await policies.policy_in_force(tx, where or sites[0]["id"], now)
        if site is None:
            force = _own(history, now)
        draft = next((v for v in history if v.valid_from is None), None)
        errors = dict(shown.errors) if shown else {}
        own = {row["site_id"] for row in await tx.fetch(_OWN, now)}
        # The common policy is tried where it holds.
        followers = [one for one in sites if one["id"] not in own]
        tried = site or _chosen(request, followers)
        comparison = await _replayed(request, tx, tried, (draft.policy if draft else force), errors)
        classes = await tx.fetch(_CLASSES, local_day(now))
        names = await _names(tx, history)
    return page(
        request,
        "monitor/policies.html",
        status=422 if errors else 200,
        sites=sites,
        hall=site,
        own=own,
        followers=followers,
        tried=tried,
        force=force,
        inherited=inherited,
        draft=draft,
        history=history,
        current=_in_force(history, now),
        announced=[v for v in history if v.valid_from and v.valid_from > now and not v.replaced],
        names=names,
        fields=policies_form.fields(),
        kept=shown.kept if shown else policies_form.typed(draft.policy if draft else force),
        may=session.may("admin", site["unit_id"]) if site else halls.everywhere(session, "admin"),
        classes=classes,
        comparison=comparison,
        day=request.query_params.get("day", ""),
        yesterday=local_day(now) - timedelta(days=1),
        done=request.query_params.get("done", ""),
        errors=errors,
    )


def _in_force(history: list[Version], now: Any) -> Version | None:
    return next((v for v in history if v.valid_from is not None and v.valid_from <= now), None)


def _chosen(request: AnyRequest, followers: list[Record]) -> Record | None:
    """Return the site at which the common policy is to be tried; None when none was chosen."""
    key = request.query_params.get("at", "")
    return halls.one_of(followers, key) if key else None


def _own(history: list[Version], now: Any) -> Policy:
    found = _in_force(history, now)
    return found.policy if found else Policy()


async def _replayed(
    request: AnyRequest, tx: TenantTx, site: Record | None, policy: Policy, errors: dict[str, str]
) -> Comparison | None:
    """Play the day that is asked for under the draft; a wrong day is told at its field."""
    asked = request.query_params.get("day", "")
    if not asked or site is None:
        return None
    now = clock.now()
    try:
        day = parse_date(asked, field="day", earliest=_EARLIEST, latest=local_day(now))
    except Invalid as wrong:
        errors.update(wrong.fields)
        return None
    return await replay(tx, site["id"], day, policy, now)


async def _names(tx: TenantTx, history: list[Version]) -> Mapping[UUID, str]:
    ids = [v.made_by for v in history if v.made_by]
    return {row["id"]: row["full_name"] for row in await tx.fetch(_STAFF, ids)}


ROUTES: list[Any] = [show, write]
