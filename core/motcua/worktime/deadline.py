"""When something is due: rules of dossier handling as arithmetic on the calendar.

Working days: the n-th working day after the day of acceptance, at the end of work. Working hours:
walked on the calendar. Calendar days: counted through, a last day off gives the next working day
(Civil Code 2015, article 148). Same day: the day of acceptance, or the next working day after the
cut-off. A pause [a, b] moves the due date by the working days in (a, b], hours by the working time
in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from motcua.worktime import wording
from motcua.worktime.calendar import Calendar, clock, minute_of
from motcua.worktime.limits import Due, Limit, Line, Pause
from motcua.worktime.minutes import (
    after_work,
    at_minute,
    closing_time,
    is_working_day,
    next_working_day,
    worked,
    working_days_between,
)


def due(calendar: Calendar, limit: Limit, accepted: datetime, pauses: Sequence[Pause] = ()) -> Due:
    """Return when a limit ends for a case accepted at an aware moment, with the reasons.

    Pauses may overlap and come in any order; what lies before the acceptance or after the due
    moment moves nothing. A due moment never lies inside a pause: work that was due while the clock
    stood still is due at the end of the first working day that ends after it.
    """
    start = calendar.local(accepted)
    found = _Search(calendar, limit, start)
    found.run()
    for pause in _merged(calendar, pauses, start):
        found.stand(*pause)
    lines = [wording.accepted(start), wording.rule(calendar, limit), *found.lines]
    known = calendar.covers(start.date()) and calendar.covers(found.at.date())
    if not known:
        lines.append(wording.unknown(calendar))
    lines.append(wording.result(found.at))
    return Due(calendar.aware(found.at), tuple(lines), not known, calendar.version)


def _merged(
    calendar: Calendar, pauses: Sequence[Pause], start: datetime
) -> list[tuple[Pause, datetime, datetime]]:
    """Return pauses in local time, in order, without overlaps, none before the start."""
    found: list[tuple[Pause, datetime, datetime]] = []
    for pause in sorted(pauses, key=lambda p: p.start):
        begin, end = max(start, calendar.local(pause.start)), calendar.local(pause.end)
        if end <= begin:
            continue
        if found and begin <= found[-1][2]:
            first, earlier, latest = found.pop()
            found.append((first, earlier, max(latest, end)))
        else:
            found.append((pause, begin, end))
    return found


@dataclass
class _Search:
    """The due moment as it moves; ``last`` is the last day counted, before a day off moved it."""

    calendar: Calendar
    limit: Limit
    start: datetime

    def __post_init__(self) -> None:
        self.lines: list[Line] = []
        self.last = self.start.date()
        self.at = self.start

    def run(self) -> None:
        """Find the due moment as if nothing paused."""
        if self.limit.kind == "working_hours":
            amount = timedelta(minutes=self.limit.minutes)
            self.at = after_work(self.calendar, self._received(), amount)
            self._tell(self.start.date())
            return
        day = self._received().date()
        if self.limit.kind == "calendar_days":
            self._calendar_day(day + timedelta(days=int(self.limit.value)))
            return
        if self.limit.kind == "working_days":
            day = self._later(day, int(self.limit.value))
        self._close(day)
        self._tell(self.start.date())

    def stand(self, pause: Pause, begin: datetime, end: datetime) -> None:
        """Move the due moment for a pause, unless it was over before the pause began."""
        old = self.at
        if begin >= old:
            amount = ("bắt đầu sau khi hết hạn", "it began after the due moment")
        elif self.limit.kind == "working_hours":
            amount = self._stand_hours(begin, end)
        else:
            amount = self._stand_days(begin, end)
        self.lines.append(wording.pause(pause, begin, end, amount, (old, self.at)))
        if self.limit.kind != "calendar_days":
            self._tell(old.date())

    def _received(self) -> datetime:
        """Return when the case counts as received: now, or at the start of the next working day."""
        cutoff = self.limit.cutoff
        same_day = self.limit.kind == "same_day"
        if not cutoff and not same_day:
            return self.start
        minute = minute_of(cutoff, "cutoff") if cutoff else self.calendar.cutoff
        today = self.start.date()
        in_time = is_working_day(self.calendar, today) and self.start <= at_minute(today, minute)
        if in_time and not (same_day and self.start >= closing_time(self.calendar, today)):
            return self.start
        day = next_working_day(self.calendar, today)
        self.lines.append(wording.late(clock(minute), day))
        return at_minute(day, self.calendar.day(day).sessions[0][0])

    def _later(self, day: date, count: int) -> date:
        for _ in range(count):
            day = next_working_day(self.calendar, day)
        return day

    def _close(self, day: date) -> None:
        self.last, self.at = day, closing_time(self.calendar, day)

    def _calendar_day(self, last: date) -> None:
        day = last if is_working_day(self.calendar, last) else next_working_day(self.calendar, last)
        if day != last:
            self.lines.append(wording.last_day_off(last, day))
        self.last, self.at = last, closing_time(self.calendar, day)

    def _stand_hours(self, begin: datetime, end: datetime) -> tuple[str, str]:
        amount = worked(self.calendar, begin, end)
        self.at = after_work(self.calendar, self.at, amount)
        return wording.hours(amount)

    def _stand_days(self, begin: datetime, end: datetime) -> tuple[str, str]:
        # A term that is counted out and waits for the next working day has one such day left.
        by_calendar = self.limit.kind == "calendar_days" and begin.date() <= self.last
        if by_calendar:
            amount = wording.days((end.date() - begin.date()).days, False)
            self._calendar_day(self.last + (end.date() - begin.date()))
        else:
            count = working_days_between(self.calendar, begin.date(), end.date())
            amount = wording.days(count, True)
            self._close(self._later(self.at.date(), count))
        if self.at <= end:
            day = end.date()
            while not is_working_day(self.calendar, day) or closing_time(self.calendar, day) <= end:
                day = next_working_day(self.calendar, day)
            self._close(day)
        return amount

    def _tell(self, after: date) -> None:
        self.lines += wording.passed(self.calendar, after, self.at.date())
