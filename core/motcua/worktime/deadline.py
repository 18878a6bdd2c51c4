"""When something is due: rules of dossier handling as arithmetic on the calendar.

Working days: the n-th working day after the day of receipt (or, where that day counts, from it on), at the
end of work. Working hours: walked on the calendar. Calendar days: counted through, a last day off gives the
next working day (Civil Code 2015, article 148). Same day: the day of receipt. Received is when it was
accepted, or the opening of the next working day when it came after the cut-off. A pause [a, b] moves the due
date by the working days in (a, b], hours by the working time in it; the one extension by its own days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from motcua.worktime import wording
from motcua.worktime.calendar import Calendar, clock, minute_of
from motcua.worktime.limits import Due, Extension, Limit, Line, Pause
from motcua.worktime.minutes import (
    after_work,
    at_minute,
    closing_time,
    is_working_day,
    next_working_day,
    worked,
    working_days_between,
)

#: Working hours in which an online dossier needs its first answer.
REACTION_HOURS = 8


def due(
    calendar: Calendar,
    limit: Limit,
    accepted: datetime,
    pauses: Sequence[Pause] = (),
    extension: Extension | None = None,
) -> Due:
    """Return when a limit ends for a case accepted at an aware moment, with the reasons.

    Pauses may overlap and come in any order; what lies before the acceptance (for hours: before the receipt) or
    after the due moment moves nothing. A due moment never lies inside a pause: work that was due while the clock stood still is due at
    the end of the first working day that ends after it. An extension takes its place after the pauses that
    began before it.
    """
    return _found(calendar, limit, accepted, pauses, extension, wording.SETTLEMENT)


def reaction(calendar: Calendar, submitted: datetime, hours: int = REACTION_HOURS) -> Due:
    """Return by when an online dossier needs its first answer (accept, ask, refuse), with the reasons."""
    limit = Limit("working_hours", hours)
    return _found(calendar, limit, submitted, (), None, wording.REACTION)


def _found(
    calendar: Calendar,
    limit: Limit,
    accepted: datetime,
    pauses: Sequence[Pause],
    extension: Extension | None,
    telling: wording.Telling,
) -> Due:
    start = calendar.local(accepted)
    search = _Search(calendar, limit, start)
    search.run()
    # A pause that stands already when a late case is received takes that whole day; hours run from then on.
    since = search.received if limit.kind == "working_hours" else start
    for happening in _in_order(calendar, pauses, extension, since):
        if isinstance(happening, _Stop):
            search.stand(happening)
        else:
            search.prolong(happening)
    lines = [telling.opening(start), wording.used(calendar), wording.rule(calendar, limit)]
    lines += search.lines
    known = calendar.covers(start.date()) and calendar.covers(search.at.date())
    if not known:
        lines.append(wording.unknown(calendar))
    lines.append(telling.result(search.at))
    return Due(calendar.aware(search.at), tuple(lines), not known, calendar.version)


@dataclass(frozen=True)
class _Stop:
    """A pause in local time, cut at the beginning and joined with those it overlaps."""

    pause: Pause
    begin: datetime
    end: datetime


def _in_order(
    calendar: Calendar,
    pauses: Sequence[Pause],
    extension: Extension | None,
    since: datetime,
) -> list[_Stop | Extension]:
    stops = _merged(calendar, pauses, since)
    if extension is None:
        return [*stops]
    at = calendar.local(extension.at)
    before = [stop for stop in stops if stop.begin <= at]
    return [*before, extension, *stops[len(before) :]]


def _merged(calendar: Calendar, pauses: Sequence[Pause], since: datetime) -> list[_Stop]:
    """Return pauses in local time, in order, without overlaps, none before a moment."""
    found: list[_Stop] = []
    for pause in sorted(pauses, key=lambda p: p.start):
        begin, end = max(since, calendar.local(pause.start)), calendar.local(pause.end)
        if end <= begin:
            continue
        if found and begin <= found[-1].end:
            first = found.pop()
            found.append(_Stop(first.pause, first.begin, max(first.end, end)))
        else:
            found.append(_Stop(pause, begin, end))
    return found


@dataclass
class _Search:
    """The due moment as it moves; ``last`` is the last day by the calendar, before a day off moved it."""

    calendar: Calendar
    limit: Limit
    start: datetime

    def __post_init__(self) -> None:
        self.lines: list[Line] = []
        self.last = self.start.date()
        self.at = self.received = self.start

    def run(self) -> None:
        """Find the due moment as if nothing paused."""
        self.received = self._receipt()
        day = self.received.date()
        if self.limit.kind == "working_hours":
            amount = timedelta(minutes=self.limit.minutes)
            self.at = after_work(self.calendar, self.received, amount)
            self._tell(self.start.date())
            return
        count = 0 if self.limit.kind == "same_day" else int(self.limit.value)
        count -= self.limit.first_day
        if self.limit.kind == "calendar_days":
            self._calendar_day(day + timedelta(days=count))
            self._tell_day_off()
            return
        self._close(self._later(day, count))
        self._tell(self.start.date())

    def stand(self, stop: _Stop) -> None:
        """Move the due moment for a pause, unless it was over before the pause began."""
        old = self.at
        if stop.begin >= old:
            amount = ("bắt đầu sau khi hết hạn", "it began after the due moment")
        elif self.limit.kind == "working_hours":
            amount = self._stand_hours(stop.begin, stop.end)
        else:
            amount = self._stand_days(stop.begin, stop.end)
        moves = (old, self.at)
        self.lines.append(wording.pause(stop.pause, stop.begin, stop.end, amount, moves))
        self._tell_move(old)

    def prolong(self, extension: Extension) -> None:
        """Move the due moment by the one extension, whenever it was granted: a promise is kept."""
        old, local = self.at, self.calendar.local(extension.at)
        by_calendar = self.limit.kind == "calendar_days"
        if by_calendar:
            self._calendar_day(old.date() + timedelta(days=extension.days))
            self._tell_day_off()
        else:
            self._close(self._later(old.date(), extension.days))
        amount = wording.days(extension.days, not by_calendar)
        self.lines.append(wording.extension(extension, local, amount, (old, self.at)))
        self._tell_move(old)

    def _receipt(self) -> datetime:
        """Return when the case counts as received: now, or at the start of the next working day.

        A limit that counts the day of receipt needs something of that day to be left.
        """
        limit, today = self.limit, self.start.date()
        of_today = limit.kind == "same_day" or limit.first_day
        minute = minute_of(limit.cutoff, "cutoff") if limit.cutoff else None
        if limit.kind == "same_day" and minute is None:
            minute = self.calendar.ruling(today).cutoff
        if minute is None and not of_today:
            return self.start
        in_time = is_working_day(self.calendar, today)
        in_time = in_time and (minute is None or self.start <= at_minute(today, minute))
        if in_time and not (of_today and self.start >= closing_time(self.calendar, today)):
            return self.start
        day = next_working_day(self.calendar, today)
        self.lines.append(wording.late("" if minute is None else clock(minute), day))
        return at_minute(day, self.calendar.day(day).sessions[0][0])

    def _later(self, day: date, count: int) -> date:
        for _ in range(count):
            day = next_working_day(self.calendar, day)
        return day

    def _close(self, day: date) -> None:
        self.at = closing_time(self.calendar, day)

    def _calendar_day(self, last: date) -> None:
        day = last if is_working_day(self.calendar, last) else next_working_day(self.calendar, last)
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
            # Counted out when the clock went on: what follows is waiting for the end of a working day.
            self.last = end.date()
            self._close(day)
        elif by_calendar:
            self._tell_day_off()
        return amount

    def _tell_day_off(self) -> None:
        if self.last != self.at.date():
            self.lines.append(wording.last_day_off(self.calendar, self.last, self.at.date()))

    def _tell_move(self, old: datetime) -> None:
        if self.limit.kind != "calendar_days":
            self._tell(old.date())

    def _tell(self, after: date) -> None:
        self.lines += wording.passed(self.calendar, after, self.at.date())
