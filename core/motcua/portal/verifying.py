"""Whether a PDF that somebody holds is the one that was issued, and what its digital signature says.

Two questions with two answers: the hash says whether it is the same file, the signature who made it and
whether it was touched since. The file comes from anybody, so it is first judged as an upload is, and at most
``AT_ONCE`` are read at a time.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from anyio import CapacityLimiter, fail_after, to_thread
from anyio.lowlevel import RunVar

from motcua.documents.signing import verify_pdf
from motcua.errors import Problem
from motcua.files.pdfs import open_pdf

AT_ONCE = 2
SECONDS = 20.0
Signature = Literal["valid", "changed", "stranger", "none", "unread"]
_limiter: RunVar[CapacityLimiter] = RunVar("motcua verifications")


@dataclass(frozen=True)
class Checked:
    """What was found out about a file.

    ``same``: it is byte for byte the one that was issued. ``signature``: ``valid`` by a certificate under
    the platform's root and untouched since; ``changed`` afterwards; by a ``stranger``; ``none``; ``unread``
    when the file could not be judged. ``signer`` is whom the certificate names.
    """

    same: bool
    signature: Signature
    signer: str = ""
    signed_at: datetime | None = None


async def check(pdf: bytes, issued_sha256: str, issued_at: datetime, root: Path) -> Checked:
    """Compare a file with the one that was issued and check its signature, as of the day of issue."""
    same = hashlib.sha256(pdf).hexdigest() == issued_sha256

    def read() -> Checked:
        return _signature(pdf, root.read_bytes(), issued_at, same=same)

    try:
        with fail_after(SECONDS):
            return await to_thread.run_sync(read, limiter=_verifications(), abandon_on_cancel=True)
    except (TimeoutError, OSError):
        return Checked(same, "unread")


def _signature(pdf: bytes, root: bytes, at: datetime, *, same: bool) -> Checked:
    try:
        open_pdf(pdf).close()
    except Problem:
        return Checked(same, "unread")
    try:
        report = verify_pdf(pdf, [root], at=at)
    except Problem:
        return Checked(same, "none")
    verdict: Signature = "valid" if report.valid else "changed"
    if report.intact and not report.trusted:
        verdict = "stranger"
    return Checked(same, verdict, report.signer, report.signed_at)


def _verifications() -> CapacityLimiter:
    """Return the limiter of this event loop."""
    try:
        return _limiter.get()
    except LookupError:
        _limiter.set(limiter := CapacityLimiter(AT_ONCE))
        return limiter
