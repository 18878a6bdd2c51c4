"""Submitting a dossier: one statement writes dossier, components, event and what is owed.

This is the hottest command of the platform; where nothing else belongs to the work it is one round trip, counted by
a test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.catalogue.fees import fee
from motcua.catalogue.forms import Answers
from motcua.catalogue.packages import Credential
from motcua.catalogue.procedure import Paper as ProcedurePaper
from motcua.errors import Conflict, Invalid
from motcua.events.work import Work
from motcua.ids import random_code, uuid7
from motcua.worktime import add_working_minutes

REACTION_MINUTES = 8 * 60
#: How a dossier came, by the numbers of the national code list, as processes know it.
CHANNELS = {1: "direct", 2: "online", 3: "post"}

_SUBMIT = """
with p as (
  select * from unnest($29::uuid[], $30::text[], $31::text[], $32::text[], $33::uuid[], $34::jsonb[])
    as p (id, key, vi, en, file_id, evidence)),
f as materialized (
  -- The lock keeps the tidying of old uploads from taking one away at this very moment.
  select id, sha256, pages, size from stored_file
  where id = any($33::uuid[]) and uploaded_by = $10 for key share),
-- Nothing is written when a paper was not uploaded by the submitter.
able as (
  select 1 where not exists (
    select 1 from p where case when file_id is null then evidence is null
      else file_id not in (select id from f) end)),
d as (
  insert into dossier (id, track_code, trace_id, state, channel, adopted_id, procedure_code,
    procedure_version, procedure_name, subject_id, submitter_id, subject_name, helped_at_unit,
    received_unit, competent_unit, answers_sealed, submitted_at, react_by, fee, money, idempotency_key,
    case_key, priority)
  select $1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $22 from able returning id),
e as (
  insert into event (id, trace_id, at, type, subject, unit_id, actor, payload)
  select $23, $3, $16, $24, $1, $13, $25, $26 from able),
o as (
  insert into outbox (id, event_id, subscriber, next_at)
  select o.id, $23, o.subscriber, now() from able, unnest($27::uuid[], $28::text[]) as o (id, subscriber)),
c as (
  insert into component (id, dossier_id, paper_key, name_vi, name_en, provenance, sha256, pages, size,
    evidence, added_at, compared_by, compared_at)
  select p.id, $1, p.key, p.vi, p.en, case when p.evidence is null then 'self-scanned'
      when p.file_id is not null then 'officer-compared' else 'issuer-signed' end,
    f.sha256, f.pages, f.size, p.evidence, $16, (p.evidence->>'compared_by')::uuid,
    (p.evidence->>'compared_at')::timestamptz
  from able, p left join f on f.id = p.file_id)
