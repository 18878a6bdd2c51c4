"""The worked examples of the rules of dossier handling, and what the derivation says."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from motcua.errors import Invalid
from motcua.worktime import Due, Limit, Pause, due
from tests.core.worktime.samples import at, tenant_calendar

CALENDAR = tenant_calendar()
WORKED = [
    ("2025-04-24 09:00", Limit("working_days", 5), [], "2025-05-05 17:00"),
    ("2026-02-13 09:00", Limit("working_days", 3), [], "2026-02-25 17:00"),
    ("2026-11-20 09:00", Limit("working_days", 3), [], "2026-11-26 17:00"),
    ("2026-11-23 15:30", Limit("same_day"), [], "2026-11-25 17:00"),
    ("2026-11-20 14:59", Limit("same_day"), [], "2026-11-20 17:00"),
    ("2026-11-20 15:00", Limit("same_day"), [], "2026-11-20 17:00"),
    ("2026-11-20 15:01", Limit("same_day"), [], "2026-11-23 17:00"),
    ("2026-11-02 09:00", Limit("working_days", 15), [], "2026-11-23 17:00"),
    (
        "2026-11-02 09:00",
        Limit("working_days", 15),
        [("2026-11-06 09:00", "2026-11-12 10:00")],
        "2026-11-30 17:00",
    ),
    # The swap of 2 January 2026 against Saturday 10 January.
    ("2025-12-31 09:00", Limit("working_days", 1), [], "2026-01-05 17:00"),
    ("2026-01-09 09:00", Limit("working_days", 1), [], "2026-01-10 17:00"),
    # First reaction to an online case: 8 working hours.
    ("2026-11-20 16:00", Limit("working_hours", 8), [], "2026-11-23 16:30"),
    ("2026-11-20 20:00", Limit("working_hours", Decimal("7.5")), [], "2026-11-23 17:00"),
    (
        "2026-11-20 08:00",
        Limit("working_hours", 2),
        [("2026-11-20 09:00", "2026-11-20 15:00")],
        "2026-11-20 16:00",
    ),
    # Days by the calendar, and a last day that is a day off.
    ("2026-11-02 09:00", Limit("calendar_days", 10), [], "2026-11-12 17:00"),
    ("2026-11-14 09:00", Limit("calendar_days", 10), [], "2026-11-25 17:00"),
    (
        "2026-11-02 09:00",
        Limit("calendar_days", 10),
        [("2026-11-06 09:00", "2026-11-08 10:00")],
        "2026-11-16 17:00",
    ),
    # A cut-off on working days.
    ("2026-11-18 14:00", Limit("working_days", 1, "15:00"), [], "2026-11-19 17:00"),
    ("2026-11-18 15:01", Limit("working_days", 1, "15:00"), [], "2026-11-20 17:00"),
    # Received late, and paused when the day began on which it counts as received: that day is lost.
    (
        "2026-11-18 15:30",
        Limit("same_day"),
        [("2026-11-18 15:45", "2026-11-19 15:30")],
        "2026-11-20 17:00",
    ),
    # The clock stands still on the last day: due at the end of the day of the answer, or after it.
    (
        "2026-11-18 09:00",
        Limit("working_days", 2),
        [("2026-11-20 10:00", "2026-11-23 09:00")],
        "2026-11-23 17:00",
    ),
    (
        "2026-11-18 09:00",
        Limit("working_days", 2),
        [("2026-11-20 10:00", "2026-11-22 09:00")],
        "2026-11-23 17:00",
    ),
    # A pause after the end, and one before the start, move nothing; overlaps count once.
    (
        "2026-11-18 09:00",
        Limit("working_days", 2),
        [("2026-11-10 08:00", "2026-11-12 08:00"), ("2026-11-20 18:00", "2026-11-27 08:00")],
        "2026-11-20 17:00",
    ),
    (
        "2026-11-02 09:00",
        Limit("working_days", 15),
        [("2026-11-09 08:00", "2026-11-12 10:00"), ("2026-11-06 09:00", "2026-11-10 10:00")],
        "2026-11-30 17:00",
    ),
]


def _due(accepted: str, limit: Limit, pauses: list[tuple[str, str]]) -> Due:
    return due(CALENDAR, limit, at(accepted), [Pause(at(a), at(b)) for a, b in pauses])


@pytest.mark.parametrize(("accepted", "limit", "pauses", "expected"), WORKED)
def test_a_worked_example_comes_out(
    accepted: str, limit: Limit, pauses: list[tuple[str, str]], expected: str
) -> None:
    found = _due(accepted, limit, pauses)
    assert found.at == at(expected)
    assert not found.provisional


@pytest.mark.parametrize("slug", ["quang-ninh", "ha-noi", "thai-nguyen"])
def test_every_tenant_keeps_the_national_days(slug: str) -> None:
    calendar = tenant_calendar(slug)
    off = [date(2025, 5, 2), date(2026, 1, 2), date(2026, 8, 31), date(2026, 11, 24)]
    off += [date(2027, 5, 3), date(2027, 2, 10)]
    extra = [date(2025, 4, 26), date(2026, 1, 10), date(2026, 8, 22)]
    assert all(calendar.day(on).kind == "off" for on in off)
    assert all(calendar.day(on).kind == "extra" for on in extra)
    assert calendar.day(date(2025, 11, 24)).kind == "work"


def test_the_derivation_names_every_day_and_every_pause() -> None:
    found = _due("2025-04-24 09:00", Limit("working_days", 5), [])
    told = [line.vi for line in found.derivation]
    assert told[0] == "Hồ sơ được tiếp nhận lúc 09:00 thứ Năm 24/04/2025."
    assert "Không tính thứ Tư 30/04/2025: Ngày Chiến thắng 30/4." in told
    assert told[-1] == "Hạn trả kết quả: 17:00 thứ Hai 05/05/2025."
    assert [x.kind for x in found.derivation].count("extra") == 1
    paused = _due("2026-11-02 09:00", Limit("working_days", 15), WORKED[8][2])
    line = next(x for x in paused.derivation if x.kind == "pause")
    assert (
        "4 ngày làm việc; hạn chuyển từ 17:00 thứ Hai 23/11/2026 sang 17:00 thứ Hai 30/11/2026"
        in line.vi
    )
    assert "4 working days; the due date moves from 17:00 on Monday 23 November 2026" in line.en


def test_a_due_date_can_be_stored_as_json() -> None:
    found = _due("2026-11-20 16:00", Limit("working_hours", 8), [])
    stored = json.loads(json.dumps(found.to_data()))
    assert datetime.fromisoformat(stored["at"]) == found.at
    assert len(stored["derivation"]) == len(found.derivation)
    assert stored["version"] == "2025-2027.1"


def test_the_zone_of_the_acceptance_does_not_matter() -> None:
    accepted = datetime(2026, 11, 20, 8, 1, tzinfo=UTC)  # 15:01 in Viet Nam
    assert due(CALENDAR, Limit("same_day"), accepted).at == at("2026-11-23 17:00")


def test_a_date_beyond_the_calendar_is_provisional_and_says_so() -> None:
    found = _due("2027-12-27 09:00", Limit("working_days", 6), [])
    assert found.provisional
    assert any("tạm tính" in line.vi for line in found.derivation)


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "weeks", "value": 1},
        {"kind": "working_days", "value": 0},
        {"kind": "working_days", "value": "1.5"},
        {"kind": "working_hours", "value": "0.001"},
        {"kind": "working_days", "value": "NaN"},
        {"kind": "working_days", "value": "five"},
        {"kind": "same_day", "cutoff": "25:00"},
    ],
)
def test_a_wrong_limit_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(Invalid) as caught:
        Limit.from_data(data)
    assert caught.value.fields


@pytest.mark.parametrize(
    ("limit", "vi", "en"),
    [
        (Limit("working_days", 1), "1 ngày làm việc", "1 working day"),
        (Limit("working_hours", Decimal("0.50")), "0,5 giờ làm việc", "0.5 working hours"),
        (Limit("calendar_days", 30), "30 ngày", "30 days"),
        (Limit("same_day"), "trong ngày làm việc", "within the working day"),
    ],
)
def test_a_limit_reads_and_travels(limit: Limit, vi: str, en: str) -> None:
    assert (limit.vi, limit.en) == (vi, en)
    assert Limit.from_data(json.loads(json.dumps(limit.to_data()))) == limit


def test_moments_without_a_zone_are_refused() -> None:
    naive = at("2026-11-20 09:00").replace(tzinfo=None)
    with pytest.raises(Invalid):
        due(CALENDAR, Limit("same_day"), naive)
    with pytest.raises(Invalid):
        Pause(naive, naive)
    with pytest.raises(Invalid):
        Pause(at("2026-11-20 09:00"), at("2026-11-20 08:00"))
