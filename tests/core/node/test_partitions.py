"""The line is cut and healed at random moments: all converges.

Each day goes on until the site was alone twice and its machine crashed while it held changes that nobody
else knew of. ``MOTCUA_EXAMPLES`` says how many random days are lived; a few without it.
"""

import os
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from motcua import clock
from motcua.errors import Conflict, NotFound, Unavailable
from motcua.queues import calling, issuing, seats, serving, taking_up

from ..queues.conftest import Hall
from .conftest import Machine

pytestmark = pytest.mark.anyio

DAYS = int(os.environ.get("MOTCUA_EXAMPLES", "4"))
STEPS = 60
# No day needs so many to have had all that it is there for.
MOST_STEPS = 1200
BEGIN = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
_AT = (
    "select id, number, state from ticket where counter_id = $1 and state in ('called', 'serving')"
)
_LIVES = """
select t.id, t.number, t.state, t.issued_at, t.ended_at, s.kind, s.from_at, s.to_at from ticket t
left join segment s on s.tenant_id = t.tenant_id and s.ticket_id = t.id
where t.site_id = $1 order by t.number, s.from_at, s.to_at nulls last
"""
_OFFICERS = """
select staff_id, kind, from_at, to_at from segment where staff_id is not null and site_id = $1
order by staff_id, from_at, to_at nulls last
"""


@dataclass
class Day:
    """One random day: what is done in the hall goes to whoever writes, what comes from afar to the centre."""

    hall: Hall
    machine: Machine
    chance: random.Random
    now: datetime = BEGIN
    issued: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    # How often the site was alone, what its machine did since, and how often it crashed with that.
    times_alone: int = 0
    own: int = 0
    crashes: int = 0

    @property
    def has_had_all(self) -> bool:
        return self.times_alone >= 2 and self.crashes >= 1

    async def live(self) -> None:
        """Live the day; at its end the line stands."""
        with clock.at(self.now):
            for counter, staff in zip(self.hall.counters, self.hall.staff, strict=True):
                async with self.hall.work() as work:
                    await seats.open_counter(work, counter, staff)
        for steps in range(MOST_STEPS):
            if steps >= STEPS and self.has_had_all:
                break
            await self.step()
        self.machine.line.cut, self.machine.line.failing = False, []
        for _ in range(12):
            await self.pass_time(2.5)
        assert self.machine.keeper.state == "linked"

    async def step(self) -> None:
        happening = self.chance.random()
        alone = self.machine.keeper.state == "alone"
        if happening < 0.10:
            self.machine.line.cut = not self.machine.line.cut
        elif happening < 0.14:
            self.machine.line.failing = [self.chance.choice(["cut", "deaf", ""]) for _ in range(4)]
        elif happening < (0.24 if alone else 0.17):
            self.crashes += alone and self.own > 0
            await self.machine.boot()
        with clock.at(self.now):
            await self.something()
        await self.pass_time(self.chance.choice([0.5, 1, 2.5, 4, 7]))

    async def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.machine.seconds += seconds
        was = self.machine.keeper.state
        with clock.at(self.now):
            await self.machine.keeper.tick()
        if was != "alone" and self.machine.keeper.state == "alone":
            self.times_alone, self.own = self.times_alone + 1, 0

    def in_the_hall(self) -> Any:
        """Return who writes for somebody in the hall; now and then a desk reaches the centre by telephone."""
        if self.machine.keeper.state == "alone" and self.chance.random() < 0.7:
            return self.machine
        return self.hall

    async def something(self) -> None:
        place = self.in_the_hall()
        number = self.chance.randrange(3)
        doing: Callable[[Any, int], Awaitable[None]] = self.chance.choice(
            [self.take, self.take, self.call, self.call, self.go_on, self.take_up]
        )
        try:
            await doing(place, number)
        except (Unavailable, Conflict, NotFound):
            return  # refused, and so nothing of it may be found later
        if place is self.machine:
            self.own += 1
        elif self.machine.keeper.state == "alone":
            assert doing != self.take, "centre and site both give out numbers"

    async def take(self, place: Any, _: int) -> None:
        letter = self.chance.choice("AB")
        async with place.work() as work:
            ticket = await issuing.issue(work, self.hall.site, self.hall.lines[letter])
        self.issued.append(ticket.number)

    async def call(self, place: Any, at: int) -> None:
        async with place.work() as work:
            found = await calling.call_next(work, self.hall.counters[at], self.hall.staff[at])
        if found:
            self.called.append(found.number)

    async def take_up(self, place: Any, at: int) -> None:
        """Serve somebody on who was served before the cut, or so his officer says."""
        rows = await self.hall.fetch("select id from ticket order by public_code")
        if rows:
            here = (self.hall.counters[at], self.hall.staff[at])
            async with place.work() as work:
                await taking_up.take_up(
                    work, *here, UUID(bytes=self.chance.choice(rows)["id"].bytes)
                )

    async def go_on(self, place: Any, at: int) -> None:
        async with place.work() as work:
            row = await work.tx.fetchrow(_AT, self.hall.counters[at])
            if row is not None:
                verb = serving.start if row["state"] == "called" else serving.finish
                await verb(work, UUID(bytes=row["id"].bytes), self.hall.staff[at])


