import math
import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.queues.learning import (
    WIDTH,
    WIDTHS,
    Served,
    line_learned,
    paces,
    shrunk,
    today_factor,
    width_lately,
    width_of,
)


def test_nothing_seen_is_what_the_settings_say() -> None:
    line = line_learned(10, 0.5, [])
    assert line.mean == pytest.approx(10)
    assert line.spread == pytest.approx(0.5)
    assert (shrunk(7, 0, 0), width_of(0, 0)) == (7, WIDTH)
    assert today_factor([], {}) == 1.0


def test_twenty_services_count_as_much_as_the_settings() -> None:
    line = line_learned(10, 0.5, [Served.of("A", None, [20.0] * 20)])
    assert line.mean == pytest.approx(15)


def test_many_services_are_believed() -> None:
    draw = random.Random(1)
    minutes = [draw.lognormvariate(math.log(8), 0.7) for _ in range(5000)]
    line = line_learned(20, 0.2, [Served.of("A", None, minutes)])
    assert line.mean == pytest.approx(sum(minutes) / 5000, rel=0.02)
    assert line.spread == pytest.approx(math.sqrt(math.exp(0.49) - 1), rel=0.05)


@given(st.integers(0, 400), st.integers(0, 400))
def test_more_services_leave_less_doubt(few: int, more: int) -> None:
    def doubt(n: int) -> float:
        return line_learned(10, 0.5, [Served.of("A", None, [9.0, 11.0] * n)]).doubt

    low, high = sorted((few, more))
    assert doubt(high) <= doubt(low) + 1e-12


def test_an_officer_who_takes_longer_is_known_after_some_services_and_bounded() -> None:
    slow, fast, new = UUID(int=1), UUID(int=2), UUID(int=3)
    served = [
        Served.of("A", slow, [15.0] * 60),
        Served.of("A", fast, [0.5] * 900),
        Served.of("A", new, [15.0]),
        Served.of("A", None, [15.0]),
    ]
    found = paces(served, {"A": 10.0})
    assert found[slow] == pytest.approx((20 + 90) / 80)
    assert found[fast] == 0.6
    assert found[new] == pytest.approx(1.0, abs=0.03)
    assert set(found) == {slow, fast, new}


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_width_is_bounded_and_answers_in_the_right_direction(inside: int, more: int) -> None:
    shown = inside + more
    width = width_of(inside, shown)
    assert WIDTHS[0] <= width <= WIDTHS[1]
    if shown:
        assert (width - WIDTH) * (0.8 - inside / shown) >= 0


@given(st.floats(WIDTHS[0], WIDTHS[1]), st.integers(0, 500), st.integers(0, 500))
def test_todays_latest_calls_turn_the_width_the_right_way(
    width: float, inside: int, more: int
) -> None:
    shown = inside + more
    found = width_lately(width, inside, shown)
    assert WIDTHS[0] <= found <= WIDTHS[1]
    if shown:
        assert (found - width) * (0.8 - inside / shown) >= 0
    else:
        assert found == width
