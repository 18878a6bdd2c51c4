"""Whether the figures can be trusted, and whether the hall was fair.

Little's law (1961): the mean number of people in a hall is the rate at which they come times the mean time
they stay. The left side is taken from the segments, the right one from the stamps of the tickets; where the
two differ by more than ``TOLERANCE``, something was lost or counted twice.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from anyio import to_thread

from motcua.queues.figures.order import BY_CLASS
from motcua.queues.figures.shape import Figures, Scope, ratio
from motcua.tenancy.db import Tx

#: How far the two sides of Little's law may lie apart, as a share of the greater.
TOLERANCE = 0.02
#: Somebody is overtaken when more than so many of his class came later and were called before him.
OVERTAKEN_BY = 3


@dataclass(frozen=True)
class Little:
    """Both sides for one site, as mean numbers of people over the days looked at."""

    site: UUID
    people: float
    expected: float
    untiled: int

    @property
    def deviation(self) -> float:
        """The difference as a share of the greater side."""
        return abs(self.people - self.expected) / (max(self.people, self.expected) or 1.0)

    @property
    def alarm(self) -> bool:
        """Whether the figures of this site should not be trusted."""
        return self.deviation > TOLERANCE


@dataclass(frozen=True)
class Fairness:
    """``overtaken`` of ``called`` people saw more than ``OVERTAKEN_BY`` later ones of their class go first.

    ``gini`` says how unequal the waits were: 0 all the same, towards 1 few waited for all; None for nobody.
    """

    called: int
    overtaken: int
    gini: float | None

    @property
    def share(self) -> float | None:
        """The share of the overtaken."""
        return ratio(self.overtaken, self.called)


def little(found: Iterable[Figures], scope: Scope) -> list[Little]:
    """Return Little's check for the figures of sites, as ``of`` sums them by site."""
    whole = ((scope.to_day - scope.from_day).days + 1) * 86400.0
    return [
        Little(one.whose.site, one.tiled / whole, one.stay / whole, one.count("untiled"))
        for one in found
        if one.whose.site is not None and one.count("arrived")
    ]


async def fairness(tx: Tx, scope: Scope) -> Fairness:
    """Return how fair a scope was, by site, line and day; recycled numbers are left out."""
    rows = await tx.fetch(BY_CLASS, *scope.args[:5])
    return await to_thread.run_sync(_fair, [(row["called"], row["waits"]) for row in rows])


def _fair(classes: Sequence[tuple[list[float], list[float]]]) -> Fairness:
    called = sum(len(moments) for moments, _ in classes)
    beyond = sum(1 for moments, _ in classes for n in overtakers(moments) if n > OVERTAKEN_BY)
    return Fairness(called, beyond, gini(max(0.0, w) for _, waits in classes for w in waits))


def overtakers(called: list[float]) -> list[int]:
    """Return for each, in the order in which they came, how many later ones were called before him."""
    before: list[float] = []
    found = []
    for moment in reversed(called):
        place = bisect_left(before, moment)
        found.append(place)
        before.insert(place, moment)
    return found[::-1]


def gini(values: Iterable[float]) -> float | None:
    """Return the Gini coefficient of values that are not negative; None for none."""
    rows = sorted(values)
    if not rows:
        return None
    total = sum(rows)
    if not total:
        return 0.0
    n = len(rows)
    return sum((2 * place - n - 1) * value for place, value in enumerate(rows, 1)) / (n * total)
