import os
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.errors import Invalid, in_words
from motcua.queues.policy import (
    BOUNDS,
    Caller,
    Policy,
    Waiter,
    appointment_key,
    choose,
    expected_soon,
    key_behind,
    priority_run_after,
    reserved_key,
)

EXAMPLES = int(os.environ.get("MOTCUA_EXAMPLES", "150"))
NOW = datetime(2026, 3, 18, 1, 30, tzinfo=UTC)
HERE, ELSEWHERE = UUID(int=1001), UUID(int=1002)
ME, OTHER = UUID(int=2001), UUID(int=2002)
LETTERS = "ABCD"


def waiter(n: int, letter: str = "A", minutes: float = 0, priority: int = 0) -> Waiter:
    return Waiter(UUID(int=n), letter, NOW + timedelta(minutes=minutes), priority)


def caller(*groups: str, spill: str = "", skilled: str = LETTERS, run: int = 0) -> Caller:
    return Caller(HERE, ME, tuple(tuple(g) for g in groups), tuple(spill), frozenset(skilled), run)


waiters = st.lists(
    st.builds(
        Waiter,
        st.integers(1, 10**6).map(lambda n: UUID(int=n)),
        st.sampled_from(LETTERS),
        st.integers(-90, 5).map(lambda m: NOW + timedelta(minutes=m)),
        st.sampled_from([0, 0, 0, 1, 2]),
        st.sampled_from([None, None, None, HERE, ELSEWHERE]),
        st.sampled_from([None, None, None, ME, OTHER]),
    ),
    max_size=14,
    unique_by=lambda w: w.id,
)
callers = st.builds(
    Caller,
    st.just(HERE),
    st.just(ME),
    st.lists(
        st.lists(st.sampled_from(LETTERS), unique=True, max_size=3).map(tuple), max_size=3
    ).map(tuple),
    st.lists(st.sampled_from(LETTERS), unique=True, max_size=2).map(tuple),
    st.frozensets(st.sampled_from(LETTERS)),
    st.integers(0, 4),
)
policies = st.builds(
    Policy,
    priority_in_row=st.integers(1, 4),
    spill_over=st.booleans(),
    priority_head_start_minutes=st.sampled_from([None, None, 0, 7.5, 30]),
    patience_minutes=st.sampled_from([0, 1, 30, 60]),
)


@given(policies, callers, waiters, st.booleans())
@settings(max_examples=EXAMPLES, deadline=None)
def test_nobody_is_called_without_the_skill_or_past_his_pin_or_outside_the_profile(
    policy: Policy, who: Caller, waiting: list[Waiter], soon: bool
) -> None:
    called = choose(policy, who, waiting, NOW, own_expected_soon=soon)
    if called is None:
        return
    assert called.letter in who.skilled_lines
    assert called.for_counter in (None, HERE)
    assert called.for_staff in (None, ME)
    own = {letter for group in who.groups for letter in group}
    if not called.pinned and called.letter not in own:
        assert called.letter in who.spill
        assert policy.spill_over
        assert not soon


@given(policies, callers, waiters)
@settings(max_examples=EXAMPLES, deadline=None)
def test_within_a_line_and_class_the_oldest_goes_first(
    policy: Policy, who: Caller, waiting: list[Waiter]
) -> None:
    called = choose(policy, who, waiting, NOW)
    if called is None:
        return
    for other in waiting:
        same = (other.letter, other.priority, other.pinned) == (
            called.letter,
            called.priority,
            called.pinned,
        )
        if same and other.for_counter in (None, HERE) and other.for_staff in (None, ME):
            assert (called.sort_key, called.id) <= (other.sort_key, other.id)


@given(policies, callers, waiters)
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_order_in_which_people_are_listed_does_not_matter(
    policy: Policy, who: Caller, waiting: list[Waiter]
) -> None:
    assert choose(policy, who, waiting, NOW) == choose(policy, who, waiting[::-1], NOW)


@dataclass
class Counted:
    """A counter that calls again and again."""

    run: int = 0

    def call(self, policy: Policy, who: Caller, waiting: list[Waiter]) -> Waiter | None:
        mine = Caller(who.counter, who.staff, who.groups, who.spill, who.skilled_lines, self.run)
        called = choose(policy, mine, waiting, NOW)
        if called is not None:
            self.run = priority_run_after(mine, called)
            waiting.remove(called)
        return called


@given(policies, callers, waiters)
@settings(max_examples=EXAMPLES, deadline=None)
def test_never_more_than_so_many_with_priority_in_a_row_while_an_ordinary_one_waits(
    policy: Policy, who: Caller, waiting: list[Waiter]
) -> None:
    waiting = [w for w in waiting if not w.pinned]
    counter, row = Counted(), 0
    own = {letter for group in who.groups for letter in group} & who.skilled_lines
    while True:
        ordinary = any(not w.priority and w.letter in own for w in waiting)
        called = counter.call(policy, who, waiting)
        if called is None:
            break
        row = row + 1 if called.priority else 0
        if policy.priority_head_start_minutes is None and ordinary:
            assert row <= policy.priority_in_row


