"""Working time: the calendar of a tenant, and due dates that can say why.

Example::

    calendar = Calendar.from_data(tomllib.load(file))      # tenants/<tenant>/calendar.toml
    accepted = datetime(2025, 4, 24, 2, 0, tzinfo=UTC)
    promise = due(calendar, Limit("working_days", 5), accepted)
    promise.at                                             # 2025-05-05 17:00+07:00
    promise.explain("vi")                                  # what a citizen can read, day by day
    due(calendar, Limit("same_day"), accepted, pauses=[Pause(asked, answered)])
    working_minutes(calendar, asked, answered)             # 450 = one full day of 7.5 hours

    clock = StatutoryClock(Limit("working_days", 5)).then(calendar, ClockEvent("started", accepted))
    clock = clock.then(calendar, ClockEvent("paused", asked, "supplement"))
    clock = clock.then(calendar, ClockEvent("resumed", answered, "supplement"))
    clock.due(calendar).at                                 # moved by the working days of the pause

Pure: the calendar is data, the present moment is never asked for. A clock that stands still now is
asked for with a pause that ends now.
"""

from motcua.worktime.calendar import Calendar, Day, Session
from motcua.worktime.deadline import REACTION_HOURS, due, reaction
from motcua.worktime.joining import differences, joined
from motcua.worktime.limits import Due, Extension, Limit, LimitKind, Line, Pause
from motcua.worktime.minutes import (
    add_working_minutes,
    closing_time,
    is_working_day,
    next_working_day,
    working_minutes,
)
from motcua.worktime.statutory import REASONS, ClockEvent, StatutoryClock, clock_due

__all__ = [
    "REACTION_HOURS",
    "REASONS",
    "Calendar",
    "ClockEvent",
    "Day",
    "Due",
    "Extension",
    "Limit",
    "LimitKind",
    "Line",
    "Pause",
    "Session",
    "StatutoryClock",
    "add_working_minutes",
    "clock_due",
    "closing_time",
    "differences",
    "due",
    "is_working_day",
    "joined",
    "next_working_day",
    "reaction",
    "working_minutes",
]
