"""A hall lives a drawn day, several people acting at once, across midnight and a change of its hours.

Whatever they do, after every moment the hall must add up. ``MOTCUA_EXAMPLES`` for more days.
"""

import os
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.errors import Problem
from motcua.ids import uuid7
from motcua.queues import calling, days, issuing, moving, seats, serving, undoing

from .conftest import Hall

pytestmark = pytest.mark.anyio
EXAMPLES = int(os.environ.get("MOTCUA_EXAMPLES", "4"))
# Twenty minutes to midnight in the country.
EVENING = datetime(2026, 11, 23, 16, 40, tzinfo=UTC)
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
LIVE = {"reserved", "waiting", "called", "serving", "parked"}
AT_COUNTER = {"called", "serving"}
_NEW = {
    "site": "insert into site (id, key, unit_id, name, kind) values ($1, $2, $3, 'Sảnh', 'branch')",
    "line": """
insert into line (id, site_id, letter, name_vi, name_en, mean_minutes)
values ($1, $2, $3, 'Lĩnh vực thử', 'A line', 10)
""",
    "counter": "insert into counter (id, site_id, number, lines) values ($1, $2, $3, $4)",
    "staff": "insert into staff (id, username, full_name) values ($1, $2, 'Cán bộ thử')",
}

who = st.integers(0, 2)
pick = st.integers(0, 30)
line = st.sampled_from("AB")
# An officer's next right thing is drawn most, and what he may do instead.
act = st.one_of(
    st.tuples(st.just("issue"), line, st.sampled_from([0, 0, 0, 1])),
    *[st.tuples(st.just("go_on"), who, st.just(0))] * 3,
    *[st.tuples(st.just("undo"), who, pick)] * 2,
    st.tuples(
        st.sampled_from(
            ["no_show", "no_show", "recall", "park", "park", "come_back", "send_on", "send_on",
             "transfer_line", "transfer_counter", "transfer_person", "call"]
        ),
        who,
        pick,
    ),
    st.tuples(
        st.sampled_from(["open", "open", "leave_counter", "break", "back", "release", "hand_over"]),
        who,
        pick,
    ),
    st.tuples(
        st.sampled_from(
            ["further", "reserve", "arrive", "resume", "returned", "cancel", "leave", "let_pass",
             "void", "call_this", "priority", "close"]
        ),
        who,
        pick,
    ),
)  # fmt: skip
# What happens at one moment, and how many seconds it takes until the next.
moments = st.lists(
    st.tuples(st.lists(act, min_size=1, max_size=5), st.integers(0, 90)), min_size=20, max_size=45
)


async def _another(hall: Hall) -> Hall:
    """Build one more hall in the same tenant: examples do not see each other."""
    site = uuid7()
    lines = {letter: uuid7() for letter in "AB"}
    counters, staff = [uuid7() for _ in range(3)], [uuid7() for _ in range(3)]
    async with hall.work() as work:
        await work.tx.execute(_NEW["site"], site, site.hex, hall.unit)
        for letter, made in lines.items():
            await work.tx.execute(_NEW["line"], made, site, letter)
        for n, (counter, officer) in enumerate(zip(counters, staff, strict=True), 1):
            await work.tx.execute(_NEW["counter"], counter, site, str(n), ["A", "B"])
            await work.tx.execute(_NEW["staff"], officer, officer.hex)
    return Hall(hall.platform, hall.tenant, hall.unit, site, lines, counters, staff)


