"""From events to figures: once each, whatever the order and however often they are delivered."""

import asyncio
import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motcua.platform import Platform
from motcua.reporting import jobs
from motcua.reporting.due import MOVES, due_after, moved
from motcua.tenancy.tenant import Tenant
from motcua.worktime import working_minutes
from tests.conftest import NewTenant
from tests.core.reporting import lives
from tests.core.reporting.lives import START, Life, life, local

pytestmark = pytest.mark.anyio

_SUBMITTED = ("dossier.submitted", 0.0, 0.0)
_ACCEPTED = ("dossier.accepted", 0.2, 3.0)


async def test_an_event_that_is_delivered_twice_counts_once(
    platform: Platform, quang_ninh: Tenant, new_tenant: NewTenant
) -> None:
    office = await lives.open_office(platform, quang_ninh, await new_tenant())
    told = life(_SUBMITTED, _ACCEPTED, ("dossier.finished", 1.0, 0.0), ("dossier.returned", 1.1, 0))
    async with platform.db.tenant(office.tenant) as tx:
        owed = await lives.write(tx, office, told)
    await lives.deliver(platform, office, [*owed, *owed, owed[0]])
    assert await lives.counted(platform, office) == lives.recount([told])
    async with platform.db.tenant(office.tenant) as tx:
        assert await tx.fetchval("select count(*) from settlement_fact") == 1


async def test_many_workers_at_once_count_each_event_once(
    platform: Platform, quang_ninh: Tenant, new_tenant: NewTenant
) -> None:
    office = await lives.open_office(platform, quang_ninh, await new_tenant())
    told = [
        life(_SUBMITTED, _ACCEPTED, ("dossier.finished", 1.0, 0.0), ("dossier.returned", 1.1, 0.0))
        for _ in range(6)
    ]
    async with platform.db.tenant(office.tenant) as tx:
        owed = [row for one in told for row in await lives.write(tx, office, one)]
    backwards = owed[::-1]
    await asyncio.gather(
        *(lives.deliver(platform, office, rows) for rows in (owed, backwards, owed, backwards))
    )
    assert await lives.counted(platform, office) == lives.recount(told)


async def test_an_event_whose_count_fails_is_neither_counted_nor_forgotten(
    platform: Platform, quang_ninh: Tenant, new_tenant: NewTenant
) -> None:
    office = await lives.open_office(platform, quang_ninh, await new_tenant())
    told = life(_SUBMITTED, _ACCEPTED, ("dossier.finished", 1.0, 0.0))
    finished, told.finished = told.finished, None  # its row is missing, so settling fails
    async with platform.db.tenant(office.tenant) as tx:
        owed = await lives.write(tx, office, told)
    await lives.deliver(platform, office, owed)
    async with platform.db.tenant(office.tenant) as tx:
        assert await tx.fetchval("select count(*) from outbox where error like 'LookupError%'") == 1
        assert await tx.fetchval("select count(*) from rollup_day where metric = 'finished'") == 0
        rest = Life(id=told.id, due=told.due, finished=finished)
        rest.events = [("dossier.none", START, {})]
        await lives.write(tx, office, rest)
        await tx.execute("delete from outbox where id <> $1", owed[-1])
    await lives.deliver(platform, office, [owed[-1]])
    told.finished = finished
    assert await lives.counted(platform, office) == lives.recount([told])


@pytest.mark.parametrize(
    ("steps", "metric"),
    [
        ([("dossier.finished", 3.2, 0.0)], "on_time"),
        ([("dossier.finished", 3.3, 0.0)], "late"),
        (
            [("clock.paused", 1.0, 0), ("clock.resumed", 2.0, 3.0), ("dossier.finished", 4.0, 0.0)],
            "on_time",
        ),
        (
            [
                ("clock.paused", 1.0, 0.0),
                ("clock.resumed", 1.1, 3.0),
                ("clock.paused", 1.2, 0.0),
                ("clock.resumed", 1.3, 3.0),
                ("dossier.finished", 1.4, 0.0),
            ],
            "late",
        ),
    ],
    ids=["at its due moment", "after it", "one supplement", "a second supplement"],
)
async def test_a_settlement_is_on_time_or_late(
    platform: Platform,
    quang_ninh: Tenant,
    new_tenant: NewTenant,
    steps: list[tuple[str, float, float]],
    metric: str,
) -> None:
    office = await lives.open_office(platform, quang_ninh, await new_tenant())
    told = life(_SUBMITTED, _ACCEPTED, *steps)
    async with platform.db.tenant(office.tenant) as tx:
        owed = await lives.write(tx, office, told)
    await lives.deliver(platform, office, owed)
    rollups, dues = await lives.counted(platform, office)
    assert {m for _, m in rollups} & {"on_time", "late"} == {metric}
    assert dues == {}


