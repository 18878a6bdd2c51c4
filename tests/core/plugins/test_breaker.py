"""A plugin that fails again and again is left alone for a while, and only where it fails."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from motcua.errors import Unavailable
from motcua.events.outbox import LaterError
from motcua.plugins import manager
from motcua.plugins.breaker import Breakers
from motcua.plugins.manager import Plugins
from motcua.tenancy.tenant import Tenant
from tests.core.plugins.toys import house, toy

pytestmark = pytest.mark.anyio
_WORK = SimpleNamespace(tx=SimpleNamespace(alive=True))


class Clock:
    """Time that passes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Toy:
    """Hooks that do as they are told: raise, be late, or answer."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.calls, self.does = clock, 0, "raise"

    def dossier_may_change(self, change: str) -> Any:
        self._act()

    async def event_happened(self, event: Any) -> None:
        self._act()

    def _act(self) -> None:
        self.calls += 1
        if self.does == "raise":
            raise RuntimeError("broken")
        if self.does == "late":
            self.clock.now += 40


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def acting(clock: Clock) -> Toy:
    return Toy(clock)


@pytest.fixture
def plugins(acting: Toy, clock: Clock) -> Plugins:
    def dossier_may_change(dossier: Mapping[str, Any], change: str) -> Any:
        return acting.dossier_may_change(change)

    async def event_happened(work: Any, event: Any) -> None:
        await acting.event_happened(event)

    made = house(toy("toy-failing", dossier_may_change, event_happened))
    made.breakers = Breakers(after=3, wait=60, clock=clock)
    return made


@pytest.fixture
def tenant(quang_ninh_like: Tenant) -> Tenant:
    return replace(quang_ninh_like, plugins=frozenset({"toy-failing"}))


def _ask(plugins: Plugins, tenant: Tenant) -> None:
    with pytest.raises(Unavailable, match="toy-failing"):
        plugins.refusal(tenant, {}, "dossier.accepted")


@pytest.mark.parametrize("does", ["raise", "late"])
def test_a_refusal_hook_that_fails_again_and_again_is_asked_no_more(
    plugins: Plugins, tenant: Tenant, acting: Toy, clock: Clock, does: str
) -> None:
    acting.does = does
    for _ in range(3):
        if does == "raise":
            _ask(plugins, tenant)
        else:
            assert plugins.refusal(tenant, {}, "dossier.accepted") is None, "late, but answered"
    for _ in range(5):
        _ask(plugins, tenant)
    assert acting.calls == 3
    assert "dossier_may_change" in plugins.resting(tenant)["toy-failing"]
    clock.now += 61
    acting.does = "answer"
    assert plugins.refusal(tenant, {}, "dossier.accepted") is None
    assert plugins.resting(tenant) == {}


def test_one_call_may_try_again_and_the_others_wait(
    plugins: Plugins, tenant: Tenant, acting: Toy, clock: Clock
) -> None:
    for _ in range(3):
        _ask(plugins, tenant)
    clock.now += 61
    for _ in range(4):
        _ask(plugins, tenant)
    assert acting.calls == 4


async def test_an_event_waits_while_its_plugin_is_left_alone(
    plugins: Plugins, tenant: Tenant, acting: Toy
) -> None:
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await plugins.event_happened("toy-failing", tenant, _WORK, None)
    with pytest.raises(LaterError) as later:
        await plugins.event_happened("toy-failing", tenant, _WORK, None)
    assert 0 < later.value.seconds <= 60
    assert acting.calls == 3
    acting.does = "answer"
    assert plugins.refusal(tenant, {}, "dossier.accepted") is None, (
        "another hook is another circuit"
    )


async def test_the_loss_of_the_database_is_not_the_plugins_fault(
    plugins: Plugins, tenant: Tenant
) -> None:
    gone = SimpleNamespace(tx=SimpleNamespace(alive=False))
    for _ in range(4):
        with pytest.raises(RuntimeError):
            await plugins.event_happened("toy-failing", tenant, gone, None)
    assert plugins.resting(tenant) == {}


async def test_an_event_hook_that_hangs_is_broken_off(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def event_happened(work: Any, event: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(manager, "EVENT_LIMIT", 0.01)
    made = house(toy("toy-failing", event_happened))
    with pytest.raises(TimeoutError):
        await made.event_happened("toy-failing", tenant, _WORK, None)
