"""The dossier in which a withdrawn result is made anew.

A settled dossier is never opened again: the states of the national list know no way back from 9 and 10. What
was wrong is put right in a dossier of its own that begins, free and already accepted, with the answers,
papers and draft of the old one, under the version of the procedure by which that one was settled. Whoever
wanted the wrong result by post gets the right one by post, unless he says otherwise meanwhile.
"""

from uuid import UUID

from motcua.catalogue.forms import Answers
from motcua.channels import handover
from motcua.dossiers import queries, reception
from motcua.dossiers.submission import Application, enter
from motcua.errors import Conflict, Invalid
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record

_FREE = "update dossier set fee = 0, money = 'none' where id = $1"
_DRAFT = "update dossier set draft_sealed = $2 where id = $1"
# What nobody compared yet comes after the acceptance: it was handed in while the old one was settled.
_PAPERS = """
insert into component (id, dossier_id, paper_key, name_vi, name_en, provenance, sha256, pages, size,
  evidence, added_at, compared_by, compared_at)
select uuidv7(), $1, paper_key, name_vi, name_en, provenance, sha256, pages, size, evidence, added_at,
  compared_by, compared_at
from component where dossier_id = $2
"""


async def open_correction(platform: Platform, work: Work, dossier: Record) -> UUID:
    """Open it beside the (locked) old one; returns its id. ``Conflict`` when it cannot be accepted."""
    law = await platform.catalogue.of(work.tenant, work.tx)
    application = Application(
        procedure=law.adopted(dossier["adopted_id"]),
        answers=Answers(queries.answers(work, dossier), {}),
        subject_id=dossier["subject_id"],
        submitter_id=dossier["submitter_id"],
        subject_name=dossier["subject_name"],
        received_unit=dossier["received_unit"],
        competent_unit=dossier["competent_unit"],
        channel=dossier["channel"],
    )
    done = await enter(work, law, application)
    await work.tx.execute(_FREE, done.id)
    try:
        await reception.accept(platform, work, done.id, fee_paid=True, signed=True)
    except Invalid as wrong:
        raise Conflict(
            f"Không mở được hồ sơ cấp lại: {wrong.vi}",
            f"The correction dossier cannot be opened: {wrong.en}",
        ) from wrong
    await work.tx.execute(_PAPERS, done.id, dossier["id"])
    await work.tx.execute(_DRAFT, done.id, dossier["draft_sealed"])
    wish = await handover.of(work, dossier["id"])
    await handover.choose(work, done.id, wish, dossier["competent_unit"])
    return done.id