select id from d
"""
_SAME = """
select id, track_code, fee, procedure_code, competent_unit, answers_sealed from dossier
where submitter_id = $1 and idempotency_key = $2
"""
_ONCE = "uq_dossier_idempotency_key"
# What is shown at the counter and taken home again is never uploaded.
_SHOWN = "present"


def uploadable(paper: ProcedurePaper) -> bool:
    """Return whether a scan of this paper can be handed in, and so be asked for."""
    return paper.kind != _SHOWN


@dataclass(frozen=True)
class Paper:
    """A paper that is handed in: an uploaded file, or the evidence of a credential that replaces it.

    A file with evidence (``compared_at``, ``compared_by``, ``dossier``) was compared by an officer in an earlier
    dossier of the submitter.
    """

    key: str
    file_id: UUID | None = None
    evidence: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Application:
    """What somebody submits. ``channel``: 1 direct, 2 online, 3 post.

    ``key`` is the submitter's own name for this submission (``Idempotency-Key``): there is one dossier for it.
    """

    procedure: Adopted
    answers: Answers
    subject_id: UUID
    submitter_id: UUID
    subject_name: str
    received_unit: UUID
    competent_unit: UUID
    channel: int
    papers: Sequence[Paper] = field(default_factory=tuple)
    credentials: tuple[Credential, ...] = ()
    helped_at_unit: UUID | None = None
    key: str | None = None


class AlreadySubmittedError(Exception):
    """There is a dossier with this key already; ``submitted_before`` finds it."""


@dataclass(frozen=True)
class Submitted:
    """What the submitter gets: the id, and a random code to follow the dossier with."""

    id: UUID
    track_code: str
    fee: int


async def submit(work: Work, law: TenantLaw, application: Application) -> Submitted:
    """Submit a dossier (state 1); the reaction clock of eight working hours starts.

    ``Invalid`` names each paper that is missing or was not uploaded by the submitter;
    ``AlreadySubmittedError`` when there is a dossier with its ``key``, and then the work is lost.
    """
    _check_papers(application)
    return await enter(work, law, application)


async def enter(work: Work, law: TenantLaw, application: Application) -> Submitted:
    """Write a submission whose papers are known to be complete; raises as ``submit`` does otherwise."""
    values = application.answers.values
    package = application.procedure.package
    amount = fee(package, values, channel=CHANNELS[application.channel]).amount
    done = Submitted(uuid7(), random_code(12), amount)
    written = [
        *_dossier(work, law, application, done),
        package.case_for(values).id,
        package.priority(values),
        *_event(work, application, done.id),
        *_paper_arrays(application),
    ]
    try:
        stored = await work.alone(_SUBMIT, *written)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != _ONCE:
            raise
        raise AlreadySubmittedError from error
    if stored is None:
        raise Invalid(
            "Có giấy tờ chưa được tải lên. Hãy tải lại giấy tờ rồi nộp lại.",
            "A paper was not uploaded. Upload it again, then submit.",
        )
    return done


def _dossier(
    work: Work, law: TenantLaw, application: Application, done: Submitted
) -> tuple[object, ...]:
    """Return ``$1`` to ``$20`` of the statement."""
    procedure = application.procedure
    return (
        done.id,
        done.track_code,
        work.trace_id,
        application.channel,
        procedure.id,
        procedure.code,
        procedure.package.version,
        procedure.package.procedure.name_vi,
        application.subject_id,
        application.submitter_id,
        application.subject_name,
        application.helped_at_unit,
        application.received_unit,
        application.competent_unit,
        work.vault.seal(msgspec.json.encode(application.answers.values).decode()),
        work.now,
        add_working_minutes(law.calendar, work.now, REACTION_MINUTES),
        done.fee,
        "pending" if done.fee else "none",
        application.key,
    )


def _event(work: Work, application: Application, dossier: UUID) -> tuple[object, ...]:
    """Return ``$23`` to ``$28``: the event, and to whom it is owed."""
    event, owed = work.own(
        "dossier.submitted",
        dossier,
        {"procedure": application.procedure.code, "channel": application.channel},
        unit=application.received_unit,
    )
    ids = [uuid7() for _ in owed]
    return event.id, event.type, event.actor, event.payload, ids, owed


async def submitted_before(work: Work, application: Application) -> Submitted:
    """Return what was submitted under the application's ``key``.

    ``Conflict`` when that was another application: a key is not used twice.
    """
    row = await work.tx.fetchrow(_SAME, application.submitter_id, application.key)
    if row is None:
        raise LookupError("there is no dossier with this key")
    before = msgspec.json.decode(work.vault.open(row["answers_sealed"]))
    same = msgspec.json.decode(msgspec.json.encode(application.answers.values)) == before
    place = (row["procedure_code"], row["competent_unit"])
    if not same or place != (application.procedure.code, application.competent_unit):
        raise Conflict(
            "Khóa này đã được dùng cho một hồ sơ khác. Hãy dùng khóa mới cho mỗi hồ sơ.",
            "This Idempotency-Key was used for another dossier. Use a new one for each.",
        )
    return Submitted(row["id"], row["track_code"], row["fee"])


def _paper_arrays(application: Application) -> tuple[list[Any], ...]:
    named = {p.key: p for p in application.procedure.package.procedure.papers}
    papers = application.papers
    return (
        [uuid7() for _ in papers],
        [p.key for p in papers],
        [named[p.key].name_vi for p in papers],
        [named[p.key].name_en for p in papers],
        [p.file_id for p in papers],
        [p.evidence for p in papers],
    )


def _check_papers(application: Application) -> None:
    package, values = application.procedure.package, application.answers.values
    known = {p.key for p in package.procedure.papers}
    given = {p.key for p in application.papers}
    strange = (
        "Giấy tờ này không có trong thành phần hồ sơ.",
        "The dossier has no such paper.",
    )
    wrong = dict.fromkeys(given - known, strange)
    for paper in package.papers_left(values, application.credentials):
        # Originals and identity papers come with the person to the counter.
        if paper.required and paper.kind in {"copy", "form"} and paper.key not in given:
            wrong[paper.key] = (f"Thiếu giấy tờ: {paper.name_vi}.", f"Missing: {paper.name_en}.")
    if wrong:
        raise Invalid("Thành phần hồ sơ chưa đủ.", "Some papers are missing.", fields=wrong)
