"""Ticket numbers: a letter and three digits, per site and day, without gap or duplicate.

Blocks that a site's own node has leased belong to it alone: the centre steps over them.
"""

from datetime import date
from typing import Final
from uuid import UUID

from motcua.events.work import Work

#: Where the last block ends at a hall that is alone: all from its own last number on is not its own.
NO_END: Final = 32767
# The smallest number after ``d.n`` that no block holds; blocks may follow one upon the other. Whoever leases
# a block locks the row of ``day_number`` first, so the two never overlap.
NEXT_FREE = """
(select min(c.n) from (
   select d.n + 1 as n union all
   select b.last + 1 from number_lease b
   where b.site_id = d.site_id and b.letter = d.letter and b.day = d.day and b.last >= d.n) c
 where c.n > d.n and not exists (
   select 1 from number_lease b where b.site_id = d.site_id and b.letter = d.letter
     and b.day = d.day and c.n between b.first and b.last))
"""
_HOLD = """
insert into day_number as d (site_id, letter, day, n) values ($1, $2, $3, 0)
on conflict (tenant_id, site_id, letter, day) do update set n = d.n
"""
_NEXT = f"""
update day_number d set n = {NEXT_FREE} where site_id = $1 and letter = $2 and day = $3 returning n
"""  # noqa: S608 -- constants


def write(letter: str, number: int) -> str:
    """Write a number as it is printed and called: ``A007``."""
    return f"{letter}{number:03d}"


async def hold(work: Work, site: UUID, letter: str, day: date) -> None:
    """Let no other number of this letter be taken, and no block of it be leased, until the work ends."""
    await work.tx.execute(_HOLD, site, letter, day)


async def take(work: Work, site: UUID, letter: str, day: date) -> str:
    """Take the next number; a roll-back of the work gives it back."""
    await hold(work, site, letter, day)
    return write(letter, await work.tx.fetchval(_NEXT, site, letter, day))
