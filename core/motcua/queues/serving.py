"""At the counter: begin, add services, send on, finish, and nobody came."""

from datetime import datetime
from uuid import UUID

from motcua.errors import Conflict, Invalid
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues import held, issuing
from motcua.queues.held import Held
from motcua.queues.issuing import Issued
from motcua.queues.policies import policy_in_force
from motcua.queues.policy import key_behind

_SERVICE = """
insert into ticket_service (id, ticket_id, line_id, staff_id, procedure_key, dossier_id, quantity,
  standard_minutes, at)
select $1, $2, l.id, $4, $5, $6, $7, coalesce(l.standard_minutes, l.mean_minutes), $8
from line l where l.id = $3 and l.site_id = $9 returning id
"""
# Whoever was served was served in his line, also when the officer named no service.
_AT_LEAST_ONE = """
insert into ticket_service (id, ticket_id, line_id, staff_id, dossier_id, quantity,
  standard_minutes, at)
select $1, $2, l.id, $4, $5, 1, coalesce(l.standard_minutes, l.mean_minutes), $6
from line l where l.id = $3 and not exists (select 1 from ticket_service where ticket_id = $2)
returning id
"""
# Those of the same line and rank who wait, in their order.
_KEYS = """
select sort_key from ticket
where site_id = $1 and line_id = $2 and state = 'waiting' and day = $3 and priority = $4
  and id <> $5 and for_counter_id is null and for_staff_id is null
order by sort_key, id
"""
_AFTER = """
select sort_key from ticket
where site_id = $1 and line_id = $2 and state = 'waiting' and day = $3 and priority = $4
  and for_counter_id is null and for_staff_id is null and (sort_key, id) > ($6, $5)
order by sort_key, id
"""


async def start(work: Work, ticket: UUID, staff: UUID, *, version: int | None = None) -> None:
    """Begin the service: the person is at the counter."""
    found = await held.mine(work, ticket, staff, "called", version=version)
    found.state = "serving"
    await held.save(work, found)
    _tell(work, "ticket.started", found, staff)


async def finish(
    work: Work,
    ticket: UUID,
    staff: UUID,
    *,
    outcome: str = "done",
    version: int | None = None,
) -> None:
    """End the service; the person's other numbers wait again, each in its place."""
    found = await held.mine(work, ticket, staff, "serving", version=version)
    made = await work.tx.fetchval(
        _AT_LEAST_ONE, uuid7(), ticket, found.line_id, staff, found.dossier_id, work.now
    )
    found.state, found.outcome = "done", outcome
    await held.save(work, found)
    _tell(work, "ticket.finished", found, staff, outcome=outcome, service=made)


async def add_service(
    work: Work,
    ticket: UUID,
    staff: UUID,
    line: UUID,
    *,
    procedure: str | None = None,
    dossier: UUID | None = None,
    quantity: int = 1,
    version: int | None = None,
) -> UUID:
    """Note one more thing done for the person at the counter; it counts with the line's standard minutes.

    ``Invalid`` for a quantity below one or a line of another site.
    """
    found = await held.mine(work, ticket, staff, "serving", version=version)
    if not 1 <= quantity <= 999:
        said = ("Số lượng từ 1 đến 999.", "A quantity from 1 to 999.")
        raise Invalid(*said, fields={"quantity": said})
    made: UUID | None = await work.tx.fetchval(
        _SERVICE,
        uuid7(),
        ticket,
        line,
        staff,
        procedure,
        dossier,
        quantity,
        work.now,
        found.site_id,
    )
    if made is None:
        said = ("Điểm tiếp nhận không có lĩnh vực này.", "The site has no such line.")
        raise Invalid(*said, fields={"line": said})
    await held.save(work, found)
    work.emit(
        "ticket.service_added",
        ticket,
        {"line": line, "procedure": procedure, "quantity": quantity},
        unit=found.unit,
    )
    return made


async def send_on(
    work: Work, ticket: UUID, staff: UUID, line: UUID, *, version: int | None = None
) -> Issued:
    """Give the person at the counter a number in a further line, as if he had taken it on arrival.

    It is parked until this one ends. ``Conflict`` when he holds a live number there already.
    """
    found = await held.mine(work, ticket, staff, *held.AT_COUNTER, version=version)
    if line == found.line_id:
        raise Conflict(
            "Số đang phục vụ thuộc chính lĩnh vực này.",
            "The number at the counter is in this line.",
        )
    return await issuing.issue(
        work,
        found.site_id,
        line,
        person=found.person_id,
        dossier=found.dossier_id,
        origin="counter",
        visit=found.visit_id,
        sort_key=found.here_since or found.sort_key,
    )


async def no_show(work: Work, ticket: UUID, staff: UUID, *, version: int | None = None) -> str:
    """Nobody came after the calls; returns "recycled" or "no_show".

    As often as the policy says the number goes some places back, never forward; then it ends.
    """
    found = await held.mine(work, ticket, staff, "called", version=version)
    rules = await policy_in_force(work.tx, found.site_id, work.now)
    if found.recycled >= rules.recycle_times:
        found.state = "no_show"
        await held.save(work, found)
        _tell(work, "ticket.no_show", found, staff)
        return "no_show"
    keys = await keys_of(work, found)
    found.sort_key = key_behind(found.sort_key, keys, rules.recycle_places, work.now)
    found.state, found.recycled, found.calls = "waiting", found.recycled + 1, 0
    found.counter_id = found.staff_id = None
    await held.save(work, found)
    _tell(work, "ticket.recycled", found, staff)
    return "recycled"


async def keys_of(work: Work, found: Held, *, after: bool = False) -> list[datetime]:
    """Return the keys of those who wait beside a ticket, oldest first; ``after``: only those behind it."""
    values = (found.site_id, found.line_id, found.day, found.priority, found.id)
    if after:
        rows = await work.tx.fetch(_AFTER, *values, found.sort_key)
    else:
        rows = await work.tx.fetch(_KEYS, *values)
    return [row["sort_key"] for row in rows]


def _tell(work: Work, event: str, found: Held, staff: UUID, **more: object) -> None:
    work.emit(
        event,
        found.id,
        {"by": staff, "before": found.before(), **more},
        unit=found.unit,
    )
