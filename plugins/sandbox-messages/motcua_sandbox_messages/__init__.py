"""A telephone for demos and tests: text messages are kept here and shown to everybody, and reach nobody.

Enable it for no tenant with real people.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from motcua.api import Migrations, NoticeChannel, PluginInfo, Tenant, hookimpl
from motcua_sandbox_messages import kept, models, pages

PLUGIN = PluginInfo(
    name="sandbox-messages",
    version="0.1.0",
    title_vi="Tin nhắn thử nghiệm",
    title_en="Sandbox messages",
)
_HERE = Path(__file__).parent


@hookimpl
def register_notice_channels(tenant: Tenant) -> Sequence[NoticeChannel]:
    """Take every message of a province; the national office writes to nobody."""
    channel = NoticeChannel("sandbox", "Tin nhắn (thử nghiệm)", "Text message (sandbox)", kept.keep)
    return [channel] if tenant.is_province else []


@hookimpl
def register_routes() -> Sequence[Any]:
    """Bring the telephone's screen."""
    return pages.ROUTES


@hookimpl
def register_templates() -> Path:
    """Bring its template."""
    return _HERE / "templates"


@hookimpl
def register_migrations() -> Migrations:
    """Bring the table."""
    return Migrations(models.PREFIX, _HERE / "versions", [models.message])


@hookimpl
def register_links(tenant: Tenant, audience: str) -> Sequence[tuple[str, str, str]]:
    """Lead people of a demo to their messages."""
    if audience != "citizen" or not tenant.is_province:
        return []
    return [("/x/sandbox-messages", "Tin nhắn (thử)", "Messages (sandbox)")]
