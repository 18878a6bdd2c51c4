"""The stations and boards of a site: pair a new one, see the others, take one away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.desk.view import staff_id
from motcua.dossiers import access
from motcua.errors import Invalid, NotFound
from motcua.people.capabilities import units
from motcua.platform import Platform
from motcua.queues import queries
from motcua.station import devices
from motcua.tenancy.db import Record, Tx
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.web.sessions import Session

_SITE_OF = "select site_id from device where id = $1"


async def _sites(tx: Tx, officer: Session) -> list[Record]:
    """Return the sites whose devices this officer looks after."""
    places = [units(officer.capabilities, role) for role in ("admin", "receiver")]
    if None in places:
        return await queries.sites(tx, None)
    return await queries.sites(tx, [unit for found in places for unit in found or ()])


async def _page(
    request: AnyRequest,
    officer: Session,
    *,
    code: str = "",
    errors: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> Template:
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(province_of(request)) as tx:
        sites = await _sites(tx, officer)
        found = [(site, row) for site in sites for row in await devices.devices_of(tx, site["id"])]
    return page(
        request,
        "desk/devices.html",
        status=422 if errors else 200,
        sites=[(str(s["id"]), s["name"]) for s in sites],
        devices=found,
        code=code,
        errors=dict(errors or {}),
        kept=dict(kept or {}),
        done=request.query_params.get("done", ""),
    )


@get("/desk/devices", include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """List the devices of the officer's sites."""
    return await _page(request, access.officer(request, "admin", "receiver"))


@post("/desk/devices", status_code=200, include_in_schema=False)
async def pair(request: AnyRequest) -> Template:
    """Make a pairing code; it is shown once, on the answer itself, and stands in no address."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, "admin", "receiver")
    form = await request.form()
    kept = {key: str(form.get(key, "")) for key in ("site", "kind", "name")}
    try:
        async with platform.works.begin(tenant, officer.actor) as work:
            site = staff_id(kept["site"])
            if site is None:
                raise Invalid(fields={"site": ("Hãy chọn điểm tiếp nhận.", "Choose the site.")})
            if site not in {s["id"] for s in await _sites(work.tx, officer)}:
                raise NotFound("Không có điểm tiếp nhận này.", "There is no such site.")
            code = await devices.make_code(work, site, kept["kind"], kept["name"])
    except Invalid as wrong:
        return await _page(request, officer, errors=wrong.fields, kept=kept)
    return await _page(request, officer, code=code)


@post("/desk/devices/{device_id:uuid}/forget", include_in_schema=False)
async def forget(request: AnyRequest, device_id: FromPath[UUID]) -> Redirect:
    """Take a device out of service; its session ends at once."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request, "admin", "receiver")
    async with platform.works.begin(tenant, officer.actor) as work:
        site = await work.tx.fetchval(_SITE_OF, device_id)
        if site not in {s["id"] for s in await _sites(work.tx, officer)}:
            raise NotFound("Không có thiết bị này.", "There is no such device.")
        await devices.forget(work, device_id)
    return Redirect(here(request).url("/desk/devices?done=forgotten"), status_code=303)


ROUTES: list[Any] = [show, pair, forget]
