"""What the citizen hands in for a supplement: papers and answers, exactly what was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.fees import fee
from motcua.catalogue.fields import Units
from motcua.catalogue.forms import InvalidAnswers
from motcua.dossiers import clock, clock_changes, queries, supplements, way
from motcua.dossiers.changes import change, lock
from motcua.dossiers.law import law_of
from motcua.dossiers.submission import CHANNELS, Paper
from motcua.dossiers.supplements import Answered, Mending
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.process import Message
from motcua.tenancy.db import Record

_OPEN_REQUEST = """
select id, stage, items from supplement where dossier_id = $1 and answered_at is null
order by requested_at limit 1
"""
_ANSWERED = """
update supplement set answered_at = $2, changes_sealed = $3, typed_sealed = null where id = $1
"""
_ANSWERS = "update dossier set answers_sealed = $2, fee = $3, money = $4 where id = $1"
# A mended answer is the person's own word: the paper from his wallet said something else.
_UNSIGNED = "delete from answer_source where dossier_id = $1 and field = any($2)"
_HELD = "select distinct paper_key from component where dossier_id = $1"
_ADD = """
insert into component (id, dossier_id, paper_key, name_vi, name_en, provenance, sha256, pages, size,
  added_at)
select $1, $2, $3, $4, $5, 'self-scanned', f.sha256, f.pages, f.size, $6
from (select * from stored_file where id = $7 and uploaded_by = $8 for key share) f
returning id
"""


@dataclass(frozen=True)
class Handed:
    """What the citizen hands in for a supplement: papers, and answers by question as they were typed."""

    papers: Sequence[Paper] = ()
    answers: Mapping[str, object] = field(default_factory=dict)


async def answer_supplement(
    platform: Platform,
    work: Work,
    dossier_id: UUID,
    person_id: UUID,
    handed: Handed,
    communes: Units | None = None,
) -> None:
    """Take what the citizen was asked for; the clock goes on.

    ``NotFound`` for anybody but submitter and subject; ``Conflict`` when nothing is asked for (any more);
    ``Invalid`` names each paper that is missing or was not asked for and, under ``answers.<key>``, each
    answer that is not right. ``communes`` are those an address may be in.
    """
    dossier = await lock(work, dossier_id)
    if person_id not in (dossier["submitter_id"], dossier["subject_id"]):
        raise NotFound()
    request = await work.tx.fetchrow(_OPEN_REQUEST, dossier_id)
    if request is None:
        raise Conflict(
            "Hồ sơ này không có yêu cầu bổ sung nào đang chờ.",
            "Nothing is asked for on this dossier.",
        )
    _, procedure = await law_of(platform, work, dossier)
    done = await _check_handed(work, procedure, dossier, request, handed, communes)
    await _add_papers(work, procedure, dossier, handed.papers, person_id)
    await _seal_answers(work, procedure, dossier, request, done)
    if request["stage"] == "reception":
        await change(platform, work, dossier, "dossier.reception_supplement_answered")
        await clock_changes.restart_reaction(work, dossier)
        return
    await change(platform, work, dossier, "dossier.supplement_answered")
    await clock.resume(work, dossier, procedure.package)
    # The gateways that come decide on the answers as they are now.
    package = procedure.package
    answers = package.named_answers(package.cases[0].id, done.values)
    await way.go(platform, work, dossier_id, Message(way.SUPPLEMENT_MESSAGE, answers))


async def _check_handed(
    work: Work,
    procedure: Adopted,
    dossier: Record,
    request: Record,
    handed: Handed,
    units: Units | None,
) -> Answered:
    """Return the dossier's answers with the new ones; ``Invalid`` says at once all that is wrong."""
    package, before = procedure.package, queries.answers(work, dossier)
    items = supplements.items_of(request["items"])
    mending = Mending(package.form, before, supplements.keys(items, "field"), units)
    wrong: dict[str, str | tuple[str, str]] = {}
    done = Answered(before, ())
    try:
        done = mending.answered(handed.answers)
    except InvalidAnswers as refused:
        wrong |= supplements.spoken(refused)
    held = {r["paper_key"] for r in await work.tx.fetch(_HELD, dossier["id"])}
    more = supplements.papers_brought_up(package, before, done.values, held)
    asked = [*supplements.keys(items, "paper"), *(p.key for p in more)]
    wrong |= _wrong_papers(procedure, asked, handed.papers)
    if wrong:
        raise Invalid(
            "Chưa đủ những gì được yêu cầu; hãy xem các mục được đánh dấu.",
            "Something that was asked for is missing or not right; see the marked places.",
            fields=wrong,
        )
    return done


def _wrong_papers(
    procedure: Adopted, asked: Sequence[str], papers: Sequence[Paper]
) -> dict[str, tuple[str, str]]:
    named = {p.key: p for p in procedure.package.procedure.papers}
    given = {p.key for p in papers if p.file_id}
    wrong = {
        k: (f"Thiếu giấy tờ: {named[k].name_vi}.", f"Missing: {named[k].name_en}.")
        for k in asked
        if k not in given
    }
    strange = (
        "Giấy tờ này không nằm trong yêu cầu bổ sung.",
        "This paper was not asked for.",
    )
    return wrong | {p.key: strange for p in papers if p.key not in asked}


async def _add_papers(
    work: Work, procedure: Adopted, dossier: Record, papers: Sequence[Paper], person_id: UUID
) -> None:
    named = {p.key: p for p in procedure.package.procedure.papers}
    for paper in papers:
        name = named[paper.key]
        row = await work.tx.fetchval(
            _ADD,
            uuid7(),
            dossier["id"],
            paper.key,
            name.name_vi,
            name.name_en,
            work.now,
            paper.file_id,
            person_id,
        )
        if row is None:
            said = (
                "Tệp chưa được tải lên. Hãy tải lại.",
                "The file was not uploaded. Upload it again.",
            )
            raise Invalid(fields={paper.key: said})
        work.emit("component.added", dossier["id"], {"paper": paper.key})


async def _seal_answers(
    work: Work, procedure: Adopted, dossier: Record, request: Record, done: Answered
) -> None:
    """Close the request and keep the new answers; the log learns which questions changed and no answer.

    Before acceptance the fee follows the answers; afterwards what was paid stands.
    """
    changed = supplements.sealed_changes(work.vault, done.changes)
    await work.tx.execute(_ANSWERED, request["id"], work.now, changed)
    if not done.changes:
        return
    amount, money = dossier["fee"], dossier["money"]
    if request["stage"] == "reception":
        came = CHANNELS[dossier["channel"]]
        amount = fee(procedure.package, done.values, channel=came).amount
        money = "pending" if amount else "none"
    sealed = work.vault.seal(msgspec.json.encode(done.values).decode())
    await work.tx.execute(_ANSWERS, dossier["id"], sealed, amount, money)
    mended = sorted(c.key for c in done.changes)
    await work.tx.execute(_UNSIGNED, dossier["id"], mended)
    work.emit(
        "dossier.answers_changed",
        dossier["id"],
        {"fields": mended},
        unit=dossier["competent_unit"],
    )
