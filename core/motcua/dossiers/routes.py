"""The JSON API of dossiers: what a program can do for a citizen who gave it a session.

Everything lies under ``/api/`` and takes a bearer token only. Errors are problem details (RFC 9457) with one
entry in ``errors`` for each field. Submitting costs one round trip to the database; session, law, units and the
identity that forms are checked against are kept in memory.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.catalogue.fields import Units
from motcua.catalogue.forms import Answers, InvalidAnswers
from motcua.dossiers import offices, queries
from motcua.dossiers.answering import Handed, answer_supplement
from motcua.dossiers.states import TITLES
from motcua.dossiers.subjects import subject_of
from motcua.dossiers.submission import (
    AlreadySubmittedError,
    Application,
    Paper,
    submit,
    submitted_before,
)
from motcua.errors import Invalid, NotFound, TooLarge
from motcua.events.work import Work
from motcua.files.intake import keeping, note, prepare
from motcua.files.scan import scanner_of
from motcua.people import citizens
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.web.answers import Json
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import Session, need

UPLOAD_BODY = 50_000_000
ONLINE = 2
_IDENTITY_SECONDS = 300.0
_NIL = UUID(int=0)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
_FOUND = dict[str, Any]
_Key = Annotated[str | None, HeaderParameter(name="Idempotency-Key", min_length=1, max_length=80)]


class HandedIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A paper of a submission: its key in the procedure, and the id that ``POST /api/files`` gave."""

    key: str
    file: UUID


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dossier to submit; ``unit`` is the code of the unit that decides and receives."""

    procedure: str
    unit: str
    answers: dict[str, Any]
    papers: list[HandedIn] = msgspec.field(default_factory=list)


class Supplement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The papers and, by the key of the question, the answers that were asked for."""

    papers: list[HandedIn] = msgspec.field(default_factory=list)
    answers: dict[str, Any] = msgspec.field(default_factory=dict)


class Receipt(msgspec.Struct, frozen=True):
    """What the submitter gets; ``fee`` in đồng."""

    id: UUID
    track_code: str
    fee: int


class Stored(msgspec.Struct, frozen=True):
    """An uploaded file: its id, pages, bytes and the SHA-256 of the PDF that was made of it."""

    id: UUID
    pages: int
    size: int
    sha256: str


@get("/api/procedures", opt={"open": True})
async def find_procedures(request: AnyRequest, q: FromQuery[str] = "") -> list[_FOUND]:
    """List the procedures offered here, or the best matches for ``q`` (diacritics optional)."""
    platform: Platform = request.app.state.platform
    law = await platform.catalogue.of(province_of(request))
    if not q.strip():
        return [_listed(p) for p in law.offered()]
    return [_listed(law.current(hit.entry.code)) for hit in law.index.search(q)]


@get("/api/procedures/{code:str}", opt={"open": True})
async def read_procedure(request: AnyRequest, code: FromPath[str]) -> _FOUND:
    """Describe a procedure; ``answers`` is the JSON Schema of what ``POST /api/dossiers`` takes."""
    platform: Platform = request.app.state.platform
    law = await platform.catalogue.of(province_of(request))
    procedure = law.current(code)
    about = procedure.package.procedure
    return {
        **_listed(procedure),
        "level": list(about.level),
        "sample": list(about.sample),
        "papers": [
            {
                "key": p.key,
                "name_vi": p.name_vi,
                "name_en": p.name_en,
                "kind": p.kind,
                "required": p.required,
                "when": p.when,
                "replaced_by": [r.vct_type for r in p.replaced_by],
            }
            for p in about.papers
        ],
        "answers": procedure.package.form.json_schema(about.name_vi, here(request).lang),
    }


def _listed(procedure: Adopted) -> _FOUND:
    about = procedure.package.procedure
    return {
        "code": about.code,
        "version": about.version,
        "name_vi": about.name_vi,
        "name_en": about.name_en,
        "field": about.field_vi,
        "time_limit": about.time_limit.text_vi,
        "fee": about.fee.text_vi,
        "verified": about.verified,
    }


