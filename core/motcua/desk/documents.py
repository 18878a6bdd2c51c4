"""The documents of a dossier, for the officers who may see it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Response, get
from litestar.params import FromPath

from motcua.desk.dossiers import pdf
from motcua.documents.kept import newest
from motcua.dossiers import access, queries, slips
from motcua.dossiers.slips import Slip
from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.holdings import letters
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, province_of

_SLIPS: Mapping[str, Callable[[Platform, Work, Record], Awaitable[Slip]]] = {
    "receipt.pdf": slips.receipt,
    "supplement.pdf": slips.supplement_request,
    "control.pdf": slips.control_sheet,
}


@get("/desk/dossier/{dossier_id:uuid}/{name:str}", include_in_schema=False)
async def slip(
    request: AnyRequest, dossier_id: FromPath[UUID], name: FromPath[str]
) -> Response[bytes]:
    """Show form 01 (receipt), 02 (supplement), 06 (control sheet), the signed result, or its withdrawal."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request)
    async with platform.works.begin(tenant, officer.actor) as work:
        row = await access.seen(work, officer, dossier_id)
        found = await _read(platform, work, row, name)
        work.emit("dossier.read", dossier_id, {"document": name})
    if isinstance(found, Slip):
        content = await slips.pdf(found)
    else:
        files = platform.files.for_tenant(tenant.id, tenant.slug)
        content = await to_thread.run_sync(files.get, found)
    return pdf(content, f"{row['code'] or row['track_code']}-{name}")


async def _read(platform: Platform, work: Work, row: Record, name: str) -> Slip | str:
    """Return a document that is to be set, or the hash of the stored result."""
    if name in _SLIPS:
        return await _SLIPS[name](platform, work, row)
    if name == "withdrawal.pdf":
        return await letters.letter(work, row["id"])
    if name != "result.pdf":
        raise NotFound()
    found = await queries.result(work.tx, row["id"])
    if found is None:
        raise NotFound("Hồ sơ chưa có kết quả.", "There is no result yet.")
    return await newest(work.tx, str(found["pdf_sha256"]))


ROUTES: list[Any] = [slip]
