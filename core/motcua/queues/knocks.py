"""How often nobody in particular may ask for something from one place: open doors without a crowd in them.

Counted as events over all processes, by an HMAC of the network address or telephone. Whoever is signed in is not counted,
and a refusal says so: behind one address of a telephone network there are many people.
"""

from datetime import timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID

from motcua.errors import TooManyTries
from motcua.events.work import Work
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import TenantVault

KNOCKED = "door.knocked"
PERIOD = timedelta(minutes=15)
LIMITS = {
    "reserve": 60,
    "book": 60,
    "wrong": 20,
    "check": 60,
    "code": 30,
    "guess": 30,
    "told": 3,
    "miss": 5,
}
"""Numbers, appointments, wrong codes or telephones, and files to check, of one address in ``PERIOD``.

``code`` and ``guess``: codes that were sent to telephones, and wrong answers; ``told`` and ``miss``: those of one
telephone.
"""

_COUNT = """
select count(*) from event where subject = $1 and type = $2 and at > $3 and payload->>'kind' = $4
"""
_ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended($1::text, 0))"


async def refuse_crowd(work: Work, kind: str, address: str) -> None:
    """Raise ``TooManyTries`` when this address has knocked too often; ``kind`` is one of ``LIMITS``."""
    if await crowded(work, kind, address):
        raise TooManyTries(
            "Có quá nhiều yêu cầu từ mạng này. Hãy đăng nhập, hoặc thử lại sau 15 phút.",
            "Too many requests from this network. Sign in, or try again in 15 minutes.",
        )


async def crowded(work: Work, kind: str, whose: str) -> bool:
    """Tell whether an address or a telephone has knocked too often; one that asks at a time."""
    client = client_of(work.vault, work.tenant, whose)
    await work.tx.execute(_ONE_AT_A_TIME, f"{client} {kind}")
    since = work.now - PERIOD
    return bool(await work.tx.fetchval(_COUNT, client, KNOCKED, since, kind) >= LIMITS[kind])


def note(work: Work, kind: str, address: str) -> None:
    """Count one knock; it counts when the work is committed."""
    work.emit(KNOCKED, client_of(work.vault, work.tenant, address), {"kind": kind})


def client_of(vault: TenantVault, tenant: Tenant, address: str) -> UUID:
    """Return what the log keeps of an address: an HMAC. IPv6 counts by its network, which one person owns."""
    try:
        known = ip_address(address)
        network = str(ip_network((known, 64 if known.version == 6 else 32), strict=False))
    except ValueError:
        network = address
    return UUID(bytes=vault.index(f"knock {tenant.id} {network}")[:16])
