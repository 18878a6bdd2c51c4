"""What the housekeeping does about keys: the next ones in time, and revocations that were interrupted."""

import structlog

from motcua.errors import Unavailable
from motcua.events.log import SYSTEM
from motcua.keys import revoking, rotation
from motcua.keys.store import KeyRow
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant

_log = structlog.get_logger(__name__)


async def keep(platform: Platform, tenant: Tenant) -> list[KeyRow]:
    """Publish successors in time and withdraw what a revoked key signed; returns the keys that were made.

    Where no key can be made (the device is away, the authority ended) the log says so, and `motcua doctor`.
    """
    made: list[KeyRow] = []
    try:
        async with platform.works.begin(tenant, SYSTEM) as work:
            made = await rotation.keep(work, platform.settings.public_url_of(tenant.slug))
    except (Unavailable, ValueError) as error:
        _log.warning("keys_not_rotated", tenant=tenant.slug, error=getattr(error, "en", str(error)))
    for key in made:
        _log.info("key_made", tenant=tenant.slug, kid=key.kid, purpose=key.purpose)
    touched = await revoking.finish(platform, tenant)
    if touched:
        _log.warning("revocation_finished", tenant=tenant.slug, results=touched)
    return made