@post("/api/files", request_max_body_size=UPLOAD_BODY)
async def upload(request: AnyRequest) -> Stored:
    """Store one paper: ``multipart/form-data`` with one or more parts ``file``, in order of the pages."""
    tenant, session = province_of(request), need(here(request).session, "citizen")
    platform: Platform = request.app.state.platform
    parts = [p for p in (await request.form()).getall("file", []) if isinstance(p, UploadFile)]
    contents = [await part.read() for part in parts]
    if any(len(content) > platform.settings.max_upload for content in contents):
        raise TooLarge()
    files = platform.files.for_tenant(tenant.id, tenant.slug)
    prepared = await prepare(files, contents, scanner_of(platform.settings.clamd))
    async with (
        keeping(platform.db, tenant, files, [prepared]),
        platform.works.begin(tenant, session.actor) as work,
    ):
        taken = await note(work, prepared, session.subject)
    return Stored(taken.id, taken.pages, taken.size, taken.sha256)


@post("/api/dossiers")
async def submit_dossier(
    request: AnyRequest, data: JSONBody[Submission], idempotency_key: _Key = None
) -> Response[Receipt]:
    """Submit a dossier of the citizen whose session this is.

    With the header ``Idempotency-Key`` the request can be sent again when no answer came: the first makes the
    dossier (201), the others get the same receipt (200).
    """
    tenant, session = province_of(request), need(here(request).session, "citizen")
    platform: Platform = request.app.state.platform
    law = await platform.catalogue.of(tenant)
    procedure = _procedure(law, data.procedure)
    source = await _identity(platform, tenant, session, procedure)
    known = await offices.of(platform, tenant)
    form = procedure.package.form
    units = offices.communes(known) if "address2" in form.kinds else None
    answers = _answers(procedure, data.answers, source, units, here(request).lang)
    office = offices.chosen(known, procedure.package, answers.values, data.unit)
    application = Application(
        procedure=procedure,
        answers=answers,
        subject_id=session.subject,
        submitter_id=session.subject,
        subject_name=session.name,
        received_unit=office.id,
        competent_unit=office.id,
        channel=ONLINE,
        papers=_papers(procedure, data.papers, answers),
        key=idempotency_key,
    )
    status = 201
    try:
        async with platform.works.begin(tenant, session.actor, alone=True) as work:
            done = await submit(work, law, await _about(work, session, application))
    except AlreadySubmittedError:
        status = 200
        async with platform.works.begin(tenant, session.actor) as work:
            done = await submitted_before(work, application)
    place = here(request).url(f"/api/dossiers/{done.id}")
    receipt = Receipt(done.id, done.track_code, done.fee)
    return Json(receipt, status_code=status, location=place)


@post("/api/dossiers/{dossier_id:uuid}/supplement", status_code=200)
async def supplement(
    request: AnyRequest, dossier_id: FromPath[UUID], data: JSONBody[Supplement]
) -> dict[str, str]:
    """Answer a supplement request: uploaded papers, and answers to the questions asked again."""
    tenant, session = province_of(request), need(here(request).session, "citizen")
    platform: Platform = request.app.state.platform
    handed = Handed([Paper(p.key, p.file) for p in data.papers], data.answers)
    async with platform.works.begin(tenant, session.actor) as work:
        await answer_supplement(platform, work, dossier_id, session.subject, handed)
    return {"state": "answered"}


def _procedure(law: TenantLaw, code: str) -> Adopted:
    try:
        return law.current(code)
    except NotFound as error:
        raise Invalid(fields={"procedure": (error.vi, error.en)}) from error


def _answers(
    procedure: Adopted,
    raw: Mapping[str, object],
    source: Mapping[str, str],
    units: Units | None,
    lang: str,
) -> Answers:
    try:
        return procedure.package.form.clean(raw, source, lang=lang, units=units)
    except InvalidAnswers as error:
        wrong = {f"answers.{key}": said for key, said in error.fields.items()}
        raise Invalid(error.vi, error.en, fields=wrong) from error


def _papers(procedure: Adopted, given: list[HandedIn], answers: Answers) -> list[Paper]:
    """Return what is handed in as papers, and what is attached to questions of the form."""
    attached = procedure.package.form.attached(answers.values)
    return [
        *(Paper(p.key, p.file) for p in given),
        *(Paper(slot, UUID(file)) for slot, file in attached),
    ]


async def _about(work: Work, session: Session, application: Application) -> Application:
    """Return the application with the person it is about; co-signers can confirm on the portal only."""
    form, values = application.procedure.package.form, application.answers.values
    if not form.kinds & {"cosigners", "representative"}:
        return application
    kinds = {asked.kind for asked in form.fields() if values.get(asked.key)}
    if "cosigners" in kinds:
        raise Invalid(
            "Hồ sơ có người cùng ký: hãy nộp trên cổng để từng người xác nhận.",
            "There are co-signers: submit on the portal, where each of them can confirm.",
        )
    if "representative" not in kinds:
        return application
    submitter = await citizens.read(work, session.subject)
    subject = await subject_of(work, form, values, session.subject, submitter)
    return replace(application, subject_id=subject.id, subject_name=subject.name)


