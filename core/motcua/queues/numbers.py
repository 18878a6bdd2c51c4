"""Ticket numbers: a letter and three digits, per site and day, without gap or duplicate."""

from datetime import date
from uuid import UUID

from motcua.events.work import Work

_NEXT = """
insert into day_number as d (site_id, letter, day, n) values ($1, $2, $3, 1)
on conflict (tenant_id, site_id, letter, day) do update set n = d.n + 1 returning n
"""


def write(letter: str, number: int) -> str:
    """Write a number as it is printed and called: ``A007``."""
    return f"{letter}{number:03d}"


async def take(work: Work, site: UUID, letter: str, day: date) -> str:
    """Take the next number; a roll-back of the work gives it back."""
    return write(letter, await work.tx.fetchval(_NEXT, site, letter, day))
