"""Find the installed plugins, judge them, and reach their hooks for one tenant at a time.

An allow-list: for a tenant, only the plugins it has enabled are ever called. A plugin that fails to
import, speaks another API or implements an unknown hook is quarantined with its reason, and the
program starts without it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Self

import pluggy
import structlog

from motcua import hookspecs
from motcua.plugins.kinds import PluginInfo
from motcua.tenancy.tenant import Tenant

GROUP = "motcua.plugins"
API = "1"
_log = structlog.get_logger(__name__)


def _judge(name: str, module: object) -> PluginInfo:
    """Return what the plugin says of itself; ``ValueError`` says why it cannot be used."""
    info = getattr(module, "PLUGIN", None)
    if not isinstance(info, PluginInfo):
        raise ValueError("it has no PLUGIN = PluginInfo(...)")  # noqa: TRY004 -- one kind for all
    if info.name != name:
        raise ValueError(f"its entry point is {name!r} but PLUGIN.name is {info.name!r}")
    if info.api != API:
        raise ValueError(f"it speaks API {info.api}, this is API {API}")
    known = {n for n, f in vars(hookspecs).items() if hasattr(f, "motcua_spec")}
    marked = {n for n in dir(module) if hasattr(getattr(module, n), "motcua_impl")}
    if unknown := sorted(marked - known):
        raise ValueError(f"it implements hooks that do not exist: {', '.join(unknown)}")
    return info


@dataclass
class Registry:
    """The plugins of this process; ``infos`` are those that can be used, ``quarantined`` says why the others cannot."""

    manager: pluggy.PluginManager
    infos: dict[str, PluginInfo] = field(default_factory=dict)
    quarantined: dict[str, str] = field(default_factory=dict)

    @classmethod
    def discover(cls, blocked: frozenset[str] = frozenset()) -> Self:
        """Load every installed plugin that is not blocked."""
        plugins = cls.empty()
        for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
            if point.name in blocked:
                plugins.quarantined[point.name] = "blocked by MOTCUA_BLOCKED_PLUGINS"
                continue
            try:
                plugins.add(point.name, point.load())
            except Exception as error:  # noqa: BLE001 -- a plugin may raise anything at import
                plugins.quarantine(point.name, error)
        return plugins

    @classmethod
    def empty(cls) -> Self:
        """Return a manager that knows the hooks and no plugin."""
        manager = pluggy.PluginManager("motcua")
        manager.add_hookspecs(hookspecs)
        return cls(manager)

    def add(self, name: str, module: object) -> None:
        """Register one plugin; raises when it cannot be used."""
        self.infos[name] = _judge(name, module)
        try:
            self.manager.register(module, name=name)
        except Exception:
            self._remove(name)
            raise

    def quarantine(self, name: str, error: Exception) -> None:
        """Set a broken plugin aside, with the reason that ``motcua doctor`` and the office show."""
        self.quarantined[name] = f"{type(error).__name__}: {error}"
        _log.error("plugin_quarantined", plugin=name, reason=self.quarantined[name])

    def _remove(self, name: str) -> None:
        # pluggy keeps what it registered before it found the fault.
        self.infos.pop(name, None)
        if self.manager.has_plugin(name):
            self.manager.unregister(name=name)

    def enabled(self, tenant: Tenant) -> frozenset[str]:
        """Return the plugins that exist for this tenant."""
        return tenant.plugins & self.infos.keys()

    def _answers(self, hook: str, where: Tenant, /, **arguments: Any) -> Iterator[tuple[str, Any]]:
        """Return what the plugins of a tenant list, each with its name; one that fails is noted and left out."""
        for impl in self._implementations(hook, where):
            try:
                answer = list(self._call(impl, arguments) or ())
            except Exception:  # noqa: BLE001 -- a plugin may raise anything; only its part is lost
                _log.exception("plugin_failed", plugin=impl.plugin_name, hook=hook)
                continue
            for one in answer:
                yield impl.plugin_name, one

    def _ask(self, hook: str, where: Tenant, /, **arguments: Any) -> Iterator[Any]:
        for impl in self._implementations(hook, where):
            if (answer := self._call(impl, arguments)) is not None:
                yield answer

    def _brought(self, hook: str, **arguments: Any) -> Iterator[tuple[str, Any]]:
        for impl in getattr(self.manager.hook, hook).get_hookimpls():
            try:
                answer = self._call(impl, arguments)
            except Exception as error:  # noqa: BLE001 -- a plugin may raise anything
                self._remove(impl.plugin_name)
                self.quarantine(impl.plugin_name, error)
                continue
            if answer is not None:
                yield impl.plugin_name, answer

    def _implementations(self, hook: str, tenant: Tenant) -> Iterator[Any]:
        enabled = self.enabled(tenant)
        for impl in getattr(self.manager.hook, hook).get_hookimpls():
            if impl.plugin_name in enabled:
                yield impl

    @staticmethod
    def _call(impl: Any, arguments: Mapping[str, Any]) -> Any:
        # A plugin may take fewer arguments than the hook offers: hooks can grow.
        return impl.function(*[arguments[a] for a in impl.argnames])
