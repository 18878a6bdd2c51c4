"""Giving numbers: at the door, at a counter, from afar; mostly one statement, else one read and one write.

Either locks the line's numbers of the day, so whoever asks at the same moment is counted; a refusal gives the
number back.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues import forecasting, giving, held, hours
from motcua.queues.estimate import Range
from motcua.queues.forecast import Forecast
from motcua.queues.giving import REMOTE, Issued, Presence, Priority, Wanted
from motcua.queues.policies import policy_in_force
from motcua.queues.policy import appointment_key, reserved_key
from motcua.tenancy.db import Record

__all__ = ["REMOTE", "Issued", "Priority", "arrive", "issue", "rank_of", "reserve"]

_VISIT = """
select v.id, v.site_id, v.day, v.person_id, v.arrived_at, v.language, v.priority_class,
  exists (select 1 from ticket t where t.visit_id = v.id and t.state in ('called', 'serving')) as busy,
  (select coalesce(max(t.priority), 0) from ticket t where t.visit_id = v.id) as priority
from visit v where v.id = $1
"""
# What lies beyond is a slip of the keys, and the last days of the calendar have no next one.
_LONGEST, _FARTHEST = timedelta(days=1), timedelta(days=366)
_HOLD_VISIT = "select 1 from visit where id = $1 for no key update"
_CLASS = """
select rank, evidence, min_age from priority_class
where key = $1 and valid_from <= $2 and (valid_to is null or valid_to >= $2)
order by valid_from desc limit 1
"""
_BIRTH = "select birth from person where id = $1"
# Who would be called right after somebody with an older key.
_BEHIND = """
select id from ticket
where site_id = $1 and line_id = $2 and day = $3 and state = 'waiting' and priority = $4
  and for_counter_id is null and for_staff_id is null and sort_key > $5
