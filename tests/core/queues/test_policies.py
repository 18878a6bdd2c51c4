from datetime import timedelta

import pytest

from motcua.errors import Conflict, Invalid
from motcua.queues import policies
from motcua.queues.policies import history, policy_in_force, publish
from motcua.queues.policy import Policy

from .conftest import Hall

pytestmark = pytest.mark.anyio


async def in_force(hall: Hall, ahead: timedelta = timedelta()) -> Policy:
    policies.forget(hall.tenant.id)
    async with hall.work() as work:
        return await policy_in_force(work.tx, hall.site, work.now + ahead)


async def test_without_a_policy_the_defaults_hold(hall: Hall) -> None:
    assert await in_force(hall) == Policy()


async def test_the_site_goes_before_the_tenant_and_a_policy_begins_at_its_moment(
    hall: Hall,
) -> None:
    hour = timedelta(hours=1)
    async with hall.work() as work:
        assert await publish(work, None, {"priority_in_row": 5}, work.now) == 1
        assert await publish(work, hall.site, {"priority_in_row": 3}, work.now + hour) == 1
        assert await publish(work, hall.site, {"priority_in_row": 4}, work.now + 2 * hour) == 2
    assert (await in_force(hall)).priority_in_row == 5
    assert (await in_force(hall, hour)).priority_in_row == 3
    assert (await in_force(hall, 3 * hour)).priority_in_row == 4


async def test_a_draft_is_in_force_nowhere_and_is_replaced_until_it_is_published(
    hall: Hall,
) -> None:
    async with hall.work() as work:
        assert await publish(work, hall.site, {"recalls": 4}, None) == 1
        assert await publish(work, hall.site, {"recalls": 5}, None) == 1
    assert await in_force(hall) == Policy()
    async with hall.work() as work:
        assert await publish(work, hall.site, {"recalls": 6}, work.now) == 1
        assert await publish(work, hall.site, {"recalls": 7}, None) == 2
        rows = await history(work.tx, hall.site)
    assert [(r.version, r.policy.recalls, r.valid_from is None) for r in rows] == [
        (2, 7, True),
        (1, 6, False),
    ]
    assert (await in_force(hall)).recalls == 6
    events = await hall.fetch("select payload from event where type = 'policy.published'")
    assert [e["payload"]["version"] for e in events] == [1]


async def test_a_wrong_policy_or_a_moment_that_has_passed_changes_nothing(hall: Hall) -> None:
    async with hall.work() as work:
        with pytest.raises(Invalid) as wrong:
            await publish(work, hall.site, {"recalls": 0}, None)
        with pytest.raises(Invalid) as past:
            await publish(work, hall.site, {}, work.now - timedelta(seconds=1))
        assert await history(work.tx, hall.site) == []
    assert (set(wrong.value.fields), set(past.value.fields)) == ({"recalls"}, {"valid_from"})


async def test_of_two_who_publish_at_once_one_is_told(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hall.work() as work:
        await publish(work, hall.site, {}, work.now)
    # As it reads who looked before the other one was there.
    monkeypatch.setattr(
        policies, "_NEWEST", "select 0 as version, now() as valid_from where $1::uuid is not null"
    )
    async with hall.work() as work:
        with pytest.raises(Conflict):
            await publish(work, hall.site, {}, work.now)


async def test_a_policy_is_kept_for_seconds(hall: Hall) -> None:
    async with hall.work() as work:
        await policy_in_force(work.tx, hall.site, work.now)
        before = hall.platform.db.round_trips
        await policy_in_force(work.tx, hall.site, work.now)
        assert hall.platform.db.round_trips == before


async def test_a_version_that_a_later_one_overtakes_is_in_force_at_no_time(hall: Hall) -> None:
    """Published for Monday; then another one, for Wednesday before."""
    day = timedelta(days=1)
    async with hall.work() as work:
        now = work.now
        for recalls, since in ((4, now), (5, now + 6 * day), (6, now + day), (7, now + 9 * day)):
            await publish(work, hall.site, {"recalls": recalls}, since)
        await publish(work, hall.site, {"recalls": 8}, None)
        rows = await history(work.tx, hall.site)
    assert [(r.version, r.until and (r.until - now).days, r.replaced) for r in rows] == [
        (5, None, False),
        (4, None, False),
        (3, 9, False),
        (2, 1, True),
        (1, 1, False),
    ]
    for ahead, recalls in ((0, 4), (1, 6), (6, 6), (9, 7)):
        assert (await in_force(hall, ahead * day)).recalls == recalls


async def test_a_version_for_the_same_moment_replaces_the_one_before(hall: Hall) -> None:
    async with hall.work() as work:
        for recalls in (4, 5):
            await publish(work, None, {"recalls": recalls}, work.now + timedelta(hours=1))
        rows = await history(work.tx, None)
    assert [(r.version, r.replaced) for r in rows] == [(2, False), (1, True)]
    assert (await in_force(hall, timedelta(hours=1))).recalls == 5
