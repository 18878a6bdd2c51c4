"""Calendars: the seed and what corrects it, the shipped files, several versions as one."""

import tomllib
from dataclasses import replace
from datetime import date

import pytest

from motcua.errors import Invalid
from motcua.worktime import Calendar, Limit, differences, due, joined
from motcua.worktime.seed import seed, to_toml
from tests.core.worktime.samples import ODD, TENANTS, at, tenant_calendar

SLUGS = sorted(path.parent.name for path in TENANTS.glob("*/calendar.toml"))
HOURS = "07:30-11:30, 13:30-17:00"
SEEDED = Calendar.from_data(seed(2025, 2027))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_shipped_calendar_is_the_seed_with_its_corrections(slug: str) -> None:
    found = differences(SEEDED, tenant_calendar(slug))
    assert not found, "tenants/" + slug + " differs:\n" + "\n".join(en for _, en in found)


def test_the_corrections_are_the_swap_of_january_2026_and_nothing_else_today() -> None:
    bare = Calendar.from_data(seed(2025, 2027, {}))
    assert [en for _, en in differences(bare, SEEDED)] == [
        f"2026-01-02: working day ({HOURS}) -> day off"
        + " – Day off in exchange for working on Saturday 10 January 2026",
        f"2026-01-10: weekend -> worked in exchange ({HOURS})"
        + " – In exchange for Friday 2 January 2026",
    ]


def test_the_24th_of_november_is_off_from_2026_on() -> None:
    days = {y: Calendar.from_data(seed(y, y)).day(date(y, 11, 24)).kind for y in range(2025, 2031)}
    assert days.pop(2025) == "work"
    assert set(days.values()) <= {"off"}


def test_a_seed_is_a_file_that_reads_back_the_same() -> None:
    data = seed(2026, 2027)
    text = to_toml(data, ["Lịch làm việc", "sample"])
    assert text.startswith("# Lịch làm việc\n# sample\n")
    assert tomllib.loads(text) == data


def test_own_corrections_are_laid_over_the_seed() -> None:
    own = {
        "swaps": [{"off": date(2027, 4, 29), "working": date(2027, 4, 24)}],
        "off": [{"date": date(2027, 10, 1), "name_vi": "Ngày của tỉnh mẫu", "name_en": "A day"}],
    }
    calendar = Calendar.from_data(seed(2027, 2027, own))
    assert calendar.day(date(2027, 4, 29)).name_vi == "Nghỉ hoán đổi, làm bù thứ Bảy 24/04/2027"
    assert calendar.day(date(2027, 4, 24)).kind == "extra"
    assert calendar.day(date(2027, 10, 1)).kind == "off"


@pytest.mark.parametrize("years", [(1999, 2000), (2027, 2026), (2100, 2101)])
def test_a_year_nobody_knows_is_refused(years: tuple[int, int]) -> None:
    with pytest.raises(Invalid):
        seed(*years)


@pytest.mark.parametrize(
    "wrong", [{"swaps": [{"off": date(2026, 1, 2)}]}, {"yearly": [{"day": "13-40", "from": 2026}]}]
)
def test_corrections_of_another_shape_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        seed(2026, 2026, wrong)


def test_two_calendars_that_agree_differ_in_nothing() -> None:
    odd = Calendar.from_data(ODD)
    assert differences(odd, odd, names=True) == []
    named = Calendar.from_data(ODD | {"off": [{"date": "2026-11-24", "until": "2026-11-26"}]})
    assert differences(odd, named) == []
    assert len(differences(odd, named, names=True)) == 3


def test_a_difference_in_hours_and_heads_is_told() -> None:
    later = Calendar.from_data(ODD | {"cutoff": "14:00", "sessions": [["08:00", "12:00"]]})
    told = [en for _, en in differences(Calendar.from_data(ODD), later)]
    assert told[0] == "cut-off: 15:00 -> 14:00"
    assert any("07:30-11:30, 13:30-17:00) -> working day (08:00-12:00)" in line for line in told)


def _years(first: int, last: int, version: str, **change: object) -> Calendar:
    return Calendar.from_data(seed(first, last) | {"version": version} | change)


def test_one_version_that_covers_all_is_taken_as_it_is() -> None:
    newest = _years(2026, 2027, "2")
    assert joined([newest, _years(2026, 2027, "1")], date(2026, 5, 1)) is newest


def test_next_years_calendar_rules_its_own_dates_and_no_others() -> None:
    now, following = (
        _years(2026, 2026, "now"),
        _years(2027, 2027, "next", sessions=[["08:00", "12:00"]]),
    )
    calendar = joined([following, now], date(2026, 12, 1))
    assert calendar
    assert calendar.version == "now"
    found = due(calendar, Limit("working_days", 2), at("2026-12-30 09:00"))
    # 31 December, then 4 January: the first is off, the second and third are a weekend.
    assert found.at == at("2027-01-04 12:00")
    assert not found.provisional
    assert due(now, Limit("working_days", 2), at("2026-12-30 09:00")).provisional


def test_the_newest_version_rules_where_two_cover_a_date() -> None:
    wide = _years(2026, 2027, "wide")
    winter = replace(
        _years(2026, 2026, "winter", sessions=[["08:00", "12:00"], ["13:00", "16:30"]]),
        valid_from=date(2026, 11, 1),
    )
    calendar = joined([winter, wide], date(2026, 5, 1))
    assert calendar
    assert calendar.version == "wide"
    assert calendar.day(date(2026, 10, 30)).sessions[-1] == (810, 1020)
    assert calendar.day(date(2026, 11, 2)).sessions[-1] == (780, 990)
    assert calendar.day(date(2027, 3, 1)).sessions[-1] == (810, 1020)
    assert calendar.covers(date(2027, 12, 31))
    assert not calendar.covers(date(2028, 1, 1))


def test_without_a_calendar_that_has_begun_there_is_none() -> None:
    assert joined([_years(2027, 2027, "next")], date(2026, 5, 1)) is None
    assert joined([], date(2026, 5, 1)) is None
    expired = joined([_years(2025, 2025, "old")], date(2026, 5, 1))
    assert expired
    assert not expired.covers(date(2026, 5, 1))
