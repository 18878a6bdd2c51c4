"""The working calendar of a tenant: which days are worked, and from when to when.

Days off, swapped days (ngày nghỉ hoán đổi, ngày làm bù) and half days are decided every year by the
authorities and are data; nothing here knows a feast.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from motcua.errors import Invalid

Session = tuple[int, int]
"""From when to when, in minutes since midnight."""
DayKind = Literal["work", "weekend", "off", "extra", "half"]
_ZONE = "Asia/Ho_Chi_Minh"
_LONGEST = 31


@dataclass(frozen=True, slots=True)
class Day:
    """What one day is: its sessions (none on a day off) and, if it is special, why."""

    kind: DayKind
    sessions: tuple[Session, ...] = ()
    name_vi: str = ""
    name_en: str = ""


@dataclass(frozen=True)
class Calendar:
    """Working sessions of each weekday (Monday first) and the special days, for a span of dates.

    ``cutoff`` is the minute after which a same-day case counts for the next working day. Outside
    ``valid_from`` .. ``valid_until`` only the weekdays are known; due dates there are provisional.
    ``parts`` are the calendars it was joined of (``motcua.worktime.joined``), newest first: of those that
    cover a date the first one rules it.
    """

    version: str
    weekly: tuple[tuple[Session, ...], ...]
    special: Mapping[date, Day] = field(default_factory=dict)
    valid_from: date = date.min
    valid_until: date = date.max
    timezone: str = _ZONE
    cutoff: int = 15 * 60
    parts: tuple["Calendar", ...] = ()

    def day(self, on: date) -> Day:
        """Return what a date is."""
        ruling = self.ruling(on) if self.parts else self
        if found := ruling.special.get(on):
            return found
        sessions = ruling.weekly[on.weekday()]
        return Day("work" if sessions else "weekend", sessions)

    def covers(self, on: date) -> bool:
        """Return whether the days off of a date are known."""
        if self.parts:
            return any(part.covers(on) for part in self.parts)
        return self.valid_from <= on <= self.valid_until

    def ruling(self, on: date) -> "Calendar":
        """Return the part that rules a date; the calendar itself where none does."""
        return next((part for part in self.parts if part.covers(on)), self)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the sessions are meant."""
        return _zone(self.timezone)

    def local(self, moment: datetime) -> datetime:
        """Return an aware moment as naive local time; raises Invalid for a naive one."""
        if moment.tzinfo is None:
            raise Invalid("Thời điểm thiếu múi giờ", "The moment has no time zone")
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def aware(self, local: datetime) -> datetime:
        """Return a naive local time as an aware moment of the calendar's zone."""
        return local.replace(tzinfo=self.zone)

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> "Calendar":
        """Read the shape of ``calendar.toml``; raises Invalid with the key at fault in ``fields``.

        Keys: version, timezone, valid_from, valid_until, cutoff, sessions, weekend (ISO weekdays),
        and lists: weekly (day, sessions), off (date, until, name_vi, name_en), working and half
        (date, sessions, name_vi, name_en). Dates are TOML dates or ISO text, times ``HH:MM``.
        """
        usual = _sessions(data.get("sessions"), "sessions")
        weekend = data.get("weekend", [6, 7])
        if not isinstance(weekend, list) or not all(w in range(1, 8) for w in weekend):
            raise _wrong("weekend", weekend)
        weekly = [() if day in weekend else usual for day in range(1, 8)]
        for row in _rows(data, "weekly"):
            day = row.get("day")
            if not isinstance(day, int) or not 1 <= day <= 7:
                raise _wrong("weekly.day", day)
            weekly[day - 1] = _sessions(row.get("sessions"), "weekly.sessions")
        if not any(weekly):
            raise _wrong("sessions", data.get("sessions"))
        first, last = _date(data, "valid_from", date.min), _date(data, "valid_until", date.max)
        if first > last:
            raise _wrong("valid_until", last)
        zone = str(data.get("timezone", _ZONE))
        _zone(zone)
        return cls(
            version=str(data.get("version", "")),
            weekly=tuple(weekly),
            special=_special(data, usual),
            valid_from=first,
            valid_until=last,
            timezone=zone,
            cutoff=minute_of(data.get("cutoff", "15:00"), "cutoff"),
        )

    def to_data(self) -> dict[str, object]:
        """Return JSON values from which ``from_data`` makes an equal calendar."""
        lists: dict[str, list[dict[str, object]]] = {"off": [], "working": [], "half": []}
        key = {"off": "off", "extra": "working", "half": "half"}
        for on, day in sorted(self.special.items()):
            row: dict[str, object] = {"date": on.isoformat()}
            row |= {"name_vi": day.name_vi, "name_en": day.name_en}
            lists[key[day.kind]].append(row | _written(day.sessions))
        weekly = [{"day": n + 1} | _written(s) for n, s in enumerate(self.weekly) if s]
        return {
            "version": self.version,
            "timezone": self.timezone,
            "valid_from": self.valid_from.isoformat(),
            "valid_until": self.valid_until.isoformat(),
            "cutoff": clock(self.cutoff),
            "sessions": weekly[0]["sessions"],
            "weekend": [1, 2, 3, 4, 5, 6, 7],
            "weekly": weekly,
            **lists,
        }


