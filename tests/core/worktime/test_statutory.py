"""The statutory clock: what may happen to it, what it says, and when the dossier is due."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.errors import Conflict, Invalid, Problem
from motcua.worktime import (
    REASONS,
    ClockEvent,
    Limit,
    Pause,
    StatutoryClock,
    clock_due,
    due,
    reaction,
)
from motcua.worktime.statutory import ClockEventKind
from tests.core.worktime.samples import at, tenant_calendar

CALENDAR = tenant_calendar()
LIMIT = Limit("working_days", 15)


Told = tuple[ClockEventKind, str] | tuple[ClockEventKind, str, str]
STARTED: Told = ("started", "2026-11-02 09:00")
ASKED: Told = ("paused", "2026-11-06 09:00", "supplement")
ANSWERED: Told = ("resumed", "2026-11-12 10:00", "supplement")
EXTENDED: Told = ("extended", "2026-11-20 09:00", "thiếu người")
SWAP = {"2026-01-02", "2026-01-10"}
HALF_HOUR = timedelta(minutes=30)


def told(*events: Told) -> StatutoryClock:
    """Return a clock to which this happened, by the rules; moments without a date are of November 2026."""
    clock = StatutoryClock(LIMIT)
    for kind, moment, *reason in events:
        days = 3 if kind == "extended" else 0
        event = ClockEvent(kind, at(moment), reason[0] if reason else "", days)
        clock = clock.then(CALENDAR, event)
    return clock


def test_a_clock_runs_stands_goes_on_and_stops() -> None:
    assert StatutoryClock(LIMIT).state == "new"
    assert told(STARTED).state == "running"
    assert told(STARTED, ASKED).state == "paused"
    clock = told(STARTED, ASKED, ANSWERED)
    assert clock.state == "running"
    assert clock.due(CALENDAR).at == at("2026-11-30 17:00")
    assert told(STARTED, ASKED, ANSWERED, ("stopped", "2026-11-16 09:00")).state == "stopped"


def test_a_pause_that_has_not_ended_is_told_and_moves_nothing_yet() -> None:
    found = told(STARTED, ASKED).due(CALENDAR)
    assert found.at == at("2026-11-23 17:00")
    assert (
        "Đồng hồ đang tạm dừng từ 09:00 thứ Sáu 06/11/2026 (chờ bổ sung giấy tờ)"
        in found.explain()[-2]
    )
    assert "stood still since 09:00 on Friday 6 November 2026" in found.explain("en")[-2]


def test_reasons_overlap_and_the_clock_goes_on_when_the_last_one_ends() -> None:
    clock = told(STARTED, ASKED, ("paused", "2026-11-10 09:00", "opinion"), ANSWERED)
    assert clock.state == "paused"
    assert list(clock.standing) == ["opinion"]
    ended = clock.then(CALENDAR, ClockEvent("resumed", at("2026-11-13 16:00"), "opinion"))
    assert ended.state == "running"
    # From Friday 6 to Friday 13 November five working days, counted once.
    assert ended.due(CALENDAR).at == at("2026-12-01 17:00")


def test_an_extension_moves_the_due_date_once_and_is_explained() -> None:
    clock = told(STARTED, EXTENDED)
    found = clock.due(CALENDAR)
    # The 24th is Vietnam Culture Day: three working days after Monday 23 are 25, 26 and 27.
    assert found.at == at("2026-11-27 17:00")
    line = next(x for x in found.derivation if x.kind == "extension")
    assert (
        "Xin lỗi và hẹn lại lúc 09:00 thứ Sáu 20/11/2026 (thiếu người): thêm 3 ngày làm việc"
        in line.vi
    )
    assert "3 working days more" in line.en
    assert any("24/11/2026: Ngày Văn hóa" in said for said in found.explain())
    with pytest.raises(Conflict, match="no second time"):
        clock.then(CALENDAR, ClockEvent("extended", at("2026-11-25 09:00"), "", 2))


def test_after_expiry_there_is_no_extension() -> None:
    clock = told(STARTED)
    clock.then(CALENDAR, ClockEvent("extended", at("2026-11-23 16:59"), "", 1))
    for moment in ("2026-11-23 17:00", "2026-11-24 09:00"):
        with pytest.raises(Conflict, match="has passed"):
            clock.then(CALENDAR, ClockEvent("extended", at(moment), "", 1))


def test_a_pause_keeps_the_way_to_an_extension_open_only_when_it_began_in_time() -> None:
    in_time = told(STARTED, ("paused", "2026-11-20 09:00", "opinion"))
    in_time.then(CALENDAR, ClockEvent("extended", at("2026-12-10 09:00"), "", 1))
    too_late = told(STARTED, ("paused", "2026-11-25 09:00", "opinion"))
    with pytest.raises(Conflict):
        too_late.then(CALENDAR, ClockEvent("extended", at("2026-12-10 09:00"), "", 1))


@pytest.mark.parametrize(
    ("clock", "event"),
    [
        (StatutoryClock(LIMIT), ClockEvent("paused", at("2026-11-02 09:00"), "opinion")),
        (told(STARTED), ClockEvent("started", at("2026-11-03 09:00"))),
        (told(STARTED), ClockEvent("resumed", at("2026-11-03 09:00"), "opinion")),
        (told(STARTED), ClockEvent("paused", at("2026-11-01 09:00"), "opinion")),
        (told(STARTED), ClockEvent("paused", at("2026-11-03 09:00"), "tea")),
        (told(STARTED), ClockEvent("extended", at("2026-11-03 09:00"), "", 0)),
        (told(STARTED, ASKED), ClockEvent("paused", at("2026-11-07 09:00"), "supplement")),
        (told(STARTED, ASKED), ClockEvent("resumed", at("2026-11-07 09:00"), "opinion")),
        (
            told(STARTED, ("stopped", "2026-11-04 09:00")),
            ClockEvent("paused", at("2026-11-05 09:00"), "opinion"),
        ),
    ],
)
def test_what_the_rules_do_not_allow_is_refused_in_both_languages(
    clock: StatutoryClock, event: ClockEvent
) -> None:
    with pytest.raises(Problem) as caught:
        clock.then(CALENDAR, event)
    assert caught.value.vi
    assert caught.value.en != caught.value.vi


def test_a_clock_event_has_a_kind_and_a_time_zone() -> None:
    with pytest.raises(Invalid):
        ClockEvent("started", at("2026-11-02 09:00").replace(tzinfo=None))
    with pytest.raises(Invalid):
        ClockEvent("melted", at("2026-11-02 09:00"))  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        clock_due(CALENDAR, LIMIT, ())


def test_a_new_version_of_the_calendar_gives_another_date_for_the_same_history() -> None:
    # Before the swap of 2 January 2026 was announced, it was a working day, and Saturday 10 was none.
    before = replace(
        CALENDAR,
        version="before",
        special={d: x for d, x in CALENDAR.special.items() if str(d) not in SWAP},
    )
    clock = StatutoryClock(
        Limit("working_days", 1), (ClockEvent("started", at("2025-12-31 09:00")),)
    )
    assert clock.due(before).at == at("2026-01-02 17:00")
    assert clock.due(CALENDAR).at == at("2026-01-05 17:00")
    assert "phiên bản before" in clock.due(before).explain()[1]


def test_the_first_answer_to_an_online_dossier_is_due_in_eight_working_hours() -> None:
    found = reaction(CALENDAR, at("2026-11-20 16:00"))
    assert found.at == at("2026-11-23 16:30")
    assert found.explain()[0] == "Hồ sơ được nộp lúc 16:00 thứ Sáu 20/11/2026."
    assert found.explain()[-1] == "Cơ quan phải trả lời trước: 16:30 thứ Hai 23/11/2026."
    assert (
        found.explain("en")[-1] == "The office has to answer by: 16:30 on Monday 23 November 2026."
    )


@pytest.mark.parametrize(
    ("accepted", "limit", "expected"),
    [
        ("2026-11-18 09:00", Limit("working_days", 3), "2026-11-23 17:00"),
        ("2026-11-18 09:00", Limit("working_days", 3, first_day=True), "2026-11-20 17:00"),
        ("2026-11-18 17:00", Limit("working_days", 1, first_day=True), "2026-11-19 17:00"),
        ("2026-11-21 09:00", Limit("working_days", 1, first_day=True), "2026-11-23 17:00"),
        ("2026-11-18 15:01", Limit("working_days", 1, "15:00", True), "2026-11-19 17:00"),
        ("2026-11-02 09:00", Limit("calendar_days", 10, first_day=True), "2026-11-11 17:00"),
        ("2026-11-20 09:00", Limit("calendar_days", 2, first_day=True), "2026-11-23 17:00"),
    ],
)
def test_the_day_of_acceptance_counts_where_the_rule_says_so(
    accepted: str, limit: Limit, expected: str
) -> None:
    found = due(CALENDAR, limit, at(accepted))
    assert found.at == at(expected)
    said = "ngày tiếp nhận là ngày thứ nhất" if limit.first_day else "ngày tiếp nhận không tính"
    assert any(said in line for line in found.explain())


def test_hours_have_no_first_day() -> None:
    for kind in ("working_hours", "same_day"):
        with pytest.raises(Invalid) as caught:
            Limit.from_data({"kind": kind, "value": 8, "first_day": True})
        assert "first_day" in caught.value.fields


MOMENTS = st.integers(0, 40 * 48).map(lambda n: at("2026-11-02 09:00") + n * HALF_HOUR)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(MOMENTS, MOMENTS, st.sampled_from(sorted(REASONS))), max_size=4))
def test_the_clock_agrees_with_the_plain_function_of_its_pauses(
    pauses: list[tuple[datetime, datetime, str]],
) -> None:
    kept = {reason: (min(a, b), max(a, b)) for a, b, reason in pauses}
    events = [ClockEvent("started", at("2026-11-02 09:00"))]
    for reason, (start, end) in kept.items():
        events += [ClockEvent("paused", start, reason), ClockEvent("resumed", end, reason)]
    clock = StatutoryClock(LIMIT, tuple(sorted(events, key=lambda e: e.at)))
    plain = due(CALENDAR, LIMIT, at("2026-11-02 09:00"), [Pause(*p) for p in kept.values()])
    assert clock.due(CALENDAR).at == plain.at
    assert clock.state == "running"
