"""Signing an application with the identity paper in one's wallet, at the end of the form."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar.response import Redirect

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.fields import Units
from motcua.dossiers import drafts, offices
from motcua.dossiers.drafts import Draft
from motcua.errors import Invalid
from motcua.events.work import Work
from motcua.portal import applying
from motcua.portal.applying import Ready
from motcua.portal.sheets import Sheet
from motcua.portal.visit import Visit
from motcua.wallet import signing, vocabulary


async def begin(visit: Visit, draft_id: UUID, posted: Mapping[str, str]) -> Redirect:
    """Open the wallet with what would be submitted; ``Invalid`` when something is missing."""
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    procedure, known, units = await _around(visit, draft)
    async with visit.work() as work:
        ready = await applying.ready(work, visit, procedure, draft, known, posted, units)
        link = await signing.start(
            visit.platform,
            work,
            ready.form,
            subject_id=visit.session.subject,
            draft_id=draft_id,
            back=f"/drafts/{draft_id}/signed",
            about=_about(visit, procedure),
        )
    return Redirect(link, status_code=303)


def _about(visit: Visit, procedure: Adopted) -> str:
    """Say what is signed in words: what the wallet shows besides is a code and a hash."""
    about = procedure.package.procedure
    return f"Apply for: {about.name_en}" if visit.lang == "en" else f"Nộp hồ sơ: {about.name_vi}"


async def collect(visit: Visit, draft_id: UUID, asked_id: UUID, code: str) -> None:
    """Keep with the draft what the wallet signed, when it is exactly what stands in the draft now."""
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    procedure, known, units = await _around(visit, draft)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
        sheet = Sheet(procedure.package.form, draft.content, visit.lang, units)
        declared = applying.all_declared(sheet)
        ready = await applying.ready(work, visit, procedure, draft, known, declared, units)
        evidence = await signing.collect(
            visit.platform,
            work,
            ready.form,
            asked_id=asked_id,
            code=code,
            subject_id=visit.session.subject,
            draft_id=draft_id,
        )
        draft.content.signature = msgspec.to_builtins(evidence)
        await drafts.save(work, draft)


async def standing(visit: Visit, draft: Draft) -> dict[str, Any]:
    """Return how the signature of a draft stands, for a page: ``possible``, ``papers`` that sign, ``evidence``, ``holds``."""
    evidence, holds = await _signature(visit, draft)
    return {
        "possible": await signing.possible(visit.platform, visit.tenant),
        "papers": [
            one.name_en if visit.lang == "en" else one.name_vi
            for one in vocabulary.identity_papers(visit.tenant)
        ],
        "evidence": evidence,
        "holds": holds,
    }


async def _signature(visit: Visit, draft: Draft) -> tuple[signing.Evidence | None, bool]:
    """Return the signature of a draft, and whether it counts for what stands in the draft now."""
    if draft.content.signature is None:
        return None, False
    procedure, known, units = await _around(visit, draft)
    sheet = Sheet(procedure.package.form, draft.content, visit.lang, units)
    async with visit.work() as work:
        ready = await _ready_or_none(visit, work, procedure, draft, known, sheet)
        if ready is None:
            return msgspec.convert(draft.content.signature, signing.Evidence), False
        return applying.signature(work, draft, ready.form)


async def _ready_or_none(
    visit: Visit,
    work: Work,
    procedure: Adopted,
    draft: Draft,
    known: Mapping[str, offices.Office],
    sheet: Sheet,
) -> Ready | None:
    """Return what would be submitted; None while something is missing: then nothing is signed either."""
    declared = applying.all_declared(sheet)
    try:
        return await applying.ready(work, visit, procedure, draft, known, declared, sheet.units)
    except Invalid:
        return None


async def _around(
    visit: Visit, draft: Draft
) -> tuple[Adopted, Mapping[str, offices.Office], Units | None]:
    procedure = (await visit.law()).current(draft.procedure_code)
    known = await offices.of(visit.platform, visit.tenant)
    return procedure, known, await visit.units(procedure.package.form)
