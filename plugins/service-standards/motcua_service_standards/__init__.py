"""Published targets per service, measured in public."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from motcua.api import PluginInfo, Tenant, hookimpl

PLUGIN = PluginInfo(
    name="service-standards",
    version="0.1.0",
    title_vi="Cam kết dịch vụ",
    title_en="Service standards",
)


@hookimpl
def register_routes() -> Sequence[Any]:
    """Bring the public page."""
    from motcua_service_standards.pages import ROUTES

    return ROUTES


@hookimpl
def register_templates() -> Path:
    """Bring its template."""
    return Path(__file__).parent / "templates"


@hookimpl
def register_links(tenant: Tenant, audience: str) -> Sequence[tuple[str, str, str]]:
    """Show the promise to everybody who comes as a citizen."""
    if tenant.is_province and audience == "citizen":
        return [("/x/service-standards", "Cam kết dịch vụ", "Our standards")]
    return []
