"""Results and signed letters that can be proven for long: from PAdES B-B to B-LT, in a job after the commit.

The event of the document owes it, like any other effect: what fails comes again, later each time, and after eight
tries staff see it at ``/desk/outbox`` and can send it again. The file that was issued stays as it is. Letters are those of
a withdrawal and of an extension.
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
RESULT, WITHDRAWAL, EXTENSION = "result", "withdrawal", "extension"
_KINDS = {
    "result.issued": RESULT,
    "result.withdrawal_letter": WITHDRAWAL,
    "clock.extended": EXTENSION,
}
SUBSCRIBED = frozenset({*_KINDS, "document.owed"})
"""``document.owed``: a document from before there were time stamps, or that got stuck; ``kind`` says which."""

# A document by a key that was revoked meanwhile cannot be proven any more, and need not be.
_OF_RESULT = """
select r.pdf_sha256 from issued_result r
join tenant_key k on k.tenant_id = r.tenant_id and k.kid = r.signing_kid and k.revoked_at is null
where r.id = $1
  and not exists (select 1 from sealed_document s where s.tenant_id = r.tenant_id and s.sha256 = r.pdf_sha256)
"""
_OF_WITHDRAWAL = """
select r.pdf_sha256 from result_withdrawal r
join tenant_key k on k.tenant_id = r.tenant_id and k.kid = r.signing_kid and k.revoked_at is null
where r.result_id = $1 and r.state = 'signed'
  and not exists (select 1 from sealed_document s where s.tenant_id = r.tenant_id and s.sha256 = r.pdf_sha256)
"""
_OF_EXTENSION = """
select r.pdf_sha256 from clock_extension r
join tenant_key k on k.tenant_id = r.tenant_id and k.kid = r.signing_kid and k.revoked_at is null
where r.dossier_id = $1
  and not exists (select 1 from sealed_document s where s.tenant_id = r.tenant_id and s.sha256 = r.pdf_sha256)
"""
_DOCUMENTS = {RESULT: _OF_RESULT, WITHDRAWAL: _OF_WITHDRAWAL, EXTENSION: _OF_EXTENSION}
_KEEP = """
insert into sealed_document (id, sha256, lasting_sha256, level, stamped_at, stamper, roots, at)
values ($1, $2, $3, 'B-LT', $4, $5, $6, $7) on conflict (tenant_id, sha256) do nothing
"""
_OWED = """
select d.kind, d.subject, d.trace_id from (
  select 'result' as kind, r.id as subject, r.trace_id, r.pdf_sha256, r.signing_kid, r.issued_at as at
  from issued_result r
  union all
  select 'withdrawal', w.result_id, r.trace_id, w.pdf_sha256, w.signing_kid, w.decided_at
  from result_withdrawal w join issued_result r on r.tenant_id = w.tenant_id and r.id = w.result_id
  where w.state = 'signed' and w.pdf_sha256 is not null
  union all
  select 'extension', e.dossier_id, o.trace_id, e.pdf_sha256, e.signing_kid, e.granted_at
  from clock_extension e join dossier o on o.tenant_id = e.tenant_id and o.id = e.dossier_id) d
join tenant_key k on k.kid = d.signing_kid and k.revoked_at is null
where d.at < $1 and not exists (select 1 from sealed_document s where s.sha256 = d.pdf_sha256)
order by d.at, d.subject limit $2
"""


def wanted(plugins: Plugins, tenant: Tenant, event: str) -> bool:
    """Tell whether an event of this tenant owes it: only with a plugin that stamps."""
    return event in SUBSCRIBED and plugins.seals(tenant)


async def preserve(platform: Platform, work: Work, event: Event) -> None:
    """Bring the document that an event is about to B-LT; does nothing when that is done, or its key was revoked.

    Raises ``NotProvenError`` and what the plugin raises: the effect comes again.
    """
    kind = _KINDS.get(event.type) or event.payload.get("kind", RESULT)
    sha256 = await work.tx.fetchval(_DOCUMENTS[kind], event.subject)
    found = platform.plugins.signature_services(work.tenant)
    if sha256 is None or found is None:
        return
    plugin, services = found
    ask = partial(platform.plugins.ask_signature_service, work, plugin)
    theirs = await ask(services.roots)

    async def prove(certificate: bytes, issuer: bytes) -> Sequence[RevocationProof]:
        own = await _own(platform, work, issuer)
        return [own] if own else await ask(services.proofs, certificate, issuer)

    files = platform.files.for_tenant(work.tenant.id, work.tenant.slug)
    made = await lasting.extend(
        await to_thread.run_sync(files.get, sha256),
        stamp=partial(ask, services.time_stamp),
        prove=prove,
        roots=[root.certificate_file(platform.settings).read_bytes(), *theirs],
        at=clock.now(),
    )
    stored = await to_thread.run_sync(files.put, made.pdf)
    await work.tx.execute(erasing.HOLD, stored.sha256)
    told = (made.stamped_at, plugin, b"".join(theirs).decode(), work.now)
    await work.tx.execute(_KEEP, uuid7(), sha256, stored.sha256, *told)
    told_of = {"kind": kind, "level": "B-LT", "stamper": plugin}
    work.emit("document.preserved", event.subject, told_of)


async def owe(platform: Platform, tenant: Tenant, work: Work, most: int = 1000) -> int:
    """Owe it for documents that still lack it, the oldest first; returns how many. Asked twice, it is done once."""
    if not platform.plugins.seals(tenant):
        return 0
    rows = await work.tx.fetch(_OWED, work.now, most)
    for row in rows:
        work.trace_id = row["trace_id"]
        work.emit("document.owed", row["subject"], {"kind": row["kind"]})
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
