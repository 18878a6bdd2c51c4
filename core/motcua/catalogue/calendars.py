"""The working calendars of a tenant as one: every version it loaded, each for the dates it covers."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from motcua.errors import Unavailable
from motcua.events.log import SYSTEM
from motcua.events.work import WRITE
from motcua.ids import uuid7
from motcua.tenancy.db import TenantTx, Tx
from motcua.text import VIETNAM
from motcua.worktime import Calendar, differences, joined

#: What happened when a further version was loaded, and who is owed it.
CHANGED = "calendar.changed"
SUBSCRIBER = "clock"

# Newest first: identifiers are in the order of time.
CALENDARS = "select content, valid_from from tenant_calendar order by id desc"
_NEW = """
insert into tenant_calendar (id, version, content, valid_from) values ($1, $2, $3, $4)
on conflict (tenant_id, version) do nothing returning id
"""
_KEPT = "select content from tenant_calendar where version = $1"
_OTHERS = "select 1 from tenant_calendar where id <> $1 limit 1"


def calendar_of(newest_first: Iterable[Mapping[str, Any]]) -> Calendar:
    """Return the calendar that rows of ``CALENDARS`` make; ``Unavailable`` when none has begun."""
    versions = [
        replace(Calendar.from_data(row["content"]), valid_from=row["valid_from"])
        for row in newest_first
    ]
    calendar = joined(versions, datetime.now(VIETNAM).date())
    if calendar is None:
        raise Unavailable(
            "Chưa có lịch làm việc của tỉnh.",
            "The tenant has no calendar in force: load its folder with `motcua tenant load`.",
        )
    return calendar


async def read_calendar(tx: Tx) -> Calendar:
    """Return the tenant's calendar as it is stored now, not as some process remembers it."""
    return calendar_of(await tx.fetch(CALENDARS))


async def keep_calendar(tx: TenantTx, data: Mapping[str, Any]) -> bool:
    """Keep a version of the tenant's calendar (``calendar.toml`` as read); returns whether it is new.

    A further version is an event, from which every open dossier is computed again. ``Invalid`` for a
    calendar that cannot be read; ``ValueError`` for one without a version, and for one that differs from
    what is stored under its version: dates were promised by that.
    """
    calendar = Calendar.from_data(data)
    if not calendar.version:
        raise ValueError("calendar.toml: version is missing")
    content = msgspec.to_builtins(data)
    fresh = await tx.fetchval(_NEW, uuid7(), calendar.version, content, calendar.valid_from)
    if fresh is None:
        _same(Calendar.from_data(await tx.fetchval(_KEPT, calendar.version)), calendar)
    elif await tx.fetchval(_OTHERS, fresh):
        await _announce(tx, calendar.version)
    return fresh is not None


def _same(kept: Calendar, given: Calendar) -> None:
    found = [en for _, en in differences(kept, given)]
    if found:
        raise ValueError(
            f"calendar.toml: version {given.version} is stored with other days ({len(found)} places; the"
            f" first: {found[0]}): leave it as it was, or raise its version"
        )


async def _announce(tx: TenantTx, version: str) -> None:
    """Write the event and its debt: whoever loads a tenant is the owner of the schema, without a work."""
    event, tenant = uuid7(), tx.tenant.id
    told = ([event], [uuid7()], [datetime.now(UTC)], [CHANGED], [tenant], [None])
    owed = ([uuid7()], [event], [SUBSCRIBER], [None])
    await tx.execute(WRITE, *told, [str(SYSTEM)], [{"version": version}], *owed)
