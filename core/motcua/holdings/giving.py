"""Papers of a share as an answer: marked for looking at, or as they are where the owner allows it; kept by nobody."""

from datetime import datetime

from anyio import to_thread
from litestar import Response

from motcua.errors import NotFound
from motcua.holdings import marking
from motcua.holdings.door import Room
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant

HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


def place_of(name: str) -> int:
    """Return the place that ``<n>.pdf`` names; ``NotFound`` when it names none."""
    number = name.removesuffix(".pdf")
    if not (number.isascii() and number.isdigit() and len(number) < 4):
        raise NotFound("Không tìm thấy giấy tờ.", "There is no such paper.")
    return int(number)


async def sent(
    platform: Platform, tenant: Tenant, room: Room, item: Record, now: datetime, *, download: bool
) -> Response[bytes]:
    """Return a paper of a room: marked for looking at, or as it is for keeping."""
    files = platform.files.for_tenant(tenant.id, tenant.slug)
    pdf = await to_thread.run_sync(files.get, item["sha256"])
    if not download:
        pdf = await marking.marked(pdf, room.share["recipient"], room.share["purpose"], now)
    kind = "attachment" if download else "inline"
    disposition = {"content-disposition": f'{kind}; filename="giay-to-{item["place"]}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers={**HEADERS, **disposition})
