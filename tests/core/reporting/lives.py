"""Lives of dossiers as the log tells them, written into a tenant of the test's own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.events.log import SYSTEM, Event
from motcua.events.outbox import Claim, Effects
from motcua.ids import random_code, uuid7
from motcua.platform import Platform
from motcua.tenancy.db import TenantTx
from motcua.tenancy.tenant import Tenant

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 08:00 in Viet Nam
_CALENDAR = """
insert into tenant_calendar (id, version, content, valid_from) values ($1, 'test', $2, '2020-01-01')
"""
_UNIT = """
insert into unit (id, code, agency_code, name, folded, kind, valid_from)
values ($1, '00001', 'H49.99', 'Đơn vị thử', 'don vi thu', 'commune', '2020-01-01')
"""
_PERSON = """
insert into person (id, pid_index, pid_sealed, full_name, folded) values ($1, $2, $2, $3, $4)
"""
_ADOPTED = """
insert into adopted_procedure (id, code, version, valid_from)
values ($1, '2.000815', '2026.3', '2020-01-01')
"""
_DOSSIER = """
insert into dossier (id, code, track_code, trace_id, state, channel, adopted_id, procedure_code,
  procedure_version, procedure_name, subject_id, submitter_id, subject_name, received_unit,
  competent_unit, answers_sealed, submitted_at, react_by, accepted_at, due_at, finished_at,
  supplements)
values ($1, $2, $3, $1, 9, 2, (select id from adopted_procedure limit 1), '2.000815', '2026.3', 'Chứng thực', $4, $4, 'Người Thử', $5, $5, 'x',
  $6, $6, $6, $7, $8, $9)
"""
_EVENT = """
insert into event (id, trace_id, at, type, subject, actor, payload)
values ($1, $2, $3, $4, $5, 'system', $6)
"""
_OWED = "insert into outbox (id, event_id, subscriber) values ($1, $2, 'reporting')"
_ROLLUP = "select day, metric, n from rollup_day where n <> 0"
_DUE = "select day, n from due_day where n <> 0"


@dataclass
class Life:
    """One dossier: its events ``(type, at, payload)`` in order, and the facts of its row."""

    events: list[tuple[str, datetime, dict[str, Any]]] = field(default_factory=list)
    due: datetime | None = None
    finished: datetime | None = None
    supplements: int = 0
    id: UUID = field(default_factory=uuid7)

    @property
    def late(self) -> bool:
        """True when the law counts it as late."""
        assert self.due is not None
        assert self.finished is not None
        return self.finished > self.due or self.supplements > 1


def life(*steps: tuple[str, float, float], start: datetime = START) -> Life:
    """Return a life; a step is (type, days after the start, days from there until it is due)."""
    made = Life()
    for kind, after, days in steps:
        at = start + timedelta(days=after)
        payload: dict[str, Any] = {}
        if kind in {"dossier.accepted", "clock.resumed"}:
            made.due = at + timedelta(days=days)
            payload = {"due": made.due.isoformat()}
        elif kind == "clock.paused":
            made.supplements += 1
        elif kind == "dossier.finished":
            made.finished = at
        made.events.append((kind, at, payload))
    return made


@dataclass
class Office:
    """A tenant of its own with a calendar, a unit and one synthetic person."""

    tenant: Tenant
    unit: UUID
    person: UUID


async def open_office(platform: Platform, like: Tenant, tenant: Tenant) -> Office:
    """Set up an empty tenant with the calendar of another."""
    async with platform.db.tenant(like) as tx:
        content = await tx.fetchval("select content from tenant_calendar limit 1")
    made = Office(tenant, uuid7(), uuid7())
    async with platform.db.tenant(tenant) as tx:
        await tx.execute(_CALENDAR, uuid7(), content)
        await tx.execute(_ADOPTED, uuid7())
        await tx.execute(_UNIT, made.unit)
        await tx.execute(_PERSON, made.person, b"0", "Phạm Thị Không Được Thấy", "pham thi khong")
    return made


async def write(tx: TenantTx, office: Office, told: Life) -> list[UUID]:
    """Write a life's row, its events and what is owed for them; returns the outbox ids."""
    if told.finished:
        await tx.execute(
            _DOSSIER,
            told.id,
            f"H49.99-260302-{told.id.int % 10**7:07d}",
            random_code(12),
            office.person,
            office.unit,
            told.events[0][1],
            told.due,
            told.finished,
            told.supplements,
        )
    owed = []
    for kind, at, payload in told.events:
        event, row = uuid7(), uuid7()
        await tx.execute(_EVENT, event, told.id, at, kind, told.id, payload)
        await tx.execute(_OWED, row, event)
        owed.append(row)
    return owed


async def deliver(platform: Platform, office: Office, owed: Sequence[UUID]) -> None:
    """Run what is owed, in this order; a row may stand in it more than once."""
    effects = Effects(platform.works, platform.directory, platform.handlers)
    for row in owed:
        await effects.run(Claim(office.tenant.id, row, 1))


async def counted(platform: Platform, office: Office) -> tuple[dict[Any, int], dict[date, int]]:
    """Return the roll-ups and the due days as they stand, without zeros."""
    async with platform.db.tenant(office.tenant) as tx:
        rollups = {(r["day"], r["metric"]): r["n"] for r in await tx.fetch(_ROLLUP)}
        dues = {r["day"]: r["n"] for r in await tx.fetch(_DUE)}
        left = await tx.fetchval("select count(*) from outbox")
    assert left == 0, "something was not counted"
    return rollups, dues


def local(at: datetime) -> date:
    """Return the day in Viet Nam, which is seven hours ahead of UTC all year."""
    return (at + timedelta(hours=7)).date()


def recount(lives: Sequence[Life]) -> tuple[dict[Any, int], dict[date, int]]:
    """Count the lives afresh from their events: a second, plain way to the same figures."""
    rollups: Counter[tuple[date, str]] = Counter()
    dues: Counter[date] = Counter()
    named = {
        "dossier.submitted": "received",
        "dossier.accepted": "accepted",
        "dossier.rejected": "rejected",
        "dossier.stopped": "stopped",
        "dossier.finished": "finished",
        "dossier.returned": "returned",
    }
    for told in lives:
        due: datetime | None = None
        for kind, at, payload in told.events:
            if kind in named:
                rollups[local(at), named[kind]] += 1
            if kind == "dossier.submitted":
                rollups[local(at), "open"] += 1
            if kind in {"dossier.rejected", "dossier.stopped", "dossier.finished"}:
                rollups[local(at), "open"] -= 1
                due = None
            if kind == "dossier.finished":
                rollups[local(at), "late" if told.late else "on_time"] += 1
            if "due" in payload:
                due = datetime.fromisoformat(payload["due"])
            if kind == "clock.paused" and due is not None and at <= due:
                due = None
        if due is not None:
            dues[local(due)] += 1
    return {k: n for k, n in rollups.items() if n}, {k: n for k, n in dues.items() if n}


def event_of(kind: str, subject: UUID, at: datetime = START) -> Event:
    """Return an event that stands in no log."""
    return Event(uuid7(), subject, at, kind, subject, None, str(SYSTEM), {})
