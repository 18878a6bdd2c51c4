"""Reading dossiers: the page of one dossier, a citizen's own, and what anybody may track."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.tenancy.db import Record, TenantTx, Tx

PAGE = 25

# What the public page and the open API tell of a dossier's log, and which keys of each entry. Not how a step
# came out (a refusal is drafted before it is decided), nor who read the dossier or what it was rated.
PUBLIC: Mapping[str, tuple[str, ...]] = {
    "dossier.submitted": (),
    "dossier.reception_supplement_requested": ("state",),
    "dossier.reception_supplement_answered": ("state",),
    "dossier.accepted": ("state", "due"),
    "dossier.rejected": ("state",),
    "dossier.processing": ("state",),
    "dossier.step_done": ("node", "name"),
    "dossier.supplement_requested": ("state",),
    "dossier.supplement_answered": ("state",),
    "dossier.stopped": ("state",),
    "dossier.finished": ("state", "decision"),
    "dossier.returned": ("state",),
    "clock.paused": ("reason",),
    "clock.pause_ended": ("reason",),
    "clock.resumed": ("reason", "due"),
    "clock.extended": ("old", "due", "days"),
    "clock.recomputed": ("old", "due"),
    "clock.reaction_moved": ("old", "due"),
}
# Anybody who holds the code may see how the dossier stands; never whose it is. Of a step only the last time it
# was done, and no step that is done by asking or by giving back.
TRACK = """
select d.id, d.code, d.track_code, d.state, d.procedure_code, d.procedure_name, d.submitted_at,
  d.accepted_at, d.due_at, d.finished_at, d.returned_at, d.derivation, d.delivery, d.channel, d.react_by,
  d.paused_since, u.name as unit,
  (select jsonb_agg(jsonb_build_object('type', e.type, 'at', e.at, 'payload', e.payload) order by e.id)
     from event e where e.subject = d.id and e.type = any($2) and (e.type <> 'dossier.step_done' or (
       not coalesce(e.payload->>'outcome', '') = any('{supplement,return}') and not exists (
         select 1 from event later where later.subject = d.id and later.type = e.type and later.id > e.id
           and later.payload->>'node' = e.payload->>'node')))) as events
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
select id, stage, items, reason, requested_at, answered_at, typed_sealed, changes_sealed
from supplement
where dossier_id = $1 order by requested_at
"""
_MINE = """
select id, code, track_code, state, procedure_code, procedure_name, submitted_at, due_at, delivery
from dossier
where (subject_id = $1 or submitter_id = $1) and (submitted_at, id) < ($2, $3)
order by submitted_at desc, id desc limit $4
"""
_LAST_OWN = """
select id, coalesce(code, track_code) as code, submitted_at, answers_sealed from dossier
where subject_id = $1 and submitter_id = $1 and procedure_code = $2 order by submitted_at desc limit 1
"""
# Content is named by its hash: where the same file was handed in before by the same person.
_SEEN_BEFORE = """
select distinct on (c.id) c.id, coalesce(d.code, d.track_code) as code
from component c
join dossier mine on mine.tenant_id = c.tenant_id and mine.id = c.dossier_id
join component e on e.tenant_id = c.tenant_id and e.sha256 = c.sha256 and e.dossier_id <> c.dossier_id
  and e.added_at < c.added_at
join dossier d on d.tenant_id = e.tenant_id and d.id = e.dossier_id
  and d.submitter_id = mine.submitter_id
where c.dossier_id = $1 order by c.id, e.added_at desc
"""
_RESULT = """
select id, number, kind, title_vi, title_en, type, pdf_sha256, verify_code, issued_at, expires_at, status,
  replaces
from issued_result where dossier_id = $1
"""
_COLLEAGUES = """
select distinct s.id, s.full_name from staff s
join staff_role r on r.tenant_id = s.tenant_id and r.staff_id = s.id
where s.active and r.role = $1 and (r.unit_id = $2 or r.unit_id is null) order by s.full_name
"""
_BY_CODE = "select id from dossier where code = $1"


async def track(tx: TenantTx, track_code: str) -> Record:
    """Return what anybody with the code may see; ``NotFound`` otherwise."""
    row = await tx.alone(TRACK, track_code.strip().upper(), list(PUBLIC))
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


async def last_own(tx: Tx, person_id: UUID, procedure: str) -> Record | None:
    """Return the last dossier of a procedure that a person submitted for himself: id, code, day, answers."""
    return await tx.fetchrow(_LAST_OWN, person_id, procedure)


async def seen_before(tx: Tx, dossier_id: UUID) -> dict[UUID, str]:
    """Return, by component, the code of the submitter's last dossier before that held the very same file."""
    rows = await tx.fetch(_SEEN_BEFORE, dossier_id)
    return {UUID(bytes=r["id"].bytes): r["code"] for r in rows}


async def colleagues(tx: Tx, role: str, unit: UUID) -> list[Record]:
    """Return who holds a role in a unit, to be assigned."""
    return await tx.fetch(_COLLEAGUES, role, unit)
