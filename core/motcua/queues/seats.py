"""Who sits where: open a counter, leave it, have a break, hand over, and free a seat that was forgotten.

A seat is an open segment of its officer. Every command here locks the counter first, like the calls do; after the
counter comes the visit, then the ticket, then segments, so that nobody waits for one who waits for him.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues import calling, frozen, held
from motcua.queues.hours import end_of, midnight, seat_since
from motcua.tenancy.db import Record

_HOLD_STAFF = "select 1 from staff where id = $1 for no key update"
# In the order of their ids, so that two officers who change places do not wait for each other.
_HOLD_SEATS = """
select c.id, c.site_id, c.number, c.staff_id, c.opened_at, c.break_since
from counter c where c.id = $2 or c.staff_id = $1 order by c.id for no key update
"""
_SITE = """
select s.id, s.unit_id, n.centre_until from site s
left join site_node n on n.tenant_id = s.tenant_id and n.site_id = s.id where s.id = $1
"""
_PROFILE = "select 1 from work_profile where id = $1 and site_id = $2"
_AT = "select id from ticket where counter_id = $1 and state in ('called', 'serving') order by id"
# Whatever is still open at a counter or of an officer; the second moment is where it ends.
_CLOSE = """
update segment set to_at = greatest(from_at, $3)
where to_at is null and (counter_id = $1 or staff_id = $2)
"""
_LEAVE = """
update segment set to_at = greatest(from_at, $3)
where counter_id = $1 and staff_id = $2 and kind = $4 and to_at is null returning to_at
"""
_OPEN = """
insert into segment (id, site_id, day, kind, from_at, counter_id, staff_id)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_SIT = """
update counter set staff_id = $2, opened_at = $3, break_since = null, priority_run = 0,
  profile_id = coalesce($4, profile_id)
where id = $1
"""
_PROFILED = "update counter set profile_id = $2 where id = $1"
_EMPTY = """
update counter set staff_id = null, opened_at = null, break_since = null, priority_run = 0
where id = $1
"""
_BREAK = "update counter set break_since = $2 where id = $1"
_OWN = "select kind from segment where counter_id = $1 and staff_id = $2 and to_at is null"
# What waited for him or his counter alone waits for everybody; a ticket that somebody has in hand right now
# is his.
_UNPIN = """
update ticket set for_staff_id = nullif(for_staff_id, $2),
  for_counter_id = nullif(for_counter_id, $3), version = version + 1
where id in (
  select id from ticket
  where site_id = $1 and (for_staff_id = $2 or for_counter_id = $3)
    and state in ('waiting', 'parked')
  order by id for no key update skip locked)
"""
_HAND_OVER = """
update ticket set version = version + 1, for_staff_id = null,
  for_counter_id = case when for_staff_id is not null or for_counter_id is not null then $4::uuid end,
  counter_id = case when state = 'parked' and counter_id is not null then $4::uuid else counter_id end
where id in (
  select id from ticket
  where site_id = $1 and state in ('waiting', 'parked') and (for_staff_id = $2
    or for_counter_id = $3 or (state = 'parked' and counter_id = $3
      and for_staff_id is null and for_counter_id is null))
  order by id for no key update skip locked)
returning id
"""
_OPENED_BEFORE = """
select id, site_id, number, staff_id, opened_at from counter
where site_id = $1 and staff_id is not null and opened_at < $2
order by id for no key update
"""
# Read once the counter is locked: who had it in hand may have gone on there meanwhile.
_STANDS = "select ticket_id, from_at from segment where counter_id = $1 and to_at is null"
#: Whoever sits at a counter since an earlier day and did nothing for so long is not there any more.
QUIET = timedelta(hours=3)


async def open_counter(work: Work, counter: UUID, staff: UUID, profile: UUID | None = None) -> None:
    """Sit down at a counter, with a work profile if one is chosen; the officer is idle from now on.

    Who sits there already goes on, from whatever machine. Seats of earlier days do not count: what was left
    there ends with its day. ``Conflict`` when somebody else sits there, or the officer elsewhere;
    ``NotFound``; ``Invalid`` for a profile of another site.
    """
    await work.tx.execute(_HOLD_STAFF, staff)
    rows = await work.tx.fetch(_HOLD_SEATS, staff, counter)
    here = next((row for row in rows if row["id"] == counter), None)
    if here is None:
        raise calling.no_counter()
    site = await _site(work, here["site_id"], bell=True)
    await _check_profile(work, profile, here["site_id"])
    since = seat_since(work.now)
    _refuse_seat(rows, counter, staff, since)
    if here["staff_id"] == staff and here["opened_at"] >= since:
        await _go_on(work, here, staff, profile)
        return
    for row in rows:
        if row["staff_id"] is not None:
            ended = await end_of(work.tx, row["site_id"], local_day(row["opened_at"]))
            await _clear(work, row, "counter_taken_over", min(work.now, ended))
            await work.tx.execute(_EMPTY, row["id"])
    await work.tx.execute(_CLOSE, counter, staff, work.now)
    await work.tx.execute(_SIT, counter, staff, work.now, profile)
    await _begin(work, here, staff, "idle", work.now)
    work.emit("counter.opened", counter, {"counter": here["number"]}, unit=site["unit_id"])


