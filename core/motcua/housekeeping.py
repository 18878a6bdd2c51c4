"""What grows for no reason is cleared away: ended sessions, forgotten drafts. Once an hour, tenant by tenant."""

import asyncio

import asyncpg
import structlog

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
        await platform.directory.refresh()
        for tenant in platform.directory.all():
            try:
                cleared = await tidy(platform, tenant)
            except (asyncpg.PostgresError, OSError) as error:
                _log.warning("tidy_failed", tenant=tenant.slug, error=type(error).__name__)
                continue
            if any(cleared.values()):
                _log.info("tidied", tenant=tenant.slug, **cleared)
        await asyncio.sleep(EVERY_SECONDS)
