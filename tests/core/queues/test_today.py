import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.queues import today
from motcua.queues.learning import Served, line_learned
from motcua.queues.today import Arrivals, back_in, opens_in, services

BELIEVED = {"A": (10.0, 0.5)}


def test_services_that_go_on_keep_the_first_hour_from_looking_quick() -> None:
    """Four counters opened ten minutes ago: one short service is over, three go on."""
    short = {"letter": "A", "n": 1, "minutes": 4.0, "logs": 1.386, "squares": 1.922}
    ended = services([short], [], BELIEVED)
    everything = services([short], [("A", 10.0)] * 3, BELIEVED)
    assert sum(s.n for s in everything) == 4
    assert line_learned(10, 0.5, ended).mean < 10
    assert line_learned(10, 0.5, everything).mean > 10


def test_a_service_of_a_line_that_nobody_knows_is_left_out() -> None:
    assert services([], [("Z", 3.0)], BELIEVED) == []


@given(st.floats(0.1, 120))
def test_a_service_that_goes_on_counts_at_least_what_it_has_lasted(elapsed: float) -> None:
    (found,) = services([], [("A", elapsed)], BELIEVED)
    assert isinstance(found, Served)
    assert found.minutes > elapsed


def test_a_hall_without_a_past_expects_a_tenth_with_priority() -> None:
    fresh = Arrivals({}, 0, {("A", False): 20}, 60)
    plain, prior = fresh.per_hour("A", False), fresh.per_hour("A", True)
    assert plain + prior == pytest.approx(20 * 60 / today.RECENT)
    assert 0.03 < prior / (plain + prior) < today.PRIORITY
    assert fresh.per_hour("B", True) == 0


def test_many_earlier_days_outweigh_this_morning() -> None:
    seen = {("A", False): 200.0 * 0.7, ("A", True): 200.0 * 0.3}
    found = Arrivals(seen, 20, {}, 45)
    assert found.per_hour("A", False) + found.per_hour("A", True) == pytest.approx(200 / 22)
    assert found.per_hour("A", True) == pytest.approx(200 / 22 * 63 / 230)


def test_a_hall_without_a_past_staffs_every_counter_when_it_opens() -> None:
    morning, afternoon = (30.0, 270.0), (390.0, 600.0)
    assert opens_in(None, 0, False, 420, (morning, afternoon)) == 25
    assert opens_in(None, 0, False, 458, ((-8.0, 232.0), afternoon)) == 0
    # A quarter of an hour later nobody is expected any more.
    assert opens_in(None, 0, False, 465, ((-15.0, 225.0), afternoon)) is None
    assert opens_in(None, 0, False, 465, ()) is None


def test_earlier_days_say_which_counters_are_used_and_when() -> None:
    sessions = ((30.0, 270.0),)
    assert opens_in(None, 5, False, 420, sessions) is None
    assert opens_in(465.0, 5, False, 420, sessions) == 45
    assert opens_in(465.0, 5, False, 470, ((-20.0, 220.0),)) == 0
    assert opens_in(465.0, 5, False, 496, ((-46.0, 194.0),)) is None


def test_an_evening_does_not_put_off_the_next_day_till_after_it_closes() -> None:
    sessions = ((30.0, 270.0), (390.0, 600.0))
    evening = 420 + 700.0
    assert opens_in(evening, 1, False, 420, sessions) is None
    assert opens_in(evening, 0, False, 420, sessions) == 25
    # A hall of which nobody knows when it closes, or that works on, has evenings.
    assert opens_in(evening, 1, False, 420, ()) == 700


def test_who_went_for_lunch_is_back_when_the_afternoon_begins() -> None:
    noon = ((60.0, 270.0),)
    assert opens_in(450.0, 5, True, 750, noon) == 55
    assert opens_in(None, 5, True, 750, noon) == 55
    assert back_in(55.0, noon) == 55
    assert back_in(125.0, ((-5.0, 205.0),)) == 0
    # A pause inside a session is a pause.
    assert back_in(4.0, ((-60.0, 150.0),)) is None
    assert back_in(4.0, ((-5.0, 150.0),)) is None
