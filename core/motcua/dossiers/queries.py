"""Reading dossiers: the lists staff work from, the page of one dossier, and what anybody may track."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.tenancy.db import Record, Tx

PAGE = 25

# Anybody who holds the code may see how the dossier stands; never whose it is.
TRACK = """
select d.id, d.code, d.track_code, d.state, d.procedure_code, d.procedure_name, d.submitted_at,
  d.accepted_at, d.due_at, d.finished_at, d.returned_at, d.derivation, d.delivery, u.name as unit,
  (select jsonb_agg(jsonb_build_object('type', e.type, 'at', e.at, 'payload', e.payload) order by e.id)
     from event e where e.subject = d.id and e.type like 'dossier.%') as events
from dossier d join unit u on u.tenant_id = d.tenant_id and u.id = d.competent_unit
where d.track_code = $1
"""
_ONE = """
select d.*, u.name as competent_name, r.name as received_name from dossier d
join unit u on u.tenant_id = d.tenant_id and u.id = d.competent_unit
join unit r on r.tenant_id = d.tenant_id and r.id = d.received_unit
where d.id = $1
"""
_COMPONENTS = "select * from component where dossier_id = $1 order by added_at, paper_key, id"
_WAITS = """
select w.*, s.full_name as assignee_name from process_wait w
left join staff s on s.tenant_id = w.tenant_id and s.id = w.assignee
where w.instance_id = $1 order by w.since
"""
_EVENTS = """
select id, type, at, actor, payload from event where subject = $1 order by id
"""
_REQUESTS = """
select id, stage, papers, reason, requested_at, answered_at from supplement
where dossier_id = $1 order by requested_at
"""
_MINE = """
select id, code, track_code, state, procedure_name, submitted_at, due_at, delivery from dossier
where (subject_id = $1 or submitter_id = $1) and (submitted_at, id) < ($2, $3)
order by submitted_at desc, id desc limit $4
"""
_RESULT = """
select id, number, kind, title_vi, title_en, type, pdf_sha256, verify_code, issued_at, expires_at, status
from issued_result where dossier_id = $1
"""
# A worker's list: the user steps of his roles in his units, oldest first.
_TODO = """
select w.instance_id, w.token, w.node, w.name_vi, w.name_en, w.role, w.since, w.assignee,
  d.code, d.procedure_name, d.subject_name, d.due_at, d.state
from process_wait w join dossier d on d.tenant_id = w.tenant_id and d.id = w.instance_id
where w.kind = 'user' and w.role = any($1) and ($2::uuid[] is null or w.unit_id = any($2))
  and (w.assignee is null or w.assignee = $3) and w.since > $4
order by w.since limit $5
"""
# The receiver's tray: what was submitted and waits for a first answer.
_TRAY = """
select id, track_code, procedure_name, subject_name, channel, submitted_at, react_by from dossier
where state = 1 and ($1::uuid[] is null or received_unit = any($1)) and submitted_at > $2
order by submitted_at limit $3
"""
_COLLEAGUES = """
select distinct s.id, s.full_name from staff s
join staff_role r on r.tenant_id = s.tenant_id and r.staff_id = s.id
where s.active and r.role = $1 and (r.unit_id = $2 or r.unit_id is null) order by s.full_name
"""
_BY_CODE = "select id from dossier where code = $1"


async def track(tx: Tx, track_code: str) -> Record:
    """Return what anybody with the code may see; ``NotFound`` otherwise."""
    row = await tx.fetchrow(TRACK, track_code.strip().upper())
    if row is None:
        raise NotFound(
            "Không có hồ sơ nào với mã này. Hãy kiểm tra lại mã trên phiếu.",
            "No dossier has this code. Check the code on your slip.",
        )
    return row


async def one(tx: Tx, dossier_id: UUID) -> Record:
    """Return a dossier's whole row with the names of its units."""
    row = await tx.fetchrow(_ONE, dossier_id)
    if row is None:
        raise NotFound("Không tìm thấy hồ sơ.", "There is no such dossier.")
    return row


async def owned(tx: Tx, dossier_id: UUID, person_id: UUID) -> Record:
    """Return the dossier when it is this person's; for anybody else it does not exist."""
    row = await one(tx, dossier_id)
    if person_id not in (row["subject_id"], row["submitter_id"]):
        raise NotFound("Không tìm thấy hồ sơ.", "There is no such dossier.")
    return row


async def id_of(tx: Tx, code: str) -> UUID:
    """Return the id of the dossier with this code."""
    found = await tx.fetchval(_BY_CODE, code)
    if found is None:
        raise NotFound(f"Không có hồ sơ {code}.", f"There is no dossier {code}.")
    return UUID(bytes=found.bytes)


def answers(work: Work, row: Record) -> dict[str, Any]:
    """Open a dossier's answers."""
    found: dict[str, Any] = msgspec.json.decode(work.vault.open(row["answers_sealed"]))
    return found


def draft(work: Work, row: Record) -> dict[str, Any]:
    """Open what the officer drafted; empty before."""
    if row["draft_sealed"] is None:
        return {}
    found: dict[str, Any] = msgspec.json.decode(work.vault.open(row["draft_sealed"]))
    return found


async def components(tx: Tx, dossier_id: UUID) -> list[Record]:
    """Return the papers with their provenance."""
    return await tx.fetch(_COMPONENTS, dossier_id)


async def waits(tx: Tx, dossier_id: UUID) -> list[Record]:
    """Return what the dossier waits for now."""
    return await tx.fetch(_WAITS, dossier_id)


async def events(tx: Tx, dossier_id: UUID) -> list[Record]:
    """Return all that happened to the dossier, in order."""
    return await tx.fetch(_EVENTS, dossier_id)


async def supplements(tx: Tx, dossier_id: UUID) -> list[Record]:
    """Return the supplement requests."""
    return await tx.fetch(_REQUESTS, dossier_id)


async def result(tx: Tx, dossier_id: UUID) -> Record | None:
    """Return the issued result, if there is one."""
    return await tx.fetchrow(_RESULT, dossier_id)


async def mine(tx: Tx, person_id: UUID, before: datetime, before_id: UUID) -> list[Record]:
    """Return a page of a person's dossiers, newest first, after a keyset."""
    return await tx.fetch(_MINE, person_id, before, before_id, PAGE)


async def todo(
    tx: Tx, roles: list[str], units: list[UUID] | None, staff: UUID, after: datetime
) -> list[Record]:
    """Return a page of the steps somebody may do, oldest first."""
    return await tx.fetch(_TODO, roles, units, staff, after, PAGE)


async def tray(tx: Tx, units: list[UUID] | None, after: datetime) -> list[Record]:
    """Return a page of dossiers that wait for reception, oldest first."""
    return await tx.fetch(_TRAY, units, after, PAGE)


async def colleagues(tx: Tx, role: str, unit: UUID) -> list[Record]:
    """Return who holds a role in a unit, to be assigned."""
    return await tx.fetch(_COLLEAGUES, role, unit)