def _refuse_seat(rows: list[Record], counter: UUID, staff: UUID, since: datetime) -> None:
    for row in rows:
        if row["staff_id"] is None or row["opened_at"] < since:
            continue
        if row["id"] != counter:
            raise Conflict(
                f"Bạn đang mở quầy {row['number']}. Hãy rời quầy đó trước.",
                f"You already serve at counter {row['number']}. Leave it first.",
            )
        if row["staff_id"] != staff:
            raise Conflict(
                "Quầy này đang có người phục vụ.", "Somebody else serves at this counter."
            )


async def _go_on(work: Work, here: Record, staff: UUID, profile: UUID | None) -> None:
    if profile is not None:
        await work.tx.execute(_PROFILED, here["id"], profile)
    if await work.tx.fetchval(_OWN, here["id"], staff) is None:
        await work.tx.execute(_CLOSE, here["id"], staff, work.now)
        kind = "idle" if here["break_since"] is None else "break"
        await _begin(work, here, staff, kind, work.now)
    work.emit("counter.seat_taken", here["id"], {"counter": here["number"]})


async def _check_profile(work: Work, profile: UUID | None, site: UUID) -> None:
    if profile is not None and not await work.tx.fetchval(_PROFILE, profile, site):
        said = ("Điểm này không có hồ sơ công việc đó.", "The site has no such work profile.")
        raise Invalid(*said, fields={"profile": said})


async def _site(work: Work, site: UUID, *, bell: bool) -> Record:
    row = await work.tx.fetchrow(_SITE, site)
    if row is None:
        raise NotFound()
    frozen.check(row["centre_until"], work.now)
    if bell:
        work.bells.add(f"site:{site}")
    return row


async def _clear(work: Work, counter: Record, reason: str, at: datetime) -> None:
    """End what was left at a counter and the seat of its officer, and say why."""
    for row in await work.tx.fetch(_AT, counter["id"]):
        ticket = await held.hold(work, row["id"])
        if ticket.state not in held.AT_COUNTER or ticket.counter_id != counter["id"]:
            continue
        ticket.state = "no_show"
        await held.save(work, ticket, seated=False, at=at)
        work.emit("ticket.no_show", ticket.id, {"reason": reason}, unit=ticket.unit)
    await work.tx.execute(_CLOSE, counter["id"], counter["staff_id"], at)
    await work.tx.execute(_UNPIN, counter["site_id"], counter["staff_id"], counter["id"])


async def _begin(work: Work, counter: Record, staff: UUID, kind: str, at: datetime) -> None:
    day = local_day(work.now)
    await work.tx.execute(_OPEN, uuid7(), counter["site_id"], day, kind, at, counter["id"], staff)


async def leave_counter(work: Work, counter: UUID, staff: UUID) -> None:
    """Leave a counter, from work or from a break; what waited for him or it alone waits for everybody.

    ``Conflict`` while a ticket is still there, or when he does not sit there.
    """
    here = await _seat(work, counter, staff)
    kind = "idle" if here["break_since"] is None else "break"
    await _end(work, here, staff, kind)
    await work.tx.execute(_EMPTY, counter)
    await work.tx.execute(_UNPIN, here["site_id"], staff, counter)
    work.emit("counter.left", counter, {"counter": here["number"]})


async def _seat(work: Work, counter: UUID, staff: UUID) -> Record:
    """Lock the counter at which this officer sits, or ``Conflict``."""
    here = await seat_of(work, counter)
    if here["staff_id"] != staff:
        raise Conflict("Bạn không ngồi ở quầy này.", "You do not sit at this counter.")
    await _site(work, here["site_id"], bell=True)
    return here


async def seat_of(work: Work, counter: UUID) -> Record:
    """Lock a counter and return it with who sits there; ``NotFound``."""
    rows = await work.tx.fetch(_HOLD_SEATS, None, counter)
    if not rows:
        raise calling.no_counter()
    return rows[0]


