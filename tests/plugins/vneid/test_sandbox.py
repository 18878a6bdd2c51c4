"""The sandbox stands only where a province speaks with it, and the key is an administrator's."""

from typing import Any

import httpx2
import pytest

from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people.capabilities import Capability
from motcua.platform import Platform
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from motcua.web.gate import Gate
from motcua.web.sessions import COOKIE

from ...conftest import NewTenant

pytestmark = pytest.mark.anyio
_ENABLE = """
update tenant set plugins = '["vneid"]', settings = settings || $2 where id = $1
"""


async def province(
    platform: Platform, owner: Database, new_tenant: NewTenant, **told: Any
) -> Tenant:
    """Return a province with the plugin, told this in its file."""
    made = await new_tenant()
    async with owner.platform() as tx:
        await tx.execute(_ENABLE, made.id, {"channels": {"settings": {"vneid": told}}})
    await platform.directory.refresh(force=True)
    found = platform.directory.by_slug(made.slug)
    assert found is not None
    return found


def browser(app: Gate, tenant: Tenant) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url=f"http://{tenant.slug}.localhost:8000"
    )


async def test_it_stands_where_nothing_else_is_named_and_nowhere_else(
    platform: Platform, owner: Database, new_tenant: NewTenant, app: Gate
) -> None:
    trying = await province(platform, owner, new_tenant)
    real = await province(platform, owner, new_tenant, endpoint="https://vneid.example")
    for tenant, status in ((trying, 200), (real, 404)):
        async with browser(app, tenant) as client:
            assert (await client.get("/x/vneid/sandbox/app")).status_code == status
            made = await client.post("/x/vneid/sandbox/registration")
            assert made.status_code == (204 if status == 200 else 404)
    titles = {
        tenant.slug: [c.title_en for _, c in platform.plugins.wallet_channels(tenant)]
        for tenant in (trying, real)
    }
    assert titles == {trying.slug: ["VNeID (sandbox)"], real.slug: ["VNeID"]}


async def test_an_administrator_reads_the_public_key_and_it_stays_the_same(
    platform: Platform, owner: Database, new_tenant: NewTenant, app: Gate
) -> None:
    tenant = await province(platform, owner, new_tenant, endpoint="https://vneid.example")
    for role, status in (("receiver", 403), ("admin", 200)):
        async with platform.works.begin(tenant, SYSTEM) as work:
            held = (Capability(role, None),)
            secret = await sessions.start(work, "staff", uuid7(), "Thử", capabilities=held)
        async with browser(app, tenant) as client:
            client.cookies.set(COOKIE, secret)
            said = [await client.get("/x/vneid/key") for _ in range(2)]
            assert [s.status_code for s in said] == [status, status]
    assert said[0].text == said[1].text
    assert said[0].text.startswith("-----BEGIN PUBLIC KEY-----")
    assert "PRIVATE" not in said[0].text
