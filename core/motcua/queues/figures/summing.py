"""Figures of any places and spans, by any of their dimensions: three statements, whatever is asked."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from motcua.queues.figures import sql
from motcua.queues.figures.shape import DIMENSIONS, Dimension, Figures, Scope, Spread, Whose
from motcua.tenancy.db import Record, Tx

By = tuple[Dimension, ...]
_GROUPED = "with HEAD select WHOSE, FIGURES from SOURCE group by grouping sets (SETS)"

#: What is summed over tickets, times and services, as columns.
TICKET_SUMS = (
    *(f"count(*) filter (where {sure}) as {key}" for key, sure in sql.COUNTS.items()),
    *(
        f"coalesce(sum({side}) filter (where {sql.COUNTS['arrived']}), 0) as {side}"
        for side in ("tiled", "stay")
    ),
)
TIME_SUMS = tuple(
    f"coalesce(sum(seconds) filter (where {sure}), 0) as time_{key}"
    for key, sure in sql.TIMES.items()
)
SERVICE_SUMS = ("sum(quantity)::int as services", "sum(standard)::float8 as standard_minutes")


async def of(tx: Tx, scope: Scope, *, by: Sequence[By] = ((),)) -> dict[By, list[Figures]]:
    """Return the figures of a scope, once for each set of dimensions.

    ``by=((), ("site",), ("site", "line"))`` gives the sum, each site, and each line of each site. A place
    without any ticket or time is not there. Time is cut by hour only where a set asks for hours.
    """
    sets = tuple(by)
    tickets = await tx.fetch(_tickets(sets), *scope.args)
    hourly = scope.hour is not None or any("hour" in one for one in sets)
    times = await tx.fetch(_times(sets, hourly), *scope.args)
    services = await tx.fetch(_services(sets), *scope.args)
    return _joined(sets, tickets, times, services)


async def total(tx: Tx, scope: Scope) -> Figures:
    """Return the sum of a scope."""
    found = (await of(tx, scope))[()]
    return found[0] if found else Figures(Whose())


@lru_cache(maxsize=64)
def _tickets(sets: tuple[By, ...]) -> str:
    spreads = [_spread(key, *what) for key, what in sql.SPREADS.items()]
    return grouped(sql.FACTS, [*TICKET_SUMS, *spreads], "facts", sets)


def _spread(key: str, value: str, sure: str) -> str:
    some = f"filter (where {sure})"
    return (
        f"count({value}) {some} as {key}_n, avg({value}) {some} as {key}_mean,"
        f" percentile_cont(array[0.5, 0.9]) within group (order by {value}) {some} as {key}_p,"
        f" max({value}) {some} as {key}_most"
    )


@lru_cache(maxsize=64)
def _times(sets: tuple[By, ...], hourly: bool) -> str:
    return grouped(sql.pieces(hourly=hourly), TIME_SUMS, "pieces", sets)


@lru_cache(maxsize=64)
def _services(sets: tuple[By, ...]) -> str:
    return grouped(sql.SERVICES, SERVICE_SUMS, "services", sets)


def grouped(head: str, figures: Iterable[str], source: str, sets: Sequence[By]) -> str:
    """Return the statement that sums ``source`` once for each set of dimensions."""
    keys = _keys(sets)
    level = f"grouping({', '.join(keys)})" if keys else "0"
    parts = {
        "HEAD": head,
        "WHOSE": ", ".join([*keys, f"{level} as level"]),
        "FIGURES": ", ".join(figures),
        "SOURCE": source,
        "SETS": ", ".join("(" + ", ".join(DIMENSIONS[d] for d in one) + ")" for one in sets),
    }
    text = _GROUPED
    for name, part in parts.items():
        text = text.replace(name, part)
    return text


def _keys(sets: Iterable[By]) -> list[str]:
    asked = {dimension for one in sets for dimension in one}
    return [column for dimension, column in DIMENSIONS.items() if dimension in asked]


def _joined(
    sets: tuple[By, ...], tickets: list[Record], times: list[Record], services: list[Record]
) -> dict[By, list[Figures]]:
    levels = {_level(one, _keys(sets)): one for one in sets}
    found: dict[tuple[By, Whose], dict[str, Any]] = {}
    for kind, rows in (("tickets", tickets), ("times", times), ("services", services)):
        for row in rows:
            found.setdefault((levels[row["level"]], _whose(row)), {})[kind] = row
    joined: dict[By, list[Figures]] = {one: [] for one in sets}
    for (one, whose), parts in found.items():
        made = _figures(whose, parts)
        # The sum over nothing is a row of noughts.
        if made.counts.get("issued") or made.times or made.services:
            joined[one].append(made)
    return joined


def _level(one: By, keys: Iterable[str]) -> int:
    """Return what ``grouping`` says of a set: a bit for each key that is summed over, first key highest."""
    kept = {DIMENSIONS[dimension] for dimension in one}
    return int("0" + "".join("0" if key in kept else "1" for key in keys), 2)


def _whose(row: Record) -> Whose:
    return Whose(*(row.get(column) for column in DIMENSIONS.values()))


def _figures(whose: Whose, parts: Mapping[str, Any]) -> Figures:
    tickets, times, services = (parts.get(kind) for kind in ("tickets", "times", "services"))
    return Figures(
        whose,
        {key: tickets[key] for key in sql.COUNTS} if tickets else {},
        {key: times[f"time_{key}"] for key in sql.TIMES} if times and _any(times) else {},
        {key: _spread_of(tickets, key) for key in sql.SPREADS} if tickets else {},
        (services["services"] or 0) if services else 0,
        (services["standard_minutes"] or 0.0) if services else 0.0,
        tickets["tiled"] if tickets else 0.0,
        tickets["stay"] if tickets else 0.0,
    )


def _any(times: Mapping[str, Any]) -> bool:
    return any(times[f"time_{key}"] for key in sql.TIMES)


def _spread_of(row: Mapping[str, Any], key: str) -> Spread:
    p50, p90 = row[f"{key}_p"] or (None, None)
    return Spread(row[f"{key}_n"], row[f"{key}_mean"], p50, p90, row[f"{key}_most"])
