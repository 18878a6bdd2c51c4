"""The book of deliveries: what is owed, sent, received; every write of it, each with its event."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.tenancy.db import Record, Tx

OWED, STEP_DUE, WITHDRAWAL = "delivery.owed", "delivery.step_due", "delivery.withdrawal_owed"
STUCK = "delivery.stuck"
"""Told when a channel is given up although it should have worked: for alerts."""

ATTEMPTS = 8
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)

RESULT = """
select r.id, r.dossier_id, r.trace_id, r.holder_id, r.number, r.kind, r.title_vi, r.title_en, r.type,
  r.status, r.claims_sealed, r.verify_code, r.issued_at, r.expires_at,
  coalesce(z.lasting_sha256, r.pdf_sha256) as pdf_sha256, r.pdf_sha256 as issued_sha256,
  coalesce(d.code, d.track_code) as code, d.procedure_code, d.state, d.competent_unit
from issued_result r join dossier d on d.tenant_id = r.tenant_id and d.id = r.dossier_id
left join sealed_document z on z.tenant_id = r.tenant_id and z.sha256 = r.pdf_sha256
where r.id = $1
"""
# No lock on a result or dossier is held while a channel is asked: nobody waits for another system.
LOCK_RESULT = "select id from issued_result where id = $1 for no key update"
OF_RESULT = """
select id, channel, version, step, state, how, reason, attempts from delivery where result_id = $1
order by step, owed_at, id
"""
LOCK_ROWS = """
select id, channel, version, step, state, how, reason, attempts from delivery where result_id = $1
order by step, owed_at, id for update
"""
_NEW = """
insert into delivery (id, result_id, dossier_id, channel, version, step, owed_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, result_id, channel, version) do nothing returning id
"""
_LOCK = "select * from delivery where id = $1 for update"
_LOCK_FREE = "select * from delivery where id = $1 for update skip locked"
_SENT = """
update delivery set state = 'sent', how = $2, receipt = $3, sent_at = $4, attempts = $5, next_at = null,
  error_vi = '', error_en = '' where id = $1
"""
_BY_STAFF = """
update delivery set how = 'by_staff', next_at = null, error_vi = '', error_en = '' where id = $1
"""
_RECEIVED = """
update delivery set state = 'received', received_at = coalesce(received_at, $2),
  sent_at = coalesce(sent_at, $2), how = case when how in ('', 'by_staff') then 'handed_over' else how end,
  receipt = case when $3 = '' then receipt else $3 end, reason = '', next_at = null,
  error_vi = '', error_en = '', ended_at = null
where id = $1
"""
_FAILED = """
update delivery set state = case when state = 'withdrawing' then state else 'failed' end, attempts = $2,
  next_at = $3, error_vi = $4, error_en = $5 where id = $1
