"""A counter of minutes that shares nothing with the working-time engine but the calendar's data.

Each case is a random calendar (odd sessions, weekdays of their own, days off, swapped Saturdays, half days), a
random limit (working days, working hours, calendar days, same day; with and without cut-off; the day of receipt
counted or not), up to four pauses and perhaps one extension. The counter paints worked and paused minutes into
arrays of bytes and walks them; it knows no interval arithmetic. `benchmarks/worktime_oracle.py` runs a million.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from motcua.worktime import Calendar, ClockEvent, Due, Extension, Limit, Pause, clock_due, due

FIRST = date(2026, 1, 1)
DAYS = 420
DAY = 1440
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_MIDNIGHT = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=ZONE)
_CASES_A_WORLD = 250
_SESSIONS = (
    [["07:30", "11:30"], ["13:30", "17:00"]],
    [["08:00", "12:00"], ["13:00", "17:00"]],
    [["07:00", "10:45"], ["11:00", "11:01"], ["14:00", "17:30"]],
    [["09:00", "15:00"]],
    [["00:00", "06:00"], ["20:00", "23:59"]],
)
_HALVES = ([["07:30", "11:30"]], [["13:30", "17:00"]], [["10:00", "10:30"], ["11:00", "12:00"]])


@dataclass(frozen=True)
class Case:
    """What is asked; moments are minutes since the first midnight, ``value`` is minutes for hours."""

    kind: str
    value: int
    cutoff: str
    first_day: bool
    accepted: int
    pauses: tuple[tuple[int, int], ...]
    extension: tuple[int, int] | None


class World:
    """A calendar as bytes: one for each minute, 1 where somebody works."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.calendar = Calendar.from_data(data)
        self.minutes = bytearray(DAYS * DAY)
        self.cutoff = _minute(data["cutoff"])
        special = dict(_special(data))
        weekly = {row["day"]: row["sessions"] for row in data["weekly"]}
        for n in range(DAYS):
            on = FIRST + timedelta(days=n)
            usual = [] if on.isoweekday() in data["weekend"] else data["sessions"]
            sessions = special.get(on, weekly.get(on.isoweekday(), usual))
            for opens, closes in sessions:
                a, b = _minute(opens), _minute(closes)
                self.minutes[n * DAY + a : n * DAY + b] = b"\x01" * (b - a)
        ends = [self.minutes.rfind(1, n * DAY, (n + 1) * DAY) + 1 for n in range(DAYS)]
        self.closing: list[int] = ends
        self.opening = [self.minutes.find(1, n * DAY, (n + 1) * DAY) for n in range(DAYS)]
        self.works = [end > 0 for end in ends]

    def next_day(self, day: int) -> int:
        """Return the next day on which anything is worked."""
        return self.works.index(True, day + 1)


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _special(data: Mapping[str, Any]) -> Iterator[tuple[date, list[list[str]]]]:
    for key in ("off", "working", "half"):
        for row in data[key]:
            first = date.fromisoformat(row["date"])
            last = date.fromisoformat(row.get("until", row["date"]))
            sessions = [] if key == "off" else row.get("sessions", data["sessions"])
            for n in range((last - first).days + 1):
                yield first + timedelta(days=n), sessions


# The counter.


def count(world: World, case: Case) -> int:
    """Return the due minute, found by walking."""
    received = _received(world, case)
    if case.kind == "working_hours":
        return _hours(world, case, received)
    need = 0 if case.kind == "same_day" else case.value - case.first_day
    runs = _runs(case, case.accepted)
    by_calendar, began = case.kind == "calendar_days", case.accepted // DAY
    # Days are counted from the acceptance; one that counts as received later has those days more.
    need += received // DAY - began if by_calendar else received > case.accepted
    if case.extension is None:
        return _walk(world, began, need, runs, by_calendar)
    at, days = case.extension
    known = [run for run in runs if run[0] <= at]
    target = _walk(world, began, need, known, by_calendar) // DAY
    if by_calendar:
        target += days
    else:
        for _ in range(days):
            target = world.next_day(target)
    # The letter fixes a new date: what is left of it is counted anew from the letter on.
    since = max([at, case.accepted, *(b for _, b in known)]) // DAY
    left = target - since if by_calendar else sum(world.works[since + 1 : target + 1])
    return _walk(world, since, left, runs[len(known) :], by_calendar)


