"""What becomes of an alert while its measure goes up and down: raised, calm, cleared, acknowledged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from motcua.errors import Conflict, Invalid
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues.alert_rules import (
    RULES,
    VERSION,
    Around,
    Reading,
    Rule,
    readings,
    rules_of,
)
from motcua.tenancy.db import Record, Tx

__all__ = [
    "RULES",
    "Around",
    "Changes",
    "Pending",
    "Reading",
    "Rule",
    "acknowledge",
    "changes",
    "open_alerts",
    "readings",
    "rules_of",
    "write",
]
_NOTE = 500


@dataclass
class Pending:
    """Since when measures are high that are no alert yet. Each process remembers its own."""

    since: dict[tuple[UUID, UUID | None, str], datetime] = field(default_factory=dict)

    def ripe(self, read: Reading, rule: Rule, now: datetime) -> bool:
        """Note a reading without an alert; True when it has been high for long enough."""
        if not read.high:
            self.since.pop(read.key, None)
            return False
        began = self.since.setdefault(read.key, now)
        # A clock that was set back begins anew.
        if began > now:
            began = self.since[read.key] = now
        return now - began >= timedelta(seconds=rule.raise_seconds)


@dataclass(frozen=True)
class Changes:
    """What has to be written; mostly nothing."""

    raised: Sequence[Reading] = ()
    worse: Sequence[tuple[UUID, float]] = ()
    calm: Sequence[UUID] = ()
    restless: Sequence[UUID] = ()
    cleared: Sequence[tuple[UUID, int]] = ()

    def __bool__(self) -> bool:
        return any((self.raised, self.worse, self.calm, self.restless, self.cleared))


def changes(
    known: Iterable[Record],
    read: Iterable[Reading],
    rules: Mapping[str, Rule],
    pending: Pending,
    now: datetime,
) -> Changes:
    """Compare the open alerts with the readings; an alert whose measure is gone is over at once."""
    by_key = {(row["site_id"], row["line_id"], row["measure"]): row for row in known}
    raised, worse, calm, restless, cleared = [], [], [], [], []
    for one in read:
        row, rule = by_key.pop(one.key, None), rules[one.measure]
        if row is None:
            if pending.ripe(one, rule, now):
                raised.append(one)
            continue
        if one.value > row["worst"]:
            worse.append((row["id"], one.value))
        if one.value > one.clear_at:
            if row["calm_since"] is not None:
                restless.append(row["id"])
        elif row["calm_since"] is None:
            calm.append(row["id"])
            if not rule.clear_seconds:
                cleared.append((row["id"], 0))
        elif now - row["calm_since"] >= timedelta(seconds=rule.clear_seconds):
            cleared.append((row["id"], rule.clear_seconds))
    for row in by_key.values():
        calm.append(row["id"])
        cleared.append((row["id"], 0))
    return Changes(raised, worse, calm, restless, cleared)


_OPEN = """
select a.id, a.site_id, a.line_id, a.measure, a.threshold, a.worst, a.raised_at, a.calm_since, a.acked_at,
  a.acked_by, a.note, i.key, i.name as site, i.unit_id, l.letter, l.name_vi, l.name_en, s.full_name as acker
