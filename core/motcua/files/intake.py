"""Taking in what people upload: judged by content, made into PDF, stored once, noted with its owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from anyio import to_thread

from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.files.convert import count_pages, to_pdf
from motcua.files.store import StoredFile, TenantFiles
from motcua.ids import uuid7
from motcua.tenancy.db import Tx

_NOTE = """
insert into stored_file (id, sha256, pages, size, source_kind, uploaded_by, at)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_OWN = "select sha256 from stored_file where id = $1 and uploaded_by = $2"


@dataclass(frozen=True)
class Taken:
    """An uploaded paper: its id, the hash of its PDF, pages and bytes."""

    id: UUID
    sha256: str
    pages: int
    size: int


async def take(work: Work, files: TenantFiles, parts: Sequence[bytes], uploaded_by: UUID) -> Taken:
    """Store one paper made of one or several pictures or PDFs.

    Raises ``TooLarge``, ``Unsupported`` or ``Invalid`` with the reason; then nothing is stored.
    """

    def convert() -> tuple[StoredFile, int]:
        pdf = to_pdf(parts)
        return files.put(pdf), count_pages(pdf)

    # Pictures are decoded in a thread: a large scan must not stop the queue of everybody else.
    stored, pages = await to_thread.run_sync(convert)
    taken = Taken(uuid7(), stored.sha256, pages, stored.size)
    await work.tx.execute(
        _NOTE,
        taken.id,
        taken.sha256,
        pages,
        stored.size,
        "application/pdf",
        uploaded_by,
        work.now,
    )
    work.emit("file.stored", taken.id, {"pages": pages, "size": stored.size})
    return taken


async def read_own(tx: Tx, files: TenantFiles, file_id: UUID, person: UUID) -> bytes:
    """Return an uploaded paper to whoever uploaded it; ``NotFound`` for anybody else."""
    sha256 = await tx.fetchval(_OWN, file_id, person)
    if sha256 is None:
        raise NotFound("Không tìm thấy tệp.", "There is no such file.")
    return await to_thread.run_sync(files.get, sha256)
