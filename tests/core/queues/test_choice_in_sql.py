"""The statement that calls in the hall picks whom the pure policy picks; ``MOTCUA_EXAMPLES`` for more halls."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues import calling, policies, seats, serving
from motcua.queues.policy import Caller, Policy, Waiter, choose, expected_soon, priority_run_after

from .conftest import Hall

pytestmark = pytest.mark.anyio
EXAMPLES = int(os.environ.get("MOTCUA_EXAMPLES", "120"))
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LETTERS = "ABC"
_LINE = """
insert into line (id, site_id, letter, name_vi, name_en, mean_minutes, skill_id)
values ($1, $2, 'C', 'Lĩnh vực thử', 'A line', 10, $3)
"""
_SKILL = "insert into skill (id, key, name_vi, name_en) values ($1, 'seal', 'Dấu', 'Seal')"
_PROFILE = """
insert into work_profile (id, site_id, key, name, groups, spill) values ($1, $2, 'own', 'own', $3, $4)
"""
_VISIT = "insert into visit (id, site_id, day, arrived_at) values ($1, $2, $3, $4)"
_TICKET = """
insert into ticket (id, visit_id, site_id, line_id, day, number, public_code, trace_id, state,
  priority, sort_key, issued_at, for_counter_id, for_staff_id, window_from, low_minutes, high_minutes)
