"""A map of tiles: every site near where it lies, none upon another. No map is needed, only coordinates."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

#: Styles know so many columns and rows.
MOST = 24
# A tile is wider than high, and some cells stay empty so that the shape of the land remains.
_WIDER = 1.7
_ROOM = 1.35


class Cell(NamedTuple):
    """Where a tile stands, from 1."""

    column: int
    row: int


class Grid(NamedTuple):
    """The size of a map and the cell of each site."""

    columns: int
    rows: int
    cells: Mapping[UUID, Cell]


def place(sites: Sequence[Mapping[str, Any]], *, columns: int = 0, rows: int = 0) -> Grid:
    """Put sites with ``id``, ``latitude``, ``longitude`` (degrees or None) into a grid, north up.

    Each goes to the free cell nearest to where it lies, those in the middle of the land first. Sites without
    coordinates fill what is left, row by row. Without a size the grid is about as wide as a screen; a
    grid too small for all gets further rows.
    """
    if not sites:
        return Grid(1, 1, {})
    columns = columns or min(MOST, max(2, round(math.sqrt(len(sites) * _ROOM * _WIDER))))
    rows = max(rows, math.ceil(len(sites) * (1 if rows else _ROOM) / columns))
    rows = max(rows, math.ceil(len(sites) / columns))
    known = [s for s in sites if s["latitude"] is not None and s["longitude"] is not None]
    wanted = _wanted(known, columns, rows)
    free = {(column, row) for column in range(columns) for row in range(rows)}
    cells: dict[UUID, Cell] = {}
    middle = ((columns - 1) / 2, (rows - 1) / 2)
    for site in sorted(known, key=lambda s: (math.dist(wanted[s["id"]], middle), str(s["id"]))):
        want = wanted[site["id"]]
        best = min(free, key=lambda cell: (math.dist(cell, want), cell))
        free.discard(best)
        cells[site["id"]] = Cell(best[0] + 1, best[1] + 1)
    rest = iter(sorted(free, key=lambda cell: (-cell[1], cell[0])))
    for site in sites:
        if site["id"] not in cells:
            column, row = next(rest)
            cells[site["id"]] = Cell(column + 1, row + 1)
    return _trimmed(columns, rows, cells)


def _wanted(
    sites: Sequence[Mapping[str, Any]], columns: int, rows: int
) -> dict[UUID, tuple[float, float]]:
    """Return where each would stand: half by distance, half by rank, so that towns are spread out."""
    across = _spread([s["longitude"] for s in sites], columns)
    down = _spread([-s["latitude"] for s in sites], rows)
    return {s["id"]: (x, y) for s, x, y in zip(sites, across, down, strict=True)}


def _spread(values: Sequence[float], cells: int) -> list[float]:
    if not values:
        return []
    low, high = min(values), max(values)
    order = {value: n for n, value in enumerate(sorted(set(values)))}
    last = max(1, len(order) - 1)
    wide = (high - low) or 1.0
    return [((v - low) / wide + order[v] / last) / 2 * (cells - 1) for v in values]


def _trimmed(columns: int, rows: int, cells: Mapping[UUID, Cell]) -> Grid:
    """Leave out columns and rows in which nothing stands."""
    used_columns = sorted({cell.column for cell in cells.values()})
    used_rows = sorted({cell.row for cell in cells.values()})
    moved = {
        site: Cell(used_columns.index(cell.column) + 1, used_rows.index(cell.row) + 1)
        for site, cell in cells.items()
    }
    return Grid(len(used_columns), len(used_rows), moved)
