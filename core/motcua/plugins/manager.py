"""The typed face of the plugins' hooks: nothing else in the core calls one."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import click
import structlog

from motcua.errors import Unavailable
from motcua.events.outbox import LaterError
from motcua.plugins.breaker import EVENT_LIMIT, Breakers
from motcua.plugins.kinds import (
    IdentityProvider,
    Message,
    Migrations,
    NoticeChannel,
    Refusal,
    SignatureServices,
)
from motcua.plugins.registry import Registry
from motcua.plugins.wallet_channels import WalletChannel
from motcua.tenancy.db import LOST
from motcua.tenancy.tenant import Tenant

_CHANNELS = "register_notice_channels"
_SEALING = "register_signature_services"
_WALLETS = "register_wallet_channels"
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


@dataclass
class Plugins(Registry):
    """The hooks by name, with the types of what goes in and comes out."""

    breakers: Breakers = field(default_factory=Breakers)

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
        found = self._answers("register_identity_providers", tenant, tenant=tenant)
        return [provider for _, provider in found]

    def notice_channels(self, tenant: Tenant) -> list[tuple[str, NoticeChannel]]:
        """Return the ways to write to people, each with its plugin; one that fails is left out."""
        return list(self._answers(_CHANNELS, tenant, tenant=tenant))

    def writes(self, tenant: Tenant) -> bool:
        """Return whether any plugin of this tenant brings channels; cheap, asked at every event."""
        return any(True for _ in self._implementations(_CHANNELS, tenant))

    def wallet_channels(self, tenant: Tenant) -> list[tuple[str, WalletChannel]]:
        """Return the ways to deliver results, each with its plugin; one that fails is left out.

        A channel whose key is not its plugin's is left out too: no plugin takes another one's place.
        """
        found: list[tuple[str, WalletChannel]] = []
        for name, channel in self._answers(_WALLETS, tenant, tenant=tenant):
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
        with self._watched(tenant, work, plugin, _CHANNELS):
            try:
                async with asyncio.timeout(EVENT_LIMIT):
                    return channel.key, await channel.send(work, message)
            except LOST:
                raise
            except Exception as error:  # noqa: BLE001 -- whatever it is, it comes again
                raise NoticeFailedError(plugin, channel.key, error) from None

    def signature_services(self, tenant: Tenant) -> tuple[str, SignatureServices] | None:
        """Return the tenant's time stamps and revocation proofs, with their plugin; None without any."""
        return next(self._answers(_SEALING, tenant, tenant=tenant), None)

    def seals(self, tenant: Tenant) -> bool:
        """Return whether any plugin of this tenant brings time stamps; cheap, asked at every event."""
        return any(True for _ in self._implementations(_SEALING, tenant))

    async def ask_signature_service(
        self, work: Any, plugin: str, call: Callable[..., Awaitable[T]], *arguments: Any
    ) -> T:
        """Call one function of ``signature_services``, for at most ``EVENT_LIMIT`` seconds.

        ``LaterError`` while the plugin is left alone because it failed again and again.
        """
        with self._watched(work.tenant, work, plugin, _SEALING):
            async with asyncio.timeout(EVENT_LIMIT):
                return await call(work, *arguments)

    def links(self, tenant: Tenant, audience: str) -> list[tuple[str, str, str]]:
        """Return the plugins' links; one that fails is noted and left out, the page stays."""
        found = self._answers("register_links", tenant, tenant=tenant, audience=audience)
        return [link for _, link in found]

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
            with self._watched(tenant, work, plugin, hook):
                answer = self._call(impl, {"work": work, "event": event})
                if inspect.isawaitable(answer):
                    async with asyncio.timeout(EVENT_LIMIT):
                        await answer

    def resting(self, tenant: Tenant) -> dict[str, str]:
        """Return the plugins that this process leaves alone for a while, with what was last wrong."""
        return self.breakers.resting(tenant.id)

    @contextmanager
    def _watched(self, tenant: Tenant, work: Any, plugin: str, hook: str) -> Iterator[None]:
        """Stand around one call that an event owes; ``LaterError`` while the plugin is left alone.

        When the database was lost under it, that was not the plugin's fault.
        """
        if seconds := self.breakers.rests(tenant.id, plugin, hook):
            raise LaterError(seconds)
        with self.breakers.watch(
            tenant.id, plugin, hook, limit=EVENT_LIMIT, spared=lambda: not work.tx.alive
        ):
            yield