order by sort_key, id limit 1
"""
_SLOT_OF = """
select s.from_at from appointment a join slot s on s.tenant_id = a.tenant_id and s.id = a.slot_id
where a.id = $1
"""


async def issue(
    work: Work,
    site: UUID,
    line: UUID,
    *,
    person: UUID | None = None,
    dossier: UUID | None = None,
    origin: str = "kiosk",
    visit: UUID | None = None,
    contact: str = "",
    language: str = "vi",
    priority: Priority | None = None,
    device: UUID | None = None,
    appointment: UUID | None = None,
    sort_key: datetime | None = None,
) -> Issued:
    """Issue a number to somebody who is here.

    A ticket of a ``visit`` that is already here stands in line since that visit's arrival, and is parked
    while another one of the visit is at a counter. ``sort_key`` is for who knows better (an appointment).
    ``NotFound`` for a strange site, line or visit; ``Conflict`` when the person or visit holds a live number
    in the line, the line is paused, its quota is given out or the site is closed; ``Invalid`` for a claim of
    priority that nobody has seen; ``Unavailable`` while the site is cut off.
    """
    day = local_day(work.now)
    letter = await giving.letter_of(work, site, line)
    # Before the line's numbers are locked: others would wait for the runs.
    hall = await forecasting.forecast_of(work.tx, site, work.now)
    there = await _visit(work, site, visit, person, day)
    rank = await rank_of(work, priority, there.person) if priority else there.priority
    key = sort_key or there.since or work.now
    wanted = Wanted(
        site,
        line,
        letter,
        day,
        await _expected(work, hall, site, line, letter, rank, key),
        state="parked" if there.busy else "waiting",
        origin=origin,
        key=key,
        rank=rank,
        claim=priority,
        contact=contact,
        language=language,
        dossier=dossier,
        appointment=appointment,
        device=device,
    )
    issued = await _issued(work, there, wanted)
    if wanted.state == "waiting":
        forecasting.note_issued(work.tx, site, letter)
    return issued


async def _issued(work: Work, there: Presence, wanted: Wanted) -> Issued:
    site, contact, origin = wanted.site, wanted.contact, wanted.origin
    if there.fresh and origin != "appointment":
        issued = await giving.write(work, giving.AT_ONCE, there, wanted)
        if issued is not None:
            return issued
    index = giving.index_of(work, contact, origin)
    read = await giving.read(work, site, wanted.line, wanted.day, there.person, index, there.id)
    giving.refuse(read, origin, further=not there.fresh)
    if there.fresh and read["hours"]:
        await hours.refuse_walk_in(work.tx, site, work.now)
    return _sure(await giving.write(work, giving.WRITE, there, wanted))


def _sure(issued: Issued | None) -> Issued:
    if issued is None:
        raise LookupError("a number that is written is returned")
    return issued


async def reserve(
    work: Work,
    site: UUID,
    line: UUID,
    *,
    contact: str = "",
    person: UUID | None = None,
    language: str = "vi",
    window: tuple[datetime, datetime],
    origin: str = "phone",
) -> Issued:
    """Give a number to somebody who is not here yet and is asked to come inside ``window``.

    Its place is that of this moment, if he arrives in time. ``Conflict`` as for ``issue``, and when the site is
    not open inside the window; ``Invalid`` when the window ends before it begins, has passed, is longer than a
    day or farther away than a year.
    """
    long = window[1] - window[0] > _LONGEST or window[1] - work.now > _FARTHEST
    if not window[0] <= window[1] or window[1] < work.now or long:
        said = ("Khung giờ đến chưa hợp lệ.", "The arrival window is not valid.")
        raise Invalid(*said, fields={"window": said})
    day = local_day(window[0])
    letter = await giving.letter_of(work, site, line)
    hall = await forecasting.forecast_of(work.tx, site, work.now)
    index = giving.index_of(work, contact, origin)
    read = await giving.read(work, site, line, day, person, index)
    await hours.refuse_remote(work.tx, site, window)
    giving.refuse(read, origin)
    wanted = Wanted(
        site,
        line,
        letter,
        day,
        await _expected(work, hall, site, line, letter, 0, work.now),
        state="reserved",
        origin=origin,
        key=work.now if day == local_day(work.now) else window[0],
        window=window,
        contact=contact,
        language=language,
    )
    there = Presence(uuid7(), True, None, person)
    return _sure(await giving.write(work, giving.WRITE, there, wanted))


async def arrive(work: Work, ticket: UUID, *, version: int | None = None) -> None:
    """Let somebody who took a number from afar be here: he stands in line from now on.

    In time he has the place of the moment he took the number, or of his appointment less its head start;
    late, that of his arrival. ``Conflict`` when the number is not reserved any more, and on another day than
    its own.
    """
    found = await held.one_of(work, ticket, "reserved", version=version)
    held.of_today(work, found)
    rules = await policy_in_force(work.tx, found.site_id, work.now)
    if found.appointment_id is not None:
        begin = await work.tx.fetchval(_SLOT_OF, found.appointment_id) or found.window_from
        found.sort_key = appointment_key(rules, begin or work.now, work.now)
    elif found.window_to is not None:
        found.sort_key = reserved_key(rules, found.sort_key, found.window_to, work.now)
    else:
        found.sort_key = work.now
    found.state, found.arrived_at = "waiting", work.now
    if await held.beside(work, found):
        found.state, found.parked_why = "parked", held.VISIT
    await held.save(work, found)
    await work.tx.execute(_HERE, found.visit_id, work.now)
    work.emit("ticket.arrived", found.id, {"number": found.number}, unit=found.unit)


_HERE = "update visit set arrived_at = $2 where id = $1 and arrived_at is null"


async def rank_of(work: Work, claim: Priority, person: UUID | None) -> int:
    """Return the rank of a claimed class.

    What an officer or a paper shows needs the officer who saw it; an age needs him too, unless the card
    of the person shows it. ``NotFound`` for a class that is not in force, ``Invalid`` when nobody saw it.
    """
    row = await work.tx.fetchrow(_CLASS, claim.key, local_day(work.now))
    if row is None:
        raise NotFound("Không có diện ưu tiên này.", "There is no such class of priority.")
    if claim.by is None and not await _old_enough(work, row, person):
        said = (
            "Hãy đưa giấy tờ cho cán bộ tại quầy hướng dẫn để được ưu tiên.",
            "Show your paper to the staff at the information desk to be given priority.",
        )
        raise Invalid(*said, fields={"priority": said})
    return int(row["rank"])


async def _old_enough(work: Work, row: Record, person: UUID | None) -> bool:
    if row["evidence"] != "age" or row["min_age"] is None or person is None:
        return False
    birth = await work.tx.fetchval(_BIRTH, person)
    if birth is None:
        return False
    today = local_day(work.now)
    age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    return bool(age >= row["min_age"])


async def _visit(
    work: Work, site: UUID, visit: UUID | None, person: UUID | None, day: date
) -> Presence:
    if visit is None:
        return Presence(uuid7(), True, work.now, person)
    # Two statements: what the second reads is what is there once nobody else has the visit in hand.
    await work.tx.execute(_HOLD_VISIT, visit)
    row = await work.tx.fetchrow(_VISIT, visit)
    if row is None or row["site_id"] != site or row["day"] != day:
        raise NotFound("Không có lượt đến này.", "There is no such visit.")
    return Presence(
        visit, False, row["arrived_at"] or work.now, row["person_id"] or person,
        row["busy"], row["priority"],
    )  # fmt: skip


async def _expected(
    work: Work, hall: Forecast, site: UUID, line: UUID, letter: str, rank: int, key: datetime
) -> Range:
    if key < work.now:
        values = (site, line, local_day(work.now), rank, key)
        behind = await work.tx.fetchval(_BEHIND, *values)
        if behind is not None:
            return hall.of(behind, letter)
    try:
        return hall.next(letter, priority=rank > 0)
    except KeyError:
        # The line is younger than the forecast.
        forecasting.forget(work.tenant.id, site)
        fresh = await forecasting.forecast_of(work.tx, site, work.now)
        return fresh.next(letter, priority=rank > 0)
