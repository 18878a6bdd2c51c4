"""The public page of promises: what is measured, for whom it is too little, and by unit."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from motcua.dossiers.codes import local_day
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.reporting import standards
from motcua.tenancy.db import Tx
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser, NewTenant

pytestmark = pytest.mark.anyio

_FACT = """
insert into settlement_fact (id, day, procedure_code, unit_id, working_minutes, on_time, finished_at)
values ($1, $2, $3, $4, $5, $6, now())
"""
_CLEAR = "delete from settlement_fact"
_UNITS = "select id from unit order by code limit 2"


async def _settle(tx: Tx, code: str, unit: UUID, minutes: list[int], *, days: int = 1) -> None:
    day = local_day(datetime.now(UTC)) - timedelta(days)
    for n, value in enumerate(minutes):
        await tx.execute(_FACT, uuid7(), day, code, unit, value, n > 0)


async def test_times_and_shares_are_computed_over_what_was_settled(
    platform: Platform, new_tenant: NewTenant
) -> None:
    tenant, unit, other = await new_tenant(), uuid7(), uuid7()
    since = local_day(datetime.now(UTC)) - timedelta(90)
    async with platform.db.tenant(tenant) as tx:
        await _settle(tx, "a", unit, [60, 120, 180, 240, 300, 360, 420, 480, 540, 600])
        await _settle(tx, "a", unit, [9999] * 20, days=91)
        await _settle(tx, "b", unit, [60] * 4)
        await _settle(tx, "c", other, [30] * 5)
        found = await standards.settled(tx, since, {"a": 5, "b": 1, "c": None, "d": 1})
        of_other = await standards.settled(tx, since, {"a": 5, "c": None}, other)
    assert found == {
        "a": standards.SettledService("a", 10, 50, 90, 5.5, 9.1),
        "c": standards.SettledService("c", 5, None, 80, 0.5, 0.5),
    }
    assert set(of_other) == {"c"}


async def test_another_tenants_settlements_are_not_measured(
    platform: Platform, new_tenant: NewTenant
) -> None:
    one, two = await new_tenant(), await new_tenant()
    async with platform.db.tenant(one) as tx:
        await _settle(tx, "a", uuid7(), [60] * 9)
    async with platform.db.tenant(two) as tx:
        assert (
            await standards.settled(tx, local_day(datetime.now(UTC)) - timedelta(9), {"a": 1}) == {}
        )


async def test_anybody_sees_the_promise_and_how_it_was_kept(
    platform: Platform, thai_nguyen: Tenant, browse: Browser
) -> None:
    law = await platform.catalogue.of(thai_nguyen)
    promised = next(p for p in law.offered() if p.package.procedure.target)
    async with platform.db.tenant(thai_nguyen) as tx:
        await tx.execute(_CLEAR)
        one, two = [r["id"] for r in await tx.fetch(_UNITS)]
        await _settle(tx, promised.code, one, [60] * 7)
        await _settle(tx, promised.code, two, [60])
    client = browse("thai-nguyen")
    answer = await client.get("/x/service-standards")
    assert answer.status_code == 200
    for said in ("100 %", "75 %", "Chưa đủ số liệu", promised.package.procedure.name_vi):
        assert said in answer.text, said
    assert str(one) in answer.text
    assert str(two) not in answer.text, "a unit with one dossier is not offered"
    assert (await client.get(f"/x/service-standards?unit={one}")).status_code == 200
    for wrong in (two, uuid7(), "x"):
        assert (await client.get(f"/x/service-standards?unit={wrong}")).status_code == 404
    english = await client.get("/x/service-standards?lang=en")
    assert "We promise" in english.text
    async with platform.db.tenant(thai_nguyen) as tx:
        await tx.execute(_CLEAR)


async def test_the_menu_leads_citizens_there_and_other_hosts_do_not_have_it(
    browse: Browser,
) -> None:
    shown = await browse("quang-ninh").get("/no-such-page")
    assert 'href="/x/service-standards"' in shown.text
    assert (await browse("quoc-gia").get("/x/service-standards")).status_code == 404
