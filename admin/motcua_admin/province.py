"""The start page of a province's administration: what runs here, and what needs a hand."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.response import Template

from motcua.api import Platform, Tenant, here, need_role, page, province_of, tenant_overview


@dataclass(frozen=True)
class PluginState:
    """One plugin as it stands for a tenant.

    ``enabled``, ``off``, ``resting`` (it failed again and again, and is left alone for a while) or
    ``quarantined``, the last two with the reason.
    """

    name: str
    title_vi: str
    title_en: str
    version: str
    state: str
    reason: str = ""


def plugin_states(platform: Platform, tenant: Tenant) -> list[PluginState]:
    """Return every installed plugin, and each one the tenant asks for that is not there."""
    plugins = platform.plugins
    enabled, resting = plugins.enabled(tenant), plugins.resting(tenant)
    found = [
        PluginState(
            name,
            info.title_vi,
            info.title_en,
            info.version,
            "resting" if name in resting else "enabled" if name in enabled else "off",
            resting.get(name, ""),
        )
        for name, info in plugins.infos.items()
    ]
    found += [
        PluginState(name, name, name, "–", "quarantined", reason)
        for name, reason in plugins.quarantined.items()
    ]
    known = {p.name for p in found}
    found += [
        PluginState(name, name, name, "–", "missing")
        for name in tenant.plugins
        if name not in known
    ]
    return sorted(found, key=lambda p: p.name)


@get("/", include_in_schema=False)
async def home(request: Request[Any, Any, Any]) -> Template:
    """Show the overview to an administrator of this province."""
    tenant = province_of(request)
    need_role(here(request).session, "admin")
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(tenant) as tx:
        about = await tenant_overview(tx)
    return page(request, "admin/home.html", plugins=plugin_states(platform, tenant), about=about)


ROUTES: list[Any] = [home]
