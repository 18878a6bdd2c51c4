"""Tickets: issue, call, start, finish. Segments are closed exactly once and tile a ticket's life."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.ids import random_code, uuid7
from motcua.queues import numbers
from motcua.queues.board import day_start
from motcua.queues.estimate import Range, waiting_range
from motcua.tenancy.db import Record

_LINE = "select id, letter, mean_minutes from line where id = $1 and site_id = $2"
_LIVE = """
select number, public_code, low_minutes, high_minutes from ticket
where person_id = $1 and line_id = $2 and day = $3 and state in ('waiting', 'called', 'serving')
"""
_AHEAD = """
select (select count(*) from ticket where site_id = $1 and line_id = $2 and state = 'waiting'
          and day = $3) as ahead,
       (select count(*) from counter where site_id = $1 and staff_id is not null
          and opened_at >= $5 and lines ? $4) as open
"""
_ISSUE = """
insert into ticket (id, site_id, line_id, day, number, public_code, trace_id, person_id, dossier_id,
  state, sort_key, issued_at, low_minutes, high_minutes)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10, $10, $11, $12)
"""
_SEGMENT = """
insert into segment (id, ticket_id, kind, from_at, counter_id, staff_id)
values ($1, $2, $3, $4, $5, $6)
"""
_CLOSE = "update segment set to_at = $2 where ticket_id = $1 and to_at is null"
_COUNTER = """
select c.id, c.site_id, c.number, c.lines, c.staff_id, s.unit_id from counter c
join site s on s.id = c.site_id where c.id = $1
"""
_HOLD_COUNTER = _COUNTER + " for update of c"
_BUSY = """
select number from ticket
where counter_id = $1 and day = $2 and state in ('called', 'serving') limit 1
"""
# What lies at a counter that nobody serves any more; ``$2``: only what is older than this day.
_LEFT_BEHIND = """
select id, site_id, trace_id from ticket
where counter_id = $1 and state in ('called', 'serving') and ($2::date is null or day < $2)
order by id for update
"""
_NEXT = """
update ticket set state = 'called', called_at = $3, counter_id = $2, staff_id = $4, calls = 1
where (tenant_id, id) = (
  select t.tenant_id, t.id from ticket t join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
  where t.site_id = $1 and t.state = 'waiting' and t.day = $5 and l.letter = any($6)
  order by t.sort_key limit 1 for update of t skip locked)
