"""Fills a new demo: officers at every site, citizens in every province, and their accounts."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from motcua.demo import people
from motcua.events.log import SYSTEM
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant

CITIZENS = 40
#: Halls whose officers the demo's texts name; the sandbox's sign-in offers them first.
NAMED = ("hong-gai", "tinh", "van-don")
_SITES = """
select s.key, s.unit_id, u.name from site s
join unit u on u.tenant_id = s.tenant_id and u.id = s.unit_id order by s.key
"""
_STAFF = """
insert into staff as s (id, username, full_name) values ($1, $2, $3)
on conflict (tenant_id, username) do update set full_name = excluded.full_name returning id
"""
_ROLE = """
insert into staff_role (id, staff_id, unit_id, role) values ($1, $2, $3, $4) on conflict do nothing
"""
_HAS_ROLE = "select 1 from staff_role where staff_id = $1 and role = $2 limit 1"

Progress = Callable[[str], None]


async def fill(
    platform: Platform, progress: Progress, among: Collection[Tenant] | None = None
) -> None:
    """Make the people of these tenants, or of all; doing it again changes nothing.

    The citizens of each province can sign in at each other one, so their number grows with the square.
    """
    await platform.directory.refresh(force=True)
    tenants = tuple(platform.directory.all() if among is None else among)
    for tenant in tenants:
        made = (
            await _province(platform, tenant, tenants)
            if tenant.is_province
            else await _office(platform, tenant)
        )
        async with platform.works.begin(tenant, SYSTEM) as work:
            await platform.plugins.demo_people(work, made)
        progress(f"{tenant.short_name}: {len(made)} synthetic people")


async def _province(
    platform: Platform, tenant: Tenant, homes: Collection[Tenant]
) -> list[people.Person]:
    # An electronic identity is national: people of one province sign in at every other.
    own_first = sorted(homes, key=lambda home: home.id != tenant.id)
    found = [
        person
        for home in own_first
        if home.is_province
        for person in people.citizens(home.slug, home.province_code, home.short_name, CITIZENS)
    ]
    admin = people.staff(tenant.name, "quantri")[0][0]
    chief = people.Person(
        "staff",
        "quantri",
        admin.full_name,
        "",
        {**admin.claims, "preferred_username": "quantri", "title": "Quản trị"},
    )
    async with platform.works.begin(tenant, SYSTEM) as work:
        await _employ(work, chief, "admin", None)
        for site in sorted(await work.tx.fetch(_SITES), key=_place):
            for officer, role, _ in people.staff(site["name"], site["key"]):
                await _employ(work, officer, role, site["unit_id"])
                found.append(officer)
    return [chief, *found]


def _place(site: Mapping[str, Any]) -> tuple[int, str]:
    """Order sites: whom the texts name first, and then by key; who is made first is offered first."""
    return (NAMED.index(site["key"]) if site["key"] in NAMED else len(NAMED)), site["key"]


async def _office(platform: Platform, tenant: Tenant) -> list[people.Person]:
    officer = people.staff(tenant.name, "quoc-gia")[0][0]
    claims = {**officer.claims, "preferred_username": "dieuphoi", "title": "Chuyên viên điều phối"}
    one = people.Person("staff", "dieuphoi", officer.full_name, "", claims)
    async with platform.works.begin(tenant, SYSTEM) as work:
        await _employ(work, one, "national", None)
    return [one]


async def _employ(work: Work, person: people.Person, role: str, unit: UUID | None) -> None:
    staff_id = await work.tx.fetchval(_STAFF, uuid7(), person.username, person.full_name)
    if not await work.tx.fetchval(_HAS_ROLE, staff_id, role):
        await work.tx.execute(_ROLE, uuid7(), staff_id, unit, role)
