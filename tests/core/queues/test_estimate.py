from hypothesis import given
from hypothesis import strategies as st

from motcua.queues.estimate import LONGEST, Range, of_runs, rounded

MINUTES = st.floats(-20, 900)


@given(MINUTES, MINUTES)
def test_a_range_counts_in_fives_and_holds_what_it_was_made_of(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = rounded(low, high)
    assert found.low % 5 == found.high % 5 == 0
    assert 0 <= found.low <= found.high <= LONGEST
    for minutes in (low, high):
        if 0 <= minutes <= LONGEST:
            assert found.holds(minutes)


@given(st.lists(st.floats(0, 300), min_size=10, max_size=60), st.floats(0.5, 2))
def test_a_range_is_drawn_around_the_middle_run(runs: list[float], width: float) -> None:
    found = of_runs(runs, width)
    assert found.holds(sorted(runs)[len(runs) // 2])
    narrow = of_runs(runs, width * 0.7)
    assert found.low <= narrow.low
    assert found.high >= narrow.high


def test_a_range_says_itself() -> None:
    assert str(Range(10, 20)) == "10–20"
    assert str(Range(5, 5)) == "5"
    assert Range(10, 20).middle == 15
    assert Range(10, 20).later(7) == Range(15, 30)


def test_who_is_next_is_still_told_five_minutes() -> None:
    assert rounded(0, 0) == Range(0, 5)


def test_nobody_is_told_more_than_half_a_day() -> None:
    assert of_runs([700.0, 900.0] * 10).high == LONGEST
