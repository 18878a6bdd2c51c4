"""The letter with which an office says sorry and names a new date, for whom it is meant."""

from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Response, get
from litestar.params import FromPath

from motcua.dossiers import extension, queries
from motcua.portal.visit import citizen
from motcua.web.here import AnyRequest


@get("/my/{dossier_id:uuid}/extension.pdf", include_in_schema=False)
async def letter(request: AnyRequest, dossier_id: FromPath[UUID]) -> Response[bytes]:
    """Send form 04 as it was signed."""
    visit = citizen(request)
    async with visit.work() as work:
        row = await queries.owned(work.tx, dossier_id, visit.session.subject)
        sha256 = await extension.letter(work, row)
    content = await to_thread.run_sync(visit.files.get, sha256)
    headers = {
        "content-disposition": f'inline; filename="hen-lai-{row["code"]}.pdf"',
        "cache-control": "no-store",
    }
    return Response(content, media_type="application/pdf", headers=headers)


ROUTES: list[Any] = [letter]
