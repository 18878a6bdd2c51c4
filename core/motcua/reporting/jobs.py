"""From events to figures: each event that counts moves the roll-ups of its day, once.

Delivered twice, an event still counts once: the relay runs ``count`` in the transaction that deletes
the outbox row. What an event adds depends on the log before it and never on the order of delivery.
"""

from motcua.dossiers.codes import local_day
from motcua.events.log import Event
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.reporting.due import MOVES, moved
from motcua.worktime import working_minutes

# What each event adds to the day on which it happened. `open` is summed over all days: what still waits.
METRICS: dict[str, tuple[tuple[str, int], ...]] = {
    "dossier.submitted": (("received", 1), ("open", 1)),
    "dossier.accepted": (("accepted", 1),),
    "dossier.rejected": (("rejected", 1), ("open", -1)),
    "dossier.stopped": (("stopped", 1), ("open", -1)),
    "dossier.finished": (("finished", 1), ("open", -1)),
    "dossier.returned": (("returned", 1),),
    "ticket.issued": (("tickets", 1),),
    "ticket.finished": (("served", 1),),
    "presentation.verified": (("reused", 1),),
    "credential.delivered": (("credentials", 1),),
}
SUBSCRIBED = frozenset(METRICS) | MOVES

_ADD = """
insert into rollup_day as r (day, metric, n, last_at) values ($1, $2, $3, $4)
on conflict (tenant_id, day, metric) do update set n = r.n + excluded.n,
  last_at = greatest(r.last_at, excluded.last_at)
"""
_HISTORY = """
select type, at, payload from event
where subject = $1 and type = any($2) and (at, id) <= ($3, $4) order by at, id
"""
_DUE = """
insert into due_day as d (day, n) values ($1, $2)
on conflict (tenant_id, day) do update set n = d.n + excluded.n
"""
_DOSSIER = """
select procedure_code, competent_unit, accepted_at, finished_at, due_at, supplements
from dossier where id = $1
"""
_FACT = """
insert into settlement_fact (id, day, procedure_code, unit_id, working_minutes, on_time, finished_at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
"""
# Pauses for several reasons may overlap: time that stood still stood still once.
_PAUSED = """
select lower(span) as started_at, upper(span) as ended_at from (
  select unnest(range_agg(tstzrange(started_at, ended_at))) as span from clock_pause
  where dossier_id = $1 and ended_at is not null) spans
"""


async def count(platform: Platform, work: Work, event: Event) -> None:
    """Add one event to the roll-ups; a finished dossier also leaves a settlement fact.

    Rows are taken in one order (roll-ups by metric, then due days), so that counts never deadlock.
    """
    added = list(METRICS.get(event.type, ()))
    if event.type == "dossier.finished":
        added.append((await _settle(platform, work, event), 1))
    for metric, n in sorted(added):
        await work.tx.execute(_ADD, local_day(event.at), metric, n, event.at)
    if event.type in MOVES:
        await _move(work, event)


async def _move(work: Work, event: Event) -> None:
    """Keep how many open dossiers are due on each day."""
    rows = await work.tx.fetch(_HISTORY, event.subject, list(MOVES), event.at, event.id)
    for day, n in moved([(r["type"], r["at"], r["payload"]) for r in rows]):
        await work.tx.execute(_DUE, day, n)


async def _settle(platform: Platform, work: Work, event: Event) -> str:
    """Keep how long the office took; returns the metric ``on_time`` or ``late``.

    More than one supplement request during settlement counts as late, whatever the dates
    (Decision 766/QĐ-TTg, progress of settlement).
    """
    row = await work.tx.fetchrow(_DOSSIER, event.subject)
    if row is None:
        raise LookupError(f"dossier {event.subject} of event {event.id} does not exist")
    calendar = (await platform.catalogue.of(work.tenant, work.tx)).calendar
    minutes = working_minutes(calendar, row["accepted_at"], row["finished_at"])
    for pause in await work.tx.fetch(_PAUSED, event.subject):
        minutes -= working_minutes(calendar, pause["started_at"], pause["ended_at"])
    on_time = row["finished_at"] <= row["due_at"] and row["supplements"] <= 1
    await work.tx.execute(
        _FACT,
        event.subject,
        local_day(event.at),
        row["procedure_code"],
        row["competent_unit"],
        max(0, minutes),
        on_time,
        row["finished_at"],
    )
    return "on_time" if on_time else "late"
