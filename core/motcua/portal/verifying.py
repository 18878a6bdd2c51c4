"""What a PDF that somebody holds is: the one that was issued, one that was changed, or none of ours.

Two questions: the hash says whether it is the same file, the signature who made it and whether it was touched
since. Each earlier state of a PDF is its beginning, so a document of ours is recognised below what was added.
The file comes from anybody: it is first judged as an upload is, at most ``AT_ONCE`` are read at a time, no
connection to the database waits for it, and nothing of it is kept.
"""

import hashlib
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from anyio import CapacityLimiter, fail_after, to_thread
from anyio.lowlevel import RunVar
from cryptography import x509

from motcua.documents import checking
from motcua.errors import Problem
from motcua.files.pdfs import open_pdf
from motcua.keys import crls, root, store
from motcua.platform import Platform
from motcua.tenancy.db import Record, TenantTx
from motcua.tenancy.tenant import Tenant
from motcua.wallet.refusal import CredentialError

AT_ONCE = 2
SECONDS = 20.0
_WAITING = 16
Verdict = Literal["unchanged", "extended", "changed", "unknown", "revoked_key", "foreign", "unread"]
Signature = Literal["valid", "changed", "stranger", "none", "unread"]
_END = re.compile(rb"%%EOF(?:\r\n|\n|\r)?")
_MOST_STATES = 32
_limiter: RunVar[CapacityLimiter] = RunVar("motcua verifications")
# A thread goes on after nobody waits for it any more: it keeps its place until it has ended.
_places = threading.BoundedSemaphore(AT_ONCE)

# By the file as a whole first, then by the longest beginning of it that we know.
FOUND = """
select r.id, r.number, r.verify_code, r.title_vi, r.title_en, r.issued_at, r.expires_at, r.status,
  r.pdf_sha256, s.lasting_sha256, s.roots
from issued_result r
left join sealed_document s on s.tenant_id = r.tenant_id and s.sha256 = r.pdf_sha256
where r.id in (
  select i.id from issued_result i where i.pdf_sha256 = any($1::text[])
  union select i.id from issued_result i
    join sealed_document l on l.tenant_id = i.tenant_id and l.sha256 = i.pdf_sha256
    where l.lasting_sha256 = any($1::text[]))
order by r.id limit 1
"""


@dataclass(frozen=True)
class Checked:
    """What was found out about a file.

    ``unchanged``: byte for byte what was issued. ``extended``: its content and signature, with something
    harmless added. ``changed``: ours, and touched afterwards. ``unknown``: signed by us, in no register here.
    ``revoked_key``: signed with a key that counts no more. ``foreign``: not ours. ``unread``: not judged.
    ``result`` is the result it is or was; ``newer``: there is a longer file of it, with a time stamp.
    """

    verdict: Verdict
    signature: Signature
    signer: str = ""
    signed_at: datetime | None = None
    stamped_at: datetime | None = None
    result: Record | None = None
    newer: bool = False


@dataclass(frozen=True)
class _Read:
    signature: Signature
    report: checking.SignatureReport | None = None


async def check(platform: Platform, tenant: Tenant, pdf: bytes) -> Checked:
    """Say what a file is, for this tenant. Signatures are judged as of their own day."""
    states = await to_thread.run_sync(_states, pdf, limiter=_waiting())
    async with platform.db.tenant(tenant) as tx:
        result = await tx.fetchrow(FOUND, list(states))
    roots = _roots(platform, result)
    try:
        with fail_after(SECONDS):
            read = await to_thread.run_sync(
                _signature, pdf, roots, limiter=_waiting(), abandon_on_cancel=True
            )
    except (TimeoutError, OSError):
        read = _Read("unread")
    async with platform.db.tenant(tenant) as tx:
        verdict = await _verdict(tx, states[0], result, read)
    report = read.report
    return Checked(
        verdict,
        read.signature,
        report.signer if report else "",
        report.signed_at if report else None,
        report.stamped_at if report else None,
        result,
        newer=bool(result and result["lasting_sha256"] and states[0] == result["pdf_sha256"]),
    )


async def _verdict(tx: TenantTx, whole: str, result: Record | None, read: _Read) -> Verdict:
    if result and whole in (result["pdf_sha256"], result["lasting_sha256"]):
        return "unchanged"
    if read.signature == "unread":
        return "changed" if result else "unread"
    if read.report is None or not read.report.trusted:
        return "changed" if result else "foreign"
    if not read.report.valid:
        return "changed"
    if await _is_revoked(tx, read.report.certificate):
        return "revoked_key"
    return "extended" if result else "unknown"


async def _is_revoked(tx: TenantTx, certificate: bytes) -> bool:
    try:
        kid = crls.kid_of(x509.load_der_x509_certificate(certificate))
    except (ValueError, CredentialError):
        return True
    return kid in await store.revoked(tx)


def _states(pdf: bytes) -> Sequence[str]:
    """Return the hashes of the file and of the beginnings that were whole files once, longest first."""
    ends = [found.end() for found in _END.finditer(pdf)][-_MOST_STATES:]
    whole, before, found = hashlib.sha256(), 0, list[str]()
    for end in dict.fromkeys([*ends, len(pdf)]):
        whole.update(memoryview(pdf)[before:end])
        found.append(whole.copy().hexdigest())
        before = end
    return found[::-1]


def _roots(platform: Platform, result: Record | None) -> list[bytes]:
    own = root.certificate_file(platform.settings).read_bytes()
    return [own, result["roots"].encode()] if result and result["roots"] else [own]


def _signature(pdf: bytes, roots: Sequence[bytes]) -> _Read:
    if not _places.acquire(timeout=SECONDS):
        return _Read("unread")
    try:
        return _judged(pdf, roots)
    finally:
        _places.release()


def _judged(pdf: bytes, roots: Sequence[bytes]) -> _Read:
    try:
        open_pdf(pdf).close()
    except Problem:
        return _Read("unread")
    try:
        report = checking.verify_pdf(pdf, roots)
    except Problem:
        return _Read("none")
    if report.intact and not report.trusted:
        return _Read("stranger", report)
    return _Read("valid" if report.valid else "changed", report)


def _waiting() -> CapacityLimiter:
    """Return the limiter of this event loop: its threads are few, and not those of everybody else."""
    try:
        return _limiter.get()
    except LookupError:
        _limiter.set(limiter := CapacityLimiter(_WAITING))
        return limiter
