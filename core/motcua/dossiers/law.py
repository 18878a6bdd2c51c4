"""The law that a running dossier follows: the version and the overlay under which it was submitted."""

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record


async def law_of(platform: Platform, work: Work, dossier: Record) -> tuple[TenantLaw, Adopted]:
    """Return what the tenant applies now, and the procedure as this dossier was submitted under it.

    ``NotFound`` when the plugin that brought the procedure is no longer enabled.
    """
    law = await platform.catalogue.of(work.tenant, work.tx)
    try:
        return law, law.adopted(dossier["adopted_id"])
    except NotFound:
        # Another process may have taken the dossier under a law that this one has not read yet.
        platform.catalogue.forget(work.tenant)
    law = await platform.catalogue.of(work.tenant, work.tx)
    return law, law.adopted(dossier["adopted_id"])
