"""A hall at one moment, as the forecast needs it: who waits, who serves, and what was learned of it.

All times are minutes from that moment: negative in the past. Nothing here knows a clock or a database.
"""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import msgspec

from motcua.queues.policy import Policy

CounterState = Literal["idle", "called", "serving", "break", "closed"]


class LineNow(msgspec.Struct, frozen=True):
    """A line: how long its services take, and how many more people it will get.

    ``mean`` minutes, ``spread`` as standard deviation / mean; ``doubt`` is the standard deviation of the
    logarithm of the mean itself: how wrong it may be today. Arrivals are per hour.
    """

    letter: str
    mean: float = 10.0
    spread: float = 0.5
    doubt: float = 0.12
    ordinary_per_hour: float = 0.0
    priority_per_hour: float = 0.0


class CounterNow(msgspec.Struct, frozen=True):
    """A counter with who sits there; ``elapsed`` minutes in its state, ``letter`` of whom it has.

    ``closed``: nobody yet, somebody is expected ``opens_in`` minutes. ``pace``: a service here takes that
    many times the line's mean. ``visit``: of whom it has.
    """

    id: UUID
    groups: tuple[tuple[str, ...], ...]
    staff: UUID | None = None
    spill: tuple[str, ...] = ()
    skilled_lines: frozenset[str] = frozenset()
    state: CounterState = "idle"
    letter: str = ""
    elapsed: float = 0.0
    opens_in: float = 0.0
    priority_run: int = 0
    pace: float = 1.0
    visit: UUID | None = None


class WaiterNow(msgspec.Struct, frozen=True):
    """A ticket that waits, or will: who has reserved or booked comes ``within`` two moments.

    ``shows`` is the chance that he comes at all; ``key`` his place, as minutes from now. ``visit``: numbers of
    one visit belong to one person, who stands at one counter at a time.
    """

    id: UUID
    letter: str
    key: float
    priority: int = 0
    for_counter: UUID | None = None
    for_staff: UUID | None = None
    within: tuple[float, float] | None = None
    shows: float = 1.0
    visit: UUID | None = None


class HallNow(msgspec.Struct, frozen=True):
    """A hall now.

    ``sessions``: when it calls, the rest of today; after the last one whoever waits is still served.
    ``call_minutes`` pass between the end of a service and the begin of the next one while people wait;
    a share ``absent`` of those called does not come and costs ``absent_minutes``; after a share
    ``break_share`` of the services the officer is away for ``break_minutes``.
    """

    lines: tuple[LineNow, ...]
    counters: tuple[CounterNow, ...]
    waiters: tuple[WaiterNow, ...]
    policy: Policy = Policy()
    sessions: tuple[tuple[float, float], ...] = ()
    call_minutes: float = 0.7
    absent: float = 0.05
    absent_minutes: float = 1.5
    break_share: float = 0.0
    break_minutes: float = 12.0
    # Before its first session of the day the hall works already; and no session of the day is left.
    early: bool = False
    over: bool = False
    width: float = 1.0
    # By letter how many wait behind those who are named.
    tails: Mapping[str, int] = {}
