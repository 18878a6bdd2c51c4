"""A million synthetic dossiers in the database, as an administrator writes them: in bulk, past checks."""

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec

from benchmarks.common import House, Say, provinces
from motcua.app import open_platform
from motcua.tenancy.tenant import Tenant

# Where dossiers of a working province stand, in hundredths: new, in process, the others are returned.
_NEW, _RUNNING = 2, 7
_FIRST_CODE = 100_000_000_000
_EACH_TENANT = 1_000_000_000

# One person has three dossiers; dossiers of a person lie far apart, as in life.
_PEOPLE = """
insert into person (tenant_id, id, pid_index, pid_sealed, full_name, folded, birth, sex)
select $1, uuidv7(), sha256(($1::uuid)::text::bytea || n::text::bytea), $3, 'Người mẫu ' || n,
  'nguoi mau ' || n, date '1960-01-01' + n % 18000, case n % 2 when 0 then 'male' else 'female' end
from generate_series(1, $2::integer) n
"""
_DOSSIERS = """
with p as (select row_number() over (order by id) - 1 as k, id, full_name from person
           where tenant_id = $1),
u as (select row_number() over (order by code) - 1 as k, id from unit where tenant_id = $1),
sizes as (select (select count(*) from p) as people, (select count(*) from u) as units),
d as (
  select n, date_trunc('minute', now() - interval '1 year') + n * (interval '1 year' / $2::integer)
      as at,
    case when n % 100 < $5 then 1 when n % 100 < $6 then 4 else 10 end as state,
    (n * 7919::bigint) % sizes.people as pk, (n * 31) % sizes.units as uk
  from generate_series(1, $2::integer) n, sizes)
insert into dossier (tenant_id, id, code, track_code, trace_id, state, channel, adopted_id,
  procedure_code, procedure_version, procedure_name, subject_id, submitter_id, subject_name, received_unit,
  competent_unit, answers_sealed, submitted_at, react_by, accepted_at, original_due_at, due_at,
  derivation, finished_at, returned_at)
select $1, uuidv7(), case when state > 1 then $7 || '-' || to_char(at, 'YYMMDD') || '-'
    || lpad(n::text, 7, '0') end, ($3::bigint + n)::text, gen_random_uuid(), state, 2,
  (select id from adopted_procedure where tenant_id = $1 and code = '2.000908' limit 1), '2.000908',
  '2026.2', 'Cấp bản sao từ sổ gốc', p.id, p.id, p.full_name, u.id, u.id, $4, at,
  at + interval '8 hours', case when state > 1 then at + interval '1 hour' end,
  case when state > 1 then at + interval '9 hours' end,
  case when state > 1 then at + interval '9 hours' end,
  case when state > 1 then $8::jsonb else '[]' end,
  case when state = 10 then at + interval '6 hours' end,
  case when state = 10 then at + interval '7 hours' end
from d join p on p.k = d.pk join u on u.k = d.uk
"""
_EVENTS = """
insert into event (tenant_id, id, trace_id, at, type, subject, unit_id, actor, payload)
select d.tenant_id, uuidv7(), d.trace_id, d.submitted_at + e.after, e.type, d.id, d.competent_unit,
  'citizen:' || d.subject_id, e.payload
from dossier d, (values
  (interval '0', 'dossier.submitted', '{"procedure": "2.000908", "channel": 2}'::jsonb),
  (interval '1 hour', 'dossier.accepted',
   '{"code": "H49.12-251122-0001", "due": "2026-11-23T10:00:00+00:00", "state": 2}'::jsonb),
  (interval '2 hours', 'dossier.processing', '{"state": 4}'::jsonb)) as e (after, type, payload)
where d.tenant_id = $1 order by d.id, e.after
"""
_WAITS = """
insert into process_wait (tenant_id, id, instance_id, token, node, kind, name_vi, name_en, role,
  unit_id, since, hours)
select tenant_id, uuidv7(), id, 't1', 'appraise', 'user', 'Thẩm định', 'Appraise', 'specialist',
  competent_unit, accepted_at, 3 from dossier where tenant_id = $1 and state = 4
"""
_DERIVATION = [
    {"kind": kind, "vi": "Nộp lúc 9:15 thứ Hai, tính từ ngày 24/11", "en": "Submitted at 9:15"}
    for kind in ("start", "day", "due")
]
_TABLES = ("person", "dossier", "event", "process_wait")


@dataclass(frozen=True)
class Seeded:
    """The tenants, each with so many dossiers; what a tracking code looks like follows from its number."""

    tenants: list[Tenant]
    each: int

    def first_code(self, place: int) -> int:
        """Return the number before the first tracking code of the tenant at this place."""
        return _FIRST_CODE + place * _EACH_TENANT


async def seed(at: House, dossiers: int, say: Say) -> Seeded:
    """Write the dossiers with three events each, unless the folder holds them already; then ANALYZE."""
    async with open_platform(at.cluster.settings, at.plugins) as platform:
        await platform.directory.refresh(force=True)
        tenants = provinces(platform.directory.all())
        sealed = {
            t.id: platform.vaults.of(t.id).seal(msgspec.json.encode({"x": "x" * 300}).decode())
            for t in tenants
        }
    seeded = Seeded(tenants, dossiers // len(tenants))
    admin = await asyncpg.connect(at.cluster.postgres.url("postgres", "motcua"))
    try:
        if await admin.fetchval("select count(*) from dossier") >= seeded.each * len(tenants):
            say("the folder holds the dossiers already")
            return seeded
        # Foreign keys hold by construction; to check each would take most of the time.
        await admin.execute("set session_replication_role = replica")
        await admin.execute("set synchronous_commit = off")
        for place, tenant in enumerate(tenants):
            await _province(admin, seeded, place, sealed[tenant.id])
            say(f"{(place + 1) * seeded.each:,} dossiers")
        await admin.execute(f"vacuum analyze {', '.join(_TABLES)}")
        await admin.execute("checkpoint")
        say("analysed")
    finally:
        await admin.close()
    return seeded


async def _province(admin: Any, seeded: Seeded, place: int, sealed: bytes) -> None:
    tenant, count = seeded.tenants[place], seeded.each
    async with admin.transaction():
        await admin.execute(_PEOPLE, tenant.id, max(count // 3, 1), sealed[:40])
        await admin.execute(
            _DOSSIERS,
            tenant.id,
            count,
            seeded.first_code(place),
            sealed,
            _NEW,
            _RUNNING,
            tenant.agency_code,
            msgspec.json.encode(_DERIVATION).decode(),
        )
        await admin.execute(_EVENTS, tenant.id)
        await admin.execute(_WAITS, tenant.id)


def run(at: House, dossiers: int, say: Say) -> Seeded:
    """Run ``seed`` outside an event loop."""
    return asyncio.run(seed(at, dossiers, say))
