"""A number with all that belongs to it, written in one statement: what may speak against it, and the refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.ids import random_code, uuid7
from motcua.queues import frozen, held, numbers
from motcua.queues.estimate import Range

REMOTE = ("phone", "portal", "appointment")
_READ = """
with d as (
  select n, remote from day_number
  where site_id = $1 and day = $3 and letter = (select letter from line where id = $2)
  for no key update)
select l.letter, l.paused_at, l.quota_remote, l.quota_walk_in, l.appointments is not null as books,
  s.unit_id, s.hours, coalesce(s.closed_day >= $3, false) as closed,
  n.centre_until,
  (select d.n from d) as n, coalesce((select d.remote from d), 0) as remote,
  (select coalesce(sum(b.used - (b.last - b.first + 1) * (b.first <= (select d.n from d))::int), 0)
   from number_lease b
   where b.site_id = $1 and b.letter = l.letter and b.day = $3)::int as leased,
  exists (select 1 from number_lease b
   where b.site_id = $1 and b.letter = l.letter and b.day = $3
     and b.first = (select d.n from d) + 1 and b.last = $7::smallint) as used_up,
  (select array[t.number, t.state] from ticket t
   where (t.person_id = $4 or t.contact_index = $5 or t.visit_id = $6)
     and t.line_id = $2 and t.day = $3
     and t.state in ('reserved', 'waiting', 'called', 'serving', 'parked') limit 1) as live
from line l
join site s on s.tenant_id = l.tenant_id and s.id = l.site_id
left join site_node n on n.tenant_id = l.tenant_id and n.site_id = l.site_id
where l.id = $2 and l.site_id = $1
"""
# Of the numbers taken from afar those that use up the quota: an appointment had a slot of its own, and what
# was given back before its holder came is free for another. A number goes by its letter: it may be in
# another line by now.
HOLDS_PLACE = """
t.origin in ('phone', 'portal')
  and (t.arrived_at is not null or t.state not in ('left', 'cancelled', 'voided'))
"""
_AFAR = f"""
select count(*) from ticket t
where t.site_id = $1 and t.day = $2 and rtrim(t.number, '0123456789') = $3 and {HOLDS_PLACE}
"""  # noqa: S608 -- constants
# Number, visit (a new one, or the one that is there), ticket, segment and event together.
_REST = """
named as (select $6 || lpad(n::text, greatest(3, length(n::text)), '0') as number from d),
v as (
  insert into visit (id, site_id, day, person_id, contact_sealed, language, arrived_at,
    priority_class, priority_why, priority_by, device_id)
  select $5, $2, $4, $11, $12, $13, $14, $15, $16, $17, $18 from named where $19),
t as (
  insert into ticket (id, visit_id, site_id, line_id, day, number, public_code, origin, trace_id,
    person_id, dossier_id, appointment_id, state, priority, sort_key, issued_at, arrived_at,
    window_from, window_to, parked_why, low_minutes, high_minutes, contact_index)
  select $1, $5, $2, $3, $4, number, $8, $9, $10, $11, $20, $21, $22, $23, $24, $25, $14, $26, $27,
    $28, $29, $30, $39 from named),
g as (
  insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at)
  select $31, $1, $2, $3, $32, $22, $25 from named),
e as (
  insert into event (id, trace_id, at, type, subject, unit_id, actor, payload)
  select $33, $10, $25, $34, $1, (select unit_id from site where id = $2), $35,
    $36::jsonb || jsonb_build_object('number', number) from named),
o as (
  insert into outbox (id, event_id, subscriber, next_at)
  select o.id, $33, o.subscriber, now()
  from named, unnest($37::uuid[], $38::text[]) as o (id, subscriber))
select number from named
"""
WRITE = f"""
with d as (
  insert into day_number as d (site_id, letter, day, n, remote)
  select $2, $6, $4, {numbers.NEXT_FREE}, $7
  from (select $2::uuid as site_id, $6::text as letter, $4::date as day, 0 as n) d
  on conflict (tenant_id, site_id, letter, day) do update
    set n = {numbers.NEXT_FREE}, remote = d.remote + excluded.remote
  returning n),
{_REST}"""  # noqa: S608 -- constants
# The same without the read before it, for a fresh visit at a site without hours or a node of its own: no row
# when anything speaks against it, which the read then says. The caps are compared with the locked row.
AT_ONCE = f"""
with able as (
  select l.quota_remote, l.quota_walk_in from line l join site s on s.id = l.site_id
  where l.id = $3 and l.site_id = $2 and l.paused_at is null and s.hours is null
    and coalesce(s.closed_day < $4, true)
    and not exists (select 1 from site_node n where n.site_id = $2)
    and not exists (
      select 1 from number_lease b where b.site_id = $2 and b.letter = $6 and b.day = $4)
    and not exists (
      select 1 from ticket t
      where (t.person_id = $11 or t.contact_index = $39) and t.line_id = $3 and t.day = $4
        and t.state in ('reserved', 'waiting', 'called', 'serving', 'parked'))),