async def _identity(
    platform: Platform, tenant: Tenant, session: Session, procedure: Adopted
) -> Mapping[str, str]:
    """Return what the form's locked fields must hold, kept for some minutes of this session.

    Reading it each time would be one more round trip, and one more entry in the person's access log.
    """
    if not any(asked.locked for asked in procedure.package.form.fields()):
        return {}
    kept: dict[bytes, tuple[float, Mapping[str, str]]]
    kept = platform.cache.setdefault("identities", {})
    found = kept.get(session.token_hash)
    if found and time.monotonic() - found[0] < _IDENTITY_SECONDS:
        return found[1]
    async with platform.works.begin(tenant, session.actor) as work:
        prefill = (await citizens.read(work, session.subject)).prefill()
    if len(kept) > 10_000:
        kept.clear()
    kept[session.token_hash] = (time.monotonic(), prefill)
    return prefill


@get("/api/dossiers")
async def my_dossiers(
    request: AnyRequest,
    before: FromQuery[datetime | None] = None,
    before_id: FromQuery[UUID | None] = None,
) -> list[_FOUND]:
    """List the citizen's dossiers, newest first, 25 at a time; ``before`` and ``before_id`` are the last row's."""
    tenant, session = province_of(request), need(here(request).session, "citizen")
    platform: Platform = request.app.state.platform
    moment = (before if before.tzinfo else before.replace(tzinfo=UTC)) if before else _LATEST
    async with platform.db.tenant(tenant) as tx:
        rows = await queries.mine(tx, session.subject, moment, before_id or _NIL)
    return [{**dict(row), "state_name": _state(row["state"])} for row in rows]


@get("/api/dossiers/{dossier_id:uuid}")
async def my_dossier(request: AnyRequest, dossier_id: FromPath[UUID]) -> _FOUND:
    """Return one dossier of the citizen: answers, papers with provenance, requests, result."""
    tenant, session = province_of(request), need(here(request).session, "citizen")
    platform: Platform = request.app.state.platform
    async with platform.works.begin(tenant, session.actor) as work:
        row = await queries.owned(work.tx, dossier_id, session.subject)
        papers = await queries.components(work.tx, dossier_id)
        requests = await queries.supplements(work.tx, dossier_id)
        result = await queries.result(work.tx, dossier_id)
        answers = queries.answers(work, row)
    return {
        **{key: row[key] for key in _SHOWN},
        "state_name": _state(row["state"]),
        "unit": row["competent_name"],
        "answers": answers,
        "papers": [{key: p[key] for key in _PAPER} for p in papers],
        "supplements": [{key: r[key] for key in _REQUEST} for r in requests],
        "result": dict(result) if result else None,
    }


_SHOWN = (
    "id", "code", "track_code", "state", "procedure_code", "procedure_version", "procedure_name",
    "submitted_at", "accepted_at", "due_at", "finished_at", "returned_at", "derivation", "fee",
    "money", "delivery",
)  # fmt: skip
_REQUEST = ("id", "stage", "items", "reason", "requested_at", "answered_at")
_PAPER = ("id", "paper_key", "name_vi", "provenance", "sha256", "pages", "size", "added_at")


@get("/api/track/{track_code:str}", opt={"open": True})
async def track(request: AnyRequest, track_code: FromPath[str]) -> Response[_FOUND]:
    """Return how a dossier stands, to anybody with its code: no name, no answer, no reason."""
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    async with platform.db.tenant(tenant, alone=True) as tx:
        row = await queries.track(tx, track_code)
    return Json(
        {
            **{key: value for key, value in row.items() if key not in {"id", "events"}},
            "state_name": _state(row["state"]),
            "events": public_events(row),
        }
    )


def public_events(row: Record) -> list[_FOUND]:
    """Return what ``queries.PUBLIC`` lets out of the log of a tracked dossier."""
    return [
        {"type": e["type"], "at": e["at"]}
        | {k: e["payload"][k] for k in queries.PUBLIC[e["type"]] if k in e["payload"]}
        for e in row["events"] or ()
    ]


def _state(state: int) -> _FOUND:
    vi, en = TITLES[state]
    return {"vi": vi, "en": en}


ROUTES: list[Any] = [
    find_procedures,
    read_procedure,
    upload,
    submit_dossier,
    supplement,
    my_dossiers,
    my_dossier,
    track,
]
