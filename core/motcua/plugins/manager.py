"""Find plugins, judge them, and call their hooks for one tenant at a time.

An allow-list: for a tenant, only the plugins it has enabled are ever called. A plugin that fails to
import, speaks another API or implements an unknown hook is quarantined with its reason, and the
program starts without it.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar, cast

import click
import pluggy
import structlog

from motcua import hookspecs
from motcua.errors import Unavailable
from motcua.events.outbox import LaterError
from motcua.plugins.breaker import EVENT_LIMIT, Breakers
from motcua.plugins.kinds import (
    IdentityProvider,
    Message,
    Migrations,
    NoticeChannel,
    PluginInfo,
    Refusal,
    SignatureServices,
)
from motcua.plugins.wallet_channels import WalletChannel
from motcua.tenancy.db import LOST
from motcua.tenancy.tenant import Tenant

GROUP = "motcua.plugins"
_CHANNELS = "register_notice_channels"
_SEALING = "register_signature_services"
_WALLETS = "register_wallet_channels"
API = "1"
T = TypeVar("T")
_log = structlog.get_logger(__name__)


class NoticeFailedError(Exception):
    """A channel did not take a message; says which and how, never what it was asked to send."""

    def __init__(self, plugin: str, channel: str, error: Exception) -> None:
        super().__init__(f"channel {channel} of plugin {plugin}: {type(error).__name__}")


def _cannot_say(plugin: str) -> Unavailable:
    return Unavailable(
        f"Phần mở rộng “{plugin}” đang lỗi nên chưa đổi được hồ sơ. Hãy báo quản trị viên.",
        f"The plugin {plugin!r} fails, so the dossier cannot change. Tell the administrator.",
    )


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
class Plugins:
    """The typed face of pluggy: nothing else in the core calls a hook."""

    manager: pluggy.PluginManager
    infos: dict[str, PluginInfo] = field(default_factory=dict)
    quarantined: dict[str, str] = field(default_factory=dict)
    breakers: Breakers = field(default_factory=Breakers)

    @classmethod
    def discover(cls, blocked: frozenset[str] = frozenset()) -> "Plugins":
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
    def empty(cls) -> "Plugins":
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

    # At start: what every installed plugin brings, with its name.

    def procedures(self) -> Iterator[tuple[str, Path]]:
        for name, folders in self._brought("register_procedures"):
            for folder in cast(Sequence[Path], folders):
                yield name, folder

    def routes(self) -> Iterator[tuple[str, Sequence[Any]]]:
        yield from self._brought("register_routes")

    def template_folders(self) -> list[Path]:
        return [cast(Path, folder) for _, folder in self._brought("register_templates")]

    def service_tasks(
        self, tenant: Tenant | None = None
    ) -> dict[str, tuple[str, Callable[..., Awaitable[Mapping[str, Any]]]]]:
        """Return handlers by name, each with the plugin that brought it; for a tenant, only its own.

        Two plugins may use one name, as long as no tenant has enabled both.
        """
        enabled = self.infos.keys() if tenant is None else self.enabled(tenant)
        found: dict[str, tuple[str, Callable[..., Awaitable[Mapping[str, Any]]]]] = {}
        for name, handlers in self._brought("register_service_tasks"):
            if name in enabled:
                found |= {key: (name, handler) for key, handler in handlers.items()}
        return found

    def migrations(self) -> Iterator[tuple[str, Migrations]]:
        yield from self._brought("register_migrations")

    def add_commands(self, cli: click.Group) -> None:
        for _ in self._brought("register_commands", cli=cli):
            pass

    # For one tenant.

    def identity_providers(self, tenant: Tenant) -> list[IdentityProvider]:
        """Return the ways to sign in; a plugin that fails is noted and left out, the others stay."""
        return self._joined("register_identity_providers", tenant, tenant=tenant)

    def notice_channels(self, tenant: Tenant) -> list[tuple[str, NoticeChannel]]:
        """Return the ways to write to people, each with its plugin; one that fails is left out."""
        found: list[tuple[str, NoticeChannel]] = []
        for impl in self._implementations(_CHANNELS, tenant):
            try:
                answer = self._call(impl, {"tenant": tenant}) or ()
            except Exception:  # noqa: BLE001 -- a plugin may raise anything; only its part is lost
                _log.exception("plugin_failed", plugin=impl.plugin_name, hook=_CHANNELS)
                continue
            found += [(impl.plugin_name, channel) for channel in answer]
        return found

    def writes(self, tenant: Tenant) -> bool:
        """Return whether any plugin of this tenant brings channels; cheap, asked at every event."""
        return any(True for _ in self._implementations(_CHANNELS, tenant))

    def wallet_channels(self, tenant: Tenant) -> list[tuple[str, WalletChannel]]:
        """Return the ways to deliver results, each with its plugin; one that fails is left out.

        A channel whose key is not its plugin's is left out too: no plugin takes another one's place.
        """
        found: list[tuple[str, WalletChannel]] = []
        for impl in self._implementations(_WALLETS, tenant):
            name = impl.plugin_name
            try:
                answer = list(self._call(impl, {"tenant": tenant}) or ())
            except Exception:  # noqa: BLE001 -- a plugin may raise anything; only its part is lost
                _log.exception("plugin_failed", plugin=name, hook=_WALLETS)
                continue
            for channel in answer:
                if channel.key == name or channel.key.startswith(f"{name}-"):
                    found.append((name, channel))
                else:
                    _log.error("wallet_channel_misnamed", plugin=name, channel=channel.key)
        return found

    async def send_notice(
        self, tenant: Tenant, work: Any, message: Message
    ) -> tuple[str, str] | None:
        """Hand a message to the first channel; return the channel's key and its reference.

        None when the tenant has no channel. ``LaterError`` while the plugin is left alone because it failed
        again and again. What the channel raises is told by its kind alone: its words may hold the telephone.
        """
        channels = self.notice_channels(tenant)
        if not channels:
            return None
        plugin, channel = channels[0]
        if seconds := self.breakers.rests(tenant.id, plugin, _CHANNELS):
            raise LaterError(seconds)
        with self.breakers.watch(
            tenant.id, plugin, _CHANNELS, limit=EVENT_LIMIT, spared=lambda: not work.tx.alive
        ):
            try:
                async with asyncio.timeout(EVENT_LIMIT):
                    return channel.key, await channel.send(work, message)
            except LOST:
                raise
            except Exception as error:  # noqa: BLE001 -- whatever it is, it comes again
                raise NoticeFailedError(plugin, channel.key, error) from None

    def signature_services(self, tenant: Tenant) -> tuple[str, SignatureServices] | None:
        """Return the tenant's time stamps and revocation proofs, with their plugin; None without any."""
        for impl in self._implementations(_SEALING, tenant):
            try:
                answer = self._call(impl, {"tenant": tenant}) or ()
            except Exception:  # noqa: BLE001 -- a plugin may raise anything; only its part is lost
                _log.exception("plugin_failed", plugin=impl.plugin_name, hook=_SEALING)
                continue
            for services in answer:
                return impl.plugin_name, services
        return None

    def seals(self, tenant: Tenant) -> bool:
        """Return whether any plugin of this tenant brings time stamps; cheap, asked at every event."""
        return any(True for _ in self._implementations(_SEALING, tenant))

    async def ask_signature_service(
        self, work: Any, plugin: str, call: Callable[..., Awaitable[T]], *arguments: Any
    ) -> T:
        """Call one function of ``signature_services``, for at most ``EVENT_LIMIT`` seconds.

        ``LaterError`` while the plugin is left alone because it failed again and again.
        """
        tenant = work.tenant
        if seconds := self.breakers.rests(tenant.id, plugin, _SEALING):
            raise LaterError(seconds)
        with self.breakers.watch(
            tenant.id, plugin, _SEALING, limit=EVENT_LIMIT, spared=lambda: not work.tx.alive
        ):
            async with asyncio.timeout(EVENT_LIMIT):
                return await call(work, *arguments)

    def links(self, tenant: Tenant, audience: str) -> list[tuple[str, str, str]]:
        """Return the plugins' links; one that fails is noted and left out, the page stays."""
        return self._joined("register_links", tenant, tenant=tenant, audience=audience)

    def refusal(self, tenant: Tenant, dossier: Mapping[str, Any], change: str) -> Refusal | None:
        """Return the first refusal of a change of a dossier, if any.

        A plugin that fails cannot say yes: ``Unavailable`` names it, and nothing changes.
        """
        told, hook = {"tenant": tenant, "dossier": dossier, "change": change}, "dossier_may_change"
        for impl in self._implementations(hook, tenant):
            if self.breakers.rests(tenant.id, impl.plugin_name, hook):
                raise _cannot_say(impl.plugin_name)
            try:
                with self.breakers.watch(tenant.id, impl.plugin_name, hook):
                    answer = self._call(impl, told)
            except Exception as error:
                _log.exception("plugin_failed", plugin=impl.plugin_name, hook=hook)
                raise _cannot_say(impl.plugin_name) from error
            if answer is not None:
                return cast(Refusal, answer)
        return None

    def _joined(self, hook: str, where: Tenant, /, **arguments: Any) -> list[Any]:
        found: list[Any] = []
        for impl in self._implementations(hook, where):
            try:
                found += self._call(impl, arguments) or ()
            except Exception:  # noqa: BLE001 -- a plugin may raise anything; only its part is lost
                _log.exception("plugin_failed", plugin=impl.plugin_name, hook=hook)
        return found

    async def demo_people(self, work: Any, people: Sequence[Any]) -> None:
        for answer in self._ask("demo_people", work.tenant, work=work, people=people):
            await answer

    def listeners(self, tenant: Tenant) -> list[str]:
        """Return the enabled plugins that want to hear of events."""
        return [i.plugin_name for i in self._implementations("event_happened", tenant)]

    async def event_happened(self, plugin: str, tenant: Tenant, work: Any, event: Any) -> None:
        """Tell one plugin of one event, for at most ``EVENT_LIMIT`` seconds.

        ``LaterError`` while the plugin is left alone because it failed again and again.
        """
        hook = "event_happened"
        for impl in self._implementations(hook, tenant):
            if impl.plugin_name != plugin:
                continue
            if seconds := self.breakers.rests(tenant.id, plugin, hook):
                raise LaterError(seconds)
            watch = self.breakers.watch(
                tenant.id, plugin, hook, limit=EVENT_LIMIT, spared=lambda: not work.tx.alive
            )
            with watch:
                answer = self._call(impl, {"work": work, "event": event})
                if inspect.isawaitable(answer):
                    async with asyncio.timeout(EVENT_LIMIT):
                        await answer

    def resting(self, tenant: Tenant) -> dict[str, str]:
        """Return the plugins that this process leaves alone for a while, with what was last wrong."""
        return self.breakers.resting(tenant.id)

    def _implementations(self, hook: str, tenant: Tenant) -> Iterator[Any]:
        enabled = self.enabled(tenant)
        for impl in getattr(self.manager.hook, hook).get_hookimpls():
            if impl.plugin_name in enabled:
                yield impl

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

    @staticmethod
    def _call(impl: Any, arguments: Mapping[str, Any]) -> Any:
        # A plugin may take fewer arguments than the hook offers: hooks can grow.
        return impl.function(*[arguments[a] for a in impl.argnames])
