"""What every channel has to hold, as tests: for the channels of the core and for the authors of plugins.

In the plugin's tests::

    class TestMyChannel(WalletChannelContract):
        pass

    @pytest.fixture
    async def bench(...) -> ChannelBench: ...

The fixture ``bench`` hands over the channel, something to deliver, and a look at the other side. The tests need
pytest with anyio; nothing here imports either.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from motcua.plugins.wallet_channels import (
    CAPABILITIES,
    LEVELS,
    Delivery,
    Errand,
    Holder,
    IssuedResult,
    WalletChannel,
)

Opened = AbstractAsyncContextManager[tuple[Errand, IssuedResult, Holder]]
Seen = Callable[[], Awaitable[int]]


@dataclass(frozen=True)
class ChannelBench:
    """A channel with something to deliver.

    ``open`` begins a transaction and hands over errand, result and holder; ``seen`` tells how many copies of
    that result the holder can find on the other side (None where there is none to look at).
    """

    plugin: str
    channel: WalletChannel
    open: Callable[[], Opened]
    seen: Seen | None = None


class WalletChannelContract:
    """Derive a class whose name begins with ``Test``, and write the fixture ``bench``."""

    async def test_it_says_who_it_is(self, bench: ChannelBench) -> None:
        """A key that is its plugin's, names in two languages, known capabilities, a known assurance."""
        channel = bench.channel
        own = channel.key == bench.plugin or channel.key.startswith(f"{bench.plugin}-")
        _must(own or bench.plugin == "motcua", "the key begins with the plugin's name")
        _must(bool(channel.title_vi and channel.title_en), "it has a name in both languages")
        _must(channel.capabilities <= CAPABILITIES, "its capabilities are known ones")
        _must("deliver" in channel.capabilities, "it delivers")
        _must(channel.assurance in LEVELS, "its assurance is a known level")

    async def test_the_same_key_is_the_same_delivery(self, bench: ChannelBench) -> None:
        """Delivered twice with one key: one copy, one receipt."""
        first, second = [await _delivered(bench, "contract:1") for _ in range(2)]
        _must(first == second, "the second answer is the first one, with its receipt")
        if bench.seen is not None:
            _must(await bench.seen() == 1, "there is one copy on the other side")

    async def test_what_is_delivered_can_be_found(self, bench: ChannelBench) -> None:
        """A push or a publication has a receipt, an offer a way to take it."""
        said = await _delivered(bench, "contract:2")
        if said.how in ("pushed", "published"):
            _must(bool(said.receipt), "it has a receipt")
        if said.how == "offered":
            _must(said.link.startswith("http"), "it says where it can be taken")

    async def test_what_is_undone_with_the_transaction_is_not_delivered_twice(
        self, bench: ChannelBench
    ) -> None:
        """A worker dies after the other side took it: the same key comes again, and there is one copy."""
        try:
            async with bench.open() as (errand, result, holder):
                await bench.channel.deliver(errand, result, holder, "contract:3")
                raise _KilledError
        except _KilledError:
            await _delivered(bench, "contract:3")
        if bench.seen is not None:
            _must(await bench.seen() == 1, "there is one copy on the other side")

    async def test_a_withdrawal_takes_every_copy_and_may_come_twice(
        self, bench: ChannelBench
    ) -> None:
        """Withdrawn twice: nothing is left, and nothing is wrong."""
        if "withdraw" not in bench.channel.capabilities:
            return
        await _delivered(bench, "contract:4")
        for _ in range(2):
            async with bench.open() as (errand, result, _holder):
                await bench.channel.withdraw(errand, result, "revoked", "contract:4")
        if bench.seen is not None:
            _must(await bench.seen() == 0, "no copy is left on the other side")

    async def test_a_withdrawal_of_what_was_never_there_does_nothing(
        self, bench: ChannelBench
    ) -> None:
        """A withdrawal may overtake its delivery."""
        if "withdraw" in bench.channel.capabilities:
            async with bench.open() as (errand, result, _holder):
                await bench.channel.withdraw(errand, result, "revoked", "contract:5")

    async def test_nothing_of_the_person_stands_in_a_receipt(self, bench: ChannelBench) -> None:
        """Receipts and links are shown, logged and printed."""
        said = await _delivered(bench, "contract:6")
        async with bench.open() as (_errand, _result, holder):
            person = await holder.read()
        shown = f"{said.receipt} {said.link}"
        private = [person.pid, person.full_name, person.phone, person.address]
        _must(not any(p and p in shown for p in private), "it names nobody")


class _KilledError(Exception):
    """A worker that was killed."""


async def _delivered(bench: ChannelBench, idem: str) -> Delivery:
    async with bench.open() as (errand, result, holder):
        return await bench.channel.deliver(errand, result, holder, idem)


def _must(holds: bool, said: str) -> None:
    if not holds:
        raise AssertionError(f"of a channel is asked: {said}")
