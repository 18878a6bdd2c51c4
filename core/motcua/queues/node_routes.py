"""What a site's node says to the centre: hello, a beat every few seconds, its changes, good-bye."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec
from litestar import post
from litestar.params import JSONBody

from motcua.platform import Platform
from motcua.queues import merging, nodes
from motcua.queues.merging import Change
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import need

MOST_CHANGES = 500


class Hello(msgspec.Struct, forbid_unknown_fields=True):
    """A node at its start; ``about`` is what it says of itself: version, address in the hall."""

    about: dict[str, Any]


class BeatIn(msgspec.Struct, forbid_unknown_fields=True):
    """A beat: the answer to the centre's last question (empty when alone), and what the node has."""

    answer: str = ""
    alone_since: datetime | None = None
    have_live: str = ""
    have_setup: str = ""


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """Changes of the node in their order."""

    changes: list[Change]


@post("/api/node/hello", status_code=200)
async def hello(request: AnyRequest, data: JSONBody[Hello]) -> dict[str, str]:
    """Begin to look after a site."""
    platform: Platform = request.app.state.platform
    device = need(here(request).session, "device")
    async with platform.works.begin(province_of(request), device.actor) as work:
        site = await nodes.hello(work, device.subject, data.about)
    return {"site": str(site)}


@post("/api/node/beat", status_code=200)
async def beat(request: AnyRequest, data: JSONBody[BeatIn]) -> Mapping[str, Any]:
    """Grant the centre its right to write, and hear what is new."""
    platform: Platform = request.app.state.platform
    device = need(here(request).session, "device")
    async with platform.works.begin(province_of(request), device.actor) as work:
        answered = await nodes.beat(work, device.subject, **msgspec.structs.asdict(data))
    return asdict(answered)


@post("/api/node/changes", status_code=200)
async def changes(request: AnyRequest, data: JSONBody[Changes]) -> dict[str, int]:
    """Take over what the node did; sending the same again changes nothing."""
    platform: Platform = request.app.state.platform
    device = need(here(request).session, "device")
    async with platform.works.begin(province_of(request), device.actor) as work:
        site = await nodes.site_of(work.tx, device.subject)
        merged = await merging.merge(work, site, device.subject, data.changes[:MOST_CHANGES])
    return {"merged": merged}


@post("/api/node/bye", status_code=204)
async def bye(request: AnyRequest) -> None:
    """Give the site back to the centre: the node is switched off."""
    platform: Platform = request.app.state.platform
    device = need(here(request).session, "device")
    async with platform.works.begin(province_of(request), device.actor) as work:
        await nodes.bye(work, device.subject)


ROUTES: list[Any] = [hello, beat, changes, bye]
