"""What is owed is done once in effect, however often it is delivered."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from motcua.events.bell import Bell
from motcua.events.log import SYSTEM, Event
from motcua.events.outbox import MAX_FAILURES, Claim, Effects, InProcess, Relay
from motcua.events.work import Work, Works
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant

pytestmark = pytest.mark.anyio

NewTenant = Callable[[], Awaitable[Tenant]]


class Office:
    """A platform in small: one subscriber, whose effect is a row in ``stored_file``."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.works = Works(platform.db, platform.vaults, Bell(), lambda tenant, event: ["filing"])
        self.calls = 0
        self.fail = 0
        self.effects = Effects(self.works, platform.directory, {"filing": self.file})

    async def file(self, work: Work, event: Event) -> None:
        self.calls += 1
        await work.tx.execute(
            "insert into stored_file (id, sha256, pages, size, source_kind, uploaded_by, at) "
            "values ($1, 'x', 1, 1, 'x', $1, $2)",
            event.id,
            work.now,
        )
        if self.fail > 0:
            self.fail -= 1
            raise RuntimeError("the other system is away")

    async def owe(self, tenant: Tenant, count: int = 1) -> None:
        async with self.works.begin(tenant, SYSTEM) as work:
            for _ in range(count):
                work.emit("test.happened", tenant.id)

    async def count(self, tenant: Tenant, table: str) -> int:
        async with self.platform.db.tenant(tenant) as tx:
            return int(await tx.fetchval(f"select count(*) from {table}"))  # noqa: S608

    async def claims(self, tenant: Tenant, *, lease: int = 0) -> list[Claim]:
        async with self.platform.db.platform() as tx:
            rows = await tx.fetch("select * from claim_outbox(1000, $1)", lease)
        return [
            Claim(r["tenant_id"], r["id"], r["attempts"])
            for r in rows
            if r["tenant_id"] == tenant.id
        ]


@pytest.fixture
def office(platform: Platform) -> Office:
    return Office(platform)


async def test_an_effect_is_done_once_though_it_is_delivered_many_times(
    office: Office, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    await office.owe(tenant)
    (claim,) = await office.claims(tenant)
    await asyncio.gather(*(office.effects.run(claim) for _ in range(10)))
    assert await office.count(tenant, "stored_file") == 1
    assert await office.count(tenant, "outbox") == 0
    assert office.calls == 1


async def test_a_failed_effect_leaves_nothing_and_comes_again(
    office: Office, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    office.fail = 1
    await office.owe(tenant)
    (claim,) = await office.claims(tenant)
    await office.effects.run(claim)
    assert await office.count(tenant, "stored_file") == 0
    async with office.platform.db.tenant(tenant) as tx:
        error = await tx.fetchval("select error from outbox")
        await tx.execute("update outbox set next_at = now()")
    assert error == "RuntimeError: the other system is away"
    (again,) = await office.claims(tenant)
    await office.effects.run(again)
    assert await office.count(tenant, "stored_file") == 1


async def test_what_fails_for_ever_becomes_a_dead_letter_that_staff_can_see(
    office: Office, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    office.fail = MAX_FAILURES
    await office.owe(tenant)
    for _ in range(MAX_FAILURES):
        for claim in await office.claims(tenant):
            await office.effects.run(claim)
        async with office.platform.db.tenant(tenant) as tx:
            await tx.execute("update outbox set next_at = now()")
    assert await office.claims(tenant) == []
    async with office.platform.db.tenant(tenant) as tx:
        assert await tx.fetchval("select dead_at is not null from outbox")


async def test_a_claimed_row_is_not_claimed_again_within_its_lease(
    office: Office, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    await office.owe(tenant)
    assert len(await office.claims(tenant, lease=60)) == 1
    assert await office.claims(tenant) == []


async def test_two_relays_share_the_rows_and_take_none_twice(
    office: Office, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    await office.owe(tenant, 200)
    taken = await asyncio.gather(*(office.claims(tenant, lease=60) for _ in range(4)))
    ids = [claim.id for claims in taken for claim in claims]
    assert len(ids) == len(set(ids)) == 200


async def test_a_tenant_with_a_long_queue_does_not_keep_another_waiting(
    office: Office, new_tenant: NewTenant, platform: Platform
) -> None:
    busy, calm = await new_tenant(), await new_tenant()
    await office.owe(busy, 300)
    await office.owe(calm, 1)
    async with platform.db.platform() as tx:
        rows = await tx.fetch("select tenant_id from claim_outbox(250, 60)")
    assert calm.id in {r["tenant_id"] for r in rows}


async def test_the_relay_runs_what_is_owed_without_redis(
    office: Office, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    await office.owe(tenant, 5)
    relay = Relay(office.platform.db, Bell(), InProcess(office.effects))
    running = asyncio.create_task(relay.run(idle_seconds=0.01))
    async with asyncio.timeout(20):
        while await office.count(tenant, "outbox"):
            await asyncio.sleep(0.01)
    running.cancel()
    assert await office.count(tenant, "stored_file") == 5


async def test_events_of_one_work_are_in_order_and_carry_its_trace(
    platform: Platform, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    trace: UUID
    async with platform.works.begin(tenant, SYSTEM) as work:
        trace = work.trace_id
        for number in range(20):
            work.emit(f"test.{number:02d}", tenant.id)
    async with platform.db.tenant(tenant) as tx:
        rows = await tx.fetch("select type from event where trace_id = $1 order by id", trace)
    assert [r["type"] for r in rows] == [f"test.{n:02d}" for n in range(20)]
