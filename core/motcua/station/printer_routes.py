"""What the printer's agent of a station asks for, over HTTP with a token of its own."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from motcua import clock
from motcua.errors import Forbidden, Invalid
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.station import devices, health, jobs
from motcua.station.jobs import Job
from motcua.tenancy.tenant import Tenant
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import Session, need

WAIT_SECONDS = 20.0
LOOK_SECONDS = 2.0


class Code(msgspec.Struct):
    """The code that was made for the printer of a station."""

    code: str


class Paired(msgspec.Struct):
    """The token by which the agent is known from now on; it is shown once."""

    token: str
    station: str


class Said(msgspec.Struct):
    """What the printer says of itself: ``printer`` ok or error, ``paper`` ok, low or out."""

    printer: str
    paper: str | None = None


class Jobs(msgspec.Struct):
    """The tickets to print, oldest first."""

    jobs: list[Job]


@dataclass(frozen=True)
class _Agent:
    platform: Platform
    tenant: Tenant
    session: Session

    @property
    def base(self) -> str:
        return self.platform.settings.url_of(self.tenant.slug)

    async def waiting(self) -> list[Job]:
        async with self.platform.db.tenant(self.tenant) as tx:
            return await jobs.waiting(tx, self.session.subject, clock.now(), self.base)


def _agent(request: AnyRequest) -> _Agent:
    tenant = province_of(request)
    device = need(here(request).session, "device")
    if device.data.get("kind") != "printer":
        raise Forbidden("Thiết bị này không phải là máy in.", "This device is not a printer.")
    return _Agent(request.app.state.platform, tenant, device)


@post("/api/printer/pair", opt={"open": True}, status_code=200)
async def pair(request: AnyRequest, data: JSONBody[Code]) -> Paired:
    """Pair the agent of a station's printer with a code that an administrator made for it."""
    tenant = province_of(request)
    platform: Platform = request.app.state.platform
    address = request.client.host if request.client else ""
    async with platform.works.begin(tenant, SYSTEM) as work:
        paired = await devices.pair_or_count(work, data.code[:40], address, "printer")
    if isinstance(paired, Invalid):
        raise paired
    async with platform.db.tenant(tenant) as tx:
        name = await tx.fetchval("select name from device where id = $1", paired[0])
    return Paired(paired[1], name)


@get("/api/printer/jobs")
async def waiting(request: AnyRequest) -> Jobs:
    """Wait up to 20 seconds for tickets to print; an empty list means: ask again."""
    agent = _agent(request)
    loop = asyncio.get_running_loop()
    until = loop.time() + WAIT_SECONDS
    topic = jobs.topic(agent.session.subject)
    while True:
        # Listening begins before the look, so that no ring is lost between the two.
        rung = asyncio.create_task(agent.platform.bell.wait(topic, LOOK_SECONDS))
        try:
            found = await agent.waiting()
            if found or loop.time() >= until:
                return Jobs(found)
            await rung
        finally:
            rung.cancel()


@post("/api/printer/jobs/{job:uuid}/printed", status_code=204)
async def printed(request: AnyRequest, job: FromPath[UUID]) -> None:
    """Say that a ticket came out of the printer: it is not printed again."""
    agent = _agent(request)
    async with agent.platform.works.begin(agent.tenant, agent.session.actor) as work:
        jobs.printed(work, agent.session.subject, job)


@post("/api/printer/health", status_code=204)
async def say(request: AnyRequest, data: JSONBody[Said]) -> None:
    """Say how the printer is; staff see it, and the screen tells people when there is no paper."""
    agent = _agent(request)
    parts = {"printer": data.printer, **({"paper": data.paper} if data.paper else {})}
    async with agent.platform.works.begin(agent.tenant, agent.session.actor) as work:
        await health.report(work, agent.session.subject, parts)


ROUTES = [pair, waiting, printed, say]
