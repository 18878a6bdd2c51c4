"""All that a person holds at this tenant: its results, and the papers that were brought here before.

What other tenants issued is in the person's wallet alone: nothing here reads another tenant's rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.events.work import Work
from motcua.tenancy.db import Record
from motcua.text import fold
from motcua.wallet.statuslist import REVOKED, SUSPENDED

MOST = 500
"""How many results, and how many papers, one person's store shows."""
SOON = timedelta(days=30)

_RESULTS = """
select r.id, r.dossier_id, r.number, r.kind, r.title_vi, r.title_en, r.type, r.issued_at, r.expires_at,
  r.status, r.verify_code, coalesce(z.lasting_sha256, r.pdf_sha256) as sha256, r.pdf_sha256, u.name as unit, coalesce(d.code, d.track_code) as code,
  n.number as next_number, n.dossier_id as next_dossier, o.number as before_number,
  (select count(*) from credential c where c.tenant_id = r.tenant_id and c.result_id = r.id
     and c.notified = 'credential_accepted') as copies
from issued_result r
join dossier d on d.tenant_id = r.tenant_id and d.id = r.dossier_id
join unit u on u.tenant_id = d.tenant_id and u.id = d.competent_unit
left join sealed_document z on z.tenant_id = r.tenant_id and z.sha256 = r.pdf_sha256
left join issued_result n on n.tenant_id = r.tenant_id and n.replaces = r.id
left join issued_result o on o.tenant_id = r.tenant_id and o.id = r.replaces
where r.holder_id = $1 order by r.issued_at desc limit $2
"""
# Only what the person uploaded: what an officer scanned is the office's.
_PAPERS = """
select c.name_vi, min(c.name_en) as name_en, c.sha256, min(c.added_at) as first_at,
  max(c.added_at) as last_at, max(c.compared_at) as compared_at, max(c.pages) as pages,
  (array_agg(c.id order by c.added_at desc))[1] as component_id,
  (array_agg(d.id order by c.added_at desc))[1] as dossier_id,
  array_agg(distinct coalesce(d.code, d.track_code)) as codes,
  (select f.id from stored_file f where f.sha256 = c.sha256 and f.uploaded_by = $1
     order by f.at limit 1) as file_id
from dossier d
join component c on c.tenant_id = d.tenant_id and c.dossier_id = d.id
where d.submitter_id = $1 and c.sha256 is not null and exists (
  select 1 from stored_file f where f.tenant_id = c.tenant_id and f.sha256 = c.sha256
    and f.uploaded_by = $1)
group by c.name_vi, c.sha256 order by max(c.added_at) desc limit $2
"""
_USED = """
select (c.evidence->>'result')::uuid as result_id, coalesce(d.code, d.track_code) as code,
  d.procedure_name, c.added_at as at
from dossier d join component c on c.tenant_id = d.tenant_id and c.dossier_id = d.id
where d.submitter_id = $1 and c.evidence->>'result' is not null
union all
select r.id, coalesce(d.code, d.track_code), d.procedure_name, p.finished_at
from issued_result r
join credential c on c.tenant_id = r.tenant_id and c.result_id = r.id
join presentation p on p.tenant_id = c.tenant_id and p.digest = c.digest
join dossier d on d.tenant_id = p.tenant_id and d.id = p.dossier_id
where r.holder_id = $1 and p.status = 'used'
"""
_SHARED = """
select i.result_id, i.component_id, count(*) as times
from share s join share_item i on i.tenant_id = s.tenant_id and i.share_id = s.id
where s.owner_id = $1 and s.ended_at is null and s.ends_at > $2
group by i.result_id, i.component_id
"""