@given(policies, callers, waiters)
@settings(max_examples=EXAMPLES, deadline=None)
def test_everybody_whom_a_counter_may_take_is_called_in_the_end(
    policy: Policy, who: Caller, waiting: list[Waiter]
) -> None:
    left, counter = list(waiting), Counted()
    while counter.call(policy, who, left):
        pass
    own = {letter for group in who.groups for letter in group}
    if policy.spill_over:
        own |= set(who.spill)
    for w in left:
        assert (
            w.letter not in who.skilled_lines
            or w.for_counter == ELSEWHERE
            or w.for_staff == OTHER
            or w.letter not in own
        )


@given(st.integers(1, 4), st.integers(0, 6))
def test_an_ordinary_one_is_called_though_priority_never_ends(in_row: int, ahead: int) -> None:
    policy, counter = Policy(priority_in_row=in_row), Counted()
    waiting = [waiter(n + 1, minutes=-60 + n) for n in range(ahead + 1)]
    last = waiting[-1]
    for turn in range((ahead + 1) * (in_row + 1)):
        waiting.append(waiter(1000 + turn, minutes=-1, priority=1))
        if counter.call(policy, caller("A"), waiting) == last:
            return
    raise AssertionError("starved")


def _days_calls(policy: Policy, calls: int, priority: int) -> list[UUID]:
    """Call every ten minutes from one counter to which somebody of its first group comes at that pace."""
    run, called = 0, []
    waiting = [waiter(1, "B"), waiter(2, "A")]
    for n in range(calls):
        now = NOW + timedelta(minutes=10 * n + 1)
        who = caller("A", "B", run=run)
        chosen = choose(policy, who, waiting, now)
        assert chosen
        run = priority_run_after(who, chosen)
        waiting.remove(chosen)
        called.append(chosen.id)
        waiting.append(waiter(100 + n, "A", 10 * n + 1, priority))
    return called


@given(st.integers(1, 120), st.integers(1, 4), st.sampled_from([0, 1]))
def test_nobody_starves_behind_a_group_that_always_has_somebody(
    patience: int, in_row: int, priority: int
) -> None:
    """He is called when his patience has ended, or after one row of priority calls more."""
    policy = Policy(patience_minutes=patience, priority_in_row=in_row)
    due = patience // 10 + 2
    assert UUID(int=1) in _days_calls(policy, due + (in_row + 1) * priority, priority)
    never = Policy(patience_minutes=0, priority_in_row=20)
    assert UUID(int=1) not in _days_calls(never, 18, priority)


def test_who_waited_too_long_counts_as_of_the_first_group() -> None:
    policy, who = Policy(patience_minutes=30), caller("A", "B", "C", spill="D")
    waiting = [waiter(1, "C", -31), waiter(2, "B", -30), waiter(3, "A", -5), waiter(4, "A", -4, 1)]
    # Among the first group he has his age, and whoever has priority still goes first.
    assert choose(policy, who, waiting, NOW) == waiting[3]
    assert choose(policy, who, waiting[:3], NOW) == waiting[0]
    assert choose(policy, who, waiting[1:3], NOW) == waiting[2]
    # Others' lines are no group of this counter, however long somebody waits there.
    assert choose(policy, who, [waiter(5, "D", -90), waiting[1]], NOW) == waiting[1]


def test_who_is_pinned_here_goes_before_everybody() -> None:
    pinned = Waiter(UUID(int=9), "D", NOW, 0, HERE, None)
    waiting = [waiter(1, "A", -60, 2), pinned, waiter(2, "A", -50)]
    assert choose(Policy(), caller("A"), waiting, NOW) == pinned
    assert choose(Policy(), caller("A", skilled="A"), waiting, NOW) == waiting[0]


def test_a_pinned_one_neither_lengthens_nor_ends_the_run() -> None:
    pinned = Waiter(UUID(int=9), "A", NOW, 1, HERE, None)
    assert priority_run_after(caller("A", run=2), pinned) == 2
    assert priority_run_after(caller("A", run=2), waiter(1)) == 0
    assert priority_run_after(caller("A", run=2), waiter(1, priority=1)) == 3


def test_groups_go_in_their_order_even_before_priority_in_a_later_one() -> None:
    waiting = [waiter(1, "B", -60, 2), waiter(2, "A", -5)]
    assert choose(Policy(), caller("A", "B"), waiting, NOW) == waiting[1]
    assert choose(Policy(), caller("AB"), waiting, NOW) == waiting[0]


def test_after_the_row_the_first_group_with_an_ordinary_one_is_served() -> None:
    waiting = [waiter(1, "A", -5, 1), waiter(2, "B", -1), waiter(3, "C", -60)]
    assert choose(Policy(), caller("A", "B", "C", run=1), waiting, NOW) == waiting[0]
    assert choose(Policy(), caller("A", "B", "C", run=2), waiting, NOW) == waiting[1]
    # Somebody ordinary in the spill letters alone does not end the row.
    assert choose(Policy(), caller("A", spill="B", run=2), waiting, NOW) == waiting[0]


