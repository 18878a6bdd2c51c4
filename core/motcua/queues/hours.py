"""When a site is open, and when a day and a seat begin."""

import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from uuid import UUID

from motcua.catalogue.calendars import read_calendar
from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, Unavailable
from motcua.queues.estimate import Range, until
from motcua.tenancy.db import TenantTx
from motcua.text import VIETNAM
from motcua.worktime import Calendar
from motcua.worktime.calendar import Session, minute_of

Span = tuple[datetime, datetime]
# A seat taken in the evening goes on after midnight; one that was forgotten does not.
SEAT_HOURS = 12
# The door gives numbers so long before the site opens.
EARLY = timedelta(minutes=60)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Where neither a site nor its tenant says its hours.
_ALWAYS: Session = (0, 24 * 60)
_KEPT_SECONDS = 30.0
_HOURS = "select hours from site where id = $1"
_calendars: dict[UUID, tuple[float, Calendar | None]] = {}


def day_start(now: datetime) -> datetime:
    """Return midnight of the country's day: yesterday's calls are not shown."""
    return midnight(local_day(now))


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins in the country."""
    return datetime.combine(day, clock_time(0), VIETNAM)


def seat_since(now: datetime) -> datetime:
    """Return the moment before which a seat was taken that does not count any more."""
    return min(day_start(now), now - timedelta(hours=SEAT_HOURS))


def worked(
    calendar: Calendar | None, own: Mapping[str, Sequence[Sequence[str]]] | None, day: date
) -> tuple[Session, ...]:
    """Return the sessions of a site on a day, in minutes since midnight; none when it is closed (pure).

    ``own`` are the site's weekly hours. They count on ordinary days and weekends alone: a day off, a working
    day that makes up for one and a half day of the tenant's calendar hold for every site. Without hours of
    its own a site follows the calendar, and without a calendar it is open the whole day.
    """
    known = calendar.day(day) if calendar is not None else None
    if known is not None and (own is None or known.kind not in ("work", "weekend")):
        return known.sessions
    return (_ALWAYS,) if own is None else sessions_of(own.get(_WEEKDAYS[day.weekday()], ()))


def sessions_of(written: Sequence[Sequence[str]]) -> tuple[Session, ...]:
    """Read pairs of ``HH:MM`` as minutes since midnight; ``Invalid`` for what is no time."""
    return tuple((minute_of(a, "hours"), minute_of(b, "hours")) for a, b in written)


async def hours_of(tx: TenantTx, site: UUID, day: date) -> tuple[Span, ...]:
    """Return from when to when a site is open on a day, as ``worked`` knows it; empty when it is closed."""
    return await _hours(tx, await tx.fetchval(_HOURS, site), day)


async def closing(tx: TenantTx, site: UUID, day: date) -> datetime | None:
    """Return when a site closes on a day; None when it is closed or nobody knows its hours."""
    spans = await hours_of(tx, site, day)
    return spans[-1][1] if is_known(spans) else None


def is_known(spans: Sequence[Span]) -> bool:
    """Tell whether these are hours with an end: a day that is open from midnight to midnight says none."""
    return bool(spans) and spans[-1][1] - spans[-1][0] < timedelta(days=1)


async def end_of(tx: TenantTx, site: UUID, day: date) -> datetime:
    """Return when a site's day is over: when it closes, or at midnight where nobody knows its hours."""
    return await closing(tx, site, day) or midnight(day + timedelta(days=1))


async def too_late(tx: TenantTx, site: UUID, day: date, issued_at: datetime, shown: Range) -> bool:
    """Tell whether the range that stands on a ticket lies beyond the end of its day."""
    closes = await closing(tx, site, day)
    return closes is not None and until(shown, (closes - issued_at).total_seconds() / 60).late


async def _hours(
    tx: TenantTx, own: Mapping[str, list[list[str]]] | None, day: date
) -> tuple[Span, ...]:
    sessions = worked(await _calendar(tx), own, day)
    return tuple((_at(day, begins), _at(day, ends)) for begins, ends in sessions)


def _at(day: date, minutes: int) -> datetime:
    return midnight(day) + timedelta(minutes=minutes)


async def _calendar(tx: TenantTx) -> Calendar | None:
    kept = _calendars.get(tx.tenant.id)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    try:
        found: Calendar | None = await read_calendar(tx)
    except Unavailable:
        # A tenant without a calendar has no day on which it is closed.
        found = None
    _calendars[tx.tenant.id] = (time.monotonic() + _KEPT_SECONDS, found)
    return found


async def refuse_walk_in(tx: TenantTx, site: UUID, now: datetime) -> None:
    """Refuse a number at the door of a site that has hours of its own and is closed; ``Conflict``."""
    spans = await hours_of(tx, site, local_day(now))
    if spans and spans[0][0] - EARLY <= now < spans[-1][1]:
        return
    raise _closed(spans)


async def refuse_remote(tx: TenantTx, site: UUID, window: Span) -> None:
    """Refuse a number from afar whose window lies outside the day's hours; ``Conflict``.

    A site without hours of its own refuses only days on which the tenant does not work.
    """
    own = await tx.fetchval(_HOURS, site)
    spans = await _hours(tx, own, local_day(window[0]))
    if spans and (own is None or (window[0] < spans[-1][1] and window[1] > spans[0][0])):
        return
    raise _closed(spans)


def _closed(spans: tuple[Span, ...]) -> Conflict:
    if not spans:
        return Conflict(
            "Điểm tiếp nhận nghỉ ngày này. Hãy chọn ngày khác.",
            "The site is closed on this day. Choose another day.",
        )
    said = ", ".join(
        f"{a.astimezone(VIETNAM):%H:%M}–{b.astimezone(VIETNAM):%H:%M}" for a, b in spans
    )
    return Conflict(
        f"Điểm tiếp nhận chỉ cấp số trong giờ mở cửa: {said}.",
        f"The site gives numbers in its opening hours only: {said}.",
    )
