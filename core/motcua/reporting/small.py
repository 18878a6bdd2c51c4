"""Small figures are not published: from "1 of 3 late" somebody could tell whose dossier it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

#: A figure from 1 to ``FEW - 1`` is hidden.
FEW = 5
Cell = int | Literal["<5", "…"]


@dataclass(frozen=True)
class Split:
    """How many of the finished dossiers were on time; ``<5`` hides a small figure, ``…`` its complement."""

    on_time: Cell
    late: Cell
    share: int | None


def _small(n: int) -> bool:
    return 0 < n < FEW


def _hidden(n: int) -> Cell:
    return "<5" if _small(n) else "…"


def split(on_time: int, late: int, *, hide: bool = False) -> Split:
    """Return the published form of one pair; the share in whole percent, rounded down.

    Both figures are hidden when one is small, because their sum is published.
    """
    total = on_time + late
    if hide or _small(on_time) or _small(late):
        return Split(_hidden(on_time), _hidden(late), None)
    return Split(on_time, late, 100 * on_time // total if total else None)


def splits(pairs: Sequence[tuple[int, int]]) -> list[Split]:
    """Return the published forms of the rows of a table that shows their sum as well.

    One hidden row alone could be computed from the sum; then the smallest other row is hidden too.
    """
    small = {n for n, pair in enumerate(pairs) if _small(pair[0]) or _small(pair[1])}
    others = [n for n, pair in enumerate(pairs) if n not in small and any(pair)]
    if len(small) == 1 and others:
        small.add(min(others, key=lambda n: sum(pairs[n])))
    return [split(*pair, hide=n in small) for n, pair in enumerate(pairs)]
