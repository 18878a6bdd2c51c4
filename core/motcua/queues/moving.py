"""Away from the order: parked, back again, to another line, counter or officer, behind others, or gone."""

from datetime import timedelta
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.queues import calling, held, issuing
from motcua.queues.figures import book
from motcua.queues.held import Held
from motcua.queues.issuing import Priority
from motcua.queues.serving import keys_of

VISIT = held.VISIT
_LINE = "select 1 from line where id = $1 and site_id = $2"
_COUNTER = "select 1 from counter where id = $1 and site_id = $2"
_STAFF = """
select 1 from staff s join staff_role r on r.tenant_id = s.tenant_id and r.staff_id = s.id
where s.id = $1 and s.active and r.role = 'receiver' and (r.unit_id is null or r.unit_id = $2) limit 1
"""
_TWICE = """
select number from ticket
where (person_id = $1 or visit_id = $5) and line_id = $2 and day = $3 and id <> $4
  and state in ('reserved', 'waiting', 'called', 'serving', 'parked') limit 1
"""
_CLAIM = "update visit set priority_class = $2, priority_why = $3, priority_by = $4 where id = $1"


async def park(
    work: Work, ticket: UUID, staff: UUID, why: str, *, version: int | None = None
) -> None:
    """Put the number at the counter aside, for whoever resumes it; its time does not count meanwhile."""
    found = await held.mine(work, ticket, staff, *held.AT_COUNTER, version=version)
    await _park(work, found, staff, why)


async def come_back(
    work: Work, ticket: UUID, staff: UUID, why: str, *, version: int | None = None
) -> None:
    """Let the person fetch something and come back to this officer, without queueing again."""
    found = await held.mine(work, ticket, staff, *held.AT_COUNTER, version=version)
    found.for_staff_id = staff
    await _park(work, found, staff, why, comes_back=True)


async def _park(
    work: Work, found: Held, staff: UUID, why: str, *, comes_back: bool = False
) -> None:
    # Where and by whom it was parked stays on it: a hand-over takes it along.
    found.state, found.parked_why = "parked", _own_words(why)
    await held.save(work, found)
    _tell(work, "ticket.parked", found, staff, why=found.parked_why, comes_back=comes_back)


def _own_words(why: str) -> str:
    """Return a reason as it is kept; the mark of a visit is nobody's reason."""
    return why.strip().lstrip("@")[:200]


async def resume(
    work: Work, ticket: UUID, staff: UUID, counter: UUID, *, version: int | None = None
) -> None:
    """Take a parked number to the counter again and go on serving it.

    ``Conflict`` when the officer is not free there, lacks the skill, or the person is at another counter.
    """
    await calling.free_seat(work, counter, staff)
    found = await held.one_of(work, ticket, "parked", version=version)
    if found.site_id != await calling.site_of(work, counter):
        raise NotFound("Không có số này.", "There is no such ticket.")
    await held.alone(work, found)
    await calling.refuse_unskilled(work, found.line_id, staff)
    await calling.bring(work, found, counter, staff, "serving")
    _tell(work, "ticket.resumed", found, staff)


async def returned(work: Work, ticket: UUID, *, version: int | None = None) -> None:
    """Let a parked number wait again, in its place; one that was asked back waits for its officer alone."""
    found = await held.one_of(work, ticket, "parked", version=version)
    if await held.beside(work, found):
        found.parked_why = VISIT
        await held.save(work, found)
    else:
        found.state, found.parked_why, found.calls = "waiting", "", 0
        found.counter_id = found.staff_id = None
        await held.save(work, found)
    work.emit("ticket.resumed", ticket, {"waiting": True}, unit=found.unit)


async def transfer(
    work: Work,
    ticket: UUID,
    staff: UUID,
    *,
    line: UUID | None = None,
    counter: UUID | None = None,
    person: UUID | None = None,
    why: str = "",
    version: int | None = None,
) -> None:
    """Hand a number on to another line, a counter or an officer of the site; it keeps its place.

    The officer transfers what is at his counter; what waits or is parked anybody who may serve the site.
    ``Invalid`` without a goal or for one of another site; ``Conflict`` when the person holds a live number
    in that line, or the officer lacks its skill.
    """
    found = await held.one_of(work, ticket, "waiting", "parked", *held.AT_COUNTER, version=version)
    if found.state in held.AT_COUNTER and found.staff_id != staff:
        raise held.changed(found.number)
    await _check_goal(work, found, line, counter, person)
    found.line_id = line or found.line_id
    found.for_counter_id, found.for_staff_id = counter, person
    found.counter_id = found.staff_id = None
    found.state, found.parked_why, found.calls = "waiting", "", 0
    if await held.beside(work, found):
        found.state, found.parked_why = "parked", VISIT
    await held.save(work, found, kind="transferred" if found.state == "waiting" else "parked")
    goal = {"line": line, "counter": counter, "person": person, "why": why.strip()}
    _tell(work, "ticket.transferred", found, staff, **goal)


