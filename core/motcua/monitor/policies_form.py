"""The calling policy as a form: what is asked, what was typed, what was meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from motcua import clock
from motcua.errors import Invalid
from motcua.people.parse import parse_date
from motcua.queues.policy import BOUNDS, Policy
from motcua.text import VIETNAM
from motcua.worktime.calendar import minute_of


@dataclass(frozen=True)
class Asked:
    """One number of the policy as a field."""

    key: str
    vi: str
    en: str
    low: int
    high: int


def fields() -> list[Asked]:
    """Return the numbers that are asked for, in the order of the policy."""
    return [Asked(key, bound.vi, bound.en, bound.low, bound.high) for key, bound in BOUNDS.items()]


def typed(policy: Policy) -> dict[str, str]:
    """Return a policy as it stands in the form."""
    head = policy.priority_head_start_minutes
    return {
        **{key: str(getattr(policy, key)) for key in BOUNDS},
        "spill_over": "1" if policy.spill_over else "",
        "priority": "absolute" if head is None else "head_start",
        "priority_head_start_minutes": "" if head is None else f"{head:g}",
    }


def read(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a policy from a form; what is no number stays text, for ``Policy.of`` to refuse."""
    body: dict[str, Any] = {key: _whole(form.get(key, "")) for key in BOUNDS}
    body["spill_over"] = form.get("spill_over") == "1"
    body["priority_head_start_minutes"] = None
    if form.get("priority") == "head_start":
        body["priority_head_start_minutes"] = _number(form.get("priority_head_start_minutes", ""))
    return body


def moment(form: Mapping[str, Any], now: datetime) -> datetime:
    """Return from when a policy is to hold: now, or the day and time that were typed (the country's)."""
    day, hour = (str(form.get(key, "")).strip() for key in ("from_day", "from_time"))
    if not day and not hour:
        return now
    on = parse_date(day, field="from_day", earliest=clock.now().astimezone(VIETNAM).date())
    try:
        minute = minute_of(hour or "00:00", "from_time")
        at = datetime.combine(on, time(minute // 60, minute % 60), VIETNAM)
    except (Invalid, ValueError) as error:
        said = ("Nhập giờ theo dạng 07:30.", "Enter the time as 07:30.")
        raise Invalid(*said, fields={"from_time": said}) from error
    if at < now:
        said = ("Thời điểm áp dụng đã qua.", "This moment has passed.")
        raise Invalid(*said, fields={"from_day": said})
    return at


def _whole(raw: Any) -> Any:
    text = str(raw).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else text


def _number(raw: Any) -> Any:
    text = str(raw).strip().replace(",", ".")
    bare = text.replace(".", "", 1)
    return float(text) if bare.isascii() and bare.isdigit() and len(bare) < 7 else text