async def test_working_minutes_leave_out_the_time_that_the_clock_stood_still(
    platform: Platform, quang_ninh: Tenant, new_tenant: NewTenant
) -> None:
    office = await lives.open_office(platform, quang_ninh, await new_tenant())
    told = life(("dossier.accepted", 0.0, 5.0), ("dossier.finished", 2.0, 0.0))
    async with platform.db.tenant(office.tenant) as tx:
        owed = await lives.write(tx, office, told)
        await tx.execute(
            "insert into clock_pause (id, dossier_id, reason, started_at, ended_at) "
            "values ($1, $2, 'supplement', $3, $4)",
            told.id,
            told.id,
            START,
            START + timedelta(days=1),
        )
    await lives.deliver(platform, office, owed)
    async with platform.db.tenant(office.tenant) as tx:
        minutes = await tx.fetchval("select working_minutes from settlement_fact")
    calendar = (await platform.catalogue.of(office.tenant)).calendar
    assert told.finished is not None
    assert minutes == working_minutes(calendar, START + timedelta(days=1), told.finished)
    assert minutes > 0


async def test_a_late_dossier_that_is_still_open_stays_on_its_due_day(
    platform: Platform, quang_ninh: Tenant, new_tenant: NewTenant
) -> None:
    office = await lives.open_office(platform, quang_ninh, await new_tenant())
    told = life(_SUBMITTED, _ACCEPTED, ("clock.paused", 9.0, 0.0))
    async with platform.db.tenant(office.tenant) as tx:
        owed = await lives.write(tx, office, told)
    await lives.deliver(platform, office, owed)
    _, dues = await lives.counted(platform, office)
    assert told.due is not None
    assert dues == {local(told.due): 1}, "asking for a paper does not hide a delay"


_step = st.floats(0.01, 4.0)
_days = st.floats(0.1, 6.0)


@st.composite
def _lives(draw: st.DrawFn) -> Life:
    """Return a dossier's way through the states, cut off anywhere."""
    at = draw(_step)
    steps = [("dossier.submitted", at, 0.0)]
    if draw(st.integers(0, 9)) == 0:
        return life(*steps, ("dossier.rejected", at + draw(_step), 0.0))
    steps.append(("dossier.accepted", at := at + draw(_step), draw(_days)))
    for _ in range(draw(st.integers(0, 2))):
        steps.append(("clock.paused", at := at + draw(_step), 0.0))
        if draw(st.integers(0, 3)) == 0:
            return life(*steps, ("dossier.stopped", at + draw(_step), 0.0))
        steps.append(("clock.resumed", at := at + draw(_step), draw(_days)))
    steps.append(("dossier.finished", at := at + draw(_step), 0.0))
    steps.append(("dossier.returned", at + draw(_step), 0.0))
    whole = draw(st.integers(1, len(steps)))
    return life(*steps[:whole])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=st.lists(_lives(), min_size=1, max_size=5), order=st.integers(0, 10**6))
async def test_the_roll_ups_equal_a_recount_of_the_log(
    platform: Platform, quang_ninh: Tenant, new_tenant: NewTenant, told: list[Life], order: int
) -> None:
    office = await lives.open_office(platform, quang_ninh, await new_tenant())
    async with platform.db.tenant(office.tenant) as tx:
        owed = [row for one in told for row in await lives.write(tx, office, one)]
    shuffled = [*owed, *owed[::2]]
    random.Random(order).shuffle(shuffled)
    await lives.deliver(platform, office, shuffled)
    assert await lives.counted(platform, office) == lives.recount(told)


@given(_lives())
def test_what_the_events_of_a_dossier_add_to_the_due_days_is_where_it_stands(told: Life) -> None:
    moves = [e for e in told.events if e[0] in MOVES]
    total: dict[object, int] = {}
    for n in range(1, len(moves) + 1):
        for day, plus in moved(moves[:n]):
            total[day] = total.get(day, 0) + plus
    after = due_after(moves)
    assert {d: n for d, n in total.items() if n} == ({after: 1} if after else {})


def test_every_event_that_moves_a_figure_is_subscribed() -> None:
    assert set(jobs.METRICS) | MOVES == jobs.SUBSCRIBED
