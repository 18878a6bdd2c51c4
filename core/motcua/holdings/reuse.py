"""One tap: which papers of a new application the person's store can stand for, and with what provenance.

The person's own result counts where a credential of its type would (``replaced_by`` of the procedure); it is
read from the record, so no copy can be out of date. A paper brought before is used as the very same file; that an
officer compared it with its original still holds then, for a time. What was revoked, suspended or has run out
is never offered.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from motcua.catalogue.fields import Value
from motcua.catalogue.procedure import Paper
from motcua.dossiers.drafts import Shown, Upload
from motcua.dossiers.submission import Application
from motcua.dossiers.submission import Paper as HandedIn
from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.wallet import issuer

COMPARED_DAYS = 365
"""How long an officer's comparison is believed, where the tenant (``reuse_compared_days``) says nothing."""

_RESULTS = """
select r.id, r.number, r.type, r.title_vi, r.title_en, r.issued_at, r.expires_at, r.claims_sealed,
  u.name as unit
from issued_result r
join dossier d on d.tenant_id = r.tenant_id and d.id = r.dossier_id
join unit u on u.tenant_id = d.tenant_id and u.id = d.competent_unit
where r.holder_id = $1 and r.kind = 'granted' and r.status = 0 and r.type = any($2)
  and (r.expires_at is null or r.expires_at > $3)
order by r.issued_at desc
"""
_FILES = """
select c.name_vi, c.sha256, min(c.added_at) as first_at, max(c.added_at) as last_at,
  max(c.compared_at) as compared_at,
  (array_agg(coalesce(d.code, d.track_code) order by c.added_at desc))[1] as code,
  (array_agg(f.id order by f.at))[1] as file_id, max(f.pages) as pages, max(f.size) as size
from dossier d
join component c on c.tenant_id = d.tenant_id and c.dossier_id = d.id
join stored_file f on f.tenant_id = c.tenant_id and f.sha256 = c.sha256 and f.uploaded_by = $1
where d.submitter_id = $1 and c.name_vi = any($2)
group by c.name_vi, c.sha256
order by (max(c.compared_at) > $3) desc nulls last, max(c.added_at) desc limit 100
"""
_COMPARED = """
select distinct on (f.id, c.name_vi) f.id, c.name_vi, c.compared_at, c.compared_by,
  coalesce(d.code, d.track_code) as code
from stored_file f
join component c on c.tenant_id = f.tenant_id and c.sha256 = f.sha256
  and c.provenance = 'officer-compared' and c.compared_at > $3
join dossier d on d.tenant_id = c.tenant_id and d.id = c.dossier_id and d.submitter_id = $1
where f.id = any($2) and f.uploaded_by = $1
order by f.id, c.name_vi, c.compared_at desc
"""
_COPY = """
insert into stored_file (id, sha256, pages, size, source_kind, uploaded_by, at)
select $1, sha256, pages, size, source_kind, uploaded_by, $4 from stored_file
where id = $2 and uploaded_by = $3 returning pages, size
"""
# The lock keeps a withdrawal waiting until the dossier is written.
_IN_FORCE = """
select id from issued_result where id = any($2) and holder_id = $1 and status = 0
  and (expires_at is null or expires_at > $3) for share
"""


@dataclass(frozen=True)
class Fit:
    """A paper that the store can stand for, and with what.

    ``provenance``: ``issuer-signed`` (an own result), ``officer-compared`` or ``self-scanned``; ``since`` is the
    day of issue, of the comparison, or when the paper was first brought.
    """

    paper: Paper
    provenance: str
    since: datetime
    about: str
    shown: Shown | None = None
    upload: Upload | None = None

    @property
    def ref(self) -> str:
        """How a form and a consent name it."""
        if self.shown is not None:
            return f"result:{self.shown.result}"
        return f"file:{self.upload.id}" if self.upload else ""


async def fits(
    platform: Platform,
    work: Work,
    person: UUID,
    papers: Sequence[Paper],
    values: Mapping[str, Value],
    taken: Collection[str],
) -> list[Fit]:
    """Return the best fit for each of the papers that has none yet (``taken`` have); at most one each."""
    open_ = [p for p in papers if p.key not in taken]
    found = await _from_results(platform, work, person, open_, values)
    known = {f.paper.key for f in found}
    rest = [p for p in open_ if p.key not in known and _scanned(p)]
    found += await from_files(work, person, rest)
    places = {p.key: n for n, p in enumerate(papers)}
    return sorted(found, key=lambda f: places[f.paper.key])


def _scanned(paper: Paper) -> bool:
    """Tell whether a scan of the paper is taken at all; what is only shown at the counter is not."""
    return paper.kind in ("copy", "form", "original") and (paper.required or paper.copies > 0)


async def _from_results(
    platform: Platform,
    work: Work,
    person: UUID,
    papers: Iterable[Paper],
    values: Mapping[str, Value],
) -> list[Fit]:
    asking = [p for p in papers if p.replaced_by]
    types = sorted({rule.vct_type for p in asking for rule in p.replaced_by})
    if not types:
        return []
    rows = await work.tx.fetch(_RESULTS, person, types, work.now)
    own = [(row, _shown(platform, work, row)) for row in rows]
    found = []
    for paper in asking:
        for row, shown in own:
            if paper.replaced(shown.vct_type, shown.claims, values):
                about = f"{row['number']}, {row['unit']}"
                found.append(Fit(paper, "issuer-signed", row["issued_at"], about, shown=shown))
                break
    return found


