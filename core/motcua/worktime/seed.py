"""A calendar of Viet Nam to begin with: days off from the ``holidays`` package, corrected by data.

What the package knows is not always what was announced: days are swapped in the last week of a year. So the
seed is laid under ``seeds/vn.toml``, and what comes out is a file that a person reads before it is loaded.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import holidays

from motcua.errors import Invalid
from motcua.worktime.calendar import Calendar
from motcua.worktime.wording import day_en, day_vi

CORRECTIONS = Path(__file__).with_name("seeds") / "vn.toml"
YEARS = (2000, 2100)
_SESSIONS = (("07:30", "11:30"), ("13:30", "17:00"))
_DAY = re.compile(r"(\d\d/\d\d/\d{4})")
_LIEU = ("nghỉ bù", "observed")


@dataclass(frozen=True)
class Entry:
    """A special day of the seed: off, or (``working``) worked in exchange."""

    on: date
    working: bool
    name_vi: str
    name_en: str


def seed(first: int, last: int, corrections: Mapping[str, Any] | None = None) -> dict[str, object]:
    """Return the data of a calendar for the years ``first`` to ``last``, as ``Calendar.from_data`` reads it.

    Without ``corrections`` those of ``seeds/vn.toml`` hold; an empty mapping gives what the package alone
    knows. Sessions and cut-off are samples. Raises Invalid for years the package does not know and for
    corrections of another shape.
    """
    if not YEARS[0] <= first <= last <= YEARS[1]:
        said = f"Năm phải từ {YEARS[0]} đến {YEARS[1]}."
        raise Invalid(said, f"Years lie between {YEARS[0]} and {YEARS[1]}.", fields={"year": said})
    given = shipped() if corrections is None else corrections
    days = {entry.on: entry for entry in _known(first, last, given)}
    for entry in _corrected(first, last, given):
        days.setdefault(entry.on, entry)
    entries = [days[on] for on in sorted(days)]
    data: dict[str, object] = {
        "version": f"{first}-{last}.1" if first != last else f"{first}.1",
        "timezone": "Asia/Ho_Chi_Minh",
        "valid_from": date(first, 1, 1),
        "valid_until": date(last, 12, 31),
        "sessions": [list(pair) for pair in _SESSIONS],
        "weekend": [6, 7],
        "cutoff": "15:00",
        "off": _rows(e for e in entries if not e.working),
        "working": _rows(e for e in entries if e.working),
    }
    Calendar.from_data(data)
    return data


def to_toml(data: Mapping[str, Any], comments: Sequence[str] = ()) -> str:
    """Write the data of a calendar as ``calendar.toml``; ``comments`` stand above it."""
    lines = [f"# {comment}" for comment in comments] + [""] * bool(comments)
    lists = ("weekly", "off", "working", "half")
    lines += [f"{key} = {_value(value)}" for key, value in data.items() if key not in lists]
    for key in lists:
        for row in data.get(key, ()):
            lines += ["", f"[[{key}]]", *(f"{k} = {_value(v)}" for k, v in row.items())]
    return "\n".join(lines) + "\n"


def shipped() -> Mapping[str, Any]:
    """Return the corrections of ``seeds/vn.toml``: names, yearly, swaps, off."""
    return tomllib.loads(CORRECTIONS.read_text(encoding="utf-8"))


def _known(first: int, last: int, given: Mapping[str, Any]) -> Iterable[Entry]:
    """Yield what the package knows, with the names of the corrections."""
    years = range(first, last + 1)
    found = holidays.country_holidays("VN", years=years, language="vi")
    english = holidays.country_holidays("VN", years=years, language="en_US")
    for on, name in sorted(found.items()):
        if swapped := _DAY.search(name):
            worked = datetime.strptime(swapped[1], "%d/%m/%Y").date()  # noqa: DTZ007 -- a date
            yield from _swap(on, worked)
        else:
            yield Entry(on, False, *_named(name, english[on], given))


def _named(vi: str, en: str, given: Mapping[str, Any]) -> tuple[str, str]:
    for row in given.get("names", ()):
        if row["contains"] in vi:
            lieu = _LIEU[0] in vi
            return (
                f"{row['name_vi']} ({_LIEU[0]})" if lieu else str(row["name_vi"]),
                f"{row['name_en']} ({_LIEU[1]})" if lieu else str(row["name_en"]),
            )
    return vi, en


def _swap(off: date, working: date) -> Iterable[Entry]:
    yield Entry(
        off,
        False,
        f"Nghỉ hoán đổi, làm bù {day_vi(working)}",
        f"Day off in exchange for working on {day_en(working)}",
    )
    yield Entry(working, True, f"Làm bù cho {day_vi(off)}", f"In exchange for {day_en(off)}")


def _corrected(first: int, last: int, given: Mapping[str, Any]) -> Iterable[Entry]:
    try:
        for row in given.get("swaps", ()):
            if first <= row["off"].year <= last:
                yield from _swap(row["off"], row["working"])
        for row in given.get("yearly", ()):
            for year in range(max(first, row["from"]), last + 1):
                on = date.fromisoformat(f"{year}-{row['day']}")
                yield Entry(on, False, row["name_vi"], row["name_en"])
        for row in given.get("off", ()):
            if first <= row["date"].year <= last:
                yield Entry(row["date"], False, row["name_vi"], row["name_en"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Invalid(
            f"Tệp chỉnh lịch không đúng: {error}",
            f"The corrections cannot be read: {error}",
            fields={"corrections": str(error)},
        ) from error


def _rows(entries: Iterable[Entry]) -> list[dict[str, object]]:
    """Return rows of a calendar; neighbouring days of one name become one row."""
    rows: list[dict[str, Any]] = []
    for entry in entries:
        before = rows[-1] if rows else None
        same = before and (before["name_vi"], before["name_en"]) == (entry.name_vi, entry.name_en)
        if before and same and (entry.on - before["until"]).days == 1:
            before["until"] = entry.on
            continue
        row = {"date": entry.on, "until": entry.on}
        rows.append(row | {"name_vi": entry.name_vi, "name_en": entry.name_en})
    return [{k: v for k, v in r.items() if k != "until" or v != r["date"]} for r in rows]


def _value(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
