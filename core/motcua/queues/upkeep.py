"""What halls need every hour: an end for the days that are over, slots for the days ahead, pages of the book."""

from datetime import date, timedelta

import structlog

from motcua import clock
from motcua.catalogue.calendars import read_calendar
from motcua.dossiers.codes import local_day
from motcua.errors import Unavailable
from motcua.events.log import SYSTEM, Event
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.queues import appointments, days, slots
from motcua.queues.figures import book
from motcua.tenancy.tenant import Tenant

SUBSCRIBER = "bookings"
DAY_CLOSED = "day.closed"

_ANY = "select exists (select 1 from line where appointments is not null)"
# Who booked, and by which telephone, is nobody's business a month later.
_FADE = """
update appointment set contact_sealed = null, contact_index = null
where contact_sealed is not null and day < $1
"""
_FADE_VISITS = (
    "update visit set contact_sealed = null where contact_sealed is not null and day < $1"
)
_FADE_TICKETS = (
    "update ticket set contact_index = null where contact_index is not null and day < $1"
)
_FADE_NOTICES = """
update notice set contact_sealed = null, text_sealed = null
where contact_sealed is not null and at < $1
"""
FADES_AFTER = timedelta(days=30)
NOTICES_FADE_AFTER = timedelta(days=14)
#: So many days are written into the book in one go; after a first start it takes some hours to catch up.
PAGES_AT_ONCE = 6
_log = structlog.get_logger(__name__)


async def keep(platform: Platform, tenant: Tenant) -> dict[str, int]:
    """Do it for one tenant; safe at any time. Returns how many slots there are, and how many were missed."""
    await close_past_days(platform, tenant)
    async with platform.works.begin(tenant, SYSTEM) as work:
        made = 0
        if await work.tx.fetchval(_ANY):
            made = await slots.make(work, await read_calendar(work.tx))
        missed = await appointments.end_day(work, local_day(work.now) - timedelta(days=1))
        await _fade(work)
    async with platform.works.begin(tenant, SYSTEM) as work:
        await book.write(work, PAGES_AT_ONCE)
    return {"slots": made, "missed": missed}


async def close_past_days(platform: Platform, tenant: Tenant) -> int:
    """End what is left of past days, from three in the morning on; returns at how many sites.

    A site that is cut off waits until it is back; its day ends as it would have ended then.
    """
    now, count = clock.now(), 0
    day = days.last_over(now)
    async with platform.db.tenant(tenant) as tx:
        sites = await days.due(tx, day, now)
    for site in sites:
        try:
            async with platform.works.begin(tenant, SYSTEM) as work:
                await days.close_day(work, site, day)
        except Unavailable as error:
            # Cut off since it was looked for: its turn comes again, the others' now.
            _log.warning("day_not_closed", tenant=tenant.slug, site=str(site), error=error.en)
            continue
        count += 1
    return count


async def day_closed(work: Work, event: Event) -> None:
    """End the appointments of a site's day when the day is closed."""
    await appointments.end_day(work, date.fromisoformat(str(event.payload["day"])), event.subject)


async def _fade(work: Work) -> None:
    day = local_day(work.now - FADES_AFTER)
    for statement in (_FADE, _FADE_VISITS, _FADE_TICKETS):
        await work.tx.execute(statement, day)
    await work.tx.execute(_FADE_NOTICES, work.now - NOTICES_FADE_AFTER)
