"""The public page: what is promised for each service, below what the law gives, and what was kept."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.response import Template

from motcua.api import (
    FEW,
    NotFound,
    Platform,
    SettledService,
    Tenant,
    here,
    local_day,
    page,
    province_of,
    settled_services,
    settling_units,
)

WINDOW_DAYS = 90


@dataclass(frozen=True)
class Standard:
    """One service: ``target`` in working hours (None: no promise beyond the law), ``measured`` or None."""

    code: str
    name_vi: str
    name_en: str
    target: float | None
    legal: str
    measured: SettledService | None


async def standards(
    platform: Platform, tenant: Tenant, lang: str, unit: UUID | None
) -> tuple[list[Standard], list[tuple[UUID, str]]]:
    """Return a province's services with their figures, and the units one may ask for.

    ``NotFound`` when figures are asked of a unit that has not settled enough of anything.
    """
    law = await platform.catalogue.of(tenant)
    offered = [adopted.package.procedure for adopted in law.offered()]
    targets = {p.code: p.target.hours if p.target else None for p in offered}
    since = local_day(datetime.now(UTC)) - timedelta(WINDOW_DAYS)
    async with platform.db.tenant(tenant) as tx:
        units = await settling_units(tx, since, list(targets))
        if unit is not None and unit not in dict(units):
            raise NotFound("Đơn vị này chưa có số liệu.", "This unit has no figures yet.")
        measured = await settled_services(tx, since, targets, unit)
    return [
        Standard(
            p.code,
            p.name_vi,
            p.name_en,
            targets[p.code],
            p.time_limit.text(lang),
            measured.get(p.code),
        )
        for p in sorted(offered, key=lambda p: p.name_vi)
    ], units


@get("/", include_in_schema=False, opt={"open": True})
async def home(request: Request[Any, Any, Any]) -> Template:
    """Show the standards of this province to anybody; ``?unit=`` confines the figures to a unit."""
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    unit = _unit(request.query_params.get("unit", ""))
    found, units = await standards(platform, tenant, here(request).lang, unit)
    return page(
        request,
        "service-standards/home.html",
        standards=found,
        units=units,
        unit=unit,
        days=WINDOW_DAYS,
        few=FEW,
    )


def _unit(asked: str) -> UUID | None:
    if not asked:
        return None
    try:
        return UUID(asked)
    except ValueError as error:
        raise NotFound("Không có đơn vị này.", "There is no such unit.") from error


ROUTES: list[Any] = [home]
