"""Small figures are hidden, and cannot be computed from what is shown."""

from hypothesis import given
from hypothesis import strategies as st

from motcua.reporting.small import FEW, Split, split, splits

_pairs = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8)


def test_a_pair_is_shown_with_its_share_rounded_down() -> None:
    assert split(199, 1 + FEW) == Split(199, 6, 97)
    assert split(10, 0) == Split(10, 0, 100)
    assert split(0, 0) == Split(0, 0, None)


def test_a_small_figure_hides_its_complement_and_the_share() -> None:
    assert split(95, 4) == Split("…", "<5", None)
    assert split(1, 3) == Split("<5", "<5", None)
    assert split(0, 2) == Split("…", "<5", None)


def test_one_hidden_row_takes_the_smallest_other_row_with_it() -> None:
    shown = splits([(50, 10), (20, 6), (30, 2), (0, 0)])
    assert [s.share for s in shown] == [83, None, None, None]
    assert shown[1] == Split("…", "…", None)
    assert shown[3] == Split(0, 0, None)


@given(_pairs)
def test_no_small_figure_is_ever_shown(pairs: list[tuple[int, int]]) -> None:
    for part in splits(pairs):
        for cell in (part.on_time, part.late):
            assert not isinstance(cell, int) or cell == 0 or cell >= FEW


@given(_pairs)
def test_a_hidden_row_is_never_the_only_one_unless_nothing_else_was_settled(
    pairs: list[tuple[int, int]],
) -> None:
    hidden = [n for n, s in enumerate(splits(pairs)) if not isinstance(s.late, int)]
    others = [n for n, pair in enumerate(pairs) if any(pair) and n not in hidden]
    assert len(hidden) != 1 or not others
