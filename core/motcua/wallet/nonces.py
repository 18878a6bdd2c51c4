"""The ``c_nonce`` of OpenID4VCI (section 7) without storage: it carries its own expiry and a MAC.

A nonce may be used more than once while it lives; the specification allows that, and a proof is also bound
to its time. Another process or another server with the same secret recognises it.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from motcua.wallet import jose
from motcua.wallet.moments import seconds
from motcua.wallet.refusal import CredentialError

LIFETIME = timedelta(minutes=5)
_HEAD = 8 + 16  # expiry, random


def make_nonce(secret: bytes, *, tenant: str, now: datetime, lifetime: timedelta = LIFETIME) -> str:
    """Return a fresh nonce for one tenant: expiry, 128 random bits and a MAC, 75 characters."""
    head = seconds(now + lifetime).to_bytes(8, "big") + secrets.token_bytes(16)
    return jose.b64u(head + _mac(secret, head, tenant))


def check_nonce(nonce: str, secret: bytes, *, tenant: str, now: datetime) -> bool:
    """Say whether the nonce is ours, of this tenant and not expired; never raises for a foreign text."""
    try:
        data = jose.b64u_decode(nonce)
    except CredentialError:
        return False
    head, mac = data[:_HEAD], data[_HEAD:]
    if not hmac.compare_digest(mac, _mac(secret, head, tenant)):
        return False
    return seconds(now) < int.from_bytes(head[:8], "big")


def _mac(secret: bytes, head: bytes, tenant: str) -> bytes:
    return hmac.digest(secret, b"c_nonce\0" + tenant.encode() + b"\0" + head, hashlib.sha256)
