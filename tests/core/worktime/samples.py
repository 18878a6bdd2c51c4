"""Calendars for the tests: the tenant's own file, and a small one with everything odd in it."""

import tomllib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from motcua.worktime import Calendar

TENANTS = Path(__file__).parents[3] / "tenants"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ODD: dict[str, object] = {
    "version": "odd",
    "sessions": [["07:30", "11:30"], ["13:30", "17:00"]],
    "weekend": [7],
    "weekly": [{"day": 6, "sessions": [["08:00", "11:00"]]}],
    "off": [{"date": "2026-11-24", "until": "2026-11-26", "name_vi": "Nghỉ mẫu"}],
    "working": [{"date": "2026-11-22", "sessions": [["09:00", "10:00"]], "name_vi": "Bù mẫu"}],
    "half": [{"date": "2026-11-20", "sessions": [["07:30", "11:30"]], "name_vi": "Nửa ngày mẫu"}],
}


def tenant_calendar(slug: str = "quang-ninh") -> Calendar:
    """Read a tenant's calendar file."""
    return Calendar.from_data(tomllib.loads((TENANTS / slug / "calendar.toml").read_text("utf-8")))


def at(text: str) -> datetime:
    """Read ``2026-11-22 08:00`` in Vietnam's time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)