async def _end(work: Work, here: Record, staff: UUID, kind: str) -> datetime:
    ended: datetime | None = await work.tx.fetchval(_LEAVE, here["id"], staff, work.now, kind)
    if ended is None:
        number = await work.tx.fetchval(_BUSY, here["id"])
        raise Conflict(
            f"Còn đang phục vụ số {number}. Hãy kết thúc trước."
            if number
            else "Quầy chưa sẵn sàng. Hãy mở lại quầy.",
            f"Number {number} is still being served here. Finish it first."
            if number
            else "The counter is not ready. Open it again.",
        )
    return ended


_BUSY = "select number from ticket where counter_id = $1 and state in ('called', 'serving') limit 1"


async def release_counter(work: Work, counter: UUID) -> None:
    """Free a counter whose officer is gone; the number that is still there ends as not shown up.

    For a receiver or an administrator of the site. ``Conflict`` when nobody sits there.
    """
    here = await seat_of(work, counter)
    if here["staff_id"] is None:
        raise Conflict("Quầy này không có người ngồi.", "Nobody sits at this counter.")
    site = await _site(work, here["site_id"], bell=True)
    trace = work.trace_id
    await _clear(work, here, "counter_released", work.now)
    work.trace_id = trace
    await work.tx.execute(_EMPTY, counter)
    work.emit("counter.released", counter, {"counter": here["number"]}, unit=site["unit_id"])


async def end_day(work: Work, site: UUID, day: date) -> int:
    """Free the counters that were opened until the end of a day and have nobody; returns how many.

    On the day itself those without a ticket, later those that were forgotten: without a ticket for ``QUIET``,
    or with one in which nothing happened for half a day, which ends as not shown up. The seat ends with the
    day of its last piece of time, and goes no further back than that piece began.
    """
    trace, count = work.trace_id, 0
    for here in await work.tx.fetch(_OPENED_BEFORE, site, midnight(day + timedelta(days=1))):
        last = await work.tx.fetchrow(_STANDS, here["id"])
        since: datetime = last["from_at"] if last else here["opened_at"]
        busy = last is not None and last["ticket_id"] is not None
        if not _nobody_there(since, day, work.now, busy=busy):
            continue
        ended = min(work.now, await end_of(work.tx, site, min(day, local_day(since))))
        await _clear(work, here, "day_closed", ended)
        work.trace_id = trace
        await work.tx.execute(_EMPTY, here["id"])
        told = {"counter": here["number"], "day_closed": True, "until": max(since, ended)}
        work.emit("counter.left", here["id"], told)
        count += 1
    return count


def _nobody_there(since: datetime, day: date, now: datetime, *, busy: bool) -> bool:
    """Tell whether a counter where nothing happened ``since`` ends with a day that is closed."""
    if day >= local_day(now):
        return not busy
    return since < (seat_since(now) if busy else now - QUIET)


async def take_break(work: Work, counter: UUID, staff: UUID) -> None:
    """Begin a break: nobody is called to this counter until its end. ``Conflict`` while a ticket is there."""
    here = await _seat(work, counter, staff)
    if here["break_since"] is not None:
        raise Conflict("Quầy đang tạm nghỉ.", "The counter has a break already.")
    at = await _end(work, here, staff, "idle")
    await work.tx.execute(_BREAK, counter, at)
    await _begin(work, here, staff, "break", at)
    work.emit("counter.break", counter, {"counter": here["number"]})


async def end_break(work: Work, counter: UUID, staff: UUID) -> None:
    """Come back from the break. ``Conflict`` when there was none."""
    here = await _seat(work, counter, staff)
    if here["break_since"] is None:
        raise Conflict("Quầy không tạm nghỉ.", "The counter has no break.")
    at = await _end(work, here, staff, "break")
    await work.tx.execute(_BREAK, counter, None)
    await _begin(work, here, staff, "idle", at)
    work.emit("counter.back", counter, {"counter": here["number"]})


async def hand_over(work: Work, counter: UUID, staff: UUID, to_counter: UUID) -> int:
    """Give what is parked here, and what waits for this officer or counter alone, to another counter.

    Returns how many numbers went there; nothing is told when there were none. ``Conflict`` when it is the same
    counter or nobody sits there.
    """
    here = await _seat(work, counter, staff)
    there = await work.tx.fetchrow(_THERE, to_counter, here["site_id"])
    if there is None:
        raise calling.no_counter()
    if to_counter == counter or there["staff_id"] is None:
        raise Conflict(
            "Hãy chọn một quầy khác đang có người phục vụ.", "Choose another counter that is open."
        )
    gone = await work.tx.fetch(_HAND_OVER, here["site_id"], staff, counter, to_counter)
    if not gone:
        return 0
    work.emit(
        "counter.handed_over",
        counter,
        {"counter": here["number"], "to": there["number"], "tickets": len(gone)},
    )
    return len(gone)


_THERE = "select number, staff_id from counter where id = $1 and site_id = $2"
