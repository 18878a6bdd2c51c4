"""Blocks of numbers for the machine of a hall: what it gives out while it is alone, the centre never gives out.

A letter has a block for each of the coming days, and one more as soon as little is left in those it has, so
that a second cut of a day finds numbers too.
"""

from datetime import date
from typing import Final
from uuid import UUID

from motcua.events.work import Work
from motcua.queues import numbers

DAYS: Final = 7
#: How many numbers a block has.
SIZE: Final = 99
#: With fewer than so many left of all its blocks, a letter is given a further one.
ENOUGH: Final = 50
_FIRST: Final = 801
_SHORT = """
select l.letter, d.day::date as day from line l
cross join generate_series($2::date, $2::date + ($3::int - 1), interval '1 day') as d (day)
where l.site_id = $1 and (
  select coalesce(sum(b.last - b.first + 1 - b.used), 0) from number_lease b
  where b.site_id = l.site_id and b.letter = l.letter and b.day = d.day::date) < $4
order by d.day, l.letter
"""
# 801 to 899 first, then 901 to 999, then downwards as far as the centre has not come, then above three digits.
_LEASE = """
insert into number_lease (site_id, letter, day, first, last, leased_at)
select d.site_id, d.letter, d.day, c.first, c.first + $5::int - 1, $6
from day_number d cross join generate_series(101, 32001, 100) as c (first)
where d.site_id = $1 and d.letter = $2 and d.day = $3 and c.first > d.n and not exists (
  select 1 from number_lease b where b.site_id = d.site_id and b.letter = d.letter and b.day = d.day
    and b.last >= c.first and b.first < c.first + $5::int)
order by c.first > 999, c.first < $4::int, abs(c.first - $4::int) limit 1
"""


async def lease(work: Work, site: UUID, today: date) -> None:
    """Give each letter of a site a further block for the days on which it has few numbers left."""
    for row in await work.tx.fetch(_SHORT, site, today, DAYS, ENOUGH):
        letter, day = row["letter"], row["day"]
        await numbers.hold(work, site, letter, day)
        await work.tx.execute(_LEASE, site, letter, day, _FIRST, SIZE, work.now)
