"""Invented visitors: as many as were asked for, inside the day, and the same for the same seed."""

import random
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.simulation.halls import needed_counters
from motcua.simulation.visitors import Share, visitors
from motcua.text import VIETNAM

OPEN = datetime(2026, 11, 23, 7, 30, tzinfo=VIETNAM)
SPANS = (
    (OPEN, OPEN + timedelta(hours=4)),
    (OPEN + timedelta(hours=6), OPEN + timedelta(hours=9.5)),
)
MEANS = {"A": 8.0, "B": 12.0, "C": 14.0, "D": 10.0}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 80), st.booleans())
def test_visitors_come_in_order_with_a_time_for_each_of_their_services(
    seed: int, count: int, steady: bool
) -> None:
    found = visitors(random.Random(seed), SPANS, MEANS, count, steady=steady)

    assert len(found) == count
    assert [v.at for v in found] == sorted(v.at for v in found)
    for one in found:
        assert len(one.letters) == len(one.minutes) == len(set(one.letters))
        assert one.how == "door" or len(one.letters) == 1
        assert SPANS[0][0] - timedelta(minutes=15) <= one.at <= SPANS[-1][1]
        assert min(one.minutes) > 0
    assert found == visitors(random.Random(seed), SPANS, MEANS, count, steady=steady)


def test_most_come_in_the_morning_and_early_in_each_session() -> None:
    found = visitors(random.Random(7), SPANS, MEANS, 4000)
    morning = [v for v in found if v.at < SPANS[1][0] - timedelta(hours=1)]
    early = [v for v in morning if v.at < OPEN + timedelta(hours=2)]

    assert 0.58 < len(morning) / len(found) < 0.66
    assert len(early) / len(morning) > 0.6


def test_a_share_of_nought_never_happens() -> None:
    usual = visitors(random.Random(1), SPANS, MEANS, 500)
    quiet = visitors(random.Random(1), SPANS, MEANS, 500, Share(phone=0.0, booked=0.0, rated=0.0))

    assert {v.how for v in usual} == {"door", "phone", "booked"}
    assert {v.how for v in quiet} == {"door"}
    assert {v.rating for v in quiet} == {0}


def test_twice_as_many_people_need_about_twice_as_many_counters() -> None:
    one, two = (needed_counters(MEANS, SPANS, n) for n in (400, 800))

    assert 1.9 < two / one < 2.1
