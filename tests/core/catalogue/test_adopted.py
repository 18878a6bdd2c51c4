"""Which law is in force: the newest adoption and the newest calendar, from their day on."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from motcua.catalogue.adopted import Catalogue
from motcua.demo.cluster import Cluster
from motcua.errors import NotFound, Unavailable
from motcua.ids import uuid7
from motcua.onboarding import load_tenant
from motcua.platform import Platform
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from tests.conftest import NewTenant

pytestmark = pytest.mark.anyio
COPY, CERTIFY = "2.000908", "2.000815"
VERSIONS = {CERTIFY: "2026.3", COPY: "2026.2", "1.001776": "2026.2"}
_ADOPT = """
insert into adopted_procedure (id, code, version, overlay, valid_from, valid_to)
values ($1, $2, $6, $3, $4, $5)
"""
_CALENDAR = """
insert into tenant_calendar (id, version, content, valid_from) values ($1, $2, $3, $4)
"""
NOW = datetime.now(UTC)


def hours(n: float) -> dict[str, Any]:
    return {"steps": {"assign": {"hours": n}}}


async def adopt(
    platform: Platform,
    tenant: Tenant,
    days: int,
    overlay: dict[str, Any],
    *,
    code: str = COPY,
    until: int | None = None,
) -> UUID:
    """Adopt a procedure from so many days after today on."""
    adopted, since = uuid7(), NOW + timedelta(days=days)
    end = NOW + timedelta(days=until) if until is not None else None
    async with platform.db.tenant(tenant) as tx:
        version = VERSIONS.get(code, "2026.1")
        await tx.execute(_ADOPT, adopted, code, overlay, since, end, version)
    return adopted


async def keep(platform: Platform, tenant: Tenant, version: str, since: date, hall: str) -> None:
    """Give a tenant the calendar of Quảng Ninh under another name."""
    like = platform.directory.by_slug("quang-ninh")
    assert like
    async with platform.db.tenant(like) as tx:
        content = await tx.fetchval("select content from tenant_calendar limit 1")
    async with platform.db.tenant(tenant) as tx:
        await tx.execute(_CALENDAR, uuid7(), version, {**content, "version": hall}, since)


@pytest.fixture
async def tenant(platform: Platform, new_tenant: NewTenant) -> Tenant:
    made = await new_tenant()
    await keep(platform, made, "first", date(2020, 1, 1), "first")
    return made


def hours_of(adopted: Any) -> float:
    return float(adopted.package.procedure.steps[0].hours)


async def test_a_new_version_takes_effect_on_its_day(platform: Platform, tenant: Tenant) -> None:
    old = await adopt(platform, tenant, -300, hours(3))
    new = await adopt(platform, tenant, -1, hours(2))
    await adopt(platform, tenant, 10, hours(1))
    law = await Catalogue(platform.db).of(tenant)
    assert law.current(COPY).id == new
    assert hours_of(law.current(COPY)) == 2
    assert law.current(COPY, NOW - timedelta(days=2)).id == old
    assert hours_of(law.current(COPY, NOW + timedelta(days=11))) == 1
    assert hours_of(law.version(COPY, "2026.2")) == 2, "not the one that is still to come"
    with pytest.raises(NotFound):
        law.current(COPY, NOW - timedelta(days=400))


async def test_each_procedure_is_offered_once(platform: Platform, tenant: Tenant) -> None:
    for days, amount in ((-300, 3), (-20, 2), (-1, 1)):
        await adopt(platform, tenant, days, hours(amount))
    await adopt(platform, tenant, -300, {}, code=CERTIFY)
    await adopt(platform, tenant, -30, {}, code="1.001776", until=-2)
    law = await Catalogue(platform.db).of(tenant)
    assert [p.code for p in law.offered()] == [CERTIFY, COPY]
    assert [hours_of(p) for p in law.offered() if p.code == COPY] == [1]
    assert [h.entry.code for h in law.index.search("bản sao sổ gốc")].count(COPY) == 1


async def test_a_running_dossiers_law_is_found_by_its_adoption(
    platform: Platform, tenant: Tenant
) -> None:
    old = await adopt(platform, tenant, -300, hours(3))
    await adopt(platform, tenant, -1, hours(2))
    law = await Catalogue(platform.db).of(tenant)
    assert hours_of(law.adopted(old)) == 3
    with pytest.raises(NotFound):
        law.adopted(uuid7())


async def test_the_newest_calendar_that_has_begun_is_in_force(
    platform: Platform, tenant: Tenant
) -> None:
    await keep(platform, tenant, "a-second", date(2021, 1, 1), "second")
    await keep(platform, tenant, "a-third", date(2999, 1, 1), "third")
    assert (await Catalogue(platform.db).of(tenant)).calendar.version == "second"


async def test_a_calendar_that_is_still_to_come_is_none(
    platform: Platform, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    await keep(platform, tenant, "later", date(2999, 1, 1), "later")
    with pytest.raises(Unavailable):
        await Catalogue(platform.db).of(tenant)


async def test_an_overlay_that_changed_under_its_day_is_not_swallowed(
    prepared: Cluster, platform: Platform, owner: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "ha-noi"
    shutil.copytree(prepared.settings.tenants / "ha-noi", folder)
    file = folder / "procedures.toml"
    before = file.read_text(encoding="utf-8")
    domain = prepared.settings.domain.rsplit(":", 1)[0]
    tenant = await load_tenant(owner, folder, domain)
    own = "\n[procedures.overlay.steps.assign]\nhours = {}\n"
    head = f'[[procedures]]\nplugin = "certification"\ncode = "{COPY}"\nversion = "2026.2"\n'
    later = f"\n{head}valid_from = 2999-01-01\n"
    count = "select count(*) from adopted_procedure where code = $1 and valid_from > now()"

    file.write_text(before + later + own.format(0.25), encoding="utf-8")
    await load_tenant(owner, folder, domain)
    await load_tenant(owner, folder, domain)
    file.write_text(before + later + own.format(0.5), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"{COPY} valid_from 2999-01-01 .* new valid_from"):
        await load_tenant(owner, folder, domain)
    async with platform.db.tenant(tenant) as tx:
        assert await tx.fetchval(count, COPY) == 1