def _received(world: World, case: Case) -> int:
    today, of_today = case.accepted // DAY, case.kind == "same_day" or case.first_day
    last = _minute(case.cutoff) if case.cutoff else DAY
    if case.kind == "same_day" and not case.cutoff:
        last = world.cutoff
    if not of_today and not case.cutoff:
        return case.accepted
    late = not world.works[today] or case.accepted - today * DAY > last
    if late or (of_today and case.accepted >= world.closing[today]):
        return world.opening[world.next_day(today)]
    return case.accepted


def _runs(case: Case, since: int) -> list[tuple[int, int]]:
    """Return the stretches of paused minutes after a moment, found by painting."""
    painted = bytearray(DAYS * DAY)
    for start, end in case.pauses:
        start = max(start, since)
        if start < end:
            painted[start:end] = b"\x01" * (end - start)
    found, place = [], painted.find(1)
    while place >= 0:
        end = painted.find(0, place)
        found.append((place, end))
        place = painted.find(1, end)
    return found


def _hours(world: World, case: Case, received: int) -> int:
    runs = _runs(case, received)
    if case.extension is None:
        return _spent(world, received, case.value, runs)
    at, days = case.extension
    known = [run for run in runs if run[0] <= at]
    target = _spent(world, received, case.value, known) // DAY
    for _ in range(days):
        target = world.next_day(target)
    promised = world.closing[target]
    minutes = _live(world, known)[received:promised].count(1)
    return _spent(world, received, minutes, runs)


def _live(world: World, runs: list[tuple[int, int]]) -> bytearray:
    live = bytearray(world.minutes)
    for start, end in runs:
        live[start:end] = bytes(end - start)
    return live


