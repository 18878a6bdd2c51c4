"""What grows for no reason is cleared away: ended sessions, forgotten drafts and uploads, what was proven,
and contents on disk that nothing names; and the halls get their slots for the days ahead.

Once an hour, tenant by tenant.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from motcua.errors import Unavailable
from motcua.files import erasing
from motcua.keys import upkeep as keys
from motcua.platform import Platform
from motcua.queues import upkeep
from motcua.tenancy.tenant import Tenant
from motcua.wallet import upkeep as wallet

EVERY_SECONDS = 3600
_A_DAY = timedelta(days=1)
_log = structlog.get_logger(__name__)

# A draft is kept a quarter; a dossier, an event, a result is never cleared away.
STATEMENTS = {
    "sessions": "delete from web_session where expires_at < now() - interval '1 day'",
    "drafts": "delete from draft where updated_at < now() - interval '90 days'",
    "offers": """
delete from credential_token where expires_at < now() - interval '2 days'
""",
    **wallet.STATEMENTS,
    "share visits": "delete from share_visit where expires_at < now() - interval '1 day'",
    "claims": """
update presentation set claims_sealed = null where claims_sealed is not null
  and (status = 'used' or expires_at < now() - interval '1 day'
    -- What was shown at a counter or a station is taken within minutes, or by nobody.
    or (place_id is not null and expires_at < now() - interval '10 minutes'))
""",
}
# Uploads that went into no dossier. Drafts are sealed: while a person has one, it could hold the upload.
_FILES = """
delete from stored_file s where s.at < now() - interval '90 days'
  and not exists (select 1 from component c where c.sha256 = s.sha256)
  and not exists (select 1 from draft d where d.person_id = s.uploaded_by)
returning s.sha256
"""


async def tidy(platform: Platform, tenant: Tenant) -> dict[str, int]:
    """Clear one tenant's leftovers away; returns how many rows of each kind."""
    async with platform.db.tenant(tenant) as tx:
        cleared = {
            name: int((await tx.execute(statement)).rsplit(" ", 1)[1])
            for name, statement in STATEMENTS.items()
        }
        gone = await tx.fetch(_FILES)
    files = platform.files.for_tenant(tenant.id, tenant.slug)
    await erasing.erase(platform.db, tenant, files, {row["sha256"] for row in gone})
    now = datetime.now(UTC)
    swept = await erasing.sweep(platform.db, tenant, files, now - _A_DAY, _shards(now))
    if tenant.is_province:
        await upkeep.keep(platform, tenant)
        await keys.keep(platform, tenant)
    return {**cleared, "files": len(gone), "contents": swept}


def _shards(now: datetime) -> range:
    """Return the part of the store for this hour; in a day all of it comes round."""
    return range(now.hour, 256, 24)


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
