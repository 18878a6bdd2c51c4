"""The figures of visits: whether one was enough, and appointments that were kept."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.demo.cluster import Cluster
from motcua.ids import uuid7
from motcua.queues import figures, seats
from motcua.queues.figures.visits import AGAIN_WITHIN, windows
from motcua.worktime import Calendar
from motcua.worktime.minutes import working_days_between

from .clerk import DAY, Clerk, at, scope_of
from .conftest import Hall

pytestmark = pytest.mark.anyio
WEEK = Calendar("test", (((450, 690),),) * 5 + ((), ()))


async def bring_dossiers(cluster: Cluster, hall: Hall, of: dict[UUID, UUID]) -> None:
    """Let tickets be about dossiers that exist elsewhere: the test needs no dossier, only its id."""
    admin = await asyncpg.connect(cluster.postgres.url("postgres", "motcua"))
    await admin.execute("set session_replication_role = replica")
    for ticket, dossier in of.items():
        await admin.execute("update ticket set dossier_id = $2 where id = $1", ticket, dossier)
    await admin.close()


async def visits_of(hall: Hall, now: datetime) -> figures.Visits:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return await figures.visits(tx, scope_of(hall, now), WEEK)


async def test_a_visit_was_enough_when_nobody_came_again_for_the_dossier(
    hall: Hall, prepared: Cluster
) -> None:
    clerk = Clerk(hall)
    await clerk.sit(at(7, 30))
    for n in range(3):
        await clerk.issue(at(8, n))
    served = [await clerk.serve(at(8, 10 + 10 * n), 5) for n in range(3)]
    await clerk.do(at(17), seats.leave_counter, hall.counters[0], hall.staff[0])
    one, two, three = (uuid7() for _ in range(3))
    soon, later = DAY + timedelta(days=7), DAY + timedelta(days=21)
    again = await clerk.issue(at(8, 0, soon))
    too_late = await clerk.issue(at(8, 0, later))
    about = {served[0]: one, served[1]: two, served[2]: three, again: one, too_late: two}
    await bring_dossiers(prepared, hall, about)
    found = await visits_of(hall, at(18))
    assert found.stay.n == 3
    assert found.stay.most == pytest.approx((30 + 5.5 - 2) * 60)
    assert (found.judged, found.first_visit) == (0, None), "nobody knows yet who comes again"
    found = await visits_of(hall, at(18, 0, later))
    assert (found.judged, found.once) == (3, 2)


async def test_an_appointment_is_kept_when_who_was_there_is_called_before_its_end(
    hall: Hall,
) -> None:
    clerk = Clerk(hall)
    await clerk.sit(at(7, 30))
    slot = "insert into slot (id, site_id, line_id, day, from_at, to_at, capacity, booked) values ($1, $2, $3, $4, $5, $6, 4, 3)"
    booked = (
        "insert into appointment (id, slot_id, site_id, line_id, day, trace_id, public_code, state,"
        " booked_at, ticket_id) values ($1, $2, $3, $4, $5, $1, $6, 'arrived', $7, $8)"
    )
    line, its = hall.lines["A"], uuid7()
    tickets = [await clerk.issue(moment) for moment in (at(8), at(8, 1), at(8, 35))]
    await clerk.serve(at(8, 30), 20)
    await clerk.serve(at(9, 10), 5)
    await clerk.serve(at(9, 20), 5)
    async with hall.work() as work:
        await work.tx.execute(slot, its, hall.site, line, DAY, at(8, 30), at(9))
        for ticket in tickets:
            code = uuid7()
            args = (code, its, hall.site, line, DAY, code.hex, at(7), ticket)
            await work.tx.execute(booked, *args)
    found = await visits_of(hall, at(18))
    assert (found.came, found.punctual) == (2, 1), "the third came after his slot had begun"


@given(st.dates(date(2026, 1, 1), date(2026, 12, 1)), st.integers(0, 20))
def test_the_window_of_a_visit_holds_ten_working_days(first: date, more: int) -> None:
    last = first + timedelta(days=more)
    found = windows(WEEK, first, last)
    assert sorted(found) == [first + timedelta(days=n) for n in range(more + 1)]
    for day, until in found.items():
        assert working_days_between(WEEK, day, until) == AGAIN_WITHIN
        assert working_days_between(WEEK, day, until - timedelta(days=1)) == AGAIN_WITHIN - 1
