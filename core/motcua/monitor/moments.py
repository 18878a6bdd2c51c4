"""A moment of a day that somebody wants to look at again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time

from motcua.errors import Invalid
from motcua.people.parse import parse_date
from motcua.text import VIETNAM, vn_date

STEP = timedelta(minutes=5)
_EARLIEST = date(2020, 1, 1)
_FIRST, _LAST = clock_time(6), clock_time(19)


@dataclass(frozen=True)
class Moment:
    """A moment, and the steps around it. The query ``day`` and ``at`` is read and written here."""

    at: datetime
    latest: datetime

    @property
    def query(self) -> dict[str, str]:
        """Its address."""
        local = self.at.astimezone(VIETNAM)
        return {"day": vn_date(local), "at": f"{local:%H:%M}"}

    @property
    def day(self) -> date:
        """Its local day."""
        return self.at.astimezone(VIETNAM).date()

    def step(self, count: int) -> "Moment | None":
        """Return the moment so many steps of five minutes away; None outside the day or in the future."""
        at = self.at + count * STEP
        if at > self.latest or at.astimezone(VIETNAM).date() != self.day:
            return None
        return Moment(at, self.latest)

    def other_day(self, days: int) -> "Moment | None":
        """Return the same time of another day; None in the future."""
        at = self.at + timedelta(days=days)
        return None if at > self.latest else Moment(at, self.latest)

    @property
    def hours(self) -> list["Moment"]:
        """The full hours of the day's work that are not in the future."""
        first = datetime.combine(self.day, _FIRST, VIETNAM)
        last = datetime.combine(self.day, _LAST, VIETNAM)
        found = []
        while first <= min(last, self.latest):
            found.append(Moment(first, self.latest))
            first += timedelta(hours=1)
        return found


def read(asked: Mapping[str, str], now: datetime) -> Moment:
    """Read ``day`` and ``at`` (HH:MM, in the hall's time); half an hour ago when nothing is said.

    ``Invalid`` for a day or a time that is none; a moment in the future becomes now. Times are taken down to
    the last five minutes.
    """
    usual = (now - timedelta(minutes=30)).astimezone(VIETNAM)
    typed, day = asked.get("day", "").strip(), usual.date()
    if typed:
        today = now.astimezone(VIETNAM).date()
        day = parse_date(typed, field="day", earliest=_EARLIEST, latest=today)
    time = _time(asked.get("at", "").strip()) or usual.time()
    at = min(datetime.combine(day, time, VIETNAM), now.astimezone(VIETNAM))
    return Moment(at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0), now)


def _time(typed: str) -> clock_time | None:
    if not typed:
        return None
    try:
        return datetime.strptime(typed, "%H:%M").time()  # noqa: DTZ007 -- a time of day alone
    except ValueError as error:
        said = "Giờ cần có dạng 09:30.", "The time has the form 09:30."
        raise Invalid(*said, fields={"at": said}) from error
