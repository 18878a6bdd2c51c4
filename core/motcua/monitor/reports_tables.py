"""The columns and cells of a report: values as numbers, and how they are written for people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from motcua.errors import in_words
from motcua.queues import kpis
from motcua.queues.figures import Figures, Spread

Kind = Literal["text", "count", "minutes", "share", "number", "hours"]
Value = str | int | float | None


@dataclass(frozen=True)
class Column:
    """One column; ``kpi`` names its definition, ``percentile`` what of it is shown."""

    key: str
    vi: str
    en: str
    kind: Kind
    kpi: str = ""
    # The figure whose rows stand behind a cell.
    rows: str = ""

    def label(self, lang: str) -> str:
        """Its heading."""
        return self.en if lang == "en" else self.vi


@dataclass(frozen=True)
class Cell:
    """A value, the query of the rows it counts ("" for none), and its kind where it is not its column's.

    ``key`` is what a program calls the figure that the cell names, where a row has one of its own.
    """

    value: Value
    link: str = ""
    kind: Kind | None = None
    key: str = ""


@dataclass(frozen=True)
class Table:
    """A table of a report: its first columns say whose the figures are."""

    key: str
    vi: str
    en: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]

    def title(self, lang: str) -> str:
        """Its heading."""
        return self.en if lang == "en" else self.vi


#: What a place is told by. Times are minutes here, because that is how people speak of waiting.
PLACE: tuple[Column, ...] = (
    Column("issued", "Đã cấp", "Issued", "count", "issued", "issued"),
    Column("done", "Đã phục vụ", "Served", "count", "done", "done"),
    Column("no_show", "Vắng mặt", "No-shows", "count", "no_show", "no_show"),
    Column("left", "Bỏ về", "Left", "count", "left", "left"),
    Column("expired", "Hết hiệu lực", "Expired", "count", "expired", "expired"),
    Column("wait_p50", "Chờ P50 (phút)", "Wait P50 (min)", "minutes", "wait", "called"),
    Column("wait_p90", "Chờ P90 (phút)", "Wait P90 (min)", "minutes", "wait", "called"),
    Column("wait_most", "Chờ lâu nhất (phút)", "Longest wait (min)", "minutes", "wait", "called"),
    Column("service_level", "Đúng cam kết", "Service level", "share", "service_level", "kept"),
    Column("service_mean", "Phục vụ TB (phút)", "Service mean (min)", "minutes", "service", "done"),
)
#: What only counters and officers have: time.
SEAT: tuple[Column, ...] = (
    Column("open_hours", "Giờ mở quầy", "Counter-hours", "hours", "open_hours", "time:seated"),
    Column("utilisation", "Mức sử dụng", "Utilisation", "share", "utilisation", "time:serving"),
    Column("done_per_hour", "Số/giờ mở quầy", "Served per hour", "number", "done_per_hour", "done"),
    Column("weighted", "Năng suất quy đổi", "Weighted", "number", "weighted", "services"),
)
#: What belongs to the hour of the clock: time at counters, and services by when they were done. Numbers belong
#: to the hour in which people came, so that numbers by time is no figure of an hour.
OPEN_HOUR: tuple[Column, ...] = tuple(column for column in SEAT if column.key != "done_per_hour")
OFFICER: tuple[Column, ...] = (
    Column("done", "Đã phục vụ", "Served", "count", "done", "done"),
    Column("service_mean", "Phục vụ TB (phút)", "Service mean (min)", "minutes", "service", "done"),
    SEAT[0],
    Column("break_hours", "Giờ tạm nghỉ", "Break hours", "hours", "", "time:break"),
    *SEAT[1:],
)


def value(figures: Figures, column: Column) -> Value:
    """Return what stands in a column for these figures; None for too few cases or nothing to measure."""
    key, _, part = column.key.rpartition("_")
    if part in Spread._fields:
        spread = figures.spread(key)
        seconds = getattr(spread, part)
        few = spread.n < kpis.by_key()[column.kpi].least
        return None if few or seconds is None else seconds / 60
    if column.kind == "count":
        return figures.count(column.key)
    if column.kind == "hours":
        return figures.seconds("seated" if column.key == "open_hours" else "break") / 3600
    if column.key == "service_level" and few_called(figures):
        return None
    found: float | None = getattr(figures, column.key)
    return found


def cells(figures: Figures, columns: Iterable[Column], query: Mapping[str, str]) -> list[Cell]:
    """Return a row of figures; each cell knows the address of the rows it counts."""
    return [
        Cell(
            found := value(figures, column),
            urlencode({**query, "figure": column.rows})
            if column.rows and opens(found, column.kind)
            else "",
        )
        for column in columns
    ]


def opens(found: Value, kind: Kind) -> bool:
    """Tell whether rows stand behind a figure: behind nought there are none, but for a wait that took no time."""
    return found is not None if kind == "minutes" else bool(found)


def few_called(figures: Figures) -> bool:
    """Tell whether a share of the called would say nothing."""
    return figures.count("called") < kpis.by_key()["service_level"].least


def used(tables: Iterable[Table], further: Iterable[str] = ()) -> list[kpis.Kpi]:
    """Return the definitions of everything that stands in these tables."""
    keys = {column.kpi for table in tables for column in table.columns if column.kpi}
    return kpis.of(keys | set(further))


_PLACES: Mapping[Kind, int] = {"minutes": 1, "number": 2, "hours": 1}


def written(value: Value, kind: Kind, lang: str) -> str:
    """Write a value for people: decimal comma in Vietnamese, a dash where there is nothing."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return in_words(value, lang)
    if kind == "share":
        text = f"{100 * value:.1f} %"
    elif kind == "count":
        text = f"{value:,.0f}"
    else:
        text = f"{value:,.{_PLACES[kind]}f}"
    return text if lang == "en" else text.translate(_VIETNAMESE)


_VIETNAMESE = str.maketrans({",": ".", ".": ","})
