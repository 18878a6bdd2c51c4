from datetime import date, timedelta

import pytest

from motcua.queues.policy import Policy
from motcua.queues.replaying import replay

from .conftest import Hall
from .past_days import a_plan, write_day

pytestmark = pytest.mark.anyio

DAY = date(2026, 3, 18)


async def test_a_day_is_played_again_as_it_was_and_under_another_policy(hall: Hall) -> None:
    past = await write_day(hall, DAY, a_plan(5, 60))
    proposed = Policy(priority_head_start_minutes=0)
    async with hall.work() as work:
        found = await replay(work.tx, hall.site, DAY, proposed, work.now)
    assert found is not None
    assert (found.people, found.policy, found.proposed) == (60, Policy(), proposed)
    assert found.was.mean == pytest.approx(past.outcome.all.mean, abs=1e-3)
    # The walks to the counter are drawn anew; the rest is the same day.
    assert found.before.all.mean == pytest.approx(found.was.mean, rel=0.15)
    assert found.before.lines.keys() == {"A", "B"}
    # Without a head start priority is worth nothing: they wait longer, the others not as long.
    assert found.after.kinds["priority"].mean > found.before.kinds["priority"].mean
    assert found.after.kinds["ordinary"].mean < found.before.kinds["ordinary"].mean
    assert found.before.unserved == found.after.unserved == 0


async def test_a_day_on_which_nobody_came_cannot_be_played(hall: Hall) -> None:
    async with hall.work() as work:
        assert await replay(work.tx, hall.site, DAY + timedelta(days=1), Policy(), work.now) is None
