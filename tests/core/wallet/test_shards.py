"""Places in status lists: no two alike, spread over three lists, and no word about who was issued together."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from motcua.app import open_platform
from motcua.demo.cluster import Cluster
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.tenancy.tenant import Tenant
from motcua.wallet import shards
from motcua.wallet.shards import Place
from tests.core.wallet.archive import Archive

pytestmark = pytest.mark.anyio
_CLOSE = "update status_list set open = false returning 1"


@pytest.fixture
async def fresh(archive: Archive, quang_ninh: Tenant) -> AsyncIterator[Platform]:
    """Return a house whose lists are all closed and which holds no place of them."""
    await archive.one(quang_ninh, _CLOSE)
    archive.platform.cache.pop("wallet.places", None)
    yield archive.platform
    await archive.one(quang_ninh, _CLOSE)
    archive.platform.cache.pop("wallet.places", None)


async def _take(platform: Platform, tenant: Tenant, count: int) -> list[Place]:
    async with shards.lent(platform, tenant, count) as places:
        return [places.pop() for _ in range(count)]


async def test_copies_are_spread_over_three_open_lists(
    fresh: Platform, archive: Archive, quang_ninh: Tenant
) -> None:
    taken = await _take(fresh, quang_ninh, 60)
    spread = Counter(place.list_id for place in taken)
    assert len(spread) == shards.SHARDS
    assert min(spread.values()) >= 5
    open_ones = "select count(*) from status_list where open"
    assert await archive.one(quang_ninh, open_ones) == shards.SHARDS
    sizes = "select count(*) from status_list where open and size = 1048576"
    assert await archive.one(quang_ninh, sizes) == shards.SHARDS


async def test_what_was_lent_and_not_used_is_handed_out_to_the_next(
    fresh: Platform, quang_ninh: Tenant
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with shards.lent(fresh, quang_ninh, 10) as places:
            first = [places.pop() for _ in range(4)]
            left = list(places)
            raise ZeroDivisionError
    rest = await _take(fresh, quang_ninh, 3 * shards.BLOCK - 4)
    assert set(left) <= set(rest)
    assert not set(first) & set(rest)


async def test_full_lists_are_followed_by_others_and_every_place_is_used_once(
    fresh: Platform, archive: Archive, quang_ninh: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SIZE", 7)
    monkeypatch.setattr(shards, "BLOCK", 3)
    taken: list[Place] = []
    for _ in range(6):
        taken += await _take(fresh, quang_ninh, 7)
    assert len(set(taken)) == 42
    by_list: dict[UUID, set[int]] = {}
    for place in taken:
        by_list.setdefault(place.list_id, set()).add(place.index)
    assert max(map(max, by_list.values())) <= 6
    closed = "select array_agg(id) from status_list where not open and size = 7"
    full = [by_list[i] for i in await archive.one(quang_ninh, closed) if i in by_list]
    assert full[:3] == [set(range(7))] * 3


async def test_no_place_is_taken_twice_by_processes_that_issue_at_the_same_time(
    fresh: Platform, prepared: Cluster, plugins: Plugins, quang_ninh: Tenant
) -> None:
    async with open_platform(prepared.settings, plugins) as other:
        await other.directory.refresh(force=True)
        houses = [fresh, other] * 30
        taken = await asyncio.gather(*(_take(h, quang_ninh, 10) for h in houses))
    places = [place for batch in taken for place in batch]
    assert len(set(places)) == len(places) == 600
    assert len({place.list_id for place in places}) == shards.SHARDS


async def test_a_tenant_has_lists_of_its_own(
    fresh: Platform, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    ours = {p.list_id for p in await _take(fresh, quang_ninh, 30)}
    theirs = {p.list_id for p in await _take(fresh, thai_nguyen, 30)}
    assert not ours & theirs


async def test_indices_of_one_batch_say_nothing_of_each_other(
    fresh: Platform, quang_ninh: Tenant
) -> None:
    """A chance of one in ten thousand for each pair to lie within 100 of a million entries."""
    near = 0
    for _ in range(20):
        places = await _take(fresh, quang_ninh, 10)
        near += sum(
            a.list_id == b.list_id and abs(a.index - b.index) < 100
            for n, a in enumerate(places)
            for b in places[:n]
        )
    assert near <= 3