@dataclass(frozen=True)
class Holding:
    """One thing in the store.

    ``kind`` is ``result`` or ``paper``, ``ref`` names it for sharing. ``standing``: valid, soon (it runs out),
    expired, suspended, revoked or replaced for a result; compared or scanned for a paper. ``used`` are the
    dossiers (code, procedure, moment), ``shared`` how many open shares show it. ``sha256`` is
    the file's, of a result the one that lasts once there is one; ``issued_sha256`` that of what was issued.
    """

    kind: str
    id: UUID
    dossier_id: UUID
    name_vi: str
    name_en: str
    at: datetime
    standing: str
    sha256: str
    issued_sha256: str = ""
    number: str = ""
    unit: str = ""
    code: str = ""
    granted: bool = True
    type: str = ""
    expires_at: datetime | None = None
    verify_code: str = ""
    next_number: str = ""
    next_dossier: UUID | None = None
    before_number: str = ""
    copies: int = 0
    pages: int = 0
    compared_at: datetime | None = None
    file_id: UUID | None = None
    used: Sequence[tuple[str, str, datetime | None]] = field(default_factory=tuple)
    shared: int = 0

    @property
    def ref(self) -> str:
        """How a share names it."""
        return f"{self.kind}:{self.id}"

    @property
    def in_force(self) -> bool:
        """Whether it may be shared or used again."""
        return self.standing in ("valid", "soon", "compared", "scanned")

    @property
    def offerable(self) -> bool:
        """Whether it can be taken into a wallet."""
        return bool(self.kind == "result" and self.granted and self.type and self.in_force)

    def name(self, lang: str) -> str:
        """Return what it is called."""
        return self.name_en if lang == "en" else self.name_vi


async def holdings(work: Work, person: UUID) -> list[Holding]:
    """Return everything a person holds here, the newest first."""
    used: dict[UUID, list[tuple[str, str, datetime | None]]] = {}
    for row in await work.tx.fetch(_USED, person):
        used.setdefault(row["result_id"], []).append(
            (row["code"], row["procedure_name"], row["at"])
        )
    shares = await work.tx.fetch(_SHARED, person, work.now)
    shared = {row["result_id"] or row["component_id"]: int(row["times"]) for row in shares}
    results = await work.tx.fetch(_RESULTS, person, MOST)
    papers = await work.tx.fetch(_PAPERS, person, MOST)
    found = [_result(row, work.now) for row in results] + [_paper(row) for row in papers]
    full = [
        replace(h, used=h.used or tuple(used.get(h.id, ())), shared=shared.get(h.id, 0))
        for h in found
    ]
    return sorted(full, key=lambda h: h.at, reverse=True)


def chosen(
    all_: Iterable[Holding], *, query: str = "", kind: str = "", standing: str = ""
) -> list[Holding]:
    """Return those whose name, number, office or dossier holds every word of ``query``, of a kind and standing.

    ``standing`` is ``now`` (in force) or ``past``; anything else lets all through.
    """
    asked = fold(query).split()
    return [
        h
        for h in all_
        if kind in ("", h.kind)
        and (standing not in ("now", "past") or h.in_force == (standing == "now"))
        and all(word in _text(h) for word in asked)
    ]


def _text(h: Holding) -> str:
    codes = " ".join(code for code, _, _ in h.used)
    return fold(f"{h.name_vi} {h.name_en} {h.number} {h.unit} {h.code} {codes}")


def _result(row: Record, now: datetime) -> Holding:
    return Holding(
        "result",
        row["id"],
        row["dossier_id"],
        row["title_vi"],
        row["title_en"],
        row["issued_at"],
        _standing(row, now),
        row["sha256"],
        issued_sha256=row["pdf_sha256"],
        number=row["number"],
        unit=row["unit"],
        code=row["code"],
        granted=row["kind"] == "granted",
        type=row["type"] or "",
        expires_at=row["expires_at"],
        verify_code=row["verify_code"],
        next_number=row["next_number"] or "",
        next_dossier=row["next_dossier"],
        before_number=row["before_number"] or "",
        copies=int(row["copies"]),
    )


def _standing(row: Record, now: datetime) -> str:
    if row["status"] == REVOKED:
        return "replaced" if row["next_number"] else "revoked"
    if row["status"] == SUSPENDED:
        return "suspended"
    ends = row["expires_at"]
    if ends is None or ends > now + SOON:
        return "valid"
    return "soon" if ends > now else "expired"


def _paper(row: Record) -> Holding:
    used: list[Any] = [(code, "", None) for code in row["codes"]]
    return Holding(
        "paper",
        row["component_id"],
        row["dossier_id"],
        row["name_vi"],
        row["name_en"],
        row["last_at"],
        "compared" if row["compared_at"] else "scanned",
        row["sha256"],
        pages=row["pages"] or 0,
        compared_at=row["compared_at"],
        file_id=row["file_id"],
        used=tuple(used),
    )