class Day:
    """A drawn day in one hall. ``done`` counts what succeeded, by the name of the command."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.done: dict[str, int] = defaultdict(int)
        self.now = EVENING
        self.before: Mapping[UUID, dict[str, Any]] = {}
        # What each officer had in hand last.
        self.last: dict[int, UUID] = {}

    async def act(self, name: str, first: Any, second: Any) -> None:
        """Do one thing; a refusal changes nothing."""
        hall = self.hall
        try:
            with clock.at(self.now):
                async with hall.work() as work:
                    if await getattr(self, f"_{name}", self._ticket_of)(work, name, first, second):
                        self.done[name] += 1
        except Problem:
            self.done[f"{name} refused"] += 1

    def _some(self, n: int, *states: str) -> UUID | None:
        found = [row["id"] for row in self.before.values() if row["state"] in states]
        return found[n % len(found)] if found else None

    async def _issue(self, work: Any, _: str, letter: str, rank: int) -> bool:
        made = await issuing.issue(work, self.hall.site, self.hall.lines[letter])
        if rank:
            await work.tx.execute("update ticket set priority = 1 where id = $1", made.id)
        return True

    async def _reserve(self, work: Any, _: str, n: int, more: int) -> bool:
        window = (self.now, self.now + timedelta(minutes=more))
        letter = "AB"[n % 2]
        await issuing.reserve(work, self.hall.site, self.hall.lines[letter], window=window)
        return True

    async def _further(self, work: Any, _: str, n: int, more: int) -> bool:
        ticket = self._some(more, *LIVE)
        if ticket is None:
            return False
        visit = self.before[ticket]["visit_id"]
        await issuing.issue(work, self.hall.site, self.hall.lines["AB"[n % 2]], visit=visit)
        return True

    async def _go_on(self, work: Any, _: str, n: int, __: int) -> bool:
        """Let an officer do the next right thing."""
        at = self._mine(n)
        if at is None:
            return await self._call(work, "call", n, 0)
        step = "start" if self.before[at]["state"] == "called" else "finish"
        return await self._of_ticket(work, step, n, 0)

    def _mine(self, n: int) -> UUID | None:
        officer = self.hall.staff[n]
        return next(
            (r["id"] for r in self.before.values()
             if r["state"] in AT_COUNTER and r["staff_id"] == officer), None
        )  # fmt: skip

    async def _call(self, work: Any, _: str, n: int, __: int) -> bool:
        found = await calling.call_next(work, self.hall.counters[n], self.hall.staff[n])
        return found is not None

    async def _call_this(self, work: Any, _: str, n: int, more: int) -> bool:
        ticket = self._some(more, "waiting")
        if ticket is None:
            return False
        await calling.call_this(work, self.hall.counters[n], self.hall.staff[n], ticket, "Gấp")
        return True

    async def _close(self, work: Any, *_: Any) -> bool:
        """Close the day before, whose numbers wait no more."""
        await days.close_day(work, self.hall.site, local_day(self.now) - timedelta(days=1))
        return True

    async def _ticket_of(self, work: Any, name: str, n: int, more: int) -> bool:
        """Give a command of an officer at his counter, or of some ticket."""
        hall, officer = self.hall, self.hall.staff[n]
        commands: dict[str, tuple[Any, ...]] = {
            "open": (seats.open_counter, hall.counters[n], officer),
            "leave_counter": (seats.leave_counter, hall.counters[n], officer),
            "break": (seats.take_break, hall.counters[n], officer),
            "back": (seats.end_break, hall.counters[n], officer),
            "release": (seats.release_counter, hall.counters[n]),
            "hand_over": (seats.hand_over, hall.counters[n], officer, hall.counters[more % 3]),
        }
        if name in commands:
            command, *args = commands[name]
            await command(work, *args)
            return True
        return await self._of_ticket(work, name, n, more)

    async def _of_ticket(self, work: Any, name: str, n: int, more: int) -> bool:
        hall, officer = self.hall, self.hall.staff[n]
        any_of = {
            "arrive": ("reserved",), "resume": ("parked",), "returned": ("parked",),
            "cancel": tuple(LIVE), "leave": tuple(LIVE), "let_pass": ("waiting",),
            "void": ("waiting",), "priority": ("waiting",),
        }  # fmt: skip
        if name == "undo":
            ticket = self.last.get(n)
        else:
            ticket = self._some(more, *any_of[name]) if name in any_of else self._mine(n)
        if ticket is None:
            return False
        commands: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
            "start": (serving.start, (officer,), {}),
            "finish": (serving.finish, (officer,), {}),
            "no_show": (serving.no_show, (officer,), {}),
            "recall": (calling.recall, (officer,), {}),
            "park": (moving.park, (officer, "Chờ"), {}),
            "come_back": (moving.come_back, (officer, "Chờ"), {}),
            "send_on": (serving.send_on, (officer, hall.lines["AB"[more % 2]]), {}),
            "transfer_line": (moving.transfer, (officer,), {"line": hall.lines["AB"[more % 2]]}),
            "transfer_counter": (moving.transfer, (officer,), {"counter": hall.counters[more % 3]}),
            "transfer_person": (moving.transfer, (officer,), {"person": hall.staff[more % 3]}),
            "arrive": (issuing.arrive, (), {}),
            "resume": (moving.resume, (officer, hall.counters[n]), {}),
            "returned": (moving.returned, (), {}),
            "cancel": (moving.cancel, ("Về",), {}),
            "leave": (moving.leave, (), {}),
            "let_pass": (moving.let_pass, (1 + more % 3,), {}),
            "void": (moving.void, ("Thử",), {}),
            "undo": (undoing.undo, (officer,), {}),
            "priority": (moving.grant_priority, ("", "", officer), {}),
        }
        command, args, named = commands[name]
        await command(work, ticket, *args, **named)
        self.last[n] = ticket
        return True

    async def look(self) -> None:
        """Read the hall and check that it adds up."""
        tickets = await self.hall.fetch(
            "select * from ticket where site_id = $1 order by issued_at, id", self.hall.site
        )
        segments = await self.hall.fetch(
            "select * from segment where site_id = $1 order by from_at, to_at, id", self.hall.site
        )
        counters = await self.hall.fetch(
            "select * from counter where site_id = $1 order by number", self.hall.site
        )
        _check_tickets(tickets, segments, self.now)
        _check_visits(tickets)
        _check_counters(tickets, segments, counters)
        await self._check_seats(segments)
        await self._check_numbers(tickets)
        self.before = {row["id"]: row for row in tickets}

    async def _check_seats(self, segments: list[Any]) -> None:
        """Allow a gap in an officer's time only where he was away from any counter."""
        opened = await self.hall.fetch(
            "select subject, count(*) as n from event where type = 'counter.opened'"
            " and subject = any($1) group by subject",
            self.hall.counters,
        )
        most = {row["subject"]: row["n"] for row in opened}
        for officer, counter in zip(self.hall.staff, self.hall.counters, strict=True):
            own = [s for s in segments if s["staff_id"] == officer]
            gaps = 0
            for before, after in pairwise(own):
                assert before["to_at"] is not None, "nothing follows an open segment"
                assert before["to_at"] <= after["from_at"], "no two at a time"
                gaps += before["to_at"] < after["from_at"]
            assert gaps <= max(0, most.get(counter, 0) - 1)

    async def _check_numbers(self, tickets: list[Any]) -> None:
        given: dict[tuple[Any, str], list[int]] = defaultdict(list)
        for row in tickets:
            given[row["day"], row["number"][0]].append(int(row["number"][1:]))
        for numbers in given.values():
            assert sorted(numbers) == list(range(1, len(numbers) + 1))
        calls = await self.hall.fetch(
            "select seq from board_call where site_id = $1 order by seq", self.hall.site
        )
        assert [c["seq"] for c in calls] == list(range(1, len(calls) + 1))

    def check_order(self, tickets: Mapping[UUID, Any], acts: list[Any]) -> None:
        """Nobody was called while an earlier one of his line and class went on waiting untouched."""
        if any(name not in {"issue", "call", "go_on", "recall"} for name, *_ in acts):
            # What somebody else has in hand is passed, also when he changes nothing in the end.
            return
        for made in tickets.values():
            old = self.before.get(made["id"])
            if old is None or (old["state"], made["state"]) != ("waiting", "called"):
                continue
            for other in self.before.values():
                still = tickets[other["id"]]
                assert not (
                    other["state"] == "waiting" == still["state"]
                    and other["version"] == still["version"]
                    and other["day"] == old["day"]
                    and (other["line_id"], other["priority"]) == (old["line_id"], old["priority"])
                    and (other["sort_key"], other["id"]) < (old["sort_key"], old["id"])
                    and not _pinned(other)
                    and not _pinned(old)
                ), f"{old['number']} was called before {other['number']}"