from alert a join site i on i.tenant_id = a.tenant_id and i.id = a.site_id
left join line l on l.tenant_id = a.tenant_id and l.id = a.line_id
left join staff s on s.tenant_id = a.tenant_id and s.id = a.acked_by
where a.cleared_at is null and a.site_id = any($1) order by a.raised_at, a.id
"""
_RAISE = """
insert into alert (id, site_id, line_id, measure, threshold, worst, raised_at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id
"""
_WORSE = "update alert set worst = greatest(worst, $2) where id = $1 and cleared_at is null"
_CALM = """
update alert set calm_since = $2 where id = any($1) and calm_since is null and cleared_at is null
"""
_RESTLESS = "update alert set calm_since = null where id = any($1) and cleared_at is null"
_CLEAR = """
update alert a set cleared_at = $2 from site i
where a.id = $1 and a.cleared_at is null and a.calm_since <= $2::timestamptz - $3 * interval '1 second'
  and i.tenant_id = a.tenant_id and i.id = a.site_id
returning a.site_id, a.line_id, a.measure, a.worst, a.raised_at, i.unit_id
"""
_ACKNOWLEDGE = """
update alert a set acked_at = $2, acked_by = $3, note = $4 from site i
where a.id = $1 and a.site_id = $5 and a.cleared_at is null and a.acked_at is null
  and i.tenant_id = a.tenant_id and i.id = a.site_id
returning a.site_id, a.line_id, a.measure, i.unit_id
"""
_UNIT = "select unit_id from site where id = $1"


async def open_alerts(tx: Tx, sites: Sequence[UUID]) -> list[Record]:
    """Return the alerts of these sites that are not cleared, oldest first."""
    return await tx.fetch(_OPEN, list(sites))


async def write(work: Work, found: Changes) -> tuple[int, int]:
    """Write what has changed; returns how many alerts this call itself raised and cleared.

    Two workers may find the same: the index on open alerts and the conditions of the statements let each
    change happen once, and only who made it tells of it.
    """
    raised = [await _raise(work, one) for one in found.raised]
    for alert, value in found.worse:
        await work.tx.execute(_WORSE, alert, value)
    if found.restless:
        await work.tx.execute(_RESTLESS, list(found.restless))
    if found.calm:
        await work.tx.execute(_CALM, list(found.calm), work.now)
    cleared = [await _clear(work, alert, seconds) for alert, seconds in found.cleared]
    return sum(raised), sum(cleared)


async def _raise(work: Work, one: Reading) -> bool:
    new = await work.tx.fetchval(
        _RAISE, uuid7(), one.site, one.line, one.measure, one.raise_at, one.value, work.now
    )
    if new is None:
        return False
    about = {
        "measure": one.measure,
        "value": round(one.value, 2),
        "threshold": one.raise_at,
        "rules": VERSION,
    }
    unit = await work.tx.fetchval(_UNIT, one.site)
    _tell(work, "alert.raised", new, one.site, one.line, unit, about)
    return True


async def _clear(work: Work, alert: UUID, seconds: int) -> bool:
    row = await work.tx.fetchrow(_CLEAR, alert, work.now, seconds)
    if row is None:
        return False
    lasted = (work.now - row["raised_at"]).total_seconds()
    about = {"measure": row["measure"], "worst": round(row["worst"], 2), "seconds": round(lasted)}
    _tell(work, "alert.cleared", alert, row["site_id"], row["line_id"], row["unit_id"], about)
    return True


async def acknowledge(work: Work, site: UUID, alert: UUID, staff: UUID, note: str) -> None:
    """Note that an officer has seen an alert of a site and what he says of it; the alert stays open.

    ``Conflict`` when somebody else was quicker or it is over.
    """
    if len(note) > _NOTE:
        said = f"Tối đa {_NOTE} ký tự.", f"At most {_NOTE} characters."
        raise Invalid(*said, fields={"note": said})
    row = await work.tx.fetchrow(_ACKNOWLEDGE, alert, work.now, staff, note.strip(), site)
    if row is None:
        raise Conflict(
            "Cảnh báo này đã hết hoặc đã có người tiếp nhận.",
            "This alert is over, or somebody else has taken it.",
        )
    about = {"measure": row["measure"], "note": note.strip()}
    _tell(work, "alert.acknowledged", alert, site, row["line_id"], row["unit_id"], about)


def _tell(
    work: Work,
    type: str,
    alert: UUID,
    site: UUID,
    line: UUID | None,
    unit: UUID | None,
    about: Mapping[str, object],
) -> None:
    whose = {"site": str(site), **({"line": str(line)} if line else {})}
    work.emit(type, alert, {**whose, **about}, unit=unit)
    work.bells.add(f"site:{site}")
