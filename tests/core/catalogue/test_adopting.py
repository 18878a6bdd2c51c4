"""Versions are stored when their scenarios hold, and adopted with the tenant's values merged."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from motcua.catalogue.adopting import MergeConflictError, adopt
from motcua.catalogue.packages import Package
from motcua.catalogue.publishing import publish
from motcua.platform import Platform
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from tests.conftest import NewTenant
from tests.core.catalogue.builders import package_data

pytestmark = pytest.mark.anyio
CODE = "2.999997"
OWN = {"fee": {"amount": 500, "text_vi": "Của tỉnh", "text_en": "Own"}, "target": {"hours": 4}}
_OVERLAYS = "select version, overlay from adopted_procedure where code = $1 order by valid_from"


def version(number: str, **changes: Any) -> Package:
    return Package.from_data(package_data(code=CODE, version=number, **changes))


def entry(number: str, day: date, **more: Any) -> dict[str, Any]:
    return {"plugin": "certification", "code": CODE, "version": number, "valid_from": day, **more}


FIRST = entry("1", date(2025, 1, 1), overlay=OWN)


@pytest.fixture
async def tenant(owner: Database, new_tenant: NewTenant) -> Tenant:
    async with owner.platform() as tx:
        await publish(tx, "certification", version("1"))
        await publish(tx, "certification", version("2", source="Mới"))
        rule = {"amount": 9, "text_vi": "Mới", "text_en": "New"}
        await publish(tx, "certification", version("3", fee=rule))
    return await new_tenant()


async def load(
    platform: Platform, tenant: Tenant, *entries: Mapping[str, Any], said: list[str] | None = None
) -> list[tuple[str, Any]]:
    """Adopt; returns the versions and overlays that are adopted now."""
    async with platform.db.tenant(tenant) as tx:
        await adopt(tx, entries, (said if said is not None else []).append)
        return [(r["version"], r["overlay"]) for r in await tx.fetch(_OVERLAYS, CODE)]


async def test_a_new_version_without_an_overlay_takes_over_what_still_applies(
    platform: Platform, tenant: Tenant
) -> None:
    second = entry("2", date(2026, 1, 1))
    assert await load(platform, tenant, second, FIRST) == [("1", OWN), ("2", OWN)]
    assert await load(platform, tenant, FIRST, second) == [("1", OWN), ("2", OWN)]


async def test_conflicts_are_listed_and_nothing_is_adopted(
    platform: Platform, tenant: Tenant
) -> None:
    await load(platform, tenant, FIRST)
    with pytest.raises(MergeConflictError) as refusal:
        await load(platform, tenant, FIRST, entry("3", date(2026, 1, 1)))
    told = str(refusal.value)
    assert [c.place for c in refusal.value.conflicts] == ["fee"]
    assert "copies * 8000" in told
    assert '"amount":500' in told
    assert '"amount":9' in told
    assert "Quy định chung đã thay đổi" in told
    assert "The national version changed" in told
    assert await load(platform, tenant, FIRST) == [("1", OWN)]


async def test_an_overlay_given_anew_stands_for_itself(platform: Platform, tenant: Tenant) -> None:
    own = {"target": {"hours": 3}}
    third = entry("3", date(2026, 1, 1), overlay=own)
    assert await load(platform, tenant, FIRST, third) == [("1", OWN), ("3", own)]
    none = entry("2", date(2026, 2, 1), overlay={})
    assert (await load(platform, tenant, none))[-1] == ("2", {})


async def test_an_overlay_that_does_not_fit_is_named(platform: Platform, tenant: Tenant) -> None:
    wrong = entry("1", date(2025, 1, 1), overlay={"steps": {"gone": {"hours": 1}}})
    with pytest.raises(ValueError, match=r"2\.999997 valid_from 2025-01-01: .*steps\.gone"):
        await load(platform, tenant, wrong)


async def test_a_version_nobody_brings_is_history_or_a_mistake(
    platform: Platform, tenant: Tenant
) -> None:
    old, now = entry("0", date(2024, 1, 1)), entry("2", date(2025, 1, 1))
    said: list[str] = []
    assert await load(platform, tenant, old, now, said=said) == [("2", {})]
    assert "version 0" in said[0]
    with pytest.raises(ValueError, match="no plugin brings version 0"):
        await load(platform, tenant, entry("0", date(2026, 1, 1)), now)


async def test_a_version_whose_scenarios_fail_is_not_stored(owner: Database) -> None:
    data = package_data(code=CODE, version="bad")
    scenario = {
        "key": "two",
        "name_vi": "Hai",
        "name_en": "Two",
        "given": {"answers": {"copies": "2"}},
        "then": {"fee": 1},
    }
    wrong = Package.from_data({**data, "scenarios": [scenario]})
    async with owner.platform() as tx:
        with pytest.raises(ValueError, match=r"bad of plugin x.*\n  scenarios/two\.toml: .*16000"):
            await publish(tx, "x", wrong)
        stored = "select count(*) from package_version where version = 'bad'"
        assert await tx.fetchval(stored) == 0


async def test_another_content_under_a_stored_version_is_refused(
    owner: Database, tenant: Tenant
) -> None:
    async with owner.platform() as tx:
        await publish(tx, "certification", version("1"))
        with pytest.raises(ValueError, match="raise its version"):
            await publish(tx, "certification", version("1", name_en="Another"))


async def test_what_an_earlier_release_spelled_otherwise_is_the_same(owner: Database) -> None:
    package = version("old")
    data = package.to_data()
    data["procedure"]["online"] = "full"
    insert = """
    insert into package_version (code, version, plugin, sha256, content)
    values ($1, 'old', 'x', 'another spelling', $2) on conflict do nothing
    """
    async with owner.platform() as tx:
        await tx.execute(insert, CODE, data)
        await publish(tx, "x", package)


async def test_other_scenarios_are_no_other_law(owner: Database, tenant: Tenant) -> None:
    scenario = {"key": "a", "name_vi": "A", "name_en": "A", "given": {}, "then": {}}
    data = package_data(code=CODE, version="1")
    async with owner.platform() as tx:
        await publish(tx, "certification", Package.from_data({**data, "scenarios": [scenario]}))
