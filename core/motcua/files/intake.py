"""Taking in what people upload: judged by content, made into PDF, stored once, noted with its owner.

First ``prepare``, outside of any transaction, since it takes seconds; then ``note`` in the transaction of
the command. ``keeping`` stands around that transaction and erases what came to nothing.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from anyio import CancelScope, CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

from motcua.errors import NotFound, Unsupported
from motcua.events.work import Work
from motcua.files import erasing
from motcua.files.convert import count_pages, to_pdf
from motcua.files.scan import Scanner
from motcua.files.store import TenantFiles
from motcua.ids import uuid7
from motcua.tenancy.db import Database, Tx
from motcua.tenancy.tenant import Tenant

AT_ONCE = 2
"""Conversions at a time in one process: each may hold some hundred megabytes of pixels."""

_NOTE = """
insert into stored_file (id, sha256, pages, size, source_kind, uploaded_by, at)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_OWN = "select sha256 from stored_file where id = $1 and uploaded_by = $2"
_limiter: RunVar[CapacityLimiter] = RunVar("motcua conversions")


@dataclass
class Prepared:
    """A paper that lies in the store and that nobody owns yet; ``noted`` once a work has its row."""

    files: TenantFiles = field(repr=False)
    pdf: bytes = field(repr=False)
    sha256: str
    pages: int
    noted: bool = False


@dataclass(frozen=True)
class Taken:
    """An uploaded paper: its id, the hash of its PDF, pages and bytes."""

    id: UUID
    sha256: str
    pages: int
    size: int


async def prepare(files: TenantFiles, parts: Sequence[bytes], scanner: Scanner) -> Prepared:
    """Scan, judge and store one paper made of one or several pictures or PDFs; no transaction is open.

    Raises ``TooLarge``, ``Unsupported``, ``Invalid`` or ``Unavailable`` (the scanner is silent) with the
    reason; then nothing is stored.
    """
    for part in parts:
        await _scan(scanner, part)

    def convert() -> Prepared:
        pdf = to_pdf(parts)
        pages = count_pages(pdf)
        return Prepared(files, pdf, files.put(pdf).sha256, pages)

    # Pictures are decoded in a thread: a large scan must not stop the queue of everybody else.
    return await to_thread.run_sync(convert, limiter=_conversions())


async def note(work: Work, prepared: Prepared, uploaded_by: UUID) -> Taken:
    """Give a prepared paper its owner. Until the work ends nobody erases the content."""
    await work.tx.execute(erasing.HOLD, prepared.sha256)
    if not await to_thread.run_sync(prepared.files.exists, prepared.sha256):
        await to_thread.run_sync(prepared.files.put, prepared.pdf)  # erased after it was prepared
    taken = Taken(uuid7(), prepared.sha256, prepared.pages, len(prepared.pdf))
    await work.tx.execute(
        _NOTE,
        taken.id,
        taken.sha256,
        taken.pages,
        taken.size,
        "application/pdf",
        uploaded_by,
        work.now,
    )
    work.emit("file.stored", taken.id, {"pages": taken.pages, "size": taken.size})
    prepared.noted = True
    return taken


@asynccontextmanager
async def keeping(
    db: Database, tenant: Tenant, files: TenantFiles, prepared: Iterable[Prepared]
) -> AsyncIterator[None]:
    """Stand around the work that notes papers: those that it did not note are erased at its end.

    ``prepared`` may be filled inside; it is looked through at the end.
    """
    done = False
    try:
        yield
        done = True
    finally:
        # Not done: the work was rolled back, and what it noted with it.
        left = {paper.sha256 for paper in prepared if not (done and paper.noted)}
        with CancelScope(shield=True):
            await erasing.erase(db, tenant, files, left)


async def read_own(tx: Tx, files: TenantFiles, file_id: UUID, person: UUID) -> bytes:
    """Return an uploaded paper to whoever uploaded it; ``NotFound`` for anybody else."""
    sha256 = await tx.fetchval(_OWN, file_id, person)
    if sha256 is None:
        raise NotFound("Không tìm thấy tệp.", "There is no such file.")
    return await to_thread.run_sync(files.get, sha256)


async def _scan(scanner: Scanner, part: bytes) -> None:
    verdict = await scanner.scan(part)
    if not verdict.clean:
        raise Unsupported(
            "Tệp này có chứa mã độc nên không được nhận. Vui lòng kiểm tra thiết bị của bạn, rồi chụp "
            "hoặc quét lại giấy tờ.",
            "This file contains malware and was not accepted. Check your device, then photograph or "
            "scan the paper again.",
        )


def _conversions() -> CapacityLimiter:
    """Return the limiter of this event loop."""
    try:
        return _limiter.get()
    except LookupError:
        _limiter.set(limiter := CapacityLimiter(AT_ONCE))
        return limiter
