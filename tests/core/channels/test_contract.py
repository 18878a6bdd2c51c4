"""The channels of the core hold what is asked of every channel, and the suite finds one that does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from motcua.api import (
    ChannelBench,
    ClaimsRequest,
    Conflict,
    Delivery,
    Unavailable,
    WalletChannelContract,
)
from motcua.channels import book, sending
from motcua.channels.registry import known

from .conftest import Courier, Post

pytestmark = pytest.mark.anyio


def bench_of(post: Post, ready: Any, plugin: str, channel: Any, seen: Any = None) -> ChannelBench:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Any]:
        async with post.work() as work:
            result = await work.tx.fetchrow(book.RESULT, ready.id)
            async with sending.errand(post.platform, work, {}) as errand:
                issued = sending.issued(post.platform, work, result)
                yield errand, issued, sending.holder(work, result)

    return ChannelBench(plugin, channel, opened, seen)


@pytest.fixture(params=["wallet", "link", "post", "counter"])
async def bench(request: pytest.FixtureRequest, post: Post) -> ChannelBench:
    ready = await post.issue()
    found = known(post.platform, post.tenant)[request.param]
    return bench_of(post, ready, found.plugin, found.channel)


class TestTheChannelsOfTheCore(WalletChannelContract):
    pass


async def test_a_wallet_proves_claims_in_the_words_of_every_channel(post: Post) -> None:
    ready = await post.archive.result(post.tenant)
    wallet = await post.archive.received(ready)
    channel = known(post.platform, post.tenant)["wallet"].channel
    need = ClaimsRequest(("full_name", "register_kind"), "prefill", "https://x.example/")
    async with post.work() as work, sending.errand(post.platform, work, {}) as errand:
        begun = await channel.start(errand, need)
    async with post.work() as work, sending.errand(post.platform, work, {}) as errand:
        with pytest.raises(Conflict, match="not answered"):
            await channel.finish(errand, begun, {})
    await wallet.present(begun.url)
    async with post.work() as work, sending.errand(post.platform, work, {}) as errand:
        proven = await channel.finish(errand, begun, {})
    assert set(proven.claims) == {"full_name", "register_kind"}
    assert (proven.source, proven.assurance) == ("wallet", "substantial")


async def test_a_channel_of_paper_proves_nothing(post: Post) -> None:
    need = ClaimsRequest(("full_name",), "login", "https://x.example/")
    for key in ("post", "wallet"):
        channel = known(post.platform, post.tenant)[key].channel
        async with post.work() as work, sending.errand(post.platform, work, {}) as errand:
            with pytest.raises(Unavailable):
                await channel.start(errand, need)


class Forgetful(Courier):
    """A toy that forgets its keys: every call is a new delivery."""

    async def deliver(self, *args: Any) -> Delivery:
        self.calls += 1
        return Delivery("pushed", receipt=f"R-{self.calls}")


async def test_the_suite_finds_a_channel_that_delivers_twice(post: Post) -> None:
    ready = await post.issue()
    forgetful = bench_of(post, ready, "courier", Forgetful())
    with pytest.raises(AssertionError, match="the first one"):
        await WalletChannelContract().test_the_same_key_is_the_same_delivery(forgetful)


async def test_the_suite_finds_a_channel_that_takes_anothers_name(post: Post) -> None:
    ready = await post.issue()
    misnamed = bench_of(post, ready, "courier", Courier("courierless"))
    with pytest.raises(AssertionError, match="plugin's name"):
        await WalletChannelContract().test_it_says_who_it_is(misnamed)


async def test_no_words_of_a_person_stand_in_what_is_printed_of_result_and_holder(
    post: Post,
) -> None:
    ready = await post.issue()
    async with bench_of(post, ready, "courier", Courier()).open() as (_, result, holder):
        person = await holder.read()
        said = f"{result!r} {holder!r} {person!r}"
        assert person.pid not in said
        assert person.full_name not in said


async def test_two_plugins_cannot_take_each_others_place(
    post: Post, couriers: list[Courier]
) -> None:
    couriers[1].key = "wallet"
    found = known(post.platform, replace(post.tenant, plugins=frozenset({"courier"})))
    assert found["wallet"].plugin == "motcua"
    assert "courier" in found
