"""A plugin that fails again and again for a tenant is left alone for a while, so that it drags nobody down.

Counted per (tenant, plugin, hook) in this process: ``AFTER`` failures one after another open the circuit for
``WAIT`` seconds; then one call may try, and closes it when it goes well. A hook that answers too late failed,
even when its answer was used: a synchronous one cannot be stopped, only measured.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog

AFTER = 5
WAIT = 60.0
#: Seconds that a hook may take: one inside a request or a transaction, and one of an event.
LIMIT = 1.0
EVENT_LIMIT = 30.0
_log = structlog.get_logger(__name__)


@dataclass
class Circuit:
    """How one plugin does for one tenant: failures one after another, the last reason, closed until when."""

    failures: int = 0
    reason: str = ""
    until: float = 0.0


@dataclass
class Breakers:
    """The circuits of this process."""

    after: int = AFTER
    wait: float = WAIT
    clock: Callable[[], float] = time.monotonic
    circuits: dict[tuple[UUID, str, str], Circuit] = field(default_factory=dict)

    def rests(self, tenant: UUID, plugin: str, hook: str) -> float:
        """Return for how many seconds a plugin's hook is left alone; 0 when it may be called.

        The first who asks after the time has passed may try; the others wait for how that goes.
        """
        circuit = self.circuits.get((tenant, plugin, hook))
        if circuit is None or circuit.failures < self.after:
            return 0.0
        if (left := circuit.until - self.clock()) > 0:
            return left
        circuit.until = self.clock() + self.wait
        return 0.0

    def resting(self, tenant: UUID) -> dict[str, str]:
        """Return the plugins that are left alone for a tenant, with what was last wrong."""
        return {
            plugin: circuit.reason
            for (owner, plugin, _), circuit in self.circuits.items()
            if owner == tenant and circuit.failures >= self.after
        }

    @contextmanager
    def watch(
        self,
        tenant: UUID,
        plugin: str,
        hook: str,
        *,
        limit: float = LIMIT,
        spared: Callable[[], bool] = lambda: False,
    ) -> Iterator[None]:
        """Stand around one call: what it raises passes through and is counted, and so is being late.

        ``spared`` says of a call that raised whether that was not the plugin's fault.
        """
        began = self.clock()
        try:
            yield
        except Exception as error:
            if not spared():
                self._failed(tenant, plugin, hook, f"{type(error).__name__}: {error}"[:300])
            raise
        took = self.clock() - began
        if took > limit:
            self._failed(tenant, plugin, hook, f"took {took:.1f} s, {limit:g} s are allowed")
        else:
            self.circuits.pop((tenant, plugin, hook), None)

    def _failed(self, tenant: UUID, plugin: str, hook: str, reason: str) -> None:
        circuit = self.circuits.setdefault((tenant, plugin, hook), Circuit())
        circuit.failures += 1
        circuit.reason = f"{hook}: {reason}"
        if circuit.failures >= self.after:
            circuit.until = self.clock() + self.wait
            _log.error(
                "plugin_left_alone",
                plugin=plugin,
                tenant=str(tenant),
                seconds=self.wait,
                reason=circuit.reason,
            )
