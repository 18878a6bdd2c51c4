"""The documents of a dossier, for the officers who may see it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Response, get
from litestar.params import FromPath

from motcua.desk.dossiers import pdf
from motcua.dossiers import access, queries, slips
from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, province_of

_SLIPS: Mapping[str, Callable[[Platform, Work, Record], Awaitable[bytes]]] = {
    "receipt.pdf": slips.receipt,
    "supplement.pdf": slips.supplement_request,
    "control.pdf": slips.control_sheet,
}


@get("/desk/dossier/{dossier_id:uuid}/{name:str}", include_in_schema=False)
async def slip(
    request: AnyRequest, dossier_id: FromPath[UUID], name: FromPath[str]
) -> Response[bytes]:
    """Show form 01 (receipt), 02 (supplement), 06 (control sheet), or the signed result."""
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request)
    async with platform.works.begin(tenant, officer.actor) as work:
        row = await access.seen(work, officer, dossier_id)
        if name in _SLIPS:
            content = await _SLIPS[name](platform, work, row)
        elif name == "result.pdf":
            content = await _result(platform, work, row)
        else:
            raise NotFound()
    return pdf(content, f"{row['code'] or row['track_code']}-{name}")


async def _result(platform: Platform, work: Work, row: Record) -> bytes:
    found = await queries.result(work.tx, row["id"])
    if found is None:
        raise NotFound("Hồ sơ chưa có kết quả.", "There is no result yet.")
    files = platform.files.for_tenant(work.tenant.id, work.tenant.slug)
    return await to_thread.run_sync(files.get, found["pdf_sha256"])


ROUTES: list[Any] = [slip]
