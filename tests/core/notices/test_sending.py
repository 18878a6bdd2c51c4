"""A message is owed with what it tells, sent once in effect, and seen by staff when nobody takes it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from motcua import notices
from motcua.events.log import SYSTEM, Event
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant

from .conftest import Post

pytestmark = pytest.mark.anyio
PHONE = "0912345678"
VALUES = {"number": "A007", "site": "Sảnh thử", "link": "https://q.example"}
_OWED = "select id, trace_id, at, type, subject, unit_id, actor, payload from event where subject = $1 and type = $2"


async def owe(platform: Platform, tenant: Tenant, **more: Any) -> UUID:
    async with platform.works.begin(tenant, SYSTEM) as work:
        return await notices.send(
            work, "next", PHONE, VALUES, language="vi", subject=uuid7(), **more
        )


async def event_of(platform: Platform, tenant: Tenant, notice: UUID) -> Event:
    async with platform.db.tenant(tenant) as tx:
        row = await tx.fetchrow(_OWED, notice, notices.OWED)
    assert row is not None
    return Event(**dict(row))


async def deliver(platform: Platform, tenant: Tenant, notice: UUID) -> None:
    event = await event_of(platform, tenant, notice)
    async with platform.works.begin(tenant, SYSTEM) as work:
        await notices.deliver(platform, work, event)


async def row(platform: Platform, tenant: Tenant, notice: UUID) -> dict[str, Any]:
    async with platform.db.tenant(tenant) as tx:
        found = await tx.fetchrow("select * from notice where id = $1", notice)
    assert found is not None
    return dict(found)


async def test_a_message_reaches_the_channel_with_its_id_and_is_marked_as_sent(
    platform: Platform, tenant: Tenant, channel: Callable[..., Post]
) -> None:
    post = channel()
    notice = await owe(platform, tenant)
    await deliver(platform, tenant, notice)
    assert [(m.id, m.contact, m.kind) for m in post.took] == [(notice, PHONE, "next")]
    assert "A007" in post.took[0].text
    kept = await row(platform, tenant, notice)
    assert (kept["state"], kept["channel"], kept["reference"]) == ("sent", "toy", "post-1")


async def test_a_message_that_is_delivered_twice_is_sent_once(
    platform: Platform, tenant: Tenant, channel: Callable[..., Post]
) -> None:
    post = channel()
    notice = await owe(platform, tenant)
    await deliver(platform, tenant, notice)
    await deliver(platform, tenant, notice)
    assert len(post.took) == 1


async def test_neither_telephone_nor_text_stands_in_an_event_or_in_clear(
    platform: Platform, tenant: Tenant, channel: Callable[..., Post]
) -> None:
    channel()
    notice = await owe(platform, tenant)
    await deliver(platform, tenant, notice)
    async with platform.db.tenant(tenant) as tx:
        events = await tx.fetch("select payload from event where subject = $1", notice)
        kept = await tx.fetchval("select n::text from notice n where id = $1", notice)
    told = str([e["payload"] for e in events]) + str(kept)
    assert PHONE not in told
    assert "A007" not in told
    assert PHONE.encode().hex() not in told


async def test_what_is_said_once_is_written_once_however_many_say_it(
    platform: Platform, tenant: Tenant, channel: Callable[..., Post]
) -> None:
    channel()
    first = await owe(platform, tenant, once="near:7")
    assert await owe(platform, tenant, once="near:7") == first
    assert await owe(platform, tenant, once="near:8") != first


async def test_without_a_channel_nothing_is_owed_any_more(
    platform: Platform, tenant: Tenant, channel: Callable[..., Post]
) -> None:
    channel()
    platform.plugins.manager.unregister(name="post")
    notice = await owe(platform, tenant)
    await deliver(platform, tenant, notice)
    assert (await row(platform, tenant, notice))["state"] == "no_channel"
    assert not notices.reach(platform, tenant)


async def test_what_a_channel_raises_is_told_by_its_kind_alone(
    platform: Platform, tenant: Tenant, channel: Callable[..., Post]
) -> None:
    channel(ValueError(f"cannot send to {PHONE}"))
    notice = await owe(platform, tenant)
    with pytest.raises(Exception, match="channel toy of plugin post: ValueError") as failed:
        await deliver(platform, tenant, notice)
    assert failed.value.__suppress_context__
    assert (await row(platform, tenant, notice))["state"] == "owed"


async def test_a_message_given_up_is_marked_and_can_still_be_sent_again(
    platform: Platform, tenant: Tenant, channel: Callable[..., Post]
) -> None:
    post = channel()
    notice = await owe(platform, tenant)
    event = await event_of(platform, tenant, notice)
    async with platform.works.begin(tenant, SYSTEM) as work:
        await notices.gave_up(work, event, "eight times")
    assert (await row(platform, tenant, notice))["state"] == "given_up"
    await deliver(platform, tenant, notice)
    assert len(post.took) == 1


async def test_a_message_of_a_command_that_fails_is_owed_by_nobody(
    platform: Platform, tenant: Tenant, channel: Callable[..., Post]
) -> None:
    channel()
    subject = uuid7()
    with pytest.raises(LookupError):
        async with platform.works.begin(tenant, SYSTEM) as work:
            await notices.send(work, "next", PHONE, VALUES, language="vi", subject=subject)
            raise LookupError
    async with platform.db.tenant(tenant) as tx:
        assert await tx.fetchval("select count(*) from notice where subject = $1", subject) == 0


async def test_the_outbox_carries_it_from_the_commit_to_the_channel(
    platform: Platform, tenant: Tenant, channel: Callable[..., Post]
) -> None:
    from motcua.app import effects_of
    from motcua.events.outbox import Claim

    post = channel()
    notice = await owe(platform, tenant)
    sql = "select o.id from outbox o join event e on e.id = o.event_id where e.subject = $1"
    async with platform.db.tenant(tenant) as tx:
        rows = await tx.fetch(sql, notice)
    assert len(rows) == 1
    effects = effects_of(platform)
    for _ in range(2):
        await effects.run(Claim(tenant.id, rows[0]["id"], 1))
    assert [m.id for m in post.took] == [notice]
    async with platform.db.tenant(tenant) as tx:
        assert await tx.fetch(sql, notice) == []
