"""Working time: the calendar of a tenant, and due dates that can say why.

Example::

    calendar = Calendar.from_data(tomllib.load(file))      # tenants/<tenant>/calendar.toml
    accepted = datetime(2025, 4, 24, 2, 0, tzinfo=UTC)
    promise = due(calendar, Limit("working_days", 5), accepted)
    promise.at                                             # 2025-05-05 17:00+07:00
    [line.vi for line in promise.derivation]               # what a citizen can read, day by day
    due(calendar, Limit("same_day"), accepted, pauses=[Pause(asked, answered)])
    working_minutes(calendar, asked, answered)             # 450 = one full day of 7.5 hours

Pure: the calendar is data, the present moment is never asked for. A clock that stands still now is
asked for with a pause that ends now.
"""

from motcua.worktime.calendar import Calendar, Day, Session
from motcua.worktime.deadline import due
from motcua.worktime.limits import Due, Limit, LimitKind, Line, Pause
from motcua.worktime.minutes import (
    add_working_minutes,
    closing_time,
    is_working_day,
    next_working_day,
    working_minutes,
)

__all__ = [
    "Calendar",
    "Day",
    "Due",
    "Limit",
    "LimitKind",
    "Line",
    "Pause",
    "Session",
    "add_working_minutes",
    "closing_time",
    "due",
    "is_working_day",
    "next_working_day",
    "working_minutes",
]
