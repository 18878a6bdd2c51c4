"""What an office promises in public and what it keeps: working time per service, without anybody's dossier."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from motcua.reporting.small import FEW
from motcua.tenancy.db import Tx

# One row per service that was settled often enough; percentiles are of the dossiers as they are.
_SETTLED = """
select f.procedure_code as code, count(*) as settled,
  count(*) filter (where f.working_minutes <= t.minutes) as within_target,
  count(*) filter (where f.on_time) as on_time,
  percentile_cont(0.5) within group (order by f.working_minutes) as median,
  percentile_cont(0.9) within group (order by f.working_minutes) as p90
from settlement_fact f
join unnest($1::text[], $2::float8[]) as t (code, minutes) on t.code = f.procedure_code
where f.procedure_code = any($1) and f.day >= $3 and ($4::uuid is null or f.unit_id = $4)
group by f.procedure_code having count(*) >= $5
"""
_UNITS = """
select u.id, u.name from unit u
join (select unit_id from settlement_fact where day >= $1 and procedure_code = any($2)
      group by unit_id having count(*) >= $3) f
  on f.unit_id = u.id order by u.name
"""


@dataclass(frozen=True)
class SettledService:
    """What was measured of one service: a count, shares in whole percent, times in working hours.

    ``within_target`` is None for a service without a published target.
    """

    code: str
    settled: int
    within_target: int | None
    on_time: int
    median_hours: float
    p90_hours: float


async def settled(
    tx: Tx, since: date, targets: Mapping[str, float | None], unit: UUID | None = None
) -> dict[str, SettledService]:
    """Return, by code, what was settled since a day, in one unit or in all.

    ``targets`` maps the codes asked for to their published working hours. A service settled fewer
    than five times is left out: it would tell of single dossiers.
    """
    minutes = [None if hours is None else hours * 60 for hours in targets.values()]
    rows = await tx.fetch(_SETTLED, list(targets), minutes, since, unit, FEW)
    return {
        r["code"]: SettledService(
            r["code"],
            r["settled"],
            _percent(r["within_target"], r["settled"]) if targets[r["code"]] is not None else None,
            _percent(r["on_time"], r["settled"]),
            round(r["median"] / 60, 1),
            round(r["p90"] / 60, 1),
        )
        for r in rows
    }


async def units(tx: Tx, since: date, codes: list[str]) -> list[tuple[UUID, str]]:
    """Return the units that settled enough of these services since a day, by name."""
    return [
        (UUID(bytes=r["id"].bytes), r["name"]) for r in await tx.fetch(_UNITS, since, codes, FEW)
    ]


def _percent(part: int, whole: int) -> int:
    return 100 * part // whole
