"""Results that can be proven for long: from PAdES B-B to B-LT, in a job after the commit.

The event of the result owes it, like any other effect: what fails comes again, later each time, and after eight
tries staff see it at ``/desk/outbox`` and can send it again. The file that was issued stays as it is.
"""

from collections.abc import Sequence
from functools import partial

from anyio import to_thread
from cryptography import x509

from motcua import clock
from motcua.documents import lasting
from motcua.events.log import Event
from motcua.events.work import Work
from motcua.files import erasing
from motcua.ids import uuid7
from motcua.keys import crls, root
from motcua.platform import Platform
from motcua.plugins.kinds import RevocationProof
from motcua.plugins.manager import Plugins
from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates

SUBSCRIBER = "preserving"
SUBSCRIBED = frozenset({"result.issued", "document.owed"})
"""``document.owed``: a result that was issued before there were time stamps, or that got stuck."""

# A document by a key that was revoked meanwhile cannot be proven any more, and need not be.
_DOCUMENT = """
select r.id, r.pdf_sha256 from issued_result r
join tenant_key k on k.tenant_id = r.tenant_id and k.kid = r.signing_kid and k.revoked_at is null
where r.id = $1
  and not exists (select 1 from sealed_document s where s.tenant_id = r.tenant_id and s.sha256 = r.pdf_sha256)
"""
_KEEP = """
insert into sealed_document (id, sha256, lasting_sha256, level, stamped_at, stamper, roots, at)
values ($1, $2, $3, 'B-LT', $4, $5, $6, $7) on conflict (tenant_id, sha256) do nothing
"""
_OWED = """
select r.id, r.trace_id from issued_result r
join tenant_key k on k.tenant_id = r.tenant_id and k.kid = r.signing_kid and k.revoked_at is null
where not exists (select 1 from sealed_document s where s.tenant_id = r.tenant_id and s.sha256 = r.pdf_sha256)
  and r.issued_at < $1
order by r.id limit $2
"""


def wanted(plugins: Plugins, tenant: Tenant, event: str) -> bool:
    """Tell whether an event of this tenant owes it: only with a plugin that stamps."""
    return event in SUBSCRIBED and plugins.seals(tenant)


async def preserve(platform: Platform, work: Work, event: Event) -> None:
    """Bring the document of a result to B-LT; does nothing when that is done, or its key was revoked.

    Raises ``NotProvenError`` and what the plugin raises: the effect comes again.
    """
    row = await work.tx.fetchrow(_DOCUMENT, event.subject)
    found = platform.plugins.signature_services(work.tenant)
    if row is None or found is None:
        return
    plugin, services = found
    ask = partial(platform.plugins.ask_signature_service, work, plugin)
    theirs = await ask(services.roots)

    async def prove(certificate: bytes, issuer: bytes) -> Sequence[RevocationProof]:
        own = await _own(platform, work, issuer)
        return [own] if own else await ask(services.proofs, certificate, issuer)

    files = platform.files.for_tenant(work.tenant.id, work.tenant.slug)
    made = await lasting.extend(
        await to_thread.run_sync(files.get, row["pdf_sha256"]),
        stamp=partial(ask, services.time_stamp),
        prove=prove,
        roots=[root.certificate_file(platform.settings).read_bytes(), *theirs],
        at=clock.now(),
    )
    stored = await to_thread.run_sync(files.put, made.pdf)
    await work.tx.execute(erasing.HOLD, stored.sha256)
    told = (made.stamped_at, plugin, b"".join(theirs).decode(), work.now)
    await work.tx.execute(_KEEP, uuid7(), row["pdf_sha256"], stored.sha256, *told)
    work.emit("document.preserved", row["id"], {"level": "B-LT", "stamper": plugin})


async def owe(platform: Platform, tenant: Tenant, work: Work, most: int = 1000) -> int:
    """Owe it for results that still lack it; returns how many. Asked twice, it is done once."""
    if not platform.plugins.seals(tenant):
        return 0
    rows = await work.tx.fetch(_OWED, work.now, most)
    for row in rows:
        work.trace_id = row["trace_id"]
        work.emit("document.owed", row["id"])
    return len(rows)


async def _own(platform: Platform, work: Work, issuer: bytes) -> RevocationProof | None:
    """Return our own list of the certificates of an issuer; None when it is not the platform's."""
    at, above = clock.now(), x509.load_der_x509_certificate(issuer)
    top = certificates.from_pem(root.certificate_file(platform.settings).read_bytes())[0]
    if above == top:
        return RevocationProof("crl", await crls.of_root(platform, at))
    if above.issuer != top.subject:
        return None
    kid = crls.kid_of(above)
    return RevocationProof(
        "crl", await crls.of_authority(work.tx, platform.vaults.of(work.tenant.id), kid, at)
    )
