"""The first table of a report: every figure of the whole, one to a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from motcua.errors import Both
from motcua.monitor.reports_tables import Cell, Column, Kind, Table, opens
from motcua.queues import figures
from motcua.queues.figures import Book, Figures, Little, Scope, Spread
from motcua.queues.kpis import by_key
from motcua.tenancy.db import Tx
from motcua.worktime import Calendar

_COUNTS = ("issued", "arrived", "called", "done", "no_show", "left", "cancelled", "expired")
_PARTS = (
    ("mean", "trung bình", "mean"),
    ("p50", "P50", "P50"),
    ("p90", "P90", "P90"),
    ("most", "dài nhất", "longest"),
)
_SHARES = (
    "service_level",
    "abandonment",
    "abandonment_late",
    "transfer_rate",
    "recall_rate",
    "estimate_kept",
)
#: Every definition the summary uses.
SUMMARY = (
    *_COUNTS,
    "wait",
    "first_wait",
    "service",
    "stay",
    *_SHARES,
    "open_hours",
    "utilisation",
    "done_per_hour",
    "weighted",
    "first_visit",
    "punctuality",
    "overtaken",
    "gini",
    "little",
    "satisfied",
)
_COLUMNS = (
    Column("figure", "Chỉ số", "Figure", "text"),
    Column("value", "Giá trị", "Value", "number"),
    Column("cases", "Số trường hợp", "Cases", "count"),
)
_KINDS: Mapping[str, Kind] = {"share": "share", "hours": "hours", "count": "count"}


async def summary(
    tx: Tx,
    scope: Scope,
    total: Figures,
    calendar: Calendar,
    checks: Sequence[Little],
    query: Mapping[str, str],
    kept: Book | None = None,
) -> Table:
    """Return every figure of the whole scope; over too few cases a figure is left empty.

    ``kept``: its days in the book, where it is about whole days of whole sites.
    """
    visits = await figures.visits(tx, scope, calendar, await kept.stay() if kept else None)
    fair = await (kept.fairness() if kept else figures.fairness(tx, scope))
    ratings = await figures.ratings(tx, scope)
    called, issued = total.count("called"), total.count("issued")
    lines = [_Line(key, key, total.count(key), None) for key in _COUNTS]
    for key in ("wait", "first_wait", "service"):
        lines += _times(key, total.spread(key))
    lines += _times("stay", visits.stay)
    over = {"abandonment": issued, "abandonment_late": issued}
    over["estimate_kept"] = total.count("estimated")
    lines += [_Line(key, key, getattr(total, key), over.get(key, called)) for key in _SHARES]
    lines += [
        _Line("open_hours", "open_hours", total.seconds("seated") / 3600, None),
        _Line("utilisation", "utilisation", total.utilisation, None),
        _Line("done_per_hour", "done_per_hour", total.done_per_hour, total.count("done")),
        _Line("weighted", "weighted", total.weighted, total.services),
        _Line("first_visit", "first_visit", visits.first_visit, visits.judged),
        _Line("punctuality", "punctuality", visits.punctuality, visits.came),
        _Line("satisfied", "satisfied", ratings.satisfied, ratings.given),
        _Line("overtaken", "overtaken", fair.share, fair.called),
        _Line("gini", "gini", fair.gini, fair.called),
        _Line("little", "little", max((c.deviation for c in checks), default=None), None),
    ]
    return Table("summary", "Tổng hợp", "Summary", _COLUMNS, [_row(one, query) for one in lines])


@dataclass(frozen=True)
class _Line:
    """One figure: its key, its definition, its value (seconds for times), over how many cases."""

    key: str
    kpi: str
    value: float | None
    cases: int | None
    part: tuple[str, str] | None = None


def _times(key: str, spread: Spread) -> list[_Line]:
    return [
        _Line(f"{key}_{part}", key, getattr(spread, part), spread.n, (vi, en))
        for part, vi, en in _PARTS
    ]


def _row(line: _Line, query: Mapping[str, str]) -> list[Cell]:
    kpi = by_key()[line.kpi]
    few = line.cases is not None and line.cases < kpi.least
    value = None if few else line.value
    kind: Kind = _KINDS.get(kpi.unit, "number")
    vi, en = kpi.name_vi, kpi.name_en
    if kpi.unit == "seconds":
        kind = "minutes"
        value = None if value is None else value / 60
        part = line.part or ("", "")
        vi, en = f"{vi}, {part[0]} (phút)", f"{en}, {part[1]} (min)"
    link = urlencode({**query, "figure": kpi.rows}) if kpi.rows and opens(line.value, kind) else ""
    return [Cell(Both(vi, en), key=line.key), Cell(value, link, kind), Cell(line.cases)]
