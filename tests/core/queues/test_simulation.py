import os
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.queues.outcome import Waits
from motcua.queues.policy import Policy
from motcua.queues.simulated_halls import MORNING, Setting, random_plan
from motcua.queues.simulation import Arrival, Desk, Hall, Plan, run

EXAMPLES = int(os.environ.get("MOTCUA_EXAMPLES", "150"))
ALL = frozenset("AB")
SEEDS = st.integers(0, 10_000)


def desk(
    *groups: str, spill: str = "", spans: tuple[tuple[float, float], ...] = (MORNING,)
) -> Desk:
    return Desk(tuple(tuple(g) for g in groups), ALL, spans, tuple(spill))


@given(SEEDS, st.booleans())
@settings(max_examples=EXAMPLES // 6, deadline=None)
def test_everybody_is_served_and_every_desk_serves_one_at_a_time(seed: int, noon: bool) -> None:
    plan = random_plan(seed, afternoon=noon)
    outcome = run(plan, Policy())
    by_desk: dict[int, list[tuple[float, float]]] = {}
    for person, arrival in zip(outcome.people, plan.arrivals, strict=True):
        if arrival.misses > Policy().recycle_times:
            assert person.started is None
            continue
        assert person.called is not None
        assert person.started is not None
        assert person.ended is not None
        assert person.desk is not None
        assert person.arrived <= person.called <= person.started <= person.ended
        pace = plan.desks[person.desk].pace
        assert abs(person.ended - person.started - arrival.service * pace) < 1e-6
        assert arrival.letter in plan.desks[person.desk].skilled_lines
        by_desk.setdefault(person.desk, []).append((person.started, person.ended))
    for spans in by_desk.values():
        spans.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(spans))


@given(SEEDS)
@settings(max_examples=EXAMPLES // 6, deadline=None)
def test_no_desk_is_idle_while_somebody_waits_whom_it_may_call(seed: int) -> None:
    def watch(hall: Hall, who: int) -> None:
        for plan, state in zip(hall.plan.desks, hall.desks, strict=True):
            if state.state == "idle":
                own = {x for group in plan.groups for x in group} & plan.skilled_lines
                others = [w for n, w in hall.waiting.items() if n != who]
                assert not any(w.letter in own for w in others)

    run(random_plan(seed), Policy(), watch=watch)


@given(SEEDS)
@settings(max_examples=EXAMPLES // 10, deadline=None)
def test_the_same_day_comes_out_the_same(seed: int) -> None:
    plan = random_plan(seed)
    assert run(plan, Policy(), 3) == run(plan, Policy(), 3)


@given(SEEDS, st.floats(0.05, 0.5))
@settings(max_examples=EXAMPLES // 6, deadline=None)
def test_nobody_overtakes_in_a_common_line_without_classes(seed: int, gap: float) -> None:
    setting = Setting.drawn(seed)
    drawn = setting.day(0)
    people = tuple(Arrival(a.at, "A", a.service) for a in drawn.arrivals)
    outcome = run(Plan(people, (desk("A"), desk("A")), gap), Policy())
    assert outcome.overtaken == 0
    assert outcome.passed == 0


def test_one_desk_serves_one_after_another() -> None:
    people = tuple(Arrival(n, "A", 10.0) for n in range(4))
    outcome = run(Plan(people, (desk("A"),), 0.0), Policy())
    assert [p.wait for p in outcome.people] == [0, 9, 18, 27]
    assert outcome.all == Waits(4, 13.5, 9, 27, 27)
    assert outcome.utilisation == (40 / 240,)
    assert outcome.unserved == 0


def test_priority_goes_first_two_in_a_row_at_most() -> None:
    first = Arrival(0, "A", 10.0)
    people = (first, Arrival(1, "A", 5.0), *(Arrival(2 + n / 10, "A", 5.0, 1) for n in range(3)))
    outcome = run(Plan(people, (desk("A"),), 0.0), Policy())
    order = sorted(outcome.people, key=lambda p: p.called or 0)
    assert [p.number for p in order] == [0, 2, 3, 1, 4]
    assert outcome.kinds["priority"].people == 3
    assert run(Plan(people, (desk("A"),), 0.0), Policy(priority_in_row=5)).people[1].called == 25


def test_a_break_holds_the_line_up_and_a_noon_rest_too() -> None:
    spans = ((0.0, 5.0), (30.0, 240.0))
    people = tuple(Arrival(0, "A", 10.0) for _ in range(2))
    outcome = run(Plan(people, (desk("A", spans=spans),), 0.0), Policy())
    assert [p.called for p in outcome.people] == [0, 30]


def test_after_closing_whoever_waits_is_still_served_by_who_stays() -> None:
    people = tuple(Arrival(235, "A", 10.0) for _ in range(3))
    stays = run(Plan(people, (desk("A"),), 0.0), Policy())
    assert [p.called for p in stays.people] == [235, 245, 255]
    goes = Desk((("A",),), ALL, (MORNING,), stays=False)
    assert run(Plan(people, (goes,), 0.0), Policy()).unserved == 2


def test_who_misses_his_call_goes_three_places_back_and_then_out() -> None:
    people = (
        Arrival(0, "A", 10.0, misses=1),
        *(Arrival(0.1 + n / 100, "A", 10.0) for n in range(5)),
    )
    outcome = run(Plan(people, (desk("A"),), 0.0), Policy(recall_seconds=60))
    order = sorted(outcome.people, key=lambda p: p.started or 0)
    assert [p.number for p in order] == [1, 2, 3, 0, 4, 5]
    gone = (Arrival(0, "A", 10.0, misses=2), *people[1:])
    assert run(Plan(gone, (desk("A"),), 0.0), Policy()).unserved == 1


def test_who_misses_his_call_is_not_passed_by_all_who_come_until_an_appointment() -> None:
    people = (
        Arrival(0, "A", 10.0, misses=1),
        Arrival(0.1, "A", 10.0),
        Arrival(0.2, "A", 10.0, appointment=120),
        *(Arrival(2.0 + n, "A", 10.0) for n in range(4)),
    )
    outcome = run(Plan(people, (desk("A"),), 0.0), Policy(recall_seconds=60))
    order = sorted(outcome.people, key=lambda p: p.started or 0)
    assert [p.number for p in order] == [1, 0, 3, 4, 5, 6, 2]


def test_an_appointment_has_its_place_and_a_late_one_has_not() -> None:
    people = tuple(Arrival(n, "A", 10.0) for n in range(6))
    in_time = Arrival(15, "A", 10.0, appointment=12)
    late = Arrival(15, "A", 10.0, appointment=-5)
    slots = [
        run(Plan((*people, a), (desk("A"),), 0.0), Policy()).people[6] for a in (in_time, late)
    ]
    assert [p.called for p in slots] == [30, 60]


def test_a_specialist_helps_out_unless_one_of_his_own_is_due() -> None:
    people = (Arrival(0, "B", 10.0), Arrival(4, "A", 10.0, appointment=3))
    specialist, other = desk("A", spill="B"), desk("B", spans=((20.0, 240.0),))
    helped = run(Plan(people[:1], (specialist, other), 0.0), Policy())
    waited = run(Plan(people, (specialist, other), 0.0), Policy())
    assert helped.people[0].called == 0
    assert waited.people[0].called in (14, 20)
    refused = run(Plan(people[:1], (specialist, other), 0.0), Policy(spill_over=False))
    assert refused.people[0].called == 20
