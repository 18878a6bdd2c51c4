"""The next key comes in time, published before it signs; the old one stays readable."""

from dataclasses import replace
from datetime import timedelta

import pytest

from motcua import clock
from motcua.errors import Unavailable
from motcua.events.log import SYSTEM
from motcua.keys import report, rotation, upkeep
from motcua.platform import Platform
from tests.core.keys.conftest import NewKeyring

pytestmark = pytest.mark.anyio
_DAY = timedelta(days=1)
_EVENTS = "select count(*) from event where type = 'key.made'"


async def test_a_fresh_key_is_left_alone(new_keyring: NewKeyring, platform: Platform) -> None:
    ring = await new_keyring()
    assert await upkeep.keep(platform, ring.tenant) == []


async def test_the_next_key_is_published_a_day_before_it_signs(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    ring = await new_keyring()
    before = await ring.signer("credential")
    later = clock.now() + timedelta(days=280)
    with clock.at(later):
        made = await upkeep.keep(platform, ring.tenant)
        assert sorted(row.purpose for row in made) == ["credential", "document"]
        assert {row.use_from for row in made} == {later + _DAY}
        assert await upkeep.keep(platform, ring.tenant) == [], "one successor is enough"
        assert (await ring.signer("credential")).kid == before.kid
    fresh = next(row.kid for row in made if row.purpose == "credential")
    assert await ring.published(later) == {before.kid, fresh}
    assert (await ring.signer("credential", later + _DAY)).kid == fresh
    assert before.kid in await ring.published(before.until - _DAY), "what it signed is still read"
    assert before.kid not in await ring.published(before.until + _DAY)
    async with platform.db.tenant(ring.tenant) as tx:
        assert await tx.fetchval(_EVENTS) == 2


async def test_the_root_is_not_needed_to_rotate(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    ring = await new_keyring()
    bare = replace(platform, settings=replace(platform.settings, data=platform.settings.data / "x"))
    with clock.at(clock.now() + timedelta(days=300)):
        assert len(await upkeep.keep(bare, ring.tenant)) == 2


async def test_a_tenant_says_when_and_how_long_ahead(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    ring = await new_keyring()
    said = {"keys": {"rotate_before_days": 30, "publish_ahead_hours": 48}}
    tenant = replace(ring.tenant, settings=said)
    with clock.at(clock.now() + timedelta(days=300)):
        assert await upkeep.keep(platform, tenant) == []
    later = clock.now() + timedelta(days=340)
    with clock.at(later):
        made = await upkeep.keep(platform, tenant)
    assert {row.use_from for row in made} == {later + 2 * _DAY}


async def test_what_waits_is_used_when_it_is_asked_for(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    ring = await new_keyring()
    async with platform.works.begin(ring.tenant, SYSTEM) as work:
        waiting = await rotation.publish(work, "credential", _DAY)
        assert (await rotation.publish(work, "credential", _DAY)).kid == waiting.kid
    assert (await ring.signer("credential")).kid != waiting.kid
    async with platform.works.begin(ring.tenant, SYSTEM) as work:
        await rotation.rotate(work, "credential")
    assert (await ring.signer("credential")).kid == waiting.kid
    async with platform.works.begin(ring.tenant, SYSTEM) as work:
        another = await rotation.rotate(work, "credential")
    assert (await ring.signer("credential")).kid == another.kid != waiting.kid


async def test_no_key_outlives_its_authority_and_none_is_made_again_and_again(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    ring = await new_keyring()
    (above,) = await ring.rows("authority")
    near = above.not_after - timedelta(days=60)
    with clock.at(near):
        made = await upkeep.keep(platform, ring.tenant)
        assert {row.not_after for row in made} == {above.not_after}
        assert await upkeep.keep(platform, ring.tenant) == []
        faults = [f for f in report.findings(ring.tenant, await ring.rows(), near) if not f.ok]
    assert any("keys ca" in fault.advice for fault in faults)


async def test_without_an_authority_nothing_is_made_and_the_housekeeping_goes_on(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    ring = await new_keyring()
    (above,) = await ring.rows("authority")
    after = above.not_after + _DAY
    with clock.at(after):
        assert await upkeep.keep(platform, ring.tenant) == []
        with pytest.raises(Unavailable) as refused:
            async with platform.works.begin(ring.tenant, SYSTEM) as work:
                await rotation.rotate(work, "document")
    assert "motcua keys ca" in refused.value.en


async def test_the_doctor_sees_a_key_that_nobody_follows(new_keyring: NewKeyring) -> None:
    ring = await new_keyring()
    now = clock.now()
    assert all(f.ok for f in report.findings(ring.tenant, await ring.rows(), now))
    late = now + timedelta(days=290)
    faults = [f.name for f in report.findings(ring.tenant, await ring.rows(), late) if not f.ok]
    assert faults == [f"{ring.tenant.slug} {p} key" for p in ("document", "credential")]
