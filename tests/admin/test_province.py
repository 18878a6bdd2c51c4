"""The start page of a province's administration."""

import pytest

from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people.capabilities import Capability
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from motcua_admin.province import plugin_states
from tests.conftest import Browser, tenant_named

pytestmark = pytest.mark.anyio

_STAFF = "insert into staff (id, username, full_name) values ($1, $2, $3)"
_ROLE = "insert into staff_role (id, staff_id, role) values ($1, $2, $3)"
_DEAD = """
insert into outbox (id, event_id, subscriber, dead_at) values ($1, $1, 'plugin:thử', now())
"""


async def signed_in(platform: Platform, tenant: Tenant, role: str) -> dict[str, str]:
    """Return the cookies of a member of staff with this role."""
    async with platform.works.begin(tenant, SYSTEM) as work:
        held = (Capability(role, None),)
        secret = await sessions.start(work, "staff", uuid7(), "Lê Thị Thử", capabilities=held)
    return {sessions.COOKIE: secret}


async def test_an_administrator_sees_plugins_procedures_people_and_dead_letters(
    platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    async with platform.db.tenant(quang_ninh) as tx:
        officer, dead = uuid7(), uuid7()
        await tx.execute(_STAFF, officer, f"thu.{officer.hex}", "Đặng Thị Phép Thử")
        await tx.execute(_ROLE, uuid7(), officer, "leader")
        await tx.execute(_DEAD, dead)
    client = browse("quang-ninh")
    client.cookies.update(await signed_in(platform, quang_ninh, "admin"))
    answer = await client.get("/x/admin")
    assert answer.status_code == 200
    for said in ("Chứng thực", "2.000815", "Đặng Thị Phép Thử", "Lãnh đạo", "plugin:thử", "5 giờ"):
        assert said in answer.text, said
    assert f"thu.{officer.hex}" not in answer.text, "a user name is nobody's business"
    english = await client.get("/x/admin?lang=en")
    assert "Dead letters" in english.text
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute("delete from outbox where id = $1", dead)


@pytest.mark.parametrize(
    ("label", "role", "status"),
    [
        ("quang-ninh", None, 401),
        ("quang-ninh", "leader", 403),
        ("quang-ninh", "national", 403),
        ("quoc-gia", None, 401),
        ("vi", None, 404),
    ],
)
async def test_the_page_is_for_administrators_of_a_province(
    platform: Platform,
    quang_ninh: Tenant,
    browse: Browser,
    label: str,
    role: str | None,
    status: int,
) -> None:
    client = browse(label)
    if role:
        client.cookies.update(await signed_in(platform, quang_ninh, role))
    assert (await client.get("/x/admin")).status_code == status


async def test_the_national_office_has_no_such_page(platform: Platform, browse: Browser) -> None:
    client = browse("quoc-gia")
    office = tenant_named(platform, "quoc-gia")
    client.cookies.update(await signed_in(platform, office, "admin"))
    assert (await client.get("/x/admin")).status_code == 404


async def test_another_provinces_administrator_is_nobody_here(
    platform: Platform, thai_nguyen: Tenant, browse: Browser
) -> None:
    client = browse("quang-ninh")
    client.cookies.update(await signed_in(platform, thai_nguyen, "admin"))
    assert (await client.get("/x/admin")).status_code == 401


async def test_the_menu_shows_the_administration_to_administrators_only(
    platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    for role, shown in (("admin", True), ("leader", False)):
        client = browse("quang-ninh")
        client.cookies.update(await signed_in(platform, quang_ninh, role))
        answer = await client.get("/no-such-page")
        assert ('href="/x/admin"' in answer.text) is shown, role


async def test_every_plugin_is_listed_with_its_state(
    platform: Platform, quang_ninh: Tenant
) -> None:
    plugins = Plugins.empty()
    plugins.infos |= platform.plugins.infos
    del plugins.infos["certification"]
    plugins.quarantine("social-protection", ValueError("no kettle"))
    del plugins.infos["social-protection"]
    held = platform.plugins
    try:
        platform.plugins = plugins
        states = {p.name: p for p in plugin_states(platform, quang_ninh)}
    finally:
        platform.plugins = held
    assert states["admin"].state == "enabled"
    assert states["certification"].state == "missing"
    assert states["social-protection"].state == "quarantined"
    assert states["social-protection"].reason == "ValueError: no kettle"
