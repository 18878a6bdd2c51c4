"""How a due date is explained: sentences that a citizen can read, in both languages."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from motcua.text import vn_date
from motcua.worktime.calendar import Calendar, Day, clock
from motcua.worktime.limits import Extension, Limit, Line, Pause

_VI = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_vi(day: date) -> str:
    """Write ``thứ Hai 05/05/2025``."""
    return f"{_VI[day.weekday()]} {vn_date(day)}"


def day_en(day: date) -> str:
    """Write ``Monday 5 May 2025``."""
    return f"{_EN[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_vi(at: datetime) -> str:
    """Write ``17:00 thứ Hai 05/05/2025``."""
    return f"{at:%H:%M} {day_vi(at.date())}"


def moment_en(at: datetime) -> str:
    """Write ``17:00 on Monday 5 May 2025``."""
    return f"{at:%H:%M} on {day_en(at.date())}"


@dataclass(frozen=True)
class Telling:
    """What a clock is about: the event that starts it and what is due at its end, in both languages."""

    began: tuple[str, str]
    due: tuple[str, str]

    def opening(self, at: datetime) -> Line:
        """Say when the clock started."""
        vi, en = self.began
        return Line("accepted", f"{vi} lúc {moment_vi(at)}.", f"{en} at {moment_en(at)}.")

    def result(self, at: datetime) -> Line:
        """Say the due moment."""
        vi, en = self.due
        return Line("result", f"{vi}: {moment_vi(at)}.", f"{en}: {moment_en(at)}.")


SETTLEMENT = Telling(
    ("Hồ sơ được tiếp nhận", "The dossier was accepted"), ("Hạn trả kết quả", "Due")
)
REACTION = Telling(
    ("Hồ sơ được nộp", "The dossier was submitted"),
    ("Cơ quan phải trả lời trước", "The office has to answer by"),
)


def used(calendar: Calendar) -> Line:
    """Say which version of the calendar is used."""
    version = calendar.version or "–"
    return Line(
        "calendar",
        f"Tính theo lịch làm việc phiên bản {version}.",
        f"Counted by the working calendar, version {version}.",
    )


def rule(calendar: Calendar, limit: Limit) -> Line:
    """Say which rule is used."""
    vi, en = f"Thời hạn: {limit.vi}", f"Time limit: {limit.en}"
    if limit.kind == "same_day":
        return Line("limit", f"{vi}.", f"{en}.")
    if limit.kind == "working_hours":
        hours = ", ".join(
            f"{clock(a)}-{clock(b)}" for a, b in next(s for s in calendar.weekly if s)
        )
        return Line(
            "limit",
            f"{vi}; chỉ tính trong giờ làm việc ({hours}).",
            f"{en}; only working hours count ({hours}).",
        )
    if limit.kind == "calendar_days":
        vi, en = f"{vi} theo lịch, tính cả ngày nghỉ", f"{en} by the calendar, days off included"
    if limit.first_day:
        return Line(
            "limit",
            f"{vi}; ngày tiếp nhận là ngày thứ nhất.",
            f"{en}; the day of acceptance is the first day.",
        )
    return Line(
        "limit",
        f"{vi}; ngày tiếp nhận không tính.",
        f"{en}; the day of acceptance is not counted.",
    )


def late(cutoff: str, counted: date) -> Line:
    """Say that a case counts as received later than it came; without a cut-off, after work."""
    vi, en = cutoff or "giờ làm việc", cutoff or "working hours"
    return Line(
        "note",
        f"Tiếp nhận sau {vi} hoặc ngoài ngày làm việc: tính như nhận ngày {day_vi(counted)}.",
        f"Accepted after {en} or outside a working day: counted as received on {day_en(counted)}.",
    )


def last_day_off(calendar: Calendar, last: date, moved: date) -> Line:
    """Say that a limit in calendar days that ends on a day off ends on the next working day.

    Civil Code 2015, article 148 (5).
    """
    why_vi, why_en = _why(calendar.day(last))
    return Line(
        "note",
        f"Ngày cuối của thời hạn là {day_vi(last)}, ngày nghỉ ({why_vi}): chuyển sang {day_vi(moved)}.",
        f"The last day of the limit, {day_en(last)}, is a day off ({why_en}): it ends on"
        f" {day_en(moved)}.",
    )


def passed(calendar: Calendar, after: date, until: date) -> list[Line]:
    """Say which days after one date and before another were not counted and why, in groups."""
    lines: list[Line] = []
    group: list[date] = []
    reason = Day("work")
    for n in range(1, (until - after).days + 2):
        on = after + timedelta(days=n)
        day = calendar.day(on) if on <= until else Day("work")
        if group and day != reason:
            lines.append(_skip(group, reason))
            group = []
        if on <= until and not day.sessions:
            group.append(on)
        if on <= until and day.kind in ("extra", "half"):
            lines.append(_special(on, day))
        reason = day
    return lines


def _skip(days: list[date], day: Day) -> Line:
    why_vi, why_en = _why(day)
    if len(days) == 1:
        vi, en = day_vi(days[0]), day_en(days[0])
    else:
        vi = f"từ {day_vi(days[0])} đến {day_vi(days[-1])}"
        en = f"from {day_en(days[0])} to {day_en(days[-1])}"
    return Line("skip", f"Không tính {vi}: {why_vi}.", f"Not counted, {en}: {why_en}.")


def _why(day: Day) -> tuple[str, str]:
    if day.kind == "weekend":
        return "nghỉ cuối tuần", "weekend"
    return day.name_vi or "ngày nghỉ", day.name_en or "day off"


def _special(on: date, day: Day) -> Line:
    hours = ", ".join(f"{clock(a)}-{clock(b)}" for a, b in day.sessions)
    extra = day.kind == "extra"
    why_vi = day.name_vi or ("ngày làm bù" if extra else "làm nửa ngày")
    why_en = day.name_en or ("extra working day" if extra else "half day")
    return Line(
        "extra",
        f"Có tính {day_vi(on)} ({hours}): {why_vi}.",
        f"Counted, {day_en(on)} ({hours}): {why_en}.",
    )


def pause(
    stop: Pause,
    start: datetime,
    end: datetime,
    amount: tuple[str, str],
    moves: tuple[datetime, datetime],
) -> Line:
    """Say what a pause (local moments) took and where it moved the due moment."""
    why_vi, why_en = (f" ({text})" if text else "" for text in (stop.reason_vi, stop.reason_en))
    old, new = moves
    vi = f"Tạm dừng từ {moment_vi(start)} đến {moment_vi(end)}{why_vi}: {amount[0]}"
    en = f"Paused from {moment_en(start)} to {moment_en(end)}{why_en}: {amount[1]}"
    if old == new:
        return Line("pause", f"{vi}; hạn không đổi.", f"{en}; the due date does not move.")
    return Line(
        "pause",
        f"{vi}; hạn chuyển từ {moment_vi(old)} sang {moment_vi(new)}.",
        f"{en}; the due date moves from {moment_en(old)} to {moment_en(new)}.",
    )


def unknown(calendar: Calendar) -> Line:
    """Say that days off beyond the calendar are not known yet."""
    first, last = calendar.valid_from, calendar.valid_until
    return Line(
        "note",
        f"Lịch nghỉ mới công bố từ {vn_date(first)} đến {vn_date(last)}; hạn này là tạm tính.",
        f"Days off are published from {day_en(first)} to {day_en(last)} only; this date is provisional.",
    )


def extension(
    given: Extension, at: datetime, amount: tuple[str, str], moves: tuple[datetime, datetime]
) -> Line:
    """Say by how much the one extension (granted at a local moment) moved the due moment."""
    why_vi, why_en = (f" ({text})" if text else "" for text in (given.reason_vi, given.reason_en))
    old, new = moves
    return Line(
        "extension",
        f"Xin lỗi và hẹn lại lúc {moment_vi(at)}{why_vi}: thêm {amount[0]}; hạn chuyển từ"
        f" {moment_vi(old)} sang {moment_vi(new)}. Chỉ được hẹn lại một lần.",
        f"Extended with an apology at {moment_en(at)}{why_en}: {amount[1]} more; the due date moves"
        f" from {moment_en(old)} to {moment_en(new)}. This is possible once.",
    )


def standing(since: datetime, reason: tuple[str, str]) -> Line:
    """Say that the clock stands still now, for a reason that has not ended."""
    return Line(
        "note",
        f"Đồng hồ đang tạm dừng từ {moment_vi(since)} ({reason[0]}); khi chạy tiếp, hạn lùi theo thời gian"
        " tạm dừng.",
        f"The clock has stood still since {moment_en(since)} ({reason[1]}); when it goes on, the due date"
        " moves by the time of the pause.",
    )


def days(count: int, working: bool) -> tuple[str, str]:
    """Write an amount of days in both languages."""
    en = f"{count} {'working ' if working else ''}day{'' if count == 1 else 's'}"
    return f"{count} ngày{' làm việc' if working else ''}", en


def hours(amount: timedelta) -> tuple[str, str]:
    """Write an amount of working time in both languages, in hours and minutes."""
    whole, minutes = divmod(amount // timedelta(minutes=1), 60)
    vi = " ".join(
        p for p in (f"{whole} giờ" if whole else "", f"{minutes} phút" if minutes else "") if p
    )
    en = " ".join(
        p for p in (f"{whole} h" if whole else "", f"{minutes} min" if minutes else "") if p
    )
    return f"{vi or '0 phút'} làm việc", f"{en or '0 min'} of working time"