d as (
  insert into day_number as d (site_id, letter, day, n, remote)
  select $2, $6, $4, 1, $7 from able
  where coalesce(case when $7 = 1 then quota_remote else quota_walk_in end, 1) > 0
  on conflict (tenant_id, site_id, letter, day) do update
    set n = d.n + 1, remote = d.remote + excluded.remote
    where coalesce(case when $7 = 1 then d.remote < (select quota_remote from able)
      else d.n - d.remote < (select quota_walk_in from able) end, true)
  returning n),
{_REST}"""  # noqa: S608 -- constants
_LETTER = "select letter from line where id = $1 and site_id = $2"
_CLAIM = """
update visit set priority_class = $2, priority_why = $3, priority_by = $4 where id = $1
"""
_letters: dict[tuple[UUID, UUID, UUID], str] = {}


@dataclass(frozen=True)
class Issued:
    """A ticket as it is printed."""

    id: UUID
    number: str
    public_code: str
    estimate: Range
    visit_id: UUID


@dataclass(frozen=True)
class Priority:
    """A claim of priority: the key of its class, what was seen, and the officer who saw it (or nobody)."""

    key: str
    why: str = ""
    by: UUID | None = None


@dataclass(frozen=True)
class Presence:
    """The presence a ticket belongs to; ``id`` of a new one is made here."""

    id: UUID
    fresh: bool
    since: datetime | None
    person: UUID | None
    busy: bool = False
    priority: int = 0


@dataclass(frozen=True)
class Wanted:
    """A ticket before it has its number; ``key`` orders it, ``rank`` is its priority."""

    site: UUID
    line: UUID
    letter: str
    day: date
    estimate: Range
    state: str
    origin: str
    key: datetime
    rank: int = 0
    claim: Priority | None = None
    window: tuple[datetime, datetime] | tuple[None, None] = (None, None)
    contact: str = ""
    language: str = "vi"
    dossier: UUID | None = None
    appointment: UUID | None = None
    device: UUID | None = None


async def letter_of(work: Work, site: UUID, line: UUID) -> str:
    """Return the letter of a site's line, which never changes; ``NotFound``."""
    key = (work.tenant.id, site, line)
    found = _letters.get(key)
    if found is None:
        found = await work.tx.fetchval(_LETTER, line, site)
        if found is None:
            raise _no_line()
        _letters[key] = found
    return found


def _no_line() -> NotFound:
    return NotFound("Điểm tiếp nhận không có lĩnh vực này.", "The site has no such line.")


def index_of(work: Work, contact: str, origin: str) -> bytes | None:
    """Return the blind index of who takes a number from afar; at the door two may share a telephone."""
    return work.vault.index(contact) if contact and origin in REMOTE else None


async def read(
    work: Work,
    site: UUID,
    line: UUID,
    day: date,
    person: UUID | None,
    index: bytes | None,
    visit: UUID | None = None,
) -> Mapping[str, Any]:
    """Lock the line's numbers of a day and return what may speak against one more."""
    row = await work.tx.fetchrow(_READ, site, line, day, person, index, visit, numbers.NO_END)
    if row is None:
        raise _no_line()
    frozen.check(row["centre_until"], work.now)
    if row["n"] is None:
        # The first of the day: there was nothing to lock.
        await numbers.hold(work, site, row["letter"], day)
        return await read(work, site, line, day, person, index, visit)
    afar: int = row["remote"]
    if row["quota_remote"] is not None and afar >= row["quota_remote"]:
        # Counted after the lock: whoever held it before us is seen.
        afar = await work.tx.fetchval(_AFAR, site, day, row["letter"])
    return {**row, "afar": afar}


def refuse(read: Mapping[str, Any], origin: str, *, further: bool = False) -> None:
    """Raise ``Conflict`` with what speaks against a number; a further one of a visit knows no cap."""
    if read["live"]:
        raise _twice(*read["live"])
    if read["paused_at"] is not None and origin != "appointment":
        raise Conflict(
            f"Lĩnh vực {read['letter']} tạm dừng cấp số. Hãy hỏi nhân viên hướng dẫn.",
            f"Line {read['letter']} gives no numbers for now. Ask the staff.",
        )
    if read["closed"]:
        raise Conflict(
            "Điểm tiếp nhận đã đóng sổ ngày này. Hãy chọn ngày khác.",
            "The site has closed this day. Choose another one.",
        )
    if read["used_up"]:
        raise _used_up(read)
    # Who has an appointment was promised his number: its slot had room.
    if not further and origin != "appointment":
        _refuse_full(read, origin)


