"""The wallet at a station: it lives for one visit and is wiped at its end.

A paired station vouches for the visit with a pass, because nobody else may turn a person's own wallet into one
that forgets. A pass opens one wallet, once: whoever reads it off the screen or out of a log opens nothing. The
browser gets a cookie on the wallet's host; the page then keeps papers and keys in a store of
their own that the end of the visit deletes.
"""

import hmac
from datetime import datetime, timedelta

from motcua.ids import token
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import dpop, issuer, jose
from motcua.wallet.moments import seconds

COOKIE = "mc_wallet_session"
LIFETIME = timedelta(minutes=2)
"""How long a pass opens: the station sends the browser on at once."""
BEGIN, END = "/wallet/session", "/wallet/session/end"


def begin_url(platform: Platform, tenant: Tenant, now: datetime) -> str:
    """Return where a station sends its browser to open a wallet for this visit."""
    said = f"{tenant.slug}.{seconds(now + LIFETIME)}.{token()}"
    return f"{_host(platform)}{BEGIN}?pass={said}.{_mark(platform, said)}"


def end_url(platform: Platform, tenant: Tenant) -> str:
    """Return where a station sends its browser when the visit is over; from there it comes back."""
    return f"{_host(platform)}{END}?at={tenant.slug}"


def station_of(platform: Platform, slug: str) -> str | None:
    """Return the address of a tenant's station; None when there is no such tenant."""
    known = platform.directory.by_slug(slug)
    return platform.settings.url_of(slug) + "/station" if known else None


async def opened(platform: Platform, given: str, now: datetime) -> str | None:
    """Return the cookie of a new session for a pass; None when it is forged, too late or was used before."""
    said, _, mark = given.rpartition(".")
    if not said.isascii() or not hmac.compare_digest(mark.encode(), _mark(platform, said).encode()):
        return None
    slug, until, once = said.split(".")
    tenant = platform.directory.by_slug(slug)
    if tenant is None or int(until) < seconds(now):
        return None
    # Kept where proofs that were seen are kept, which is longer than a pass lives.
    first = await dpop.first(platform, tenant, dpop.Proof("session-wallet", once, None), now)
    return f"{slug}.{token()}" if first else None


def session_of(platform: Platform, cookie: str) -> tuple[str, str] | None:
    """Return the session's name and the address of its station; None without a session."""
    slug, _, name = cookie.partition(".")
    station = station_of(platform, slug)
    return (name, station) if station and name else None


def _host(platform: Platform) -> str:
    return platform.settings.url_of(issuer.WALLET)


def _mark(platform: Platform, said: str) -> str:
    key = platform.vaults.key("session-wallet")
    return jose.b64u(hmac.digest(key, said.encode(), "sha256"))
