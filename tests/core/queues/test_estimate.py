from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.queues.estimate import Range, waiting_range

AHEAD = st.integers(0, 60)
COUNTERS = st.integers(0, 8)
MEAN = st.floats(1, 40)


@given(AHEAD, COUNTERS, MEAN, st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_a_range_is_ordered_and_counts_in_fives(
    ahead: int, counters: int, mean: float, seed: int
) -> None:
    found = waiting_range(ahead, counters, mean, seed=seed)
    assert 0 <= found.low <= found.high
    assert found.low % 5 == found.high % 5 == 0
    assert waiting_range(ahead, counters, mean, seed=seed) == found


@given(st.integers(0, 30), st.integers(1, 5), MEAN)
@settings(max_examples=40, deadline=None)
def test_more_people_ahead_never_shorten_the_wait(ahead: int, counters: int, mean: float) -> None:
    shorter, longer = (waiting_range(n, counters, mean) for n in (ahead, ahead + 20))
    assert shorter.low <= longer.low
    assert shorter.high <= longer.high


@given(st.integers(8, 60), st.integers(1, 4), st.floats(4, 30))
@settings(max_examples=40, deadline=None)
def test_the_range_holds_the_plain_average(ahead: int, counters: int, mean: float) -> None:
    found = waiting_range(ahead, counters, mean)
    average = ahead * mean / counters
    assert found.low <= average + mean
    assert found.high >= average - 2 * mean


def test_nobody_ahead_is_called_at_once_and_a_closed_hall_counts_as_one_counter() -> None:
    assert waiting_range(0, 3, 10) == Range(0, 0)
    assert waiting_range(5, 0, 10) == waiting_range(5, 1, 10)
    assert str(Range(10, 20)) == "10–20"
    assert str(Range(5, 5)) == "5"