returning id, number, dossier_id, trace_id
"""
_LOCK = """
select id, site_id, number, state, counter_id, staff_id, dossier_id, trace_id from ticket
where id = $1 for update
"""
_STATE = "update ticket set state = $2, started_at = coalesce($3, started_at), ended_at = $4 where id = $1"
_RECALL = "update ticket set calls = calls + 1 where id = $1 returning calls"
_SEQ = "update site set call_seq = call_seq + 1 where id = $1 returning call_seq"
_BOARD = """
insert into board_call (site_id, seq, number, counter, at) values ($1, $2, $3, $4, $5)
"""
# A counter that was opened before today ($4 is midnight) is open to anybody: its officer went home.
_OPEN = """
update counter set staff_id = $2, opened_at = $3
where id = $1 and (staff_id is null or staff_id = $2 or opened_at < $4) returning id
"""
# In the order of their ids, so that two officers who change places do not wait for each other.
_HOLD_SEATS = "select 1 from counter where id = $2 or staff_id = $1 order by id for update"
_HOLD_STAFF = "select 1 from staff where id = $1 for no key update"
_ELSEWHERE = """
select number from counter where staff_id = $1 and id <> $2 and opened_at >= $3 limit 1
"""
_FORSAKE = """
update counter set staff_id = null, opened_at = null where staff_id = $1 and id <> $2
"""
_RELEASE = "update counter set staff_id = null, opened_at = null where id = $1"
_LEAVE = "update counter set staff_id = null, opened_at = null where id = $1 and staff_id = $2"


@dataclass(frozen=True)
class Issued:
    """A ticket as it is printed."""

    id: UUID
    number: str
    public_code: str
    estimate: Range


@dataclass(frozen=True)
class Called:
    """Who is called to the counter, and the dossier that opens with the ticket."""

    id: UUID
    number: str
    dossier_id: UUID | None
    trace_id: UUID


async def issue(
    work: Work,
    site: UUID,
    line: UUID,
    *,
    person: UUID | None = None,
    dossier: UUID | None = None,
) -> Issued:
    """Issue a ticket in the order of arrival; ``Conflict`` when the person has a live one in the line.

    The number is taken first: its row is locked until the end of the work, so that whoever asks at the
    same moment looks for a live ticket after this one is there. A refusal gives the number back.
    """
    found = await work.tx.fetchrow(_LINE, line, site)
    if found is None:
        raise NotFound("Điểm tiếp nhận không có lĩnh vực này.", "The site has no such line.")
    day = local_day(work.now)
    number = await numbers.take(work, site, found["letter"], day)
    if person and (live := await work.tx.fetchrow(_LIVE, person, line, day)):
        raise Conflict(
            f"Ông/bà đã có số {live['number']} ở lĩnh vực này, đang chờ gọi.",
            f"You already hold number {live['number']} in this line.",
        )
    counts = await work.tx.fetchrow(_AHEAD, site, line, day, found["letter"], day_start(work.now))
    if counts is None:
        raise NotFound()
    estimate = waiting_range(counts["ahead"], counts["open"], found["mean_minutes"])
    issued = Issued(uuid7(), number, random_code(8), estimate)
    await work.tx.execute(
        _ISSUE,
        issued.id,
        site,
        line,
        day,
        number,
        issued.public_code,
        work.trace_id,
        person,
        dossier,
        work.now,
        estimate.low,
        estimate.high,
    )
    await work.tx.execute(_SEGMENT, uuid7(), issued.id, "waiting", work.now, None, None)
    work.emit(
        "ticket.issued", issued.id, {"number": number, "shown": [estimate.low, estimate.high]}
    )
    work.bells.add(f"site:{site}")
    return issued


async def open_counter(work: Work, counter: UUID, staff: UUID) -> None:
    """Sit down at a counter; ``Conflict`` when somebody else sits there, or the officer sits elsewhere.

    Seats of earlier days do not count: whoever forgot to leave blocks neither the counter nor himself.
    """
    midnight = day_start(work.now)
    await work.tx.execute(_HOLD_STAFF, staff)
    await work.tx.execute(_HOLD_SEATS, staff, counter)
    if number := await work.tx.fetchval(_ELSEWHERE, staff, counter, midnight):
        raise Conflict(
            f"Bạn đang mở quầy {number}. Hãy rời quầy đó trước.",
            f"You already serve at counter {number}. Leave it first.",
        )
    await work.tx.execute(_FORSAKE, staff, counter)
    if await work.tx.fetchval(_OPEN, counter, staff, work.now, midnight) is None:
        raise Conflict("Quầy này đang có người phục vụ.", "Somebody else serves at this counter.")
    await _clear(work, counter, "counter_taken_over", before=local_day(work.now))
    work.emit("counter.opened", counter)


async def leave_counter(work: Work, counter: UUID, staff: UUID) -> None:
    """Leave a counter; ``Conflict`` while a ticket is still there."""
    # The lock makes a call of this very moment come before or after, never in between.
    await work.tx.execute("select 1 from counter where id = $1 for update", counter)
    if number := await work.tx.fetchval(_BUSY, counter, local_day(work.now)):
        raise Conflict(
            f"Còn đang phục vụ số {number}. Hãy kết thúc trước khi rời quầy.",
            f"Number {number} is still being served here.",
        )
    await work.tx.execute(_LEAVE, counter, staff)
    work.emit("counter.left", counter)


async def release_counter(work: Work, counter_id: UUID) -> None:
    """Free a counter whose officer is gone; the number that is still there ends as not shown up.

    For a receiver or an administrator of the site. ``Conflict`` when nobody sits there.
    """
    counter = await work.tx.fetchrow(_HOLD_COUNTER, counter_id)
    if counter is None:
        raise NotFound("Không có quầy này.", "There is no such counter.")
    if counter["staff_id"] is None:
        raise Conflict("Quầy này không có người ngồi.", "Nobody sits at this counter.")
    await _clear(work, counter_id, "counter_released")
    await work.tx.execute(_RELEASE, counter_id)
    work.emit(
        "counter.released", counter_id, {"counter": counter["number"]}, unit=counter["unit_id"]
    )
    work.bells.add(f"site:{counter['site_id']}")


async def _clear(work: Work, counter: UUID, reason: str, *, before: date | None = None) -> None:
    """End what was left at a counter, of all days or of those before one, and say why."""
    for ticket in await work.tx.fetch(_LEFT_BEHIND, counter, before):
        await work.tx.execute(_STATE, ticket["id"], "no_show", None, work.now)
        await work.tx.execute(_CLOSE, ticket["id"], work.now)
        work.emit("ticket.no_show", ticket["id"], {"reason": reason}, trace_id=ticket["trace_id"])
        work.bells.add(f"site:{ticket['site_id']}")


async def call_next(work: Work, counter_id: UUID, staff: UUID) -> Called | None:
    """Call the next ticket of the counter's lines; None when nobody waits.

    One statement with ``SKIP LOCKED`` picks the ticket, so two counters never call the same one.
    """
    day = local_day(work.now)
    counter = await _counter(work, counter_id, staff, _HOLD_COUNTER)
    if number := await work.tx.fetchval(_BUSY, counter_id, day):
        raise Conflict(
            f"Số {number} đang ở quầy. Hãy kết thúc trước khi gọi số tiếp theo.",
            f"Number {number} is at this counter. Finish it first.",
        )
    row = await work.tx.fetchrow(
        _NEXT,
        counter["site_id"],
        counter_id,
        work.now,
        staff,
        day,
        counter["lines"],
    )
    if row is None:
        return None
    work.trace_id = row["trace_id"]
    await _move(work, row["id"], "called", counter_id, staff)
    await _announce(work, counter["site_id"], row["number"], counter["number"])
    work.emit("ticket.called", row["id"], {"counter": counter["number"]}, unit=counter["unit_id"])
    return Called(row["id"], row["number"], row["dossier_id"], row["trace_id"])


async def recall(work: Work, ticket_id: UUID, staff: UUID) -> int:
    """Call the same number again; returns how often it was called."""
    ticket = await _mine(work, ticket_id, staff, "called")
    counter = await _counter(work, ticket["counter_id"], staff, _COUNTER)
    await _announce(work, ticket["site_id"], ticket["number"], counter["number"])
    calls = int(await work.tx.fetchval(_RECALL, ticket_id))
    work.emit("ticket.recalled", ticket_id, {"calls": calls})
    return calls


async def start(work: Work, ticket_id: UUID, staff: UUID) -> None:
    """Begin the service: the person is at the counter."""
    ticket = await _mine(work, ticket_id, staff, "called")
    await work.tx.execute(_STATE, ticket_id, "serving", work.now, None)
    await _move(work, ticket_id, "serving", ticket["counter_id"], staff)
    work.emit("ticket.started", ticket_id)
    work.bells.add(f"site:{ticket['site_id']}")


async def finish(work: Work, ticket_id: UUID, staff: UUID) -> None:
    """Service is over."""
    await _end(work, ticket_id, staff, "serving", "done", "ticket.finished")


async def no_show(work: Work, ticket_id: UUID, staff: UUID) -> None:
    """Nobody came after the calls."""
    await _end(work, ticket_id, staff, "called", "no_show", "ticket.no_show")


async def _end(
    work: Work, ticket_id: UUID, staff: UUID, state: str, after: str, event: str
) -> None:
    ticket = await _mine(work, ticket_id, staff, state)
    await work.tx.execute(_STATE, ticket_id, after, None, work.now)
    await work.tx.execute(_CLOSE, ticket_id, work.now)
    work.emit(event, ticket_id)
    work.bells.add(f"site:{ticket['site_id']}")


async def _counter(work: Work, counter_id: UUID, staff: UUID, statement: str) -> Record:
    counter = await work.tx.fetchrow(statement, counter_id)
    if counter is None:
        raise NotFound("Không có quầy này.", "There is no such counter.")
    if counter["staff_id"] != staff:
        raise Conflict(
            "Hãy mở quầy trước khi gọi số.", "Sit down at the counter before you call a number."
        )
    return counter


async def _mine(work: Work, ticket_id: UUID, staff: UUID, state: str) -> Record:
    ticket = await work.tx.fetchrow(_LOCK, ticket_id)
    if ticket is None:
        raise NotFound("Không có số này.", "There is no such ticket.")
    if ticket["state"] != state or ticket["staff_id"] != staff:
        raise Conflict(
            f"Số {ticket['number']} không còn ở trạng thái này. Hãy tải lại trang.",
            f"Number {ticket['number']} is not in this state any more. Reload the page.",
        )
    work.trace_id = ticket["trace_id"]
    return ticket


async def _move(work: Work, ticket: UUID, kind: str, counter: UUID, staff: UUID) -> None:
    await work.tx.execute(_CLOSE, ticket, work.now)
    await work.tx.execute(_SEGMENT, uuid7(), ticket, kind, work.now, counter, staff)


async def _announce(work: Work, site: UUID, number: str, counter: str) -> None:
    seq = await work.tx.fetchval(_SEQ, site)
    await work.tx.execute(_BOARD, site, seq, number, counter, work.now)
    work.bells.add(f"site:{site}")


def lines_of(letters: Sequence[str]) -> list[str]:
    """Return letters in the form counters keep them."""
    return sorted({letter.strip().upper() for letter in letters if letter.strip()})