def test_higher_rank_goes_first_and_a_head_start_knows_no_rank() -> None:
    waiting = [waiter(1, "A", -10, 1), waiter(2, "A", -5, 2), waiter(3, "A", -18)]
    assert choose(Policy(), caller("A"), waiting, NOW) == waiting[1]
    head = Policy(priority_head_start_minutes=10)
    assert choose(head, caller("A"), waiting, NOW) == waiting[0]
    assert choose(Policy(priority_head_start_minutes=5), caller("A"), waiting, NOW) == waiting[2]


def test_others_are_helped_only_when_nobody_of_the_own_lines_is_here_or_due() -> None:
    stranger = waiter(1, "B", -30)
    who = caller("A", spill="B")
    assert choose(Policy(), who, [stranger], NOW) == stranger
    assert choose(Policy(), who, [stranger], NOW, own_expected_soon=True) is None
    assert choose(Policy(spill_over=False), who, [stranger], NOW) is None
    assert choose(Policy(), who, [stranger, waiter(2)], NOW) == waiter(2)


def test_somebody_is_expected_soon_within_one_service_and_not_when_overdue() -> None:
    assert expected_soon([NOW + timedelta(minutes=8)], NOW, 10)
    assert not expected_soon([NOW + timedelta(minutes=12)], NOW, 10)
    assert not expected_soon([NOW - timedelta(minutes=1)], NOW, 10)


def test_an_appointment_has_its_head_start_until_it_is_too_late() -> None:
    policy = Policy(head_start_minutes=10, late_minutes=15)
    key = NOW - timedelta(minutes=10)
    for minutes in (-40, 0, 15):
        assert appointment_key(policy, NOW, NOW + timedelta(minutes=minutes)) == key
    late = NOW + timedelta(minutes=16)
    assert appointment_key(policy, NOW, late) == late


def test_a_place_taken_from_afar_is_held_for_some_minutes_after_the_window() -> None:
    policy, taken, until = Policy(arrival_hold_minutes=10), NOW - timedelta(hours=1), NOW
    assert reserved_key(policy, taken, until, NOW + timedelta(minutes=10)) == taken
    late = NOW + timedelta(minutes=11)
    assert reserved_key(policy, taken, until, late) == late


@given(st.lists(st.integers(-60, 120), max_size=8), st.integers(1, 5))
def test_going_back_lets_exactly_so_many_of_those_who_are_due_pass(
    minutes: list[int], places: int
) -> None:
    """Whose key is still to come is early for his appointment: he is passed by everybody until then."""
    keys = sorted(NOW + timedelta(minutes=m) for m in minutes)
    own = NOW - timedelta(minutes=61)
    behind = key_behind(own, keys, places, NOW)
    due = [key for key in keys if key <= NOW]
    passed = sum(key < behind for key in keys)
    assert passed == len(due) or passed >= places
    assert len(set(keys)) < len(keys) or passed == min(places, len(due))
    assert behind <= NOW + timedelta(microseconds=1)


@given(st.lists(st.integers(-60, 120), max_size=8), st.integers(-60, 120), st.integers(1, 5))
def test_nobody_goes_back_to_a_better_place_than_his_own(
    minutes: list[int], own: int, places: int
) -> None:
    keys = sorted(NOW + timedelta(minutes=m) for m in minutes)
    key = NOW + timedelta(minutes=own)
    assert key_behind(key, keys, places, NOW) >= key


def test_a_policy_is_read_from_data_and_says_what_is_wrong_at_each_field() -> None:
    assert Policy.of({}) == Policy()
    assert Policy.of(Policy(priority_in_row=3).body()).priority_in_row == 3
    with pytest.raises(Invalid) as refused:
        Policy.of(
            {
                "priority_in_row": 0,
                "recalls": 2.5,
                "recall_seconds": True,
                "spill_over": 1,
                "priority_head_start_minutes": -1,
                "nonsense": 1,
                "late_minutes": 20,
            }
        )
    assert set(refused.value.fields) == {
        "priority_in_row",
        "recalls",
        "recall_seconds",
        "spill_over",
        "priority_head_start_minutes",
        "nonsense",
    }
    said = refused.value.fields["priority_in_row"]
    assert in_words(said, "vi") == "Nhập số nguyên từ 1 đến 20."
    assert in_words(said, "en") == "Enter a whole number from 1 to 20."


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_every_default_lies_within_its_bounds(name: str) -> None:
    assert BOUNDS[name].low <= getattr(Policy(), name) <= BOUNDS[name].high
    assert Policy.of({name: BOUNDS[name].high})
    with pytest.raises(Invalid):
        Policy.of({name: BOUNDS[name].high + 1})


def test_every_rule_is_either_bounded_or_known_by_name() -> None:
    known = {*BOUNDS, "spill_over", "priority_head_start_minutes"}
    assert Counter(Policy.__struct_fields__) == Counter(known)


def test_a_head_start_that_is_not_a_number_is_refused() -> None:
    for wrong in (float("nan"), "5", True):
        with pytest.raises(Invalid):
            Policy.of({"priority_head_start_minutes": wrong})
