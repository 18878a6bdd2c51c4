"""What a tenant's settings say about its keys (``[settings.keys]`` of ``tenant.toml``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from motcua.reach import read_networks
from motcua.tenancy.tenant import Tenant

SIGNERS = ("sealed", "pkcs11", "remote")
_NUMBERS = {
    "publish_ahead_hours": (24, 0, 720),
    "rotate_before_days": (90, 1, 300),
    "signing_seconds": (10, 0.5, 50),
}
_TABLES = {
    "pkcs11": ({"module", "token"}, {"pin_file", "pin_env"}),
    "remote": (
        {"url"},
        {"token_file", "token_env", "ca", "certificate", "key", "timeout_seconds", "networks"},
    ),
}


@dataclass(frozen=True)
class KeyPolicy:
    """Where new keys of a tenant are made, and when the next one takes over.

    ``publish_ahead``: how long a new key is published before it signs, so that others have heard of it.
    ``rotate_before``: how long before the end of a certificate the next one is made; no credential lives
    longer than the certificate that signed it, so this is the least life of a fresh one. ``signing_seconds``: how
    long a device or service may take for all that one transaction asks of it.
    """

    signer: str
    publish_ahead: timedelta
    rotate_before: timedelta
    signing_seconds: float
    modules: Mapping[str, Mapping[str, Any]]

    def of_signer(self, name: str) -> Mapping[str, Any]:
        """Return the connection settings of a kind of signer; ``ValueError`` when there are none."""
        if name not in self.modules:
            raise ValueError(f"tenant.toml has no [settings.keys.{name}], where a key of it lies")
        return self.modules[name]


def policy_of(tenant: Tenant) -> KeyPolicy:
    """Return the policy of a tenant."""
    return read_policy(tenant.settings.get("keys", {}))


def read_policy(said: Any) -> KeyPolicy:
    """Read ``[settings.keys]``; ``ValueError`` names the entry that is wrong and what it may be."""
    said = said if isinstance(said, Mapping) else {str(said): None}
    unknown = said.keys() - {"signer", *_NUMBERS, *_TABLES}
    if unknown:
        raise ValueError(f"tenant.toml: [settings.keys] has no entry {min(unknown)!r}")
    modules = {name: _module(name, said[name]) for name in _TABLES if name in said}
    signer = said.get("signer", "sealed")
    if signer not in SIGNERS:
        raise ValueError(f"settings.keys.signer must be one of {', '.join(SIGNERS)}")
    if signer != "sealed" and signer not in modules:
        raise ValueError(f"settings.keys.signer is {signer!r}: add [settings.keys.{signer}]")
    hours, days, seconds = (_number(said, name) for name in _NUMBERS)
    return KeyPolicy(signer, timedelta(hours=hours), timedelta(days=days), seconds, modules)


def _number(said: Mapping[str, Any], name: str) -> float:
    default, least, most = _NUMBERS[name]
    value = said.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"settings.keys.{name} must be a number from {least:g} to {most:g}")
    return value


def _module(name: str, said: Any) -> Mapping[str, Any]:
    needed, more = _TABLES[name]
    if not isinstance(said, Mapping) or not needed <= said.keys() <= needed | more:
        raise ValueError(
            f"settings.keys.{name} needs {', '.join(sorted(needed))}"
            f" and may have {', '.join(sorted(more))}"
        )
    try:
        read_networks(said.get("networks", ()))
    except (ValueError, TypeError) as error:
        raise ValueError(f"settings.keys.{name}.networks: {error}") from error
    return said
