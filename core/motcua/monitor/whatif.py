"""What if one more counter opened: the hall as it is, played on with and without it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from motcua.queues.estimate import Range, rounded
from motcua.queues.forecast import forecast
from motcua.queues.hall_loading import hall_now
from motcua.queues.hall_past import learned
from motcua.queues.hallnow import CounterNow, HallNow, WaiterNow
from motcua.tenancy.db import TenantTx

AHEAD_MINUTES = 30.0
_MORE = UUID(int=1)
_PROBE = UUID(int=2)


@dataclass(frozen=True)
class Expected:
    """The wait of who takes a number in half an hour: nine of ten wait less than ``p90`` minutes."""

    p90: float
    range: Range


@dataclass(frozen=True)
class WhatIf:
    """A line in half an hour: as it is going, and with one more counter for it from now on."""

    letter: str
    without: Expected
    more: Expected


def what_if(hall: HallNow, letter: str, *, seed: int = 0) -> WhatIf:
    """Play a hall on with and without a further counter that serves one line; pure.

    Both are the same runs of the same people. ``KeyError`` for a line that the hall does not have.
    """
    if letter not in {line.letter for line in hall.lines}:
        raise KeyError(letter)
    return WhatIf(
        letter, _expected(hall, letter, seed), _expected(_with_counter(hall, letter), letter, seed)
    )


def _with_counter(hall: HallNow, letter: str) -> HallNow:
    able = frozenset((letter,))
    counter = CounterNow(_MORE, ((letter,),), skilled_lines=able, state="idle")
    return msgspec.structs.replace(hall, counters=(*hall.counters, counter))


def _expected(hall: HallNow, letter: str, seed: int) -> Expected:
    """Return what the runs say of somebody who comes in half an hour.

    Before him come the lines' usual arrivals of half an hour.
    """
    people = [*_arrivals(hall), _waiter(_PROBE, letter, AHEAD_MINUTES)]
    played = forecast(msgspec.structs.replace(hall, waiters=(*hall.waiters, *people)), seed=seed)
    waits = sorted(max(0.0, at - AHEAD_MINUTES) for at in played.calls[_PROBE])
    return Expected(_part(waits, 0.9), rounded(_part(waits, 0.1), _part(waits, 0.9)))


def _arrivals(hall: HallNow) -> list[WaiterNow]:
    """Return whom half an hour brings, evenly; where a profile prefers a line the runs do so themselves."""
    preferred = {
        letter
        for counter in hall.counters
        for group in (counter.groups if counter.spill else counter.groups[:-1])
        for letter in group
    }
    found: list[WaiterNow] = []
    for line in hall.lines:
        count = round(line.ordinary_per_hour * AHEAD_MINUTES / 60)
        for n in range(0 if line.letter in preferred else count):
            own = UUID(int=len(found) + 3)
            found.append(_waiter(own, line.letter, (n + 0.5) * AHEAD_MINUTES / count))
    return found


def _waiter(own: UUID, letter: str, comes: float) -> WaiterNow:
    return WaiterNow(own, letter, comes, within=(comes, comes))


def _part(waits: Sequence[float], share: float) -> float:
    place = share * (len(waits) - 1)
    low = int(place)
    high = min(low + 1, len(waits) - 1)
    return waits[low] + (waits[high] - waits[low]) * (place - low)


async def of_site(tx: TenantTx, site: UUID, letter: str, now: datetime) -> WhatIf:
    """Return what one more counter for a line would change at a site; played in a thread."""
    hall = await hall_now(tx, site, now, await learned(tx, site, now))
    return await asyncio.to_thread(what_if, hall, letter)