"""
_ENDED = """
update delivery set state = $2, reason = $3, ended_at = $4, next_at = null where id = $1
"""
_NO = "update delivery set error_vi = $2, error_en = $3 where id = $1"
_OPEN_AGAIN = """
update delivery set state = 'owed', how = '', reason = '', attempts = 0, next_at = null, ended_at = null
where id = $1
"""
_WITHDRAW = "update delivery set state = 'withdrawing', attempts = 0 where id = $1"


@dataclass(frozen=True)
class Fault:
    """What went wrong, in words that name nobody."""

    vi: str
    en: str


async def lock(tx: Tx, delivery_id: UUID) -> Record | None:
    """Return a delivery, locked until the end of the work."""
    return await tx.fetchrow(_LOCK, delivery_id)


async def lock_free(tx: Tx, delivery_id: UUID) -> Record | None:
    """Return a delivery, locked; None while a channel is being asked for it."""
    return await tx.fetchrow(_LOCK_FREE, delivery_id)


async def locked_result(tx: Tx, result_id: UUID) -> Record | None:
    """Return a result with what is asked of its dossier, locked until the end of the work."""
    if await tx.fetchval(LOCK_RESULT, result_id) is None:
        return None
    return await tx.fetchrow(RESULT, result_id)


async def owe(work: Work, result: Record, channel: str, step: int, version: int = 1) -> UUID | None:
    """Owe a delivery; None when this result, channel and version stand in the book already."""
    found = await work.tx.fetchval(
        _NEW, uuid7(), result["id"], result["dossier_id"], channel, version, step, work.now
    )
    if found is None:
        return None
    delivery = UUID(bytes=found.bytes)
    _tell(work, OWED, delivery, channel, step=step)
    return delivery


async def sent(work: Work, row: Record, how: str, receipt: str) -> None:
    """Note that a channel took it, or (``by_staff``) that it waits for people."""
    if how == "by_staff":
        await work.tx.execute(_BY_STAFF, row["id"])
        _tell(work, "delivery.waits_for_staff", row["id"], row["channel"])
        return
    attempt = row["attempts"] + 1
    await work.tx.execute(_SENT, row["id"], how, receipt[:200], work.now, attempt)
    _tell(work, "delivery.sent", row["id"], row["channel"], how=how, attempt=attempt)


async def received(work: Work, row: Record, receipt: str = "") -> None:
    """Note that it has arrived."""
    await work.tx.execute(_RECEIVED, row["id"], work.now, receipt[:200])
    _tell(work, "delivery.received", row["id"], row["channel"])


async def failed(work: Work, row: Record, fault: Fault) -> bool:
    """Note a try that failed; tells whether it comes again. Each wait is twice the one before."""
    attempts, again = row["attempts"] + 1, OWED if row["state"] != "withdrawing" else WITHDRAWAL
    at = work.now + wait(attempts)
    await work.tx.execute(_FAILED, row["id"], attempts, at, fault.vi, fault.en)
    _tell(work, "delivery.failed", row["id"], row["channel"], attempt=attempts)
    if attempts >= ATTEMPTS and row["state"] != "withdrawing":
        return False
    # What was delivered must be taken back: a withdrawal is never given up.
    _tell(work, again, row["id"], row["channel"], at=at)
    return True


def wait(attempts: int) -> timedelta:
    """Return how long to wait after so many failures: half a minute, doubled, an hour at most."""
    doubled: int = 2 ** min(attempts - 1, 10)
    return min(_FIRST_WAIT * doubled, _LONGEST_WAIT)


async def give_up(work: Work, row: Record, reason: str, fault: Fault | None = None) -> None:
    """End a delivery that did not arrive; ``reason`` as in the table."""
    await work.tx.execute(_ENDED, row["id"], "given_up", reason, work.now)
    if fault is not None:
        await work.tx.execute(_NO, row["id"], fault.vi, fault.en)
    _tell(work, "delivery.given_up", row["id"], row["channel"], reason=reason)
    if reason in ("tried", "no_channel"):
        _tell(work, STUCK, row["id"], row["channel"], reason=reason)


async def open_again(work: Work, row: Record) -> None:
    """Owe anew what was given up or fails: the same delivery, under the same key."""
    await work.tx.execute(_OPEN_AGAIN, row["id"])
    _tell(work, OWED, row["id"], row["channel"], step=row["step"])


async def withdraw(work: Work, row: Record) -> None:
    """Owe the withdrawal of what was delivered."""
    await work.tx.execute(_WITHDRAW, row["id"])
    _tell(work, WITHDRAWAL, row["id"], row["channel"])


async def withdrawn(work: Work, row: Record) -> None:
    """Note that every copy was taken back."""
    await work.tx.execute(_ENDED, row["id"], "withdrawn", "revoked", work.now)
    _tell(work, "delivery.withdrawn", row["id"], row["channel"])


def due(work: Work, result_id: UUID, step: int, at: datetime) -> None:
    """Let the next place of the order be looked at, at its time."""
    work.emit(STEP_DUE, result_id, {"step": step, "at": at.isoformat()}, not_before=at)


def _tell(
    work: Work,
    kind: str,
    delivery: UUID,
    channel: str,
    *,
    at: datetime | None = None,
    **more: str | int,
) -> None:
    work.emit(kind, delivery, {"channel": channel, **more}, not_before=at)