values ($1, $2, $3, $4, $5, $6, $6, $1, $7, $8, $9, $10, $11, $12, $13, 0, 0)
"""
_SEGMENT = """
insert into segment (id, ticket_id, site_id, line_id, day, kind, from_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_SLOT = """
insert into slot (id, site_id, line_id, day, from_at, to_at, capacity, booked)
values ($1, $2, $3, $4, $5::timestamptz, $5::timestamptz + interval '30 minutes', 9, $6)
"""
_APPOINTMENT = """
insert into appointment (id, slot_id, site_id, line_id, day, trace_id, public_code, state, booked_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

waiter = st.fixed_dictionaries(
    {
        "letter": st.sampled_from(LETTERS),
        "minutes": st.integers(0, 6),
        "priority": st.sampled_from([0, 0, 0, 1, 2]),
        "pin": st.sampled_from([None, None, None, None, "staff", "counter", "other", "elsewhere"]),
    }
)
letters = st.lists(st.sampled_from(LETTERS), unique=True, max_size=3)
hall_now = st.fixed_dictionaries(
    {
        "waiting": st.lists(waiter, max_size=9),
        "groups": st.lists(letters, max_size=3),
        "spill": letters,
        "skilled": st.booleans(),
        "run": st.integers(0, 3),
        "policy": st.fixed_dictionaries(
            {
                "priority_in_row": st.integers(1, 3),
                "spill_over": st.booleans(),
                "priority_head_start_minutes": st.sampled_from([None, None, 0, 2, 4.5]),
                "patience_minutes": st.sampled_from([0, 6, 8, 60]),
            }
        ),
        # Minutes from now at which somebody with a reserved number is asked to come, and into which line.
        "soon": st.none() | st.tuples(st.integers(-5, 15), st.sampled_from(LETTERS)),
        # The same of a slot, with the states of its appointments.
        "slot": st.none()
        | st.tuples(
            st.integers(-5, 15),
            st.sampled_from(LETTERS),
            st.lists(st.sampled_from(["booked", "arrived"]), max_size=2),
        ),
    }
)


class _RolledBackError(Exception):
    """Ends an example: nothing of it stays."""


@given(drawn=hall_now)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_statement_calls_whom_the_policy_chooses(
    hall: Hall, drawn: dict[str, Any]
) -> None:
    with clock.at(NOW):
        with pytest.raises(_RolledBackError):
            async with hall.work() as work:
                await _compare(work, hall, drawn)
                raise _RolledBackError
        policies.forget(hall.tenant.id)


async def _compare(work: Work, hall: Hall, drawn: dict[str, Any]) -> None:
    skill, line_c, profile = uuid7(), uuid7(), uuid7()
    counter, officer = hall.counters[0], hall.staff[0]
    await work.tx.execute(_SKILL, skill)
    await work.tx.execute(_LINE, line_c, hall.site, skill)
    if drawn["skilled"]:
        await work.tx.execute(
            "insert into staff_skill values (app_tenant(), $1, $2)", officer, skill
        )
    await work.tx.execute(_PROFILE, profile, hall.site, drawn["groups"], drawn["spill"])
    policies.forget(hall.tenant.id)
    await policies.publish(work, hall.site, drawn["policy"], NOW)
    await seats.open_counter(work, counter, officer, profile)
    await work.tx.execute(
        "update counter set priority_run = $2 where id = $1", counter, drawn["run"]
    )
    lines = {**hall.lines, "C": line_c}
    waiting = [await _wait(work, hall, lines, n, w) for n, w in enumerate(drawn["waiting"])]
    rules = await policies.policy_in_force(work.tx, hall.site, NOW)
    assert rules == Policy(**drawn["policy"])
    caller = Caller(
        counter,
        officer,
        tuple(map(tuple, drawn["groups"])) or (("A", "B"),),
        tuple(drawn["spill"]),
        frozenset("ABC" if drawn["skilled"] else "AB"),
        drawn["run"],
    )
    soon = await _soon(work, hall, lines, drawn["soon"], caller)
    soon = await _slot(work, hall, lines, drawn["slot"], caller) or soon
    expected = choose(rules, caller, waiting, NOW, own_expected_soon=soon)
    called = await calling.call_next(work, counter, officer)
    assert (called and called.id) == (expected and expected.id)
    if expected is not None:
        run = await work.tx.fetchval("select priority_run from counter where id = $1", counter)
        assert run == priority_run_after(caller, expected)


async def _wait(
    work: Work, hall: Hall, lines: dict[str, UUID], n: int, drawn: dict[str, Any]
) -> Waiter:
    pins = {
        "staff": (None, hall.staff[0]),
        "counter": (hall.counters[0], None),
        "other": (None, hall.staff[1]),
        "elsewhere": (hall.counters[1], None),
    }
    counter, officer = pins.get(drawn["pin"], (None, None))
    key = NOW - timedelta(minutes=10 - drawn["minutes"])
    made = Waiter(uuid7(), drawn["letter"], key, drawn["priority"], counter, officer)
    await _put(work, hall, lines[made.letter], made, f"{made.letter}{n:03d}", "waiting", None)
    return made


async def _put(
    work: Work, hall: Hall, line: UUID, made: Waiter, number: str, state: str, window: Any
) -> None:
    visit, day, since = uuid7(), local_day(NOW), NOW - timedelta(hours=1)
    await work.tx.execute(_VISIT, visit, hall.site, day, since)
    await work.tx.execute(
        _TICKET, made.id, visit, hall.site, line, day, number, state, made.priority, made.sort_key,
        since, made.for_counter, made.for_staff, window,
    )  # fmt: skip
    await work.tx.execute(_SEGMENT, uuid7(), made.id, hall.site, line, day, state, since)


async def _soon(
    work: Work, hall: Hall, lines: dict[str, UUID], drawn: tuple[int, str] | None, caller: Caller
) -> bool:
    if drawn is None:
        return False
    at, letter = NOW + timedelta(minutes=drawn[0]), drawn[1]
    made = Waiter(uuid7(), letter, NOW)
    await _put(work, hall, lines[letter], made, "R001", "reserved", at)
    return _is_own(letter, caller) and expected_soon([at], NOW, 10)


async def _slot(
    work: Work,
    hall: Hall,
    lines: dict[str, UUID],
    drawn: tuple[int, str, list[str]] | None,
    caller: Caller,
) -> bool:
    if drawn is None:
        return False
    at, letter, states = NOW + timedelta(minutes=drawn[0]), drawn[1], drawn[2]
    place = (uuid7(), hall.site, lines[letter], local_day(NOW))
    await work.tx.execute(_SLOT, *place, at, len(states))
    for state in states:
        await work.tx.execute(_APPOINTMENT, uuid7(), *place, uuid7(), uuid7().hex, state, NOW)
    booked = [at] if "booked" in states else []
    return _is_own(letter, caller) and expected_soon(booked, NOW, 10)


def _is_own(letter: str, caller: Caller) -> bool:
    return letter in caller.skilled_lines and any(letter in group for group in caller.groups)


@given(storm=st.lists(st.integers(0, 3), min_size=1, max_size=12), people=st.integers(1, 4))
@settings(
    max_examples=max(4, EXAMPLES // 30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_nobody_starves_while_calls_go_on(hall: Hall, storm: list[int], people: int) -> None:
    """Whoever has ``ahead`` ordinary people before him is called within three times that many calls."""
    with clock.at(NOW), pytest.raises(_RolledBackError):
        async with hall.work() as work:
            await seats.open_counter(work, hall.counters[0], hall.staff[0])
            ordinary = []
            for n in range(people):
                made = Waiter(uuid7(), "A", NOW - timedelta(minutes=30 - n))
                await _put(work, hall, hall.lines["A"], made, f"A{n:03d}", "waiting", None)
                ordinary.append(made.id)
            order = await _served(work, hall, storm * people * 3, people * 3)
            for ahead, ticket in enumerate(ordinary):
                assert ticket in order[: 3 * (ahead + 1)]
            raise _RolledBackError


async def _served(work: Work, hall: Hall, storm: list[int], calls: int) -> list[UUID]:
    found = []
    for n in range(calls):
        for m in range(storm[n]):
            made = Waiter(uuid7(), "B", NOW - timedelta(minutes=50), 1)
            await _put(work, hall, hall.lines["B"], made, f"B{n:03d}-{m}", "waiting", None)
        called = await calling.call_next(work, hall.counters[0], hall.staff[0])
        if called is None:
            continue
        found.append(called.id)
        await serving.start(work, called.id, hall.staff[0])
        await serving.finish(work, called.id, hall.staff[0])
    return found
