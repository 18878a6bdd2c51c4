"""The program as it is typed."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from motcua import cli
from motcua.onboarding import employ
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugins/certification/motcua_certification/procedures/2.000908"
ROLES = """
select r.role, u.code from staff_role r join staff s on s.id = r.staff_id
left join unit u on u.id = r.unit_id where s.username = $1 order by r.role
"""


def test_a_package_is_checked_by_its_own_scenarios() -> None:
    said = CliRunner().invoke(cli.main, ["plugin", "check", str(PACKAGE)])
    assert said.exit_code == 0
    assert "3 of 3 scenarios hold" in said.output


def test_the_database_is_made_only_by_an_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_DATABASE_URL", "postgresql://mc_app@nowhere/motcua")
    monkeypatch.setenv("MOTCUA_SECRET_KEY", "00" * 32)
    monkeypatch.delenv("MOTCUA_ADMIN_DATABASE_URL", raising=False)
    said = CliRunner().invoke(cli.main, ["db", "init"])
    assert said.exit_code == 2
    assert "MOTCUA_ADMIN_DATABASE_URL" in said.output


@pytest.mark.anyio
async def test_a_person_gets_a_role_once_however_often_it_is_given(
    platform: Platform, quang_ninh: Tenant
) -> None:
    for _ in range(2):
        await employ(platform, "quang-ninh", "test.cli", "Nguyễn Văn Mẫu", "receiver", "06685")
        await employ(platform, "quang-ninh", "test.cli", "Nguyễn Văn Mẫu", "admin")
    async with platform.db.tenant(quang_ninh) as tx:
        rows = [(r["role"], r["code"]) for r in await tx.fetch(ROLES, "test.cli")]
    assert rows == [("admin", None), ("receiver", "06685")]


@pytest.mark.anyio
@pytest.mark.parametrize(("slug", "unit"), [("nowhere", ""), ("quang-ninh", "0")])
async def test_nobody_is_employed_where_there_is_no_tenant_or_unit(
    platform: Platform, slug: str, unit: str
) -> None:
    with pytest.raises(ValueError, match=r"no tenant|no unit"):
        await employ(platform, slug, "test.cli", "Nguyễn Văn Mẫu", "receiver", unit)
