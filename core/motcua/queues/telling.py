"""What people are told on their telephones: that their turn is near, that they are called, when they are booked.

Driven by the events of the hall, after their commit. A tenant without a channel tells nothing, and its events
owe nothing.
"""

from datetime import datetime, timedelta
from uuid import UUID

from motcua import notices
from motcua.dossiers.codes import local_day
from motcua.events.log import Event
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.queues import agreed, appointments, hours, remote
from motcua.queues.estimate import Range
from motcua.queues.standing import NEAR_PLACES
from motcua.tenancy.db import Record
from motcua.text import VIETNAM, vn_date

SUBSCRIBER = "telling"
_TURNS = frozenset(
    {
        "ticket.called",
        "ticket.uncalled",
        "ticket.left",
        "ticket.cancelled",
        "ticket.no_show",
        "ticket.transferred",
        "ticket.passed",
        "ticket.arrived",
    }
)
_TICKETS = frozenset({"ticket.reserved", "ticket.issued"})
_BOOKINGS = {
    "appointment.booked": "booked",
    "appointment.moved": "moved",
    "appointment.cancelled": "cancelled",
}
SUBSCRIBED = _TURNS | _TICKETS | _BOOKINGS.keys() | {appointments.REMIND}

# Of each line the first few; only those with a telephone who were not told yet and do not come fresh from the
# printer: their range has just said it. Who was asked to come later is told when his window is near.
_NEAR = """
select r.id, r.ahead from (
  select t.id, t.tenant_id, t.visit_id, t.state, t.issued_at, t.window_from,
    row_number() over (partition by t.line_id order by t.priority desc, t.sort_key, t.id) - 1 as ahead
  from ticket t where t.site_id = $1 and t.day = $2 and t.state in ('reserved', 'waiting')) r
join visit v on v.tenant_id = r.tenant_id and v.id = r.visit_id
where r.ahead <= $3 and v.contact_sealed is not null and r.issued_at < $4
  and (r.state = 'waiting' or coalesce(r.window_from <= $5, true))
  and not exists (select 1 from notice n where n.tenant_id = r.tenant_id and n.subject = r.id
    and n.kind in ('near', 'next'))
"""
_SHOWN = "select array[low_minutes, high_minutes] from ticket where id = $1"
_FRESH_MINUTES = 3


async def tell(platform: Platform, work: Work, event: Event) -> None:
    """Write the messages that follow from one event."""
    if event.type in _BOOKINGS:
        await _booking(platform, work, event)
    elif event.type == appointments.REMIND:
        await _remind(platform, work, event)
    else:
        row = await remote.by_id(work.tx, event.subject)
        if row is None:
            return
        if event.type in _TICKETS:
            await _taken(platform, work, row)
        elif event.type == "ticket.called":
            await _called(platform, work, event, row)
        elif event.type == "ticket.uncalled":
            await _send(platform, work, row, "uncalled", {}, f"uncalled:{event.id}")
        if event.type in _TURNS:
            await _near(platform, work, row["site_id"])


async def _taken(platform: Platform, work: Work, row: Record) -> None:
    if row["window_from"] is not None:
        window = _span(row["window_from"], row["window_to"], work.now)
        await _send(platform, work, row, "reserved", {"window": window}, "issued")
        return
    low, high = await work.tx.fetchval(_SHOWN, row["id"])
    shown = Range(low, high)
    if await _too_late(work, row, shown):
        await _send(platform, work, row, "issued_late", {}, "issued")
    else:
        said = {"range": shown.words(row["language"])}
        await _send(platform, work, row, "issued", said, "issued")


async def _too_late(work: Work, row: Record, shown: Range) -> bool:
    return await hours.too_late(work.tx, row["site_id"], row["day"], row["issued_at"], shown)


async def _called(platform: Platform, work: Work, event: Event, row: Record) -> None:
    # A call that was undone, or is over, by the time it is told calls nobody any more.
    if row["state"] == "called" and row["counter"]:
        told = {"counter": row["counter"]}
        await _send(platform, work, row, "called", told, f"called:{event.id}")


async def _near(platform: Platform, work: Work, site: UUID) -> None:
    before, soon = work.now - timedelta(minutes=_FRESH_MINUTES), work.now + remote.NEAR
    for near in await work.tx.fetch(_NEAR, site, local_day(work.now), NEAR_PLACES, before, soon):
        row = await remote.by_id(work.tx, near["id"])
        if row is None:
            continue
        kind = "near" if near["ahead"] else "next"
        told = {"ahead": str(near["ahead"])}
        await _send(platform, work, row, kind, told, "near")


async def _send(
    platform: Platform, work: Work, row: Record, kind: str, told: dict[str, str], once: str
) -> None:
    if row["contact_sealed"] is None:
        return
    values = {
        "number": row["number"],
        "site": row["site_name"],
        "link": f"{_base(platform, work)}/q/{row['public_code']}",
        **told,
    }
    await notices.send(
        work,
        kind,
        work.vault.open(row["contact_sealed"]),
        values,
        language=row["language"],
        subject=row["id"],
        once=once if ":" in once else f"{once}:{row['id']}",
    )


async def _booking(platform: Platform, work: Work, event: Event) -> None:
    row = await agreed.by_id(work.tx, event.subject)
    kind = _BOOKINGS[event.type]
    if row is None or (kind == "moved" and row["state"] != "booked"):
        return
    told = {}
    if why := event.payload.get("why"):
        kind, told = "withdrawn", {"why": str(why)}
    await _of_appointment(platform, work, row, kind, told, f"{kind}:{event.id}")


async def _remind(platform: Platform, work: Work, event: Event) -> None:
    sequence = int(event.payload["sequence"])
    if not await appointments.reminded(work, event.subject, sequence):
        return
    row = await agreed.by_id(work.tx, event.subject)
    if row is not None:
        once = f"reminder:{row['id']}:{sequence}"
        await _of_appointment(platform, work, row, "reminder", {}, once)


async def _of_appointment(
    platform: Platform, work: Work, row: Record, kind: str, told: dict[str, str], once: str
) -> None:
    if row["contact_sealed"] is None:
        return
    again = "" if kind != "withdrawn" else f"?site={row['site_key']}&line={row['letter']}"
    path = f"/appointments/{row['public_code']}" if not again else f"/appointments{again}"
    values = {
        "time": _clock(row["from_at"]),
        "day": vn_date(row["day"]),
        "site": row["site_name"],
        "code": row["public_code"],
        "link": _base(platform, work) + path,
        **told,
    }
    await notices.send(
        work,
        kind,
        work.vault.open(row["contact_sealed"]),
        values,
        language=row["language"],
        subject=row["id"],
        once=once,
    )


def _base(platform: Platform, work: Work) -> str:
    return str(platform.settings.url_of(work.tenant.slug)).rstrip("/")


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%H:%M}"


def _span(begin: datetime, end: datetime, now: datetime) -> str:
    said = f"{_clock(begin)}–{_clock(end)}"
    return said if local_day(begin) == local_day(now) else f"{said} {vn_date(begin)}"
