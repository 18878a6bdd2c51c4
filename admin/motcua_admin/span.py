"""The span of days that somebody asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from motcua.api import Invalid, local_day

PRESETS = (1, 7, 30)


@dataclass(frozen=True)
class Span:
    """Both days included; ``days`` is the preset it came from, 0 when it was typed."""

    first: date
    last: date
    days: int = 0

    @property
    def query(self) -> str:
        """The span as part of an address."""
        return f"from={self.first}&to={self.last}"


def read(query: Mapping[str, str]) -> Span:
    """Read ``days`` (1, 7, 30) or ``from`` and ``to`` (``22/11/2026`` or ``2026-11-22``).

    Seven days when nothing is said; ``Invalid`` names the day that cannot be read.
    """
    today = local_day(datetime.now(UTC))
    if query.get("from") or query.get("to"):
        last = _day(query, "to", today)
        return Span(_day(query, "from", last), last)
    asked = query.get("days", "7")
    days = int(asked) if asked in {str(n) for n in PRESETS} else 7
    return Span(today - timedelta(days - 1), today, days)


def _day(query: Mapping[str, str], key: str, otherwise: date) -> date:
    value = query.get(key, "").strip()
    if not value:
        return otherwise
    try:
        if "/" in value:
            day, month, year = (int(part) for part in value.split("/"))
            return date(year, month, day)
        return date.fromisoformat(value)
    except ValueError as error:
        raise Invalid(
            "Ngày chưa đúng.",
            "The day cannot be read.",
            fields={key: ("Ghi ngày theo mẫu 22/11/2026.", "Write the day like 22/11/2026.")},
        ) from error
