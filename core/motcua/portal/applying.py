"""What would be submitted if a draft were submitted now: the same for signing it and for submitting it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.fees import fee
from motcua.catalogue.fields import Units, Value
from motcua.dossiers import cosigning, offices
from motcua.dossiers.cosigning import Cosigner
from motcua.dossiers.drafts import Draft
from motcua.dossiers.offices import Office
from motcua.dossiers.subjects import subject_of
from motcua.dossiers.submission import CHANNELS, Application
from motcua.dossiers.submission import Paper as HandedIn
from motcua.errors import Invalid
from motcua.events.work import Work
from motcua.people import citizens
from motcua.portal.attaching import attached
from motcua.portal.sheets import Sheet
from motcua.portal.slots import credentials
from motcua.portal.visit import Visit
from motcua.wallet import signing
from motcua.wallet.signing import Evidence, Form

ONLINE = 2
DECLARED = "declared"
SIGNATURE_COUNTS = timedelta(hours=24)
"""How long a signature may wait for the submission: the paper can be withdrawn at any time after."""
_HASHES = "select id, sha256 from stored_file where id = any($1)"


@dataclass(frozen=True)
class Ready:
    """An application that could be submitted, and the form that would be signed with it."""

    application: Application
    form: Form


async def ready(
    work: Work,
    visit: Visit,
    procedure: Adopted,
    draft: Draft,
    known: Mapping[str, Office],
    posted: Mapping[str, str],
    units: Units | None,
) -> Ready:
    """Return what would be submitted with these declarations; ``Invalid`` says what is missing or wrong."""
    package = procedure.package
    sheet = Sheet(package.form, draft.content, visit.lang, units)
    # The identity is read again: what it says now counts, not what it said when the draft was begun.
    person = await citizens.read(work, visit.session.subject)
    answers = sheet.clean(_declared(sheet, posted), person.prefill())
    office = offices.chosen(known, package, answers.values, draft.content.unit)
    cosigners = await cosigning.standing(work, draft, package.form, answers.values)
    _need_confirmed(cosigners)
    cosigning.note(answers.values, cosigners)
    subject = await subject_of(work, package.form, answers.values, visit.session.subject, person)
    application = Application(
        procedure=procedure,
        answers=answers,
        subject_id=subject.id,
        submitter_id=visit.session.subject,
        subject_name=subject.name,
        received_unit=office.id,
        competent_unit=office.id,
        channel=ONLINE,
        papers=_handed_in(procedure, draft, answers.values),
        credentials=credentials(draft),
    )
    return Ready(application, await _form(work, application, office))


async def _form(work: Work, application: Application, office: Office) -> Form:
    package, values = application.procedure.package, application.answers.values
    files = [paper.file_id for paper in application.papers if paper.file_id]
    hashes = {row["id"]: row["sha256"] for row in await work.tx.fetch(_HASHES, files)}
    papers: dict[str, list[str]] = {}
    for paper in application.papers:
        mark = hashes.get(paper.file_id) if paper.file_id else (paper.evidence or {}).get("digest")
        papers.setdefault(paper.key, []).append(str(mark))
    return Form(
        procedure=application.procedure.code,
        version=package.version,
        unit=office.code,
        fee=fee(package, values, channel=CHANNELS[ONLINE]).amount,
        answers=msgspec.json.decode(msgspec.json.encode(values)),
        papers=papers,
    )


def signature(work: Work, draft: Draft, form: Form) -> tuple[Evidence | None, bool]:
    """Return the draft's signature, and whether it is one of this very form and fresh enough to count."""
    if draft.content.signature is None:
        return None, False
    found = msgspec.convert(draft.content.signature, Evidence)
    fresh = found.signed_at > work.now - SIGNATURE_COUNTS
    return found, fresh and found.form_sha256 == signing.sha256(form.text)


def all_declared(sheet: Sheet) -> dict[str, str]:
    """Return every declaration as made: to see what would be submitted before it is declared."""
    return {**dict.fromkeys((f.key for f in sheet.declarations()), "1"), DECLARED: "1"}


def _need_confirmed(cosigners: Sequence[Cosigner]) -> None:
    """Refuse to submit before everybody who signs has confirmed exactly this content."""
    if any(c.state != "confirmed" for c in cosigners):
        said = (
            "Còn người cùng ký chưa xác nhận nội dung hồ sơ.",
            "A co-signer has not confirmed the content yet.",
        )
        raise Invalid(*said, fields={"": said})


def _declared(sheet: Sheet, posted: Mapping[str, str]) -> dict[str, str]:
    """Return what was declared; a form without a declaration of its own asks for a general one."""
    fields = sheet.declarations()
    if not fields and posted.get(DECLARED) != "1":
        confirm = "Cần xác nhận mục này để tiếp tục", "Confirm this to continue"
        raise Invalid(fields={DECLARED: confirm[sheet.lang == "en"]})
    return {f.key: posted.get(f.key, "") for f in fields}


def _handed_in(procedure: Adopted, draft: Draft, values: Mapping[str, Value]) -> list[HandedIn]:
    """Return a component for each upload, and for each paper that a credential stands for."""
    package, content = procedure.package, draft.content
    left = {p.key for p in package.papers_left(values, credentials(draft))}
    pairs = attached(draft, package.form.attached(values))
    found = [HandedIn(slot, file_id) for slot, file_id in dict.fromkeys(pairs)]
    for paper in package.papers_for(values):
        if paper.key in left:
            found += [HandedIn(paper.key, u.id) for u in content.papers.get(paper.key, [])]
            continue
        shown: Any = next(
            s
            for s in (content.shown.get(paper.key), *content.shown.values())
            if s and paper.replaced(s.vct_type, s.claims, values)
        )
        found.append(HandedIn(paper.key, evidence=shown.evidence))
    return found
