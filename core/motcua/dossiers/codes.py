"""Dossier codes: agency, day, and a number without gaps; results are numbered the same way.

The number comes from one row per series and day, taken with its lock in the transaction that needs
it: a roll-back gives it back, and two acceptances at once stand in line.
"""

import re
from datetime import date, datetime

from motcua.events.work import Work
from motcua.text import VIETNAM

PATTERN = re.compile(
    r"^(?P<agency>[A-Z]\d{2}(\.\d{1,3}){0,3}|\d{3}(\.\d{2,3}){0,2}\.[A-Z]\d{2})"
    r"-(?P<day>\d{6}|\d{8})-(?P<seq>\d{4,7})$"
)

_NEXT = """
insert into code_sequence as s (agency_code, day, n) values ($1, $2, 1)
on conflict (tenant_id, agency_code, day) do update set n = s.n + 1 returning n
"""


def write(agency: str, day: date, number: int) -> str:
    """Write a code: ``H49.12-251122-0001``."""
    return f"{agency}-{day:%y%m%d}-{number:04d}"


def local_day(moment: datetime) -> date:
    """Return the day of a moment as people in the country count it."""
    return moment.astimezone(VIETNAM).date()


async def allocate(work: Work, agency: str) -> str:
    """Take the next code of this agency for today."""
    day = local_day(work.now)
    return write(agency, day, await next_number(work, agency, day))


async def next_number(work: Work, series: str, since: date) -> int:
    """Take the next number, from 1 on, of the series that begins anew with this day."""
    return int(await work.tx.fetchval(_NEXT, series, since))
