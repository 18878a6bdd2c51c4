"""Several calendars as one: each version rules the dates it covers, and two of them are compared."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from motcua.worktime.calendar import Calendar, Day, clock

_FARTHEST = timedelta(days=20 * 366)
_KINDS = {
    "work": ("ngày làm việc", "working day"),
    "weekend": ("nghỉ cuối tuần", "weekend"),
    "off": ("ngày nghỉ", "day off"),
    "extra": ("làm bù", "worked in exchange"),
    "half": ("nửa ngày", "half day"),
}


def joined(newest_first: Sequence[Calendar], today: date) -> Calendar | None:
    """Return one calendar of all versions of a tenant; None when none has begun by ``today``.

    A date is ruled by the newest version that covers it, so that a version for next year, or for the
    hours of the winter, leaves the dates before it alone. Version, weekdays and cut-off that stand for the
    whole are those of the version in force today.
    """
    begun = [c for c in newest_first if c.valid_from <= today]
    if not begun:
        return None
    base = next((c for c in begun if c.covers(today)), begun[0])
    first = min(c.valid_from for c in newest_first)
    last = max(c.valid_until for c in newest_first)
    if base is newest_first[0] and (first, last) == (base.valid_from, base.valid_until):
        return base
    return replace(base, valid_from=first, valid_until=last, parts=tuple(newest_first))


def differences(old: Calendar, new: Calendar, *, names: bool = False) -> list[tuple[str, str]]:
    """Say in both languages where two calendars differ, date by date; nothing when they agree.

    Compared are zone, cut-off and every date that either covers (at most 20 years), with the names of the
    special days only when ``names`` asks for it.
    """
    found = [
        (f"{vi}: {a} → {b}", f"{en}: {a} -> {b}") for vi, en, a, b in _heads(old, new) if a != b
    ]
    for on in _dates(old, new):
        before, after = old.day(on), new.day(on)
        if (before if names else replace(before, name_vi="", name_en="")) != (
            after if names else replace(after, name_vi="", name_en="")
        ):
            was, becomes = _said(before), _said(after)
            found.append(
                (f"{on:%d/%m/%Y}: {was[0]} → {becomes[0]}", f"{on}: {was[1]} -> {becomes[1]}")
            )
    return found


def _heads(old: Calendar, new: Calendar) -> Iterable[tuple[str, str, object, object]]:
    yield "múi giờ", "time zone", old.timezone, new.timezone
    yield "giờ chốt", "cut-off", clock(old.cutoff), clock(new.cutoff)
    yield "có hiệu lực từ", "valid from", old.valid_from, new.valid_from
    yield "có hiệu lực đến", "valid until", old.valid_until, new.valid_until


def _dates(old: Calendar, new: Calendar) -> Iterable[date]:
    known = [*old.special, *new.special]
    ends = [c.valid_from for c in (old, new) if c.valid_from != date.min]
    ends += [c.valid_until for c in (old, new) if c.valid_until != date.max]
    if not known + ends:
        known = [date(2000, 1, 3)]  # two calendars without dates differ, if at all, in their week
    first, last = min(known + ends), max(known + ends) + timedelta(days=6)
    length = min(last - first, _FARTHEST).days
    days = (first + timedelta(days=n) for n in range(length + 1))
    return (on for on in days if old.covers(on) or new.covers(on))


def _said(day: Day) -> tuple[str, str]:
    vi, en = _KINDS[day.kind]
    if day.kind in ("extra", "half", "work"):
        hours = ", ".join(f"{clock(a)}-{clock(b)}" for a, b in day.sessions)
        vi, en = f"{vi} ({hours})", f"{en} ({hours})"
    name_vi = f" – {day.name_vi}" if day.name_vi else ""
    name_en = f" – {day.name_en}" if day.name_en else ""
    return vi + name_vi, en + name_en
