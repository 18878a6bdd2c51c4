import math
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.queues.hours import midnight
from motcua.queues.staffing import erlang_c, needed, proposal, together, within

from .conftest import Hall
from .past_days import a_plan, write_day

DAY = date(2026, 3, 18)


def plain(counters: int, load: float) -> float:
    """Erlang-C as the books write it, with factorials."""
    last = load**counters / math.factorial(counters) * counters / (counters - load)
    return last / (sum(load**n / math.factorial(n) for n in range(counters)) + last)


def test_the_formula_has_the_value_of_the_tables() -> None:
    assert erlang_c(4, 2.5) == pytest.approx(0.31986, abs=5e-6)


@given(st.integers(1, 40), st.floats(0.01, 0.99))
def test_the_recursion_is_the_formula(counters: int, share: float) -> None:
    load = counters * share
    assert erlang_c(counters, load) == pytest.approx(plain(counters, load), rel=1e-9)


def test_the_recursion_is_stable_where_factorials_are_not() -> None:
    assert 0 < erlang_c(400, 380) < 1
    assert erlang_c(3, 3) == 1.0
    assert erlang_c(3, 0) == 0.0


@given(st.floats(0.1, 120), st.floats(1, 30), st.floats(1, 60), st.floats(0.5, 0.95))
@settings(max_examples=100, deadline=None)
def test_what_is_needed_keeps_the_promise_and_one_less_does_not(
    per_hour: float, mean: float, promise: float, share: float
) -> None:
    counters = needed(per_hour, mean, promise, share)
    assert within(counters, per_hour, mean, promise) >= share
    assert within(counters - 1, per_hour, mean, promise) < share


def test_nobody_needs_no_counter() -> None:
    assert needed(0, 10, 15) == 0


@pytest.mark.anyio
async def test_a_proposal_stands_on_the_same_weekdays_before(hall: Hall) -> None:
    people = 0
    for week in (1, 2):
        past = await write_day(hall, DAY - timedelta(weeks=week), a_plan(week))
        people += len(past.plan.arrivals)
    # Yesterday is another weekday: it does not count.
    await write_day(hall, DAY - timedelta(days=1), a_plan(9))
    async with hall.platform.db.tenant(hall.tenant) as tx:
        rows = await proposal(tx, hall.site, DAY)
        nothing = await proposal(tx, hall.site, DAY + timedelta(days=1))
    assert nothing == []
    assert sum(row.arrivals for row in rows) == pytest.approx(people / 2)
    first = midnight(DAY) + timedelta(hours=7, minutes=30)
    early = [row for row in rows if row.at == first]
    assert [row.letter for row in early] == ["A", "B"]
    # All three counters serve both lines, and were open from half past seven on.
    assert [row.open for row in early] == [pytest.approx(3.0, abs=0.01)] * 2
    for row in rows:
        assert row.needed == needed(row.arrivals * 2, row.mean_minutes, row.promise_minutes)
    whole = {row.at: row for row in together(rows)}
    assert 1 <= whole[first].needed <= sum(row.needed for row in early)
    assert whole[first].arrivals == pytest.approx(sum(row.arrivals for row in early))