def _spent(world: World, place: int, minutes: int, runs: list[tuple[int, int]]) -> int:
    """Return the end of the minute in which so many worked, unpaused minutes are spent."""
    live = _live(world, runs)
    while (today := live.count(1, place, (place // DAY + 1) * DAY)) < minutes:
        minutes -= today
        place = (place // DAY + 1) * DAY
    for _ in range(minutes):
        place = live.find(1, place) + 1
    return place


def _walk(world: World, day: int, need: int, runs: list[tuple[int, int]], by_calendar: bool) -> int:
    """Walk from a day on until so many days after it are counted, then to the end of work.

    No day from the one after a pause began to the one on which it ended is counted. Once all are counted
    the end of work is waited for, and a clock that stands still then has to go on first; ``last`` is the
    minute up to which a pause can have begun that is no reason any more to leave a day out.
    """
    start, last = day, (day + 1) * DAY
    waiting = need == 0
    for today in range(day, DAYS):
        if today > start and not waiting and (by_calendar or world.works[today]):
            if not any(a // DAY < today <= b // DAY for a, b in runs):
                need -= 1
            if need == 0:
                waiting, last = True, (today + 1) * DAY
        if not waiting:
            continue
        end = world.closing[today]
        blocked = any(last <= a and a // DAY < today <= b // DAY for a, b in runs)
        if end and not blocked:
            if not any(a < end <= b for a, b in runs):
                return end
            last = max(last, (today + 1) * DAY) if by_calendar else end
        if by_calendar:
            # Days by the calendar go on being counted out while the clock stands still.
            for a, b in runs:
                if a < last:
                    last = max(last, (b // DAY + 1) * DAY)
    raise AssertionError("the world is too short")


# The engine, asked the same.


def engine(world: World, case: Case) -> Due:
    """Ask ``motcua.worktime``."""
    extension = Extension(_at(case.extension[0]), case.extension[1]) if case.extension else None
    pauses = [Pause(_at(a), _at(b)) for a, b in case.pauses]
    return due(world.calendar, limit_of(case), _at(case.accepted), pauses, extension)


def by_history(world: World, case: Case) -> Due:
    """Ask the statutory clock, with the case told as what happened."""
    reasons = ("supplement", "opinion", "financial_duty", "force_majeure")
    told = [ClockEvent("started", _at(case.accepted))]
    for reason, (start, end) in zip(reasons, case.pauses, strict=False):
        told.append(ClockEvent("paused", _at(start), reason))
        told.append(ClockEvent("resumed", _at(end), reason))
    if case.extension:
        told.append(ClockEvent("extended", _at(case.extension[0]), "", case.extension[1]))
    return clock_due(world.calendar, limit_of(case), sorted(told, key=lambda e: e.at))


def limit_of(case: Case) -> Limit:
    """Return the limit of a case."""
    value = Decimal(case.value) / 60 if case.kind == "working_hours" else case.value
    return Limit(case.kind, value, case.cutoff or None, case.first_day)  # type: ignore[arg-type]


def _at(minute: int) -> datetime:
    return _MIDNIGHT + timedelta(minutes=minute)


# Random worlds and cases.


def world(dice: random.Random) -> World:
    """Make a calendar with everything odd in it."""
    special: dict[date, str] = {}
    data: dict[str, Any] = {
        "version": "random",
        "timezone": str(ZONE),
        "valid_from": FIRST.isoformat(),
        "valid_until": (FIRST + timedelta(days=DAYS)).isoformat(),
        "sessions": dice.choice(_SESSIONS[:4] if dice.random() < 0.95 else _SESSIONS),
        "weekend": dice.choice([[6, 7], [7], [6, 7], [5, 6]]),
        "weekly": [{"day": 6, "sessions": dice.choice(_HALVES)}] if dice.random() < 0.3 else [],
        "cutoff": dice.choice(["15:00", "15:00", "10:30", "16:45"]),
        "off": [],
        "working": [],
        "half": [],
    }
    for key in dice.choices(["off", "off", "working", "half"], k=dice.randint(0, 40)):
        row: dict[str, Any] = {"date": FIRST + timedelta(days=dice.randrange(200))}
        length = dice.choice([1, 1, 1, 2, 3, 9]) if key == "off" else 1
        days = [row["date"] + timedelta(days=n) for n in range(length)]
        if any(d in special for d in days):
            continue
        special |= dict.fromkeys(days, key)
        row |= {"date": days[0].isoformat(), "until": days[-1].isoformat()}
        if key == "half" or (key == "working" and dice.random() < 0.5):
            row["sessions"] = dice.choice(_HALVES)
        data[key].append(row)
    return World(data)


def case(dice: random.Random, at: World) -> Case:
    """Make a question; moments like round hours and the ends of sessions."""
    kind = dice.choice(
        ["working_days", "working_days", "working_hours", "calendar_days", "same_day"]
    )
    value = dice.choice([1, 2, 3, 5, dice.randint(1, 30)])
    if kind == "working_hours":
        value = dice.choice(
            [480, 60, 450, 3 * dice.randint(1, 2_000)]
        )  # whole twentieths of an hour
    accepted = _moment(dice, at, dice.randrange(3, 90))
    pauses = []
    for _ in range(dice.choice([0, 0, 1, 1, 2, 3, 4])):
        start = _moment(dice, at, accepted // DAY + dice.randint(-2, 25))
        end = _moment(dice, at, start // DAY + dice.choice([0, 0, 1, 2, 3, 5, 12]))
        pauses.append((min(start, end), max(start, end)))
    made = Case(
        kind,
        value,
        dice.choice(["", "", "", "15:00", "09:00"]),
        kind in ("working_days", "calendar_days") and dice.random() < 0.3,
        accepted,
        tuple(pauses),
        None,
    )
    if dice.random() < 0.35:
        # Before expiry, as the law has it.
        end = count(at, made)
        when = dice.randrange(accepted, end) if end > accepted else accepted
        made = replace(made, extension=(when, dice.choice([1, 2, 5, dice.randint(1, 15)])))
    return made


def _moment(dice: random.Random, at: World, day: int) -> int:
    day = max(0, day)
    if at.works[day] and dice.random() < 0.3:
        return dice.choice([at.closing[day], at.opening[day], at.closing[day] + 1])
    if dice.random() < 0.3:
        return day * DAY + dice.choice([0, 450, 900, 901, 1020, 1439])
    return day * DAY + dice.randrange(DAY)


def wrong(at: World, asked: Case, *, told: bool = False) -> str:
    """Return what differs between engine and counter in one case; empty when they agree.

    With ``told`` the statutory clock is asked too, and the explanation has to end with the date found.
    """
    expected = _at(count(at, asked))
    found = engine(at, asked)
    if found.at != expected:
        return f"engine {found.at}, counter {expected}"
    if told:
        if (other := by_history(at, asked)).at != expected:
            return f"statutory clock {other.at}, counter {expected}"
        if f"{expected:%H:%M}" not in found.derivation[-1].vi:
            return f"explained as {found.derivation[-1].vi}"
    return ""


def run(seed: int, cases: int) -> tuple[int, str]:
    """Try so many cases; returns how many agreed and, if one did not, all about it."""
    dice = random.Random(seed)
    for done in range(cases):
        if done % _CASES_A_WORLD == 0:
            at = world(dice)
        asked = case(dice, at)
        if said := wrong(at, asked, told=done % 10 == 0):
            return done, f"seed {seed}, case {done}: {said}\n{asked}\n{at.data}"
    return cases, ""
