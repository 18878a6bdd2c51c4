"""What follows from the log: a result is issued, owed place by place, arrives once, and is taken back everywhere.

All of it are handlers of the outbox: at least once, idempotent, and nothing is kept outside of the database.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

from motcua.channels import book, handover, sending
from motcua.channels.plan import COUNTER, POST, Plan, Way, read
from motcua.dossiers import returning
from motcua.dossiers.changes import lock
from motcua.dossiers.codes import local_day
from motcua.events.log import Event
from motcua.events.outbox import LaterError
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant

SUBSCRIBER = "channels"
_REVOKED = 1
_RESULT_OF = "select id from issued_result where dossier_id = $1 order by issued_at desc limit 1"
_OPEN = frozenset({"owed", "failed", "sent", "received"})
_TRIED = frozenset({"tried", "elsewhere", "by_staff"})
_HOLDER = "select holder_id from issued_result where id = $1"


def plan_of(tenant: Tenant) -> Plan:
    """Return the tenant's orders, as they were checked when the tenant was loaded."""
    return read(tenant.settings.get("channels", {}))


def way_of(tenant: Tenant, result: Record) -> Way:
    """Return the order that holds for a result: that of the day it was issued."""
    return plan_of(tenant).way(result["procedure_code"], local_day(result["issued_at"]))


async def follow(platform: Platform, work: Work, event: Event) -> None:
    """Do what an event asks of the deliveries."""
    await _FOLLOWS[event.type](platform, work, event)


async def _issued(platform: Platform, work: Work, event: Event) -> None:
    await _begin(platform, work, event.subject, 0)


async def _begin(platform: Platform, work: Work, result_id: UUID, step: int) -> None:
    """Owe every channel of a place, and say when the next place is due; a place without any is passed."""
    result = await book.locked_result(work.tx, result_id)
    if result is None or result["status"] == _REVOKED:
        return
    rows = await work.tx.fetch(book.OF_RESULT, result_id)
    if any(r["state"] == "received" for r in rows):
        return
    way = way_of(work.tenant, result)
    steps = way.wished(await handover.channel_of(work.tx, result["dossier_id"]))
    known = {r["channel"] for r in rows}
    while step < len(steps):
        fresh = [c for c in steps[step] if c not in known]
        for channel in fresh:
            await book.owe(work, result, channel, step)
        if fresh or any(r["step"] == step and r["state"] in _OPEN for r in rows):
            break
        step += 1
    if step + 1 < len(steps):
        book.due(work, result_id, step + 1, work.now + way.wait)


async def _step_due(platform: Platform, work: Work, event: Event) -> None:
    left = (datetime.fromisoformat(event.payload["at"]) - work.now).total_seconds()
    if left > 0:
        raise LaterError(left)
    result = await work.tx.fetchrow(book.RESULT, event.subject)
    rows = await work.tx.fetch(book.OF_RESULT, event.subject)
    # What was published lies where it is read: no paper goes after it.
    there = any(r["state"] == "received" or _published(r) for r in rows)
    if result is None or there or any(r["step"] >= event.payload["step"] for r in rows):
        return
    await _begin(platform, work, event.subject, event.payload["step"])


def _published(row: Record) -> bool:
    return bool(row["state"] == "sent" and row["how"] in ("published", "handed_over"))


async def _owed(platform: Platform, work: Work, event: Event) -> None:
    ended = await sending.attempt(platform, work, event.subject, plan_of(work.tenant), way_of)
    if ended is None:
        return
    if ended["outcome"] == "arrived":
        await arrived(platform, work, ended["result_id"], ended["channel"], "")
    else:
        await _after_giving_up(platform, work, ended["result_id"])


async def _after_giving_up(platform: Platform, work: Work, result_id: UUID) -> None:
    """Go on to the next place at once, when nothing of the places so far can arrive any more."""
    rows = await work.tx.fetch(book.OF_RESULT, result_id)
    if rows and not any(r["state"] in _OPEN for r in rows):
        await _begin(platform, work, result_id, max(r["step"] for r in rows) + 1)


async def arrived(
    platform: Platform, work: Work, result_id: UUID, channel: str, receipt: str
) -> None:
    """Note that a result has reached its holder by a channel; the dossier is returned by the first.

    Ways of paper that nobody has gone yet end, and so does what was only a fall-back: the person has it. What
    goes out at once with it goes on, and so does a letter that was wished for. Saying it again changes nothing.
    """
    result = await work.tx.fetchrow(book.RESULT, result_id)
    if result is None:
        return
    # Dossier before result, as every command that withdraws takes them.
    await lock(work, result["dossier_id"])
    await work.tx.execute(book.LOCK_RESULT, result_id)
    rows = await work.tx.fetch(book.OF_RESULT, result_id)
    mine = [r for r in rows if r["channel"] == channel]
    if mine and mine[-1]["state"] in ("received", "withdrawing", "withdrawn"):
        return
    if not mine:
        step = max((r["step"] for r in rows), default=0)
        await book.owe(work, result, channel, step)
        rows = await work.tx.fetch(book.OF_RESULT, result_id)
        mine = [r for r in rows if r["channel"] == channel]
    await book.received(work, mine[-1], receipt)
    await returning.arrived(platform, work, result["dossier_id"], channel)
    wished = await handover.channel_of(work.tx, result["dossier_id"])
    for row in rows:
        letter = row["channel"] == wished == POST
        at_once = row["step"] == mine[-1]["step"] and row["how"] != "by_staff"
        goes_on = row["channel"] == channel or letter or at_once
        if row["state"] in ("owed", "failed") and not goes_on:
            await book.give_up(work, row, "elsewhere")


async def _in_wallet(platform: Platform, work: Work, event: Event) -> None:
    await arrived(platform, work, event.subject, "wallet", "")


async def _downloaded(platform: Platform, work: Work, event: Event) -> None:
    # A file that somebody else read, an officer or whoever handed the dossier in, has not reached its holder.
    holder = await work.tx.fetchval(_HOLDER, event.subject)
    if event.actor == f"citizen:{holder}":
        await arrived(platform, work, event.subject, "link", "")


async def _returned(platform: Platform, work: Work, event: Event) -> None:
    if event.payload.get("way") != COUNTER:
        return
    if (result := await work.tx.fetchval(_RESULT_OF, event.subject)) is not None:
        await arrived(platform, work, UUID(bytes=result.bytes), COUNTER, "")


async def _revoked(platform: Platform, work: Work, event: Event) -> None:
    """Take back what was delivered, on every channel, and stop what is on its way."""
    # A delivery under way is waited for: what it delivered must come back, too.
    for row in await work.tx.fetch(book.LOCK_ROWS, event.subject):
        if row["state"] in ("sent", "received"):
            await book.withdraw(work, row)
        elif row["state"] in ("owed", "failed") or (row["reason"] in _TRIED and row["attempts"]):
            await sending.stop(platform, work, row)


async def _withdrawal(platform: Platform, work: Work, event: Event) -> None:
    await sending.withdraw(platform, work, event.subject, plan_of(work.tenant))


_FOLLOWS: Mapping[str, Callable[[Platform, Work, Event], Awaitable[None]]] = {
    "result.issued": _issued,
    "result.revoked": _revoked,
    "credential.delivered": _in_wallet,
    "result.downloaded": _downloaded,
    "dossier.returned": _returned,
    book.OWED: _owed,
    book.STEP_DUE: _step_due,
    book.WITHDRAWAL: _withdrawal,
}
SUBSCRIBED = frozenset(_FOLLOWS)
