"""At a hall on its own: an officer goes on with whom he was serving when the line was cut.

What the centre wrote in the last seconds before the cut, the hall's machine does not know: a number that had
come to a counter may still wait there. Its officer has the person before him and says so; the centre, which
knows when it really began, puts the two together afterwards.
"""

from datetime import datetime, timedelta
from uuid import UUID

from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.queues import calling, held
from motcua.tenancy.db import Tx

#: So long after the machine has taken over, a number may be taken up.
WITHIN = timedelta(minutes=30)
# The centre's own row of a site that is alone keeps what it was granted last; the node's has none.
_ALONE = """
select n.alone_since from site_node n
where n.site_id = $1 and n.alone_since > $2 and n.centre_until is null
"""
_AT = """
select 1 from ticket where id = $1 and counter_id = $2 and state in ('called', 'serving')
"""
_ASIDE = ("reserved", "waiting", "parked")


async def cut_lately(tx: Tx, site: UUID, now: datetime) -> datetime | None:
    """Return since when this machine keeps the site alone, while numbers may be taken up; else None."""
    found: datetime | None = await tx.fetchval(_ALONE, site, now - WITHIN)
    return found


async def take_up(work: Work, counter: UUID, staff: UUID, ticket: UUID) -> None:
    """Serve a number at a counter as it was served there before the line was cut, without calling it.

    What is served there already stays. ``Conflict`` at a site that was not just cut off, for a number given
    out since, one that somebody else has, and when the officer is not free at that counter.
    """
    site = await calling.site_of(work, counter)
    since = await cut_lately(work.tx, site, work.now)
    if since is None:
        raise Conflict(
            "Chỉ phục vụ tiếp số dở dang ngay sau khi điểm tiếp nhận mất kết nối.",
            "A number is taken up only just after its site was cut off.",
        )
    comes = await work.tx.fetchval(_AT, ticket, counter) is None
    if comes:
        # The counter before the ticket, as everywhere.
        await calling.free_seat(work, counter, staff)
    states = _ASIDE if comes else held.AT_COUNTER
    found = await held.one_of(work, ticket, *states)
    _refuse(found, site, counter, staff, since, comes=comes)
    if found.state == "serving":
        return
    if comes:
        await held.alone(work, found)
        found.called_at = found.called_at or work.now
        found.arrived_at = found.arrived_at or work.now
        await calling.bring(work, found, counter, staff, "serving")
    else:
        found.state = "serving"
        await held.save(work, found)
    told = {"by": staff, "counter": counter, "before": found.before()}
    work.emit("ticket.taken_up", found.id, told, unit=found.unit)


def _refuse(
    found: held.Held, site: UUID, counter: UUID, staff: UUID, since: datetime, *, comes: bool
) -> None:
    if found.site_id != site:
        raise NotFound("Không có số này.", "There is no such ticket.")
    if not comes and (found.counter_id, found.staff_id) != (counter, staff):
        raise held.changed(found.number)
    if found.issued_at >= since:
        raise Conflict(
            f"Số {found.number} cấp sau khi mất kết nối. Hãy gọi số này như thường.",
            f"Number {found.number} was given out since the cut. Call it as usual.",
        )
