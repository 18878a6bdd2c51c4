"""The next key in time: made before the old one ends, published ahead, then used; the old one stays readable.

Runs in the worker's housekeeping, and by hand (``motcua keys …``). It needs the tenant's authority, which is on
line, and not the root.
"""

from datetime import datetime, timedelta

from motcua.events.work import Work
from motcua.keys import making, root, store
from motcua.keys.policy import policy_of
from motcua.keys.store import AUTHORITY, SIGNERS, KeyRow
from motcua.settings import Settings
from motcua.tenancy.db import TenantTx
from motcua.tenancy.vault import TenantVault
from motcua.wallet import certificates

AUTHORITY_WARNING = timedelta(days=365)
"""How long before its end an authority is to be replaced: until then its signers get their full year."""


async def make_missing(
    tx: TenantTx, vault: TenantVault, settings: Settings, now: datetime
) -> list[KeyRow]:
    """Give a tenant an authority and a key for each purpose that has none; returns what was made.

    An authority is made where the root's key is at hand. ``Unavailable`` when a key is missing and there is
    neither authority nor root key.
    """
    await store.lock(tx)
    known, made = await store.every(tx), []
    url = settings.public_url_of(tx.tenant.slug)
    missing = [p for p in SIGNERS if not _in_use(tx, known, p, now)]
    if not _in_use(tx, known, AUTHORITY, now) and (missing or root.available(settings)):
        above = root.load_or_make(settings, now)
        made.append(await making.make_authority(tx, vault, above, now, url))
    made += [await making.make_signer(tx, vault, p, now, now, url) for p in missing]
    return made


async def keep(work: Work, url: str = "") -> list[KeyRow]:
    """Publish the next key of each purpose whose key comes to its end; returns what was made.

    ``url`` is the tenant's public address, for the certificates ("" when others do not find it), here and below.
    ``Unavailable`` when the authority ended or the device is away: nothing was made, what is valid goes on.
    """
    await store.lock(work.tx)
    known, policy, made = await store.every(work.tx), policy_of(work.tenant), []
    for purpose in SIGNERS:
        last = max(_in_use(work.tx, known, purpose, work.now), key=_end, default=None)
        if last is None:
            made.append(await _make(work, purpose, work.now, url))
        elif last.not_after - work.now <= policy.rotate_before and not _short(known, last):
            begins = min(work.now + policy.publish_ahead, last.not_after)
            made.append(await _make(work, purpose, begins, url))
    return made


async def publish(work: Work, purpose: str, ahead: timedelta, url: str = "") -> KeyRow:
    """Make the next key now and use it after ``ahead``; nothing is made when one waits already."""
    await store.lock(work.tx)
    waiting = [k for k in await store.every(work.tx) if _waits(k, purpose, work.now)]
    return waiting[-1] if waiting else await _make(work, purpose, work.now + ahead, url)


async def rotate(work: Work, purpose: str, url: str = "") -> KeyRow:
    """Use another key from now on: the one that waits, or a new one."""
    await store.lock(work.tx)
    waiting = [k for k in await store.every(work.tx) if _waits(k, purpose, work.now)]
    if not waiting:
        return await _make(work, purpose, work.now, url)
    await store.use_from(work.tx, waiting[-1], work.now)
    work.emit("key.rotated", waiting[-1].id, {"kid": waiting[-1].kid, "purpose": purpose})
    return waiting[-1]


async def _make(work: Work, purpose: str, use_from: datetime, url: str) -> KeyRow:
    made = await making.make_signer(work.tx, work.vault, purpose, use_from, work.now, url)
    note_made(work, made)
    return made


def note_made(work: Work, made: KeyRow) -> None:
    """Write down that a key was made."""
    told = {"kid": made.kid, "purpose": made.purpose, "signer": made.signer}
    moments = {"use_from": made.use_from.isoformat(), "until": made.not_after.isoformat()}
    work.emit("key.made", made.id, {**told, **moments})


def lasts(authority: KeyRow, host: str, now: datetime) -> bool:
    """Tell whether a tenant needs no other authority yet."""
    return authority.not_after - now > AUTHORITY_WARNING and _fits(authority, host)


def _in_use(tx: TenantTx, known: list[KeyRow], purpose: str, now: datetime) -> list[KeyRow]:
    """Return the keys of a purpose that hold, for the tenant's present host."""
    return [
        key
        for key in known
        if key.purpose == purpose and key.valid(now) and _fits(key, tx.tenant.host)
    ]


def _fits(key: KeyRow, host: str) -> bool:
    """Tell whether a certificate speaks for the host, which may have been renamed."""
    chain = certificates.from_pem(key.certificate.encode())
    hosts = certificates.hosts_of(chain[0])
    # A document's certificate bears no host: the authority above says for whom it signs.
    return certificates.may_certify(chain[-1], host) and (not hosts or host in hosts)


def _waits(key: KeyRow, purpose: str, now: datetime) -> bool:
    return key.purpose == purpose and key.state(now) == "published"


def _short(known: list[KeyRow], last: KeyRow) -> bool:
    """Tell whether the key ends with its authority: another one would end no later."""
    above = [k.not_after for k in known if k.kid == last.issuer_kid and k.revoked_at is None]
    newest = [k.not_after for k in known if k.purpose == AUTHORITY and k.revoked_at is None]
    return bool(above) and max(newest) == above[0] and last.not_after >= above[0]


def _end(key: KeyRow) -> datetime:
    return key.not_after
