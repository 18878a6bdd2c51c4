"""Tickets on their way to the printer beside a station.

What is to be printed and what was printed are events of the device: a job is open while the second is
missing, and for two minutes, since afterwards the person has gone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.station import slips
from motcua.station.health import printer_at
from motcua.station.screen import Screen
from motcua.station.slips import Slip
from motcua.tenancy.db import TenantTx

ASKED, PRINTED = "device.print_asked", "device.printed"
LIFE = timedelta(minutes=2)

_LAST = """
select id, at, type, payload from event where subject = $1 order by id desc limit 60
"""


class Job(msgspec.Struct, frozen=True):
    """One ticket to print."""

    id: UUID
    slip: Slip


def topic(device: UUID) -> str:
    """Return the bell that tells a station's printer of work."""
    return f"device:{device}"


def order(work: Work, screen: Screen, tickets: Sequence[UUID]) -> None:
    """Ask the station's printer for tickets; nothing for a station whose browser prints."""
    if printer_at(screen.health) is None:
        return
    for ticket in tickets:
        about = {"ticket": str(ticket), "lang": screen.lang}
        work.emit(ASKED, screen.device, about, unit=screen.site.unit_id)
    work.bells.add(topic(screen.device))


async def waiting(tx: TenantTx, device: UUID, now: datetime, base: str) -> list[Job]:
    """Return what is to be printed at a device, oldest first; ``base`` is the tenant's address."""
    rows = await tx.fetch(_LAST, device)
    done = {r["payload"]["job"] for r in rows if r["type"] == PRINTED}
    open_ = [
        r
        for r in reversed(rows)
        if r["type"] == ASKED and r["at"] > now - LIFE and str(r["id"]) not in done
    ]
    return [job for r in open_ if (job := await _job(tx, r["id"], r["payload"], base))]


async def _job(tx: TenantTx, job: UUID, about: dict[str, str], base: str) -> Job | None:
    ticket = UUID(about["ticket"])
    try:
        found = await slips.of_visit(tx, ticket)
    except NotFound:
        return None  # it was cancelled meanwhile
    return next(
        (Job(job, slips.slip_of(t, about["lang"], base)) for t in found if t.id == ticket), None
    )


def printed(work: Work, device: UUID, job: UUID) -> None:
    """Note that a job came out of the printer."""
    work.emit(PRINTED, device, {"job": str(job)})
