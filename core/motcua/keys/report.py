"""How keys stand: for ``motcua keys list`` and for ``motcua doctor``."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from anyio import to_thread

from motcua.errors import Unavailable
from motcua.keys import root
from motcua.keys.policy import policy_of
from motcua.keys.rotation import AUTHORITY_WARNING
from motcua.keys.signers.base import StoredKey
from motcua.keys.signers.stores import store_of
from motcua.keys.store import AUTHORITY, SIGNERS, KeyRow
from motcua.settings import Settings
from motcua.tenancy.tenant import Tenant
from motcua.wallet import jose

_LATE = timedelta(days=2)
_ROOT_WARNING = timedelta(days=6 * 365)


@dataclass(frozen=True)
class KeyFinding:
    """One thing about keys that is well or not, with what to do."""

    name: str
    ok: bool
    detail: str
    advice: str


def described(key: KeyRow, now: datetime) -> dict[str, Any]:
    """Return a key as ``motcua keys list`` prints it."""
    revoked = {
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
        "revoked_by": key.revoked_by,
        "reason": key.revoked_reason,
    }
    return {
        "kid": key.kid,
        "purpose": key.purpose,
        "state": key.state(now),
        "signer": key.signer,
        "certified_by": key.issuer_kid or "root",
        "use_from": key.use_from.isoformat(),
        "until": key.not_after.isoformat(),
        **(revoked if key.revoked_at else {}),
    }


def root_finding(settings: Settings, now: datetime) -> KeyFinding:
    """Say whether the root is there, how long, and whether its key lies where it should not."""
    found = root.standing(settings)
    if found is None:
        advice = "motcua keys make <tenant> makes it, or copy root.pem from the first node"
        return KeyFinding("root certificate", False, f"{settings.data} has none", advice)
    ends = found.certificate.not_valid_after_utc
    where = (
        "its key is on this machine: `motcua keys root take-away`" if found.key_here else "off line"
    )
    return KeyFinding(
        "root certificate",
        ends - now > _ROOT_WARNING,
        f"until {ends:%Y-%m-%d}; {where}",
        "plan another installation root: authorities made now would end early",
    )


def findings(tenant: Tenant, keys: list[KeyRow], now: datetime) -> Iterator[KeyFinding]:
    """Say of each purpose whether a key holds, until when, and whether its successor comes in time."""
    policy, slug = policy_of(tenant), tenant.slug
    for purpose in SIGNERS:
        valid = [k for k in keys if k.purpose == purpose and k.state(now) == "valid"]
        later = [k for k in keys if k.purpose == purpose and k.state(now) == "published"]
        if not valid:
            yield KeyFinding(f"{slug} {purpose} key", False, "missing", f"motcua keys make {slug}")
            continue
        last = max(valid + later, key=lambda k: k.not_after)
        left = last.not_after - now
        more = f"; the next from {later[-1].use_from:%Y-%m-%d %H:%M}" if later else ""
        yield KeyFinding(
            f"{slug} {purpose} key",
            left > policy.rotate_before - _LATE,
            f"valid for {left.days} days{more}",
            f"is a worker running? motcua keys publish-ahead {slug} --purpose {purpose}",
        )
    yield _authority(slug, keys, now)


async def probe(tenant: Tenant, keys: list[KeyRow], now: datetime) -> list[KeyFinding]:
    """Let each module or service that a tenant signs with sign something, to see whether it answers."""
    found = []
    for key in keys:
        if key.signer == "sealed" or key.state(now) != "valid":
            continue
        name = f"{tenant.slug} {key.purpose} signer"
        try:
            held = StoredKey(
                store_of(tenant, key.signer), key.reference or "", jose.key_from_jwk(key.public_jwk)
            )
            await to_thread.run_sync(held.sign, b"motcua doctor")
            found.append(KeyFinding(name, True, f"{key.signer} signs", ""))
        except Unavailable as error:
            advice = "look after the module or the service; check [settings.keys] of tenant.toml"
            found.append(KeyFinding(name, False, error.en, advice))
    return found


def _authority(slug: str, keys: list[KeyRow], now: datetime) -> KeyFinding:
    valid = [k for k in keys if k.purpose == AUTHORITY and k.state(now) == "valid"]
    left = max((k.not_after for k in valid), default=now) - now
    return KeyFinding(
        f"{slug} authority",
        left > AUTHORITY_WARNING,
        f"valid for {left.days} days" if valid else "missing: keys cannot be replaced",
        f"motcua keys ca {slug} --root-key FILE, with the root key you keep elsewhere",
    )
