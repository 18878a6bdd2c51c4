"""What is asked of the clock, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Literal, get_args

from motcua.errors import Invalid
from motcua.worktime.calendar import minute_of

LimitKind = Literal["working_days", "working_hours", "calendar_days", "same_day"]
MAX_VALUE = 3660
_UNITS_OF_DAYS = ("working_days", "calendar_days")
_UNITS = {
    "working_days": ("ngày làm việc", "working day"),
    "working_hours": ("giờ làm việc", "working hour"),
    "calendar_days": ("ngày", "day"),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit: 5 working days, 8 working hours, 30 days, or within the day of acceptance.

    ``value`` is a number of days, or of hours (then parts are allowed, in whole minutes); it is not
    read for ``same_day``. ``cutoff`` (``HH:MM``) makes what arrives later count as received on the
    next working day; for ``same_day`` the calendar's cut-off holds unless one is given here. Empty
    is as good as none. ``first_day`` says that the day of receipt is the first day of the limit; without
    it counting begins on the day after (Civil Code 2015, article 147). Only for limits in days: hours run
    from the moment of receipt, and ``same_day`` is that day.
    """

    kind: LimitKind
    value: int | Decimal = 0
    cutoff: str | None = None
    first_day: bool = False

    def __post_init__(self) -> None:
        if self.kind not in get_args(LimitKind):
            raise _wrong("kind", self.kind)
        if self.kind != "same_day":
            whole = self.value * 60 if self.kind == "working_hours" else self.value
            if not 0 < self.value <= MAX_VALUE or whole != int(whole):
                raise _wrong("value", self.value)
        if self.cutoff:
            minute_of(self.cutoff, "cutoff")
        if self.first_day and self.kind not in _UNITS_OF_DAYS:
            raise _wrong("first_day", self.first_day)

    @property
    def minutes(self) -> int:
        """The limit in working minutes; for ``working_hours`` only."""
        return int(self.value * 60)

    @property
    def vi(self) -> str:
        """The limit in Vietnamese: ``5 ngày làm việc``."""
        if self.kind == "same_day":
            return "trong ngày làm việc"
        return f"{self._number(',')} {_UNITS[self.kind][0]}"

    @property
    def en(self) -> str:
        """The limit in English: ``5 working days``."""
        if self.kind == "same_day":
            return "within the working day"
        return f"{self._number('.')} {_UNITS[self.kind][1]}{'' if self.value == 1 else 's'}"

    def _number(self, point: str) -> str:
        # A decimal such as 8.00 or 1E+1 is written 8 and 10.
        exact = Decimal(self.value)
        return format(
            exact.normalize() if exact % 1 else int(exact), "f" if exact % 1 else "d"
        ).replace(".", point)

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> "Limit":
        """Read ``{kind, value, cutoff, first_day}``; raises Invalid with the key at fault in ``fields``."""
        cutoff, value = data.get("cutoff"), data.get("value", 0)
        first_day = data.get("first_day", False)
        if not isinstance(first_day, bool):
            raise _wrong("first_day", first_day)
        try:
            exact = Decimal(str(value))
        except InvalidOperation as error:
            raise _wrong("value", value) from error
        if isinstance(value, bool) or not exact.is_finite():
            raise _wrong("value", value)
        kind = str(data.get("kind"))
        number = int(exact) if exact == exact.to_integral_value() else exact
        said = None if cutoff is None else str(cutoff)
        return cls(kind, number, said, first_day)  # type: ignore[arg-type]

    def to_data(self) -> dict[str, object]:
        """Return JSON values from which ``from_data`` makes an equal limit."""
        value = self.value if isinstance(self.value, int) else str(self.value)
        return {
            "kind": self.kind,
            "value": value,
            "cutoff": self.cutoff,
            "first_day": self.first_day,
        }


@dataclass(frozen=True, slots=True)
class Pause:
    """A time during which the clock stood still, and why (shown to the citizen); aware moments."""

    start: datetime
    end: datetime
    reason_vi: str = ""
    reason_en: str = ""

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None or self.start > self.end:
            raise Invalid(
                "Khoảng tạm dừng phải có múi giờ và không kết thúc trước khi bắt đầu",
                "A pause needs time zones and cannot end before it starts",
                fields={"end": str(self.end)},
            )


@dataclass(frozen=True, slots=True)
class Extension:
    """The one time a limit is prolonged: granted at an aware moment, by so many days of the limit's kind.

    Days by the calendar for a limit in those, working days for any other.
    """

    at: datetime
    days: int
    reason_vi: str = ""
    reason_en: str = ""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None or not 0 < self.days <= MAX_VALUE:
            raise Invalid(
                "Việc gia hạn phải có múi giờ và ít nhất một ngày",
                "An extension needs a time zone and at least one day",
                fields={"days": str(self.days)},
            )


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a derivation.

    ``kind`` is calendar, accepted, limit, skip, extra, pause, extension, note or result.
    """

    kind: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Due:
    """A due moment (aware, in the calendar's zone) and how it was found.

    ``provisional`` when the days off of some day on the way are not yet known; compute again when
    the calendar gets its next version. ``version`` is that of the calendar used.
    """

    at: datetime
    derivation: tuple[Line, ...]
    provisional: bool = False
    version: str = ""

    def explain(self, lang: str = "vi") -> list[str]:
        """Return the derivation as sentences in Vietnamese or (``en``) English."""
        return [line.en if lang == "en" else line.vi for line in self.derivation]

    def to_data(self) -> dict[str, object]:
        """Return JSON values: at (ISO 8601), derivation (kind, vi, en), provisional, version."""
        return {
            "at": self.at.isoformat(),
            "derivation": [{"kind": x.kind, "vi": x.vi, "en": x.en} for x in self.derivation],
            "provisional": self.provisional,
            "version": self.version,
        }


def _wrong(key: str, value: object) -> Invalid:
    return Invalid(
        f"Thời hạn có giá trị không đúng ở '{key}': {value}",
        f"The time limit has a wrong value at '{key}': {value}",
        fields={key: str(value)},
    )
