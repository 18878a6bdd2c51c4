"""How fair a hall is, by overtakers and by Gini, against the sums of a textbook."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.queues.figures.quality import gini, overtakers


@given(st.lists(st.floats(0, 1000), max_size=40))
def test_overtakers_are_those_who_came_later_and_were_called_before(called: list[float]) -> None:
    slow = [
        sum(1 for later in called[n + 1 :] if later < moment) for n, moment in enumerate(called)
    ]
    assert overtakers(called) == slow


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_gini_is_half_the_relative_mean_difference(values: list[float]) -> None:
    mean = sum(values) / len(values)
    found = gini(values)
    assert found is not None
    assert -1e-9 <= found < 1
    if mean > 1e-3:
        apart = sum(abs(a - b) for a in values for b in values) / len(values) ** 2
        assert found == pytest.approx(apart / (2 * mean), abs=1e-6)


def test_gini_of_nobody_is_nothing_and_of_equals_nought() -> None:
    assert gini([]) is None
    assert gini([5, 5, 5]) == pytest.approx(0)
