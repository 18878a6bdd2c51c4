"""What people say of a service: once per number, soon afterwards; a dislike gets somebody who looks after it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, Forbidden, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.tenancy.db import Record, TenantTx
from motcua.text import nfc

LEVELS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        3: ("Rất hài lòng", "Very satisfied"),
        2: ("Hài lòng", "Satisfied"),
        1: ("Chưa hài lòng", "Not satisfied"),
    }
)
DAYS = 3
"""For so many days after the service it can be rated; today is the first."""

LONGEST = 1000
DEVICE_MINUTES = timedelta(minutes=10)
"""A device at a counter asks about the last service for so long, and only until the next one is there."""

_TICKET = """
select t.id, t.site_id, t.line_id, t.staff_id, t.day, t.state, t.number, t.trace_id, s.unit_id
from ticket t join site s on s.tenant_id = t.tenant_id and s.id = t.site_id where t.id = $1
"""
_NEW = """
insert into feedback (id, site_id, ticket_id, staff_id, line_id, day, level, reason, words, channel, at,
  owner_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (tenant_id, ticket_id) do nothing returning id
"""
# Who leads the unit; else who keeps the house, and of those the one of this very unit before one of all.
_OWNER = """
select r.staff_id from staff_role r
join staff s on s.tenant_id = r.tenant_id and s.id = r.staff_id
where s.active and s.id is distinct from $2
  and ((r.role = any('{head,leader}') and r.unit_id = $1)
    or (r.role = 'admin' and (r.unit_id = $1 or r.unit_id is null)))
order by array_position('{head,leader,admin}'::text[], r.role), r.unit_id nulls last, s.username limit 1
"""
# An owner who has gone, or who leads this unit no longer, looks after nothing here.
_GONE = """
f.owner_id is not null and not exists (
  select 1 from staff o join staff_role r on r.tenant_id = o.tenant_id and r.staff_id = o.id
  where o.tenant_id = f.tenant_id and o.id = f.owner_id and o.active
    and r.role in ('head', 'leader', 'admin') and (r.unit_id is null or r.unit_id = s.unit_id)
) as owner_gone
"""
_HOLD = f"""
select f.id, f.level, f.owner_id, f.closed_at, f.ticket_id, f.staff_id, t.trace_id, s.unit_id,
  {_GONE}
from feedback f
join ticket t on t.tenant_id = f.tenant_id and t.id = f.ticket_id
join site s on s.tenant_id = f.tenant_id and s.id = f.site_id
where f.id = $1 for update of f
"""  # noqa: S608
_CLOSE = "update feedback set closed_at = $2, closing = $3 where id = $1"
_OPEN = """
select t.id, t.number, t.public_code, t.state, t.day, f.level as given
from ticket t left join feedback f on f.tenant_id = t.tenant_id and f.ticket_id = t.id
where t.public_code = $1
"""
_LAST_AT = """
select t.id, t.number, t.public_code
from ticket t left join feedback f on f.tenant_id = t.tenant_id and f.ticket_id = t.id
where t.counter_id = $1 and t.day = $2 and t.state = 'done' and t.ended_at > $3 and f.id is null
  and not exists (select 1 from ticket n where n.tenant_id = t.tenant_id and n.counter_id = $1
    and n.day = $2 and n.started_at > t.ended_at)
order by t.ended_at desc limit 1
"""
# A number that a device at a counter asked about: its answer is kept although the next person is there by now.
_ASKED_AT = """
select t.id, t.number, t.public_code
from ticket t left join feedback f on f.tenant_id = t.tenant_id and f.ticket_id = t.id
where t.public_code = $2 and t.counter_id = $1 and t.day = $3 and t.state = 'done'
  and t.ended_at > $4 and f.id is null
"""
_OWED = f"""
select f.id, f.site_id, f.ticket_id, f.day, f.level, f.reason, f.words, f.at, f.owner_id, f.staff_id,
  t.number, w.full_name as owner_name, {_GONE}
from feedback f
join ticket t on t.tenant_id = f.tenant_id and t.id = f.ticket_id
join site s on s.tenant_id = f.tenant_id and s.id = f.site_id
left join staff w on w.tenant_id = f.tenant_id and w.id = f.owner_id
where f.level = 1 and f.closed_at is null and ($1::uuid[] is null or f.site_id = any($1))
order by f.at limit 200
"""  # noqa: S608


@dataclass(frozen=True)
class Reason:
    """Why somebody was not satisfied."""

    key: str
    vi: str
    en: str


@dataclass(frozen=True)
class Rateable:
    """A number that may be rated now."""

    ticket: UUID
    number: str
    public_code: str


@cache
def reasons() -> tuple[Reason, ...]:
    """Return the reasons that are offered for a dislike, in their order."""
    data = tomllib.loads(Path(__file__).with_name("reasons.toml").read_text(encoding="utf-8"))
    return tuple(Reason(**row) for row in data["reasons"])


async def give(
    work: Work,
    ticket: UUID,
    level: int,
    *,
    reason: str = "",
    words: str = "",
    channel: Literal["device", "phone"],
) -> UUID:
    """Rate a service; returns the id of what was said.

    ``level`` is a key of ``LEVELS``; 1 needs a reason of ``reasons()`` and gets an owner who follows it up:
    who leads the unit of the site, else its administrator; never the officer whom it is about. ``Conflict``
    when the number was rated already, was not served, or was served too long ago; ``Invalid`` for a strange
    level or a missing reason.
    """
    row = await work.tx.fetchrow(_TICKET, ticket)
    if row is None:
        raise NotFound("Không có số này.", "There is no such number.")
    _check(level, reason)
    if row["state"] != "done" or (local_day(work.now) - row["day"]).days >= DAYS:
        raise Conflict(
            f"Chỉ đánh giá được số đã phục vụ xong trong {DAYS} ngày.",
            f"Only a service that ended within {DAYS} days can be rated.",
        )
    work.trace_id = row["trace_id"]
    disliked = level == 1
    owner = await work.tx.fetchval(_OWNER, row["unit_id"], row["staff_id"]) if disliked else None
    said = nfc(words)[:LONGEST]
    given = await _write(work, row, level, reason if disliked else "", said, channel, owner)
    if given is None:
        raise Conflict("Số này đã được đánh giá.", "This number was rated already.")
    about = {"level": level, "channel": channel, **({"reason": reason} if disliked else {})}
    work.emit("feedback.given", given, about, unit=row["unit_id"])
    work.bells.add(f"site:{row['site_id']}")
    return given


def _check(level: int, reason: str) -> None:
    if level not in LEVELS:
        raise Invalid(
            fields={"level": ("Hãy chọn một trong ba mức.", "Choose one of the three levels.")}
        )
    if level == 1 and reason not in {r.key for r in reasons()}:
        raise Invalid(
            fields={"reason": ("Hãy cho biết điều chưa hài lòng.", "Please say what was not good.")}
        )


async def _write(
    work: Work, row: Record, level: int, reason: str, words: str, channel: str, owner: UUID | None
) -> UUID | None:
    found = await work.tx.fetchval(
        _NEW,
        uuid7(),
        row["site_id"],
        row["id"],
        row["staff_id"],
        row["line_id"],
        row["day"],
        level,
        reason or None,
        words,
        channel,
        work.now,
        owner,
    )
    return UUID(bytes=found.bytes) if found else None


async def follow_up(work: Work, feedback: UUID, staff: UUID, closing: str) -> None:
    """Close a dislike with a word on what was done.

    For its owner; without one, or when he has gone or leads the unit no longer, for whoever leads the site,
    which is to be checked before; nobody takes over what is said of himself. ``Forbidden`` for another officer, ``Conflict`` when it is closed already or is no dislike, ``Invalid`` without a word.
    """
    row = await work.tx.fetchrow(_HOLD, feedback)
    if row is None:
        raise NotFound("Không có đánh giá này.", "There is no such rating.")
    if not may_follow_up(row, staff):
        raise Forbidden(
            "Đánh giá này do người khác phụ trách.", "Somebody else looks after this rating."
        )
    if row["closed_at"] is not None or row["level"] != 1:
        raise Conflict("Đánh giá này không còn chờ xử lý.", "This rating waits for nothing.")
    if not (said := nfc(closing)[:LONGEST]):
        raise Invalid(fields={"closing": ("Hãy ghi việc đã làm.", "Write what was done.")})
    work.trace_id = row["trace_id"]
    await work.tx.execute(_CLOSE, feedback, work.now, said)
    work.emit("feedback.closed", feedback, {"closing": said}, unit=row["unit_id"])


def may_follow_up(row: Record, staff: UUID) -> bool:
    """Tell whether somebody who leads the site closes this dislike: owner_id, owner_gone, staff_id."""
    if row["owner_gone"]:
        return bool(row["staff_id"] != staff)
    return row["owner_id"] in (None, staff)


async def by_code(tx: TenantTx, code: str, now: datetime) -> Rateable | None:
    """Return the number of this public code when it may be rated; None before, too late, and afterwards."""
    row = await tx.fetchrow(_OPEN, code)
    if row is None or row["state"] != "done" or row["given"] is not None:
        return None
    if (local_day(now) - row["day"]).days >= DAYS:
        return None
    return Rateable(row["id"], row["number"], row["public_code"])


async def at_counter(tx: TenantTx, counter: UUID, now: datetime) -> Rateable | None:
    """Return the number that was served last at a counter, until the next person is there."""
    row = await tx.fetchrow(_LAST_AT, counter, local_day(now), now - DEVICE_MINUTES)
    return Rateable(row["id"], row["number"], row["public_code"]) if row else None


async def asked_at(tx: TenantTx, counter: UUID, code: str, now: datetime) -> Rateable | None:
    """Return the number of this public code when the device at a counter may still be answering about it."""
    row = await tx.fetchrow(_ASKED_AT, counter, code, local_day(now), now - DEVICE_MINUTES)
    return Rateable(row["id"], row["number"], row["public_code"]) if row else None


async def owed(tx: TenantTx, sites: list[UUID] | None) -> list[Record]:
    """Return the dislikes that wait for somebody at these sites (None: all), the oldest first.

    Columns: id, site_id, ticket_id, number, day, level, reason, words, at, owner_id, owner_name, owner_gone,
    staff_id (whom it is about).
    """
    return await tx.fetch(_OWED, sites)
