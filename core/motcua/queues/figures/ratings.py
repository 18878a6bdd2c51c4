"""What people said after their service."""

from dataclasses import dataclass

from motcua.queues.figures.shape import Scope, ratio
from motcua.tenancy.db import Tx

_RATINGS = """
select count(*) filter (where level = 3) as very, count(*) filter (where level = 2) as well,
  count(*) filter (where level = 1) as badly,
  count(*) filter (where level = 1 and (closed_at is null or closed_at > $4)) as open
from feedback where site_id = any($1) and day between $2 and $3 and at <= $4
  and ($5::uuid is null or line_id = $5) and ($6::uuid is null or staff_id = $6)
"""


@dataclass(frozen=True)
class Ratings:
    """How many were very satisfied, satisfied, not satisfied; ``open`` dislikes wait for an answer."""

    very: int
    well: int
    badly: int
    open: int

    @property
    def given(self) -> int:
        """How many ratings there are."""
        return self.very + self.well + self.badly

    @property
    def satisfied(self) -> float | None:
        """Share of the satisfied and very satisfied."""
        return ratio(self.very + self.well, self.given)


async def ratings(tx: Tx, scope: Scope) -> Ratings:
    """Return the ratings of a scope, by site, line and officer (not by counter or hour)."""
    row = await tx.fetchrow(_RATINGS, *scope.args[:5], scope.officer)
    if row is None:
        raise LookupError("an aggregate returned no row")
    return Ratings(row["very"], row["well"], row["badly"], row["open"])