def clock(minute: int) -> str:
    """Write a minute of the day: 450 -> ``07:30``."""
    return f"{minute // 60:02}:{minute % 60:02}"


def minute_of(value: object, key: str) -> int:
    """Read ``HH:MM`` as minutes since midnight; raises Invalid naming the key."""
    hours, colon, minutes = str(value).partition(":")
    if not colon or not (hours + minutes).isdecimal() or len(minutes) != 2:
        raise _wrong(key, value)
    found = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or found > 24 * 60:
        raise _wrong(key, value)
    return found


@lru_cache(maxsize=32)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise _wrong("timezone", name) from error


def _wrong(key: str, value: object) -> Invalid:
    return Invalid(
        f"Lịch làm việc có giá trị không đúng ở '{key}': {value}",
        f"The working calendar has a wrong value at '{key}': {value}",
        fields={key: str(value)},
    )


def _written(sessions: Iterable[Session]) -> dict[str, object]:
    rows = [[clock(start), clock(end)] for start, end in sessions]
    return {"sessions": rows} if rows else {}


def _sessions(value: object, key: str) -> tuple[Session, ...]:
    if not isinstance(value, list):
        raise _wrong(key, value)
    found: list[Session] = []
    for row in value:
        if not isinstance(row, list | tuple) or len(row) != 2:
            raise _wrong(key, row)
        start, end = minute_of(row[0], key), minute_of(row[1], key)
        if start >= end or (found and start < found[-1][1]):
            raise _wrong(key, row)
        found.append((start, end))
    return tuple(found)


def _rows(data: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    rows = data.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise _wrong(key, rows)
    return rows


def _date(row: Mapping[str, object], key: str, default: date | None = None) -> date:
    value = row.get(key, default)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise _wrong(key, value) from error


def _special(data: Mapping[str, object], usual: tuple[Session, ...]) -> dict[date, Day]:
    found: dict[date, Day] = {}
    kinds: tuple[tuple[str, DayKind], ...] = (
        ("off", "off"),
        ("working", "extra"),
        ("half", "half"),
    )
    for key, kind in kinds:
        for row in _rows(data, key):
            day = _special_day(row, key, kind, usual)
            for on in _dates(row, key):
                if on in found:
                    raise _wrong(key, on)
                found[on] = day
    return found


def _special_day(
    row: Mapping[str, object], key: str, kind: DayKind, usual: tuple[Session, ...]
) -> Day:
    sessions: tuple[Session, ...] = ()
    if kind != "off":
        given = row.get("sessions")
        if given is None and kind == "half":
            raise _wrong(f"{key}.sessions", given)
        sessions = usual if given is None else _sessions(given, f"{key}.sessions")
        if not sessions:
            raise _wrong(f"{key}.sessions", given)
    name_vi = str(row.get("name_vi", ""))
    return Day(kind, sessions, name_vi, str(row.get("name_en", "")) or name_vi)


def _dates(row: Mapping[str, object], key: str) -> list[date]:
    first = _date(row, "date")
    last = _date(row, "until", first)
    length = (last - first).days
    if not 0 <= length <= _LONGEST:
        raise _wrong(f"{key}.until", last)
    return [first + timedelta(days=n) for n in range(length + 1)]