def _shown(platform: Platform, work: Work, row: Record) -> Shown:
    claims: dict[str, Any] = msgspec.json.decode(work.vault.open(row["claims_sealed"]))
    return Shown(
        id=UUID(int=0),
        vct_type=row["type"],
        claims=claims,
        issuer=issuer.url_of(platform, work.tenant),
        issuer_name=row["unit"],
        digest="",
        result=row["id"],
    )


async def from_files(work: Work, person: UUID, papers: Sequence[Paper]) -> list[Fit]:
    """Return the best file that the person handed in before, for each of these papers that has one."""
    if not papers:
        return []
    since = _believed(work)
    rows = await work.tx.fetch(_FILES, person, [p.name_vi for p in papers], since)
    best: dict[str, Record] = {}
    for row in rows:
        best.setdefault(row["name_vi"], row)
    found = []
    for paper in papers:
        if paper.name_vi not in best:
            continue
        row = best[paper.name_vi]
        compared = row["compared_at"] is not None and row["compared_at"] > since
        upload = Upload(
            row["file_id"], f"{paper.name_vi} ({row['code']})", row["pages"], row["size"]
        )
        kind = "officer-compared" if compared else "self-scanned"
        at = row["compared_at"] if compared else row["first_at"]
        found.append(Fit(paper, kind, at, str(row["code"]), upload=upload))
    return found


async def copied(work: Work, person: UUID, file_id: UUID) -> Upload:
    """Note a file of the person once more: what is done with the new one leaves the old one where it is."""
    fresh = uuid7()
    row = await work.tx.fetchrow(_COPY, fresh, file_id, person, work.now)
    if row is None:
        raise NotFound("Không tìm thấy tệp.", "There is no such file.")
    return Upload(fresh, "", row["pages"], row["size"])


async def agreed(work: Work, person: UUID, procedure: str, used: Sequence[Fit]) -> None:
    """Keep that the person agreed: what, for which procedure, when."""
    scopes = [f"{f.paper.key}={f.ref}" for f in used]
    await citizens.consent(work, person, f"reuse:{procedure}", scopes)


async def compared(
    work: Work, person: UUID, files: Collection[UUID]
) -> dict[tuple[UUID, str], Record]:
    """Return which files, handed in as which paper (Vietnamese name), an officer compared lately."""
    rows = await work.tx.fetch(_COMPARED, person, list(files), _believed(work))
    return {(UUID(bytes=row["id"].bytes), row["name_vi"]): row for row in rows}


async def need_in_force(work: Work, person: UUID, results: Mapping[UUID, str]) -> None:
    """Refuse what was withdrawn, suspended or has run out since it was chosen; ``results`` by id give the paper."""
    rows = await work.tx.fetch(_IN_FORCE, person, list(results), work.now)
    gone = set(results) - {UUID(bytes=row["id"].bytes) for row in rows}
    if gone:
        said = (
            "Kết quả đã chọn cho giấy tờ này không còn hiệu lực. Hãy bỏ ra và nộp giấy tờ khác.",
            "The result chosen for this paper is no longer in force. Take it out and hand in another.",
        )
        raise Invalid(*said, fields={results[result]: said for result in gone})


def _believed(work: Work) -> datetime:
    days = int(work.tenant.settings.get("reuse_compared_days", COMPARED_DAYS))
    return work.now - timedelta(days=days)


async def ready(work: Work, application: Application) -> Application:
    """Return an application with what is known of its files; results used in it must still be in force.

    ``Invalid`` names the paper whose result was withdrawn, suspended or has run out meanwhile.
    """
    person = application.submitter_id
    used = results_of(application)
    if used:
        await need_in_force(work, person, used)
    files = {p.file_id for p in application.papers if p.file_id is not None}
    known = await compared(work, person, files) if files else {}
    names = {p.key: p.name_vi for p in application.procedure.package.procedure.papers}
    papers = [
        _known(p, known.get((p.file_id, names.get(p.key, ""))) if p.file_id else None)
        for p in application.papers
    ]
    return replace(application, papers=papers)


def _known(paper: HandedIn, row: Record | None) -> HandedIn:
    if row is None:
        return paper
    evidence = {
        "compared_at": row["compared_at"].isoformat(),
        "compared_by": str(row["compared_by"]),
        "dossier": row["code"],
    }
    return replace(paper, evidence=evidence)


def results_of(application: Application) -> dict[UUID, str]:
    """Return the own results that stand for papers, by id, with the key of the paper."""
    return {
        UUID(str(p.evidence["result"])): p.key
        for p in application.papers
        if p.evidence and "result" in p.evidence
    }


def note(work: Work, application: Application, dossier_id: UUID) -> None:
    """Note in each result's story that it stood for a paper."""
    for result, key in results_of(application).items():
        work.emit("result.used", result, {"dossier": str(dossier_id), "paper": key})