def _pinned(row: Mapping[str, Any]) -> bool:
    return row["for_counter_id"] is not None or row["for_staff_id"] is not None


def _check_tickets(tickets: list[Any], segments: list[Any], now: datetime) -> None:
    own: dict[UUID, list[Any]] = defaultdict(list)
    for segment in segments:
        if segment["ticket_id"] is not None:
            own[segment["ticket_id"]].append(segment)
    for row in tickets:
        tiles = own[row["id"]]
        assert tiles[0]["from_at"] == row["issued_at"]
        for before, after in pairwise(tiles):
            assert before["to_at"] == after["from_at"], "segments tile a ticket's life"
        still_open = [s for s in tiles if s["to_at"] is None]
        if row["state"] in LIVE:
            [last] = still_open
            kinds = {"waiting": {"waiting", "transferred"}}.get(row["state"], {row["state"]})
            assert last["kind"] in kinds
        else:
            assert still_open == []
            assert tiles[-1]["to_at"] == row["ended_at"]
        until = row["ended_at"] or now
        total = sum(((s["to_at"] or now) - s["from_at"] for s in tiles), timedelta())
        assert total == until - row["issued_at"], "the sum of the segments is the wall time"


def _check_visits(tickets: list[Any]) -> None:
    visits: dict[UUID, list[Any]] = defaultdict(list)
    for row in tickets:
        visits[row["visit_id"]].append(row)
    for rows in visits.values():
        at = [r for r in rows if r["state"] in AT_COUNTER]
        assert len(at) <= 1, "a person is at one counter"
        aside = [r for r in rows if r["parked_why"] == moving.VISIT and r["state"] == "parked"]
        if at:
            assert not any(r["state"] == "waiting" for r in rows)
        else:
            assert aside == [], "whose visit is at no counter waits again"