async def _check_goal(
    work: Work, found: Held, line: UUID | None, counter: UUID | None, person: UUID | None
) -> None:
    tx = work.tx
    if line is None and counter is None and person is None:
        raise Invalid("Hãy chọn nơi chuyển đến.", "Choose where to transfer to.")
    if line is not None and not await tx.fetchval(_LINE, line, found.site_id):
        raise _no_goal("line")
    if counter is not None and not await tx.fetchval(_COUNTER, counter, found.site_id):
        raise _no_goal("counter")
    if person is not None:
        if not await tx.fetchval(_STAFF, person, found.unit):
            raise _no_goal("person")
        await calling.refuse_unskilled(work, line or found.line_id, person)
    if line is None:
        return
    whose = (found.person_id, line, found.day, found.id, found.visit_id)
    if number := await tx.fetchval(_TWICE, *whose):
        raise Conflict(
            f"Người này đã có số {number} ở lĩnh vực đó.",
            f"This person already holds number {number} in that line.",
        )


def _no_goal(field: str) -> Invalid:
    said = ("Nơi chuyển đến không thuộc điểm này.", "This place does not belong to the site.")
    return Invalid(*said, fields={field: said})


async def cancel(work: Work, ticket: UUID, why: str, *, version: int | None = None) -> None:
    """End a number that is not needed any more, at any moment before its service ends."""
    found = await held.one_of(work, ticket, *held.LIVE, version=version)
    found.state, found.outcome = "cancelled", why.strip()[:200] or None
    await held.save(work, found)
    work.emit(
        "ticket.cancelled",
        ticket,
        {"why": found.outcome, "before": found.before(), "by": work.actor.id},
        unit=found.unit,
    )


async def leave(work: Work, ticket: UUID, *, version: int | None = None) -> None:
    """Let the person give his number back before it is called.

    Once called he tells the counter. ``Conflict`` when it is called, served or over.
    """
    found = await held.one_of(work, ticket, "reserved", "waiting", "parked", version=version)
    found.state = "left"
    await held.save(work, found)
    work.emit("ticket.left", ticket, {"number": found.number}, unit=found.unit)


async def let_pass(
    work: Work, ticket: UUID, places: int = 1, *, version: int | None = None
) -> None:
    """Let the next ``places`` people of the same line and rank go first.

    Who is early for his appointment, and would be called later, is not one of them. ``Invalid`` outside 1 to 20;
    ``Conflict`` when nobody waits behind.
    """
    if not 1 <= places <= 20:
        said = ("Nhường từ 1 đến 20 người.", "Let 1 to 20 people pass.")
        raise Invalid(*said, fields={"places": said})
    found = await held.one_of(work, ticket, "waiting", version=version)
    keys = [key for key in await keys_of(work, found, after=True) if key <= work.now]
    if not keys:
        raise Conflict("Không còn ai chờ phía sau.", "Nobody waits behind you.")
    places = min(places, len(keys))
    found.sort_key = keys[places - 1] + timedelta(microseconds=1)
    await held.save(work, found)
    work.emit("ticket.passed", ticket, {"places": places}, unit=found.unit)


async def void(work: Work, ticket: UUID, why: str, *, version: int | None = None) -> None:
    """Take a number back that should never have been given; for a supervisor, with a reason.

    ``Invalid`` without one; ``Conflict`` for a number that was served or is void already.
    """
    if not why.strip():
        said = ("Hãy ghi lý do hủy số.", "Say why the number is void.")
        raise Invalid(*said, fields={"why": said})
    found = await held.hold(work, ticket, version)
    if found.state in ("done", "voided"):
        raise held.changed(found.number)
    found.state, found.outcome = "voided", why.strip()[:200]
    # A life that was over stays as long as it was.
    await held.save(work, found, at=found.ended_at)
    if found.day < local_day(work.now):
        await book.tear(work, found.site_id, [found.day])
    work.emit("ticket.voided", ticket, {"why": found.outcome}, unit=found.unit)


async def grant_priority(
    work: Work, ticket: UUID, key: str, why: str, staff: UUID, *, version: int | None = None
) -> None:
    """Give a visit priority: all its numbers that wait or will wait; the officer saw why.

    An empty ``key`` takes the priority back. ``NotFound`` for a class that is not in force.
    """
    found = await held.one_of(work, ticket, "reserved", "waiting", "parked", version=version)
    rank = await issuing.rank_of(work, Priority(key, why, staff), None) if key else 0
    found.priority = rank
    await held.save(work, found)
    await work.tx.execute(_RANK, found.visit_id, rank, found.id)
    await work.tx.execute(_CLAIM, found.visit_id, key or None, why.strip(), staff if key else None)
    work.emit("ticket.priority", ticket, {"key": key, "rank": rank, "why": why}, unit=found.unit)


_RANK = """
update ticket set priority = $2, version = version + 1
where visit_id = $1 and id <> $3 and state in ('reserved', 'waiting', 'parked')
"""


def _tell(work: Work, event: str, found: Held, staff: UUID, **more: object) -> None:
    work.emit(event, found.id, {"by": staff, "before": found.before(), **more}, unit=found.unit)