def _twice(number: str, state: str) -> Conflict:
    if state == "reserved":
        return Conflict(
            f"Ông/bà đã có số {number} ở lĩnh vực này, chưa báo đã đến."
            " Đến nơi, hãy báo tại ki-ốt hoặc quét mã QR ở cửa.",
            f"You already hold number {number} in this line and have not said yet that you are here."
            " At the site, say so at the kiosk or scan the code at the door.",
        )
    return Conflict(
        f"Ông/bà đã có số {number} ở lĩnh vực này, đang chờ gọi.",
        f"You already hold number {number} in this line.",
    )


def _used_up(read: Mapping[str, Any]) -> Conflict:
    """Say that a hall that is alone has given out what the centre leased it: the next one may be another's."""
    last = numbers.write(read["letter"], read["n"])
    return Conflict(
        f"Điểm tiếp nhận đang mất kết nối với trung tâm, và lĩnh vực {read['letter']} đã cấp hết các số"
        f" dành cho lúc này; số cuối là {last}. Có số tiếp khi nối lại được; hãy hỏi nhân viên hướng dẫn.",
        f"The site is cut off from the centre, and line {read['letter']} has given out all numbers it has"
        f" for this; the last one is {last}. There are more when the line is back; ask the staff.",
    )


def _refuse_full(read: Mapping[str, Any], origin: str) -> None:
    """Raise ``Conflict`` at the cap; it names the ways that are open, and no other."""
    remote = origin in REMOTE
    walk_in = read["n"] + read["leased"] - read["remote"]
    cap = read["quota_remote"] if remote else read["quota_walk_in"]
    if cap is None or (read["afar"] if remote else walk_in) < cap:
        return
    letter = read["letter"]
    said = (
        f"Đã hết {cap} số lấy từ xa trong ngày của lĩnh vực {letter}.",
        f"All {cap} numbers taken from afar that day in line {letter} are given out.",
    )
    door = read["quota_walk_in"]
    ways = [
        (cap > 0, "chọn ngày khác", "choose another day"),
        (door is None or walk_in < door, "đến lấy số tại chỗ", "take a number at the site"),
        (read["books"], "đặt lịch hẹn", "book an appointment"),
    ]
    if not remote:
        said = (
            f"Đã hết {cap} số tại chỗ trong ngày của lĩnh vực {letter}.",
            f"All {cap} numbers of the day in line {letter} are given out.",
        )
        ways = [
            (read["books"], "đặt lịch hẹn", "book an appointment"),
            (
                read["quota_remote"] != 0,
                "lấy số từ xa cho ngày khác",
                "take a number from afar for another day",
            ),
            (cap > 0, "trở lại vào ngày khác", "come back on another day"),
        ]
    raise Conflict(*_instead(said, ways))


def _instead(said: tuple[str, str], ways: list[tuple[bool, str, str]]) -> tuple[str, str]:
    """Add what else to do to a refusal; where no way is open, whom to ask."""
    vi = [way for is_open, way, _ in ways if is_open] or ["hỏi nhân viên hướng dẫn"]
    en = [way for is_open, _, way in ways if is_open] or ["ask the staff"]
    return f"{said[0]} Hãy {_either(vi, 'hoặc')}.", f"{said[1]} {_either(en, 'or').capitalize()}."


def _either(ways: list[str], word: str) -> str:
    *others, last = ways
    return f"{', '.join(others)} {word} {last}" if others else last


async def write(work: Work, statement: str, there: Presence, wanted: Wanted) -> Issued | None:
    """Write a ticket with all that belongs to it; None when ``AT_ONCE`` found something against it."""
    w, claim, shown = wanted, wanted.claim, wanted.estimate
    here = None if w.state == "reserved" else there.since
    ticket, code = uuid7(), random_code(8)
    event = "ticket.reserved" if w.state == "reserved" else "ticket.issued"
    owed = list(work.subscribers(work.tenant, event))
    values = (
        ticket, w.site, w.line, w.day, there.id, w.letter, int(w.origin in REMOTE), code, w.origin,
        work.trace_id, there.person, work.vault.seal(w.contact) if w.contact else None, w.language,
        here, claim.key if claim else None, claim.why if claim else "", claim.by if claim else None,
        w.device, there.fresh, w.dossier, w.appointment, w.state, w.rank, w.key, work.now, *w.window,
        held.VISIT if w.state == "parked" else "", shown.low, shown.high, uuid7(),
        local_day(work.now), uuid7(), event, str(work.actor),
        {"origin": w.origin, "line": w.letter, "shown": [shown.low, shown.high]},
        [uuid7() for _ in owed], owed, index_of(work, w.contact, w.origin),
    )  # fmt: skip
    try:
        row = await work.alone(statement, *values)
    except asyncpg.UniqueViolationError as error:
        raise held.at_once(error) from error
    if row is None:
        return None
    if claim is not None and not there.fresh:
        await work.tx.execute(_CLAIM, there.id, claim.key, claim.why, claim.by)
    work.bells.add(f"site:{w.site}")
    if owed:
        work.bells.add("outbox")
    return Issued(ticket, row["number"], code, shown, there.id)
