"""The forecast of a site, kept for some seconds; what was shown, and whether it came so.

A forecast costs some milliseconds, so many who ask at once share one: it is made anew when it is five seconds
old. A process that is asked for more than it can make (a province's day in two minutes) spends about a fifth
of its time on it and lets the forecasts get older, at most ten minutes; the time that has passed and the
tickets that were issued meanwhile move what is told.

However full its halls are, a process plays one forecast at a time, in a thread, of a bounded number of people
(``hall_loading.NAMED`` of each line, ``forecast.MANY`` times sixty runs); who asks meanwhile waits for it
instead of making another one.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from motcua.ids import uuid7
from motcua.queues.accuracy import Accuracy, accuracy
from motcua.queues.estimate import Range
from motcua.queues.forecast import Forecast, forecast
from motcua.queues.hall_loading import hall_now
from motcua.queues.hall_past import Learned, learned
from motcua.queues.hallnow import HallNow
from motcua.tenancy.db import TenantTx

__all__ = ["Accuracy", "accuracy", "forecast_of", "forget", "note_issued", "shown"]

KEPT_SECONDS = 5.0
# Older than this it is not shown, whatever else the process has to do.
OLDEST_SECONDS = 600.0
LEARNED_SECONDS = 600.0
# So many sites are kept; beyond them the one that was read longest ago goes.
SITES = 512
# After a forecast that took so long, nothing that is kept is made anew for four times as long.
_REST = 4.0
# A telephone looks every few seconds; what it saw is noted no more often than this, and only when it changed.
LOG_SECONDS = 180
_SHOWN = """
insert into estimate_log (id, ticket_id, at, place, low_minutes, high_minutes)
select $1, t.id, $3, $4, $5, $6 from ticket t
left join lateral (
  select e.at, e.low_minutes, e.high_minutes from estimate_log e
  where e.tenant_id = t.tenant_id and e.ticket_id = t.id order by e.at desc limit 1) last on true
where t.id = $2 and coalesce(last.at, t.issued_at) <= $3::timestamptz - $7 * interval '1 second'
  and (coalesce(last.low_minutes, t.low_minutes), coalesce(last.high_minutes, t.high_minutes))
    is distinct from ($5::smallint, $6::smallint)
"""


@dataclass
class _Kept:
    forecast: Forecast
    at: datetime
    renewing: bool = False


_kept: dict[tuple[UUID, UUID], _Kept] = {}
_learned: dict[tuple[UUID, UUID], tuple[datetime, Learned]] = {}
_making: dict[tuple[UUID, UUID], asyncio.Lock] = {}
_rest_until = [0.0]
# One at a time: a second thread of runs would take from the web what the first one leaves it.
_player = ThreadPoolExecutor(1, "forecast")


async def forecast_of(tx: TenantTx, site: UUID, now: datetime) -> Forecast:
    """Return what everybody at a site can expect; at most five seconds old, see above.

    Ask before a number's row is locked: others would wait for the runs. The runs are made in a thread.
    """
    key = (tx.tenant.id, site)
    if (found := _found(key, now)) is not None:
        return found
    lock = _making.setdefault(key, asyncio.Lock())
    try:
        async with lock:
            # Who made it meanwhile made it for all that wait here.
            return _found(key, now) or await _make(tx, key, now)
    finally:
        if not lock.locked():
            _making.pop(key, None)


def _found(key: tuple[UUID, UUID], now: datetime) -> Forecast | None:
    kept = _kept.get(key)
    if kept is None or not _good(kept, now):
        return None
    age = (now - kept.at).total_seconds()
    return kept.forecast.aged(age / 60) if age >= KEPT_SECONDS else kept.forecast


async def _make(tx: TenantTx, key: tuple[UUID, UUID], now: datetime) -> Forecast:
    kept, site = _kept.get(key), key[1]
    if kept is not None:
        kept.renewing = True
    try:
        hall = await hall_now(tx, site, now, await _past(tx, site, now))
        made, took = await asyncio.get_running_loop().run_in_executor(_player, _played, hall)
    finally:
        if kept is not None:
            kept.renewing = False
    _rest_until[0] = time.monotonic() + _REST * took
    _kept.pop(key, None)
    _kept[key] = _Kept(made, now)
    if len(_kept) > SITES:
        _kept.pop(next(iter(_kept)))
    return made


def _played(hall: HallNow) -> tuple[Forecast, float]:
    """Return the forecast of a hall, and how many seconds it took."""
    began = time.perf_counter()
    return forecast(hall), time.perf_counter() - began


def note_issued(tx: TenantTx, site: UUID, letter: str) -> None:
    """Let the kept forecast know that a ticket of a line was issued: the next one waits that much longer."""
    if kept := _kept.get((tx.tenant.id, site)):
        kept.forecast.note_issued(letter)


def forget(tenant: UUID, site: UUID, *, past: bool = False) -> None:
    """Let the next forecast of a site be made anew; ``past``: what its last days taught is read again too."""
    _kept.pop((tenant, site), None)
    if past:
        _learned.pop((tenant, site), None)


async def shown(tx: TenantTx, ticket: UUID, place: int, what: Range, now: datetime) -> None:
    """Note a range that somebody was shown after the issue: on change, at most every three minutes."""
    await tx.execute(_SHOWN, uuid7(), ticket, now, place, what.low, what.high, LOG_SECONDS)


def _good(kept: _Kept, now: datetime) -> bool:
    # The clock of a simulation may jump, also backwards from one test to the next.
    age = abs((now - kept.at).total_seconds())
    busy = kept.renewing or time.monotonic() < _rest_until[0]
    return age < (OLDEST_SECONDS if busy else KEPT_SECONDS)


async def _past(tx: TenantTx, site: UUID, now: datetime) -> Learned:
    key = (tx.tenant.id, site)
    found = _learned.get(key)
    if found is None or abs((now - found[0]).total_seconds()) >= LEARNED_SECONDS:
        found = _learned[key] = (now, await learned(tx, site, now))
    return found[1]
