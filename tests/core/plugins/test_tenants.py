"""In the running house: routes, procedures, links and events follow each tenant's own list."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from litestar import get

from motcua.app import create_app
from motcua.demo.cluster import Cluster
from motcua.errors import NotFound
from motcua.onboarding import store_packages
from motcua.platform import Platform
from motcua.rooms import subscribers
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from tests.conftest import NewTenant, tenant_named
from tests.core.plugins.toys import house, toy

pytestmark = pytest.mark.anyio
_ENABLE = "update tenant set plugins = $2 where id = $1"


@get("/kettle", sync_to_thread=False, include_in_schema=False, opt={"open": True})
def kettle() -> str:
    return "hot"


def register_routes() -> Sequence[Any]:
    return [kettle]


async def _enable(platform: Platform, owner: Database, tenant: Tenant, *names: str) -> Tenant:
    async with owner.platform() as tx:
        await tx.execute(_ENABLE, tenant.id, list(names))
    await platform.directory.refresh(force=True)
    return tenant_named(platform, tenant.slug)


async def test_hook_register_routes_answer_where_enabled_and_nowhere_else(
    platform: Platform, owner: Database, new_tenant: NewTenant
) -> None:
    app = create_app(replace(platform, plugins=house(toy("toy-routes", register_routes))))
    mine = await _enable(platform, owner, await new_tenant(), "toy-routes")
    other = await new_tenant()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
        here = await client.get(f"http://{mine.host}/x/toy-routes/kettle")
        assert (here.status_code, here.text) == (200, "hot")
        for host in (other.host, "quang-ninh.localhost", "quoc-gia.localhost"):
            assert (await client.get(f"http://{host}/x/toy-routes/kettle")).status_code == 404
        wallet = await client.get("http://vi.localhost/x/toy-routes/kettle")
        assert wallet.status_code == 404
        await _enable(platform, owner, mine)
        gone = await client.get(f"http://{mine.host}/x/toy-routes/kettle")
        assert gone.status_code == 404


async def test_procedures_of_a_plugin_that_is_not_enabled_do_not_exist(
    platform: Platform, quang_ninh: Tenant
) -> None:
    with_it = await platform.catalogue.of(quang_ninh)
    assert with_it.current("2.000815").plugin == "certification"
    without = replace(quang_ninh, plugins=quang_ninh.plugins - {"certification"})
    law = await platform.catalogue.of(without)
    with pytest.raises(NotFound):
        law.current("2.000815")
    assert all(p.plugin != "certification" for p in law.procedures)
    again = await platform.catalogue.of(quang_ninh)
    assert again.current("2.000815")


async def test_the_page_of_a_province_links_to_a_plugin_only_while_it_is_enabled(
    platform: Platform, owner: Database, new_tenant: NewTenant
) -> None:
    def register_links(tenant: Tenant, audience: str) -> Sequence[tuple[str, str, str]]:
        return [("/x/toy-links", "Ấm nước", "Kettle")] if audience == "citizen" else []

    app = create_app(replace(platform, plugins=house(toy("toy-links", register_links))))
    mine = await _enable(platform, owner, await new_tenant(), "toy-links")
    other = await new_tenant()
    headers = {"accept": "text/html"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
        shown = await client.get(f"http://{mine.host}/no-such-page", headers=headers)
        hidden = await client.get(f"http://{other.host}/no-such-page", headers=headers)
    assert "Ấm nước" in shown.text
    assert "Ấm nước" not in hidden.text


async def test_an_event_is_owed_only_to_plugins_that_the_tenant_has_enabled(
    quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    def event_happened(event: Any) -> None:
        return None

    plugins = house(toy("toy-ears", event_happened))
    listening = replace(quang_ninh, plugins=frozenset({"toy-ears"}))
    owed = list(subscribers(plugins, listening, "dossier.returned"))
    core = ["reporting", "channels"]
    assert owed == [*core, "plugin:toy-ears"]
    assert list(subscribers(plugins, thai_nguyen, "dossier.returned")) == core


async def test_a_package_that_changed_under_its_version_is_refused(
    prepared: Cluster, owner: Database, tmp_path: Path, platform: Platform
) -> None:
    source = next(f for n, f in platform.plugins.procedures() if f.name == "2.000908")
    copy = tmp_path / source.name
    copy.mkdir()
    for file in source.glob("*.*"):
        (copy / file.name).write_bytes(file.read_bytes())
    changed = copy / "procedure.toml"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text.replace('source = "', 'source = "Khác. ', 1), encoding="utf-8")

    def register_procedures() -> Sequence[Path]:
        return [copy]

    refused = await store_packages(owner, house(toy("toy-law", register_procedures)))
    assert [said.endswith("raise its version") for said in refused] == [True]
