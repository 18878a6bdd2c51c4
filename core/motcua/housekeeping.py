"""What grows for no reason is cleared away: ended sessions, forgotten drafts. Once an hour, tenant by tenant."""

import asyncio

import structlog

from motcua.errors import Unavailable
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant

EVERY_SECONDS = 3600
_log = structlog.get_logger(__name__)

# A draft is kept a quarter; a dossier, an event, a result is never cleared away.
STATEMENTS = {
    "sessions": "delete from web_session where expires_at < now() - interval '1 day'",
    "drafts": "delete from draft where updated_at < now() - interval '90 days'",
    "offers": """
delete from credential_token where expires_at < now() - interval '2 days'
""",
}


async def tidy(platform: Platform, tenant: Tenant) -> dict[str, int]:
    """Clear one tenant's leftovers away; returns how many rows of each kind."""
    async with platform.db.tenant(tenant) as tx:
        return {
            name: int((await tx.execute(statement)).rsplit(" ", 1)[1])
            for name, statement in STATEMENTS.items()
        }


async def tidy_forever(platform: Platform) -> None:
    """Tidy all tenants every hour; one tenant's failure does not stop the others."""
    while True:
        for tenant in await _tenants(platform):
            try:
                cleared = await tidy(platform, tenant)
            except Exception as error:  # noqa: BLE001 -- tidying waits for better times
                _log.warning("tidy_failed", tenant=tenant.slug, error=type(error).__name__)
                continue
            if any(cleared.values()):
                _log.info("tidied", tenant=tenant.slug, **cleared)
        await asyncio.sleep(EVERY_SECONDS)


async def _tenants(platform: Platform) -> list[Tenant]:
    try:
        await platform.directory.refresh()
    except Unavailable:
        return []
    return list(platform.directory.all())