def _check_counters(tickets: list[Any], segments: list[Any], counters: list[Any]) -> None:
    there: dict[UUID, list[Any]] = defaultdict(list)
    for row in tickets:
        if row["state"] in AT_COUNTER:
            there[row["counter_id"]].append(row)
    for counter in counters:
        at = there[counter["id"]]
        assert len(at) <= 1, "a counter has one ticket"
        still_open = [
            s for s in segments if s["counter_id"] == counter["id"] and s["to_at"] is None
        ]
        if counter["staff_id"] is None:
            assert at == still_open == []
            continue
        [seat] = still_open
        assert seat["staff_id"] == counter["staff_id"]
        assert (seat["kind"] == "break") == (counter["break_since"] is not None)
        assert [r["id"] for r in at] == ([seat["ticket_id"]] if seat["ticket_id"] else [])
        assert all(r["staff_id"] == counter["staff_id"] for r in at)


@given(day=moments)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
async def test_a_hall_adds_up_whatever_people_do_at_once(
    hall: Hall, day: list[tuple[list[Any], int]]
) -> None:
    lived = Day(await _another(hall))
    with clock.at(EVENING):
        await lived.hall.sit(0, 1, 2)
        for letter in "AABBA":
            await lived.hall.issue(letter)
    await lived.look()
    for n, (acts, seconds) in enumerate(day):
        if n == len(day) // 2:
            sql = "update site set hours = $2 where id = $1"
            await lived.hall.fetch(sql, lived.hall.site, ALWAYS)
        lived.now += timedelta(seconds=seconds)
        async with anyio.create_task_group() as group:
            for one in acts:
                group.start_soon(lived.act, *one)
        before = lived.before
        await lived.look()
        now, lived.before = lived.before, before
        lived.check_order(now, acts)
        lived.before = now
    with clock.at(lived.now):
        for past in (EVENING.date(), EVENING.date() + timedelta(days=1)):
            await lived.hall.do(days.close_day, lived.hall.site, past)
    await lived.look()