@pytest.mark.parametrize("seed", range(DAYS))
async def test_whatever_happens_to_the_line_nothing_is_lost_and_nothing_is_twice(
    seed: int, hall: Hall, machine: Machine
) -> None:
    day = Day(hall, machine, random.Random(seed))
    await day.live()
    assert day.issued
    assert day.has_had_all, (day.times_alone, day.crashes)
    numbers = [r["number"] for r in await hall.fetch("select number from ticket order by number")]
    assert numbers == sorted(day.issued)
    told = {r["number"] for r in await hall.fetch("select number from board_call")}
    assert set(day.called) <= told
    await _tickets_tile_their_lives(hall)
    await _officers_do_one_thing_at_a_time(hall)
    await _the_node_sees_what_the_centre_sees(hall, machine)


async def test_a_machine_that_the_centre_has_no_grant_of_stays_out_of_it(
    hall: Hall, machine: Machine
) -> None:
    """Before its first grant the centre writes without an end: cut off then, nobody else may."""
    await machine.ticks(1)
    machine.line.cut = True
    await machine.ticks(20)

    async with hall.work() as work:
        await issuing.issue(work, hall.site, hall.lines["A"])

    assert machine.keeper.state == "waiting"


async def _tickets_tile_their_lives(hall: Hall) -> None:
    lives: dict[str, list[Any]] = defaultdict(list)
    for row in await hall.fetch(_LIVES, hall.site):
        lives[row["number"]].append(row)
    for number, segments in lives.items():
        assert segments[0]["from_at"] == segments[0]["issued_at"], number
        for before, after in pairwise(segments):
            assert before["to_at"] == after["from_at"], (number, segments)
        ended = segments[0]["state"] in ("done", "no_show", "expired")
        assert (segments[-1]["to_at"] is not None) == ended, (number, segments)
        assert segments[-1]["to_at"] == segments[0]["ended_at"], (number, segments)
    noted = await hall.fetch("select ticket_id from ticket_service")
    done = {rows[0]["id"] for rows in lives.values() if rows[0]["state"] == "done"}
    # Who was served is counted once, also when both sides ended his service.
    assert sorted(row["ticket_id"] for row in noted) == sorted(done)


async def _officers_do_one_thing_at_a_time(hall: Hall) -> None:
    rows = await hall.fetch(_OFFICERS, hall.site)
    for before, after in pairwise(rows):
        if before["staff_id"] == after["staff_id"]:
            assert before["to_at"] == after["from_at"], (before, after)
    assert len([r for r in rows if r["to_at"] is None]) == len(hall.staff)


async def _the_node_sees_what_the_centre_sees(hall: Hall, machine: Machine) -> None:
    live = (
        "select number, state, counter_id, staff_id from ticket"
        " where state in ('waiting', 'called', 'serving', 'parked') order by number"
    )
    assert await machine.fetch(live) == await hall.fetch(live)
