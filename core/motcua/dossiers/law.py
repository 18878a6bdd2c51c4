"""The law that a running dossier follows: the version and the overlay under which it was submitted."""

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record


async def law_of(platform: Platform, work: Work, dossier: Record) -> tuple[TenantLaw, Adopted]:
    """Return what the tenant applies now, and the procedure as this dossier was submitted under it.

    From acceptance on it is the procedure of the dossier's case; before, answers may still change the case.
    ``NotFound`` when the plugin that brought the procedure is no longer enabled.
    """
    law = await platform.catalogue.of(work.tenant, work.tx)
    try:
        return law, _followed(law, dossier)
    except NotFound:
        # Another process may have taken the dossier under a law that this one has not read yet.
        platform.catalogue.forget(work.tenant)
    law = await platform.catalogue.of(work.tenant, work.tx)
    return law, _followed(law, dossier)


def names(law: TenantLaw) -> dict[str, tuple[str, str]]:
    """Return (Vietnamese, English) name of each procedure the tenant applies or applied, by code."""
    known = [*law.procedures, *law.offered()]  # what is in force now has the last word
    return {p.code: (p.package.procedure.name_vi, p.package.procedure.name_en) for p in known}


def _followed(law: TenantLaw, dossier: Record) -> Adopted:
    adopted = law.adopted(dossier["adopted_id"])
    if dossier["accepted_at"] is None:
        return adopted
    return adopted.of_case(dossier["case_key"], dossier["limit_value"])
