"""What each number had come to at a moment, and every figure of it, in plain Python over the raw segments.

Written from what ``motcua.queues.kpis`` says in words, apart from the SQL of ``motcua.queues.figures`` that it checks.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from motcua.simulation.recount import WAIT_KINDS, Day, Row, grouped

_HOUR = timedelta(hours=1)
_AFAR = frozenset({"phone", "portal", "appointment"})
_AT_THE_DOOR = frozenset({"kiosk", "counter", "station"})
_GIVEN_UP = frozenset({"left", "no_show", "expired"})
#: Values by the name of what they are; None where there is nothing to measure.
Values = dict[str, float | None]


@dataclass(frozen=True)
class Life:
    """A number as it stood ``at`` a moment; times in seconds.

    ``ended`` is how it ended ("" while it lives), ``kind`` that of the segment in which it is, ``present`` how
    long somebody was there by the segments, and ``stay`` by the stamps (None: nobody came).
    """

    ticket: Row
    at: datetime
    promise: float
    ended: str
    kind: str
    wait: float
    service: float
    present: float
    stay: float | None
    first_wait: float | None
    first_called: datetime | None
    last_called: datetime | None
    transferred: bool


def lives(raw: Day, at: datetime) -> list[Life]:
    """Return the lives of a day's numbers as far as they had got at a moment."""
    rows = grouped((r for r in raw.segments if r["ticket_id"] and r["from_at"] <= at), "ticket_id")
    return [
        _life(ticket, rows.get(ticket["id"], ()), raw.promises[ticket["line_id"]] * 60.0, at)
        for ticket in raw.tickets
        if ticket["issued_at"] <= at
    ]


def _life(ticket: Row, rows: Sequence[Row], promise: float, at: datetime) -> Life:
    spent: dict[str, float] = defaultdict(float)
    for row in rows:
        spent[row["kind"]] += ((_until(row["to_at"], at) or at) - row["from_at"]).total_seconds()
    called = sorted(row["from_at"] for row in rows if row["kind"] == "called")
    waited = sorted(row["from_at"] for row in rows if row["kind"] in WAIT_KINDS)
    over = _until(ticket["ended_at"], at)
    came = _until(ticket["arrived_at"], at)
    return Life(
        ticket,
        at,
        promise,
        ended=ticket["state"] if over else "",
        kind=next((r["kind"] for r in rows if _until(r["to_at"], at) is None), ""),
        wait=sum(spent[kind] for kind in WAIT_KINDS),
        service=spent["serving"],
        present=sum(took for kind, took in spent.items() if kind != "reserved"),
        stay=((over or at) - max(came, ticket["issued_at"])).total_seconds() if came else None,
        first_wait=(called[0] - waited[0]).total_seconds() if called and waited else None,
        first_called=called[0] if called else None,
        last_called=called[-1] if called else None,
        transferred=any(row["kind"] == "transferred" for row in rows),
    )


def _until(moment: datetime | None, at: datetime) -> datetime | None:
    """Return a moment that has come, and None for one that has not."""
    return moment if moment is not None and moment <= at else None


def _estimate_held(one: Life) -> bool:
    low, high = one.ticket["low_minutes"], one.ticket["high_minutes"]
    return None not in (low, high, one.first_wait) and low * 60 <= one.first_wait <= high * 60


def _estimated(one: Life) -> bool:
    return one.first_called is not None and one.ticket["origin"] in _AT_THE_DOOR


#: When a number counts: of a day.
COUNTS: Mapping[str, Callable[[Life], bool]] = {
    "issued": lambda _: True,
    "remote": lambda one: one.ticket["origin"] in _AFAR,
    "priority": lambda one: one.ticket["priority"] > 0,
    "arrived": lambda one: one.stay is not None,
    "called": lambda one: one.first_called is not None,
    "done": lambda one: one.ended == "done",
    "no_show": lambda one: one.ended == "no_show",
    "left": lambda one: one.ended == "left",
    "cancelled": lambda one: one.ended == "cancelled",
    "expired": lambda one: one.ended == "expired",
    "voided": lambda one: one.ended == "voided",
    "open": lambda one: not one.ended,
    "kept": lambda one: one.first_called is not None and one.wait <= one.promise,
    "abandoned": lambda one: one.ended in _GIVEN_UP,
    "abandoned_late": lambda one: one.ended in _GIVEN_UP and one.wait > one.promise,
    "transferred": lambda one: one.first_called is not None and one.transferred,
    "recalled": lambda one: (
        one.first_called is not None and (one.ticket["calls"] > 1 or one.ticket["recycled"] > 0)
    ),
    "estimated": _estimated,
    "estimate_kept": lambda one: _estimated(one) and _estimate_held(one),
    "untiled": lambda one: one.stay is not None and abs(one.present - one.stay) > 1,
}
#: When a number counts: of a moment.
NOW: Mapping[str, Callable[[Life], bool]] = {
    "now_waiting": lambda one: one.kind in WAIT_KINDS,
    "now_overdue": lambda one: one.kind in WAIT_KINDS and one.wait > one.promise,
    "now_reserved": lambda one: one.kind == "reserved",
    "now_called": lambda one: one.kind == "called",
    "now_serving": lambda one: one.kind == "serving",
    "now_parked": lambda one: one.kind == "parked",
    "hour_arrived": lambda one: one.stay is not None and one.ticket["arrived_at"] > one.at - _HOUR,
    "hour_called": lambda one: one.last_called is not None and one.last_called > one.at - _HOUR,
}
#: Times of numbers of which mean, median, 90th percentile and greatest are shown, and of which numbers.
SPREADS: Mapping[str, tuple[Callable[[Life], float | None], str]] = {
    "wait": (lambda one: one.wait, "called"),
    "first_wait": (lambda one: one.first_wait, "called"),
    "service": (lambda one: one.service, "done"),
}


def counted(found: Iterable[Life], sure: Mapping[str, Callable[[Life], bool]]) -> Values:
    """Return how many lives each condition holds for."""
    own = list(found)
    return {key: float(sum(1 for one in own if holds(one))) for key, holds in sure.items()}


def spreads(found: Sequence[Life]) -> Values:
    """Return ``wait n``, ``wait mean``, ``wait p50`` and so on."""
    sums: Values = {}
    for key, (value, whose) in SPREADS.items():
        measured = (value(one) for one in found if COUNTS[whose](one))
        values = [each for each in measured if each is not None]
        sums |= {
            f"{key} n": float(len(values)),
            f"{key} mean": statistics.fmean(values) if values else None,
            f"{key} p50": statistics.median(values) if values else None,
            f"{key} p90": p90(values),
            f"{key} most": max(values, default=None),
        }
    return sums


def p90(values: Sequence[float]) -> float | None:
    """Return the 90th percentile, between two neighbours where it falls between."""
    if len(values) < 2:
        return values[0] if values else None
    return statistics.quantiles(values, n=10, method="inclusive")[-1]


def moment(found: Sequence[Life]) -> Values:
    """Return what is shown of a moment: whom it has, how long they wait, how long the last hour's waited."""
    here = [one.wait for one in found if NOW["now_waiting"](one)]
    hour = [one.wait for one in found if NOW["hour_called"](one)]
    return {**counted(found, NOW), "longest": max(here, default=None), "p90": p90(hour)}
