"""Administration of a tenant, and the national office; mounted as a plugin like any other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from motcua.api import PluginInfo, Tenant, hookimpl

PLUGIN = PluginInfo(name="admin", version="0.1.0", title_vi="Quản trị", title_en="Administration")


@hookimpl
def register_routes() -> Sequence[Any]:
    """Bring the pages of a province's administration and of the national office."""
    from motcua_admin.office import ROUTES as OFFICE
    from motcua_admin.province import ROUTES as PROVINCE

    return [*PROVINCE, *OFFICE]


@hookimpl
def register_templates() -> Path:
    """Bring the templates."""
    return Path(__file__).parent / "templates"


@hookimpl
def register_links(tenant: Tenant, audience: str) -> Sequence[tuple[str, str, str]]:
    """Show the administration to administrators."""
    if tenant.is_province and audience == "admin":
        return [("/x/admin", "Quản trị", "Administration")]
    return []
