"""The channels of a tenant, built in or brought by plugins, each with who brought it."""

from dataclasses import dataclass

from motcua.channels.builtin import built_in
from motcua.platform import Platform
from motcua.plugins.wallet_channels import WalletChannel
from motcua.tenancy.tenant import Tenant

CORE = "motcua"


@dataclass(frozen=True)
class Known:
    """A channel, and the plugin that brought it (``motcua`` for the core's own)."""

    plugin: str
    channel: WalletChannel


def known(platform: Platform, tenant: Tenant) -> dict[str, Known]:
    """Return all channels that a tenant could use, by key; a plugin cannot replace one of the core."""
    own = {c.key: Known(CORE, c) for c in built_in(platform)}
    brought = {
        channel.key: Known(plugin, channel)
        for plugin, channel in platform.plugins.wallet_channels(tenant)
    }
    return brought | own


def titles(platform: Platform, tenant: Tenant) -> dict[str, tuple[str, str]]:
    """Return the name of each channel in Vietnamese and English, by key."""
    return {
        key: (k.channel.title_vi, k.channel.title_en) for key, k in known(platform, tenant).items()
    }
