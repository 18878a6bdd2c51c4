"""How the machine of a site becomes its node: with a code that an administrator made, once."""

from typing import Any

import msgspec
from litestar import post
from litestar.params import JSONBody

from motcua.errors import Invalid
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.station import devices
from motcua.web.here import AnyRequest, province_of

_KIND = "select kind, site_id from device where id = $1"


class Code(msgspec.Struct, forbid_unknown_fields=True):
    """The code of six characters."""

    code: str


class Paired(msgspec.Struct):
    """The token of the node from now on, its device and its site."""

    token: str
    device: str
    site: str


@post("/api/node/pair", opt={"open": True}, status_code=200)
async def pair(request: AnyRequest, data: JSONBody[Code]) -> Paired:
    """Pair a site's node; a code that was made for a station or a board is not used up."""
    platform: Platform = request.app.state.platform
    address = request.client.host if request.client else ""
    site = ""
    async with platform.works.begin(province_of(request), SYSTEM) as work:
        paired = await devices.pair_or_count(work, data.code[:40], address)
        if not isinstance(paired, Invalid):
            row = await work.tx.fetchrow(_KIND, paired[0])
            if row is None or row["kind"] != "node":
                raise Invalid(
                    said := "Mã này không phải của máy dự phòng tại điểm.",
                    "This code is not a site node's.",
                    fields={"code": said},
                )
            site = str(row["site_id"])
    if isinstance(paired, Invalid):
        raise paired
    return Paired(paired[1], str(paired[0]), site)


ROUTES: list[Any] = [pair]
