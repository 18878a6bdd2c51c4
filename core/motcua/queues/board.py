"""What the hall shows: numbers only, the state in one snapshot, and the calls since a given one."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.queues import forecasting
from motcua.queues.forecast import Forecast
from motcua.queues.hours import day_start
from motcua.tenancy.db import Record, TenantTx

__all__ = ["SHOWN", "Call", "calls_after", "day_start", "site", "snapshot"]

SHOWN = 8
_SITE = "select id, name, call_seq from site where key = $1"
_CALLS = """
select b.seq, b.number, b.counter, b.at, b.calls, coalesce(z.name_vi, '') as zone
from board_call b left join zone z on z.tenant_id = b.tenant_id and z.id = b.zone_id
where b.site_id = $1 and b.seq > $2 and b.at >= $3 order by b.seq desc limit $4
"""
_LINES = """
select l.letter, l.name_vi, l.name_en, l.paused_at is not null as paused,
  count(t.id) filter (where t.state = 'waiting') as waiting
from line l left join ticket t on t.tenant_id = l.tenant_id and t.line_id = l.id and t.day = $2
where l.site_id = $1 group by l.tenant_id, l.id, l.letter, l.name_vi, l.name_en, l.paused_at
order by l.letter
"""


@dataclass(frozen=True)
class Call:
    """One call; ``seq`` counts the site's calls without gap, ``calls`` those of this number, none: it was taken back."""

    seq: int
    number: str
    counter: str
    at: str
    calls: int = 1
    zone: str = ""

    @classmethod
    def of(cls, row: Record) -> Self:
        """Read a row of the board."""
        at = row["at"].isoformat()
        return cls(row["seq"], row["number"], row["counter"], at, row["calls"], row["zone"])


async def site(tx: TenantTx, key: str) -> tuple[UUID, str] | None:
    """Return id and name of the site with this key."""
    row = await tx.fetchrow(_SITE, key)
    return (row["id"], row["name"]) if row else None


async def calls_after(tx: TenantTx, site_id: UUID, seq: int, now: datetime) -> list[Call]:
    """Return the calls of today after ``seq``, oldest first."""
    rows = await tx.fetch(_CALLS, site_id, seq, day_start(now), 1000)
    return [Call.of(row) for row in reversed(rows)]


def _standing(calls: list[Call]) -> list[dict[str, Any]]:
    """Leave out the numbers whose last call was taken back."""
    last: dict[str, int] = {}
    for call in calls:
        last.setdefault(call.number, call.calls)
    return [asdict(call) for call in calls if last[call.number]]


async def snapshot(tx: TenantTx, site_id: UUID, now: datetime) -> dict[str, Any]:
    """Return the whole board: the last calls, newest first, and each line's queue."""
    calls = await tx.fetch(_CALLS, site_id, 0, day_start(now), SHOWN)
    expected = await forecasting.forecast_of(tx, site_id, now)
    lines = await tx.fetch(_LINES, site_id, local_day(now))
    return {
        "now": now.isoformat(),
        "calls": _standing([Call.of(row) for row in calls]),
        "lines": [
            {
                "letter": r["letter"],
                "name": r["name_vi"],
                "name_en": r["name_en"],
                "waiting": r["waiting"],
                "paused": r["paused"],
                **wait(expected, r["letter"]),
            }
            for r in lines
        ],
    }


def wait(expected: Forecast, letter: str) -> dict[str, Any]:
    """Return the range of a line, and whether who comes now is too late for today; then no minutes stand there.

    A line that is younger than the forecast is there a few seconds later.
    """
    if letter not in expected.calls:
        return {"range": "", "late": False}
    shown = expected.next(letter)
    return {"range": "" if shown.late else str(shown), "late": shown.late}
