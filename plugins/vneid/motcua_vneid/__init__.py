"""VNeID as a channel: results reach the application, and the application proves who somebody is.

What is spoken here is what is publicly known of VNeID (July 2026): an OAuth 2.0 code flow from working code of a
vendor, data sharing by transaction from a bank's developer pages. For the push of a document no public interface
was found; the sandbox's is an assumption, and ``mode = "publish"`` puts results into a source that VNeID reads
instead. Access to the real system needs an agreement (Decree 69/2024, article 18). The sandbox below
``/x/vneid/sandbox`` is not VNeID and knows invented people only.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from motcua.api import DemoPerson, Migrations, PluginInfo, Tenant, WalletChannel, Work, hookimpl
from motcua_vneid import models, sandbox, sandbox_app, store
from motcua_vneid.channel import VNeID
from motcua_vneid.client import SANDBOX

PLUGIN = PluginInfo(
    name="vneid",
    version="0.1.0",
    title_vi="Kênh VNeID",
    title_en="VNeID channel",
)
_HERE = Path(__file__).parent


@hookimpl
def register_wallet_channels(tenant: Tenant) -> Sequence[WalletChannel]:
    """Offer the channel to provinces; while it speaks with the sandbox, its name says so."""
    if not tenant.is_province:
        return []
    told = tenant.settings.get("channels", {}).get("settings", {}).get(PLUGIN.name, {})
    if str(told.get("endpoint", SANDBOX)).rstrip("/") != SANDBOX:
        return [VNeID()]
    return [VNeID(title_vi="VNeID (thử nghiệm)", title_en="VNeID (sandbox)")]


@hookimpl
def register_routes() -> Sequence[Any]:
    """Bring the sandbox, and the source of published results."""
    return [*sandbox.ROUTES, *sandbox_app.ROUTES]


@hookimpl
def register_templates() -> Path:
    """Bring the sandbox's pages."""
    return _HERE / "templates"


@hookimpl
def register_migrations() -> Migrations:
    """Bring the tables."""
    return Migrations(models.PREFIX, _HERE / "versions", models.TABLES)


@hookimpl
async def demo_people(work: Work, people: Sequence[DemoPerson]) -> None:
    """Give every synthetic citizen the application."""
    await store.remember(work, people)
