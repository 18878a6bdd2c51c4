"""Every route of the application, walked by people who have no business there.

The list is made from the application itself, plugins included: a new route is walked without anybody
thinking of it. A route that everybody may use says ``open``; those are listed here by name, so that a
door is not opened by a slip.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people.capabilities import Capability
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from motcua.web.gate import Gate
from motcua.web.sessions import COOKIE

pytestmark = pytest.mark.anyio
REFUSED = {401, 403, 404}
_PARAMETER = re.compile(r"\{(\w+):(\w+)\}")


@dataclass(frozen=True)
class Door:
    """One method of one route."""

    method: str
    path: str
    handler: HTTPRouteHandler

    @property
    def open(self) -> bool:
        return bool(self.handler.opt.get("open")) or self.path.startswith("/api/docs")

    def address(self) -> str:
        """Return the path with parameters that have the right form and belong to nobody."""

        def fill(match: re.Match[str]) -> str:
            return {"uuid": str(uuid7()), "int": "1"}.get(match[2], "hong-gai")

        return _PARAMETER.sub(fill, self.path)


def doors(app: Gate) -> Iterator[Door]:
    inner: Any = app.app
    for route in inner.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                    yield Door(str(method), route.path, handler)


def minimal_body(app: Gate, door: Door) -> Any:
    """Return a JSON body that passes the route's own schema, from its OpenAPI description."""
    document: Any = app.app.openapi_schema.to_schema()  # type: ignore[attr-defined]
    path = _PARAMETER.sub(lambda m: "{" + m[1] + "}", door.path)
    operation = document["paths"].get(path, {}).get(door.method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return _example(schema, document) if schema else None


def _example(schema: dict[str, Any], document: Any) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return _example(document["components"]["schemas"][name], document)
    if "oneOf" in schema:
        return _example(schema["oneOf"][0], document)
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", [])
            return {k: _example(schema["properties"][k], document) for k in wanted}
        case "array":
            return []
        case "boolean":
            return False
        case "integer" | "number":
            return 1
        case "null":
            return None
    return str(uuid7()) if schema.get("format") == "uuid" else "x"


class Stranger:
    """A browser and a program at one tenant's host, with somebody's credentials."""

    def __init__(self, app: Gate, label: str, secret: str | None) -> None:
        self.app = app
        self.secret = secret
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app),
            base_url=f"http://{label}.localhost:8000",
            headers={"accept": "text/html"},
        )

    async def ready(self) -> None:
        """Take a CSRF token as a browser does: the refusal must not come from its absence."""
        await self.client.get("/theme.css")
        if self.secret:
            self.client.cookies.set(COOKIE, self.secret)

    async def knock(self, door: Door) -> int:
        headers = {"x-csrftoken": self.client.cookies.get("mc_csrf") or ""}
        if self.secret and door.path.startswith("/api/"):
            headers["authorization"] = f"Bearer {self.secret}"
        body = minimal_body(self.app, door)
        answer = await self.client.request(
            door.method,
            door.address(),
            headers=headers,
            json=body,
        )
        return answer.status_code


async def _session(
    platform: Platform,
    tenant: Tenant,
    kind: str,
    *roles: str,
    unit: UUID | None = None,
    data: dict[str, Any] | None = None,
) -> str:
    async with platform.works.begin(tenant, SYSTEM) as work:
        held = tuple(Capability(role, unit) for role in roles)
        return await sessions.start(work, kind, uuid7(), "Người thử", capabilities=held, data=data)


ALL_ROLES = ("receiver", "head", "specialist", "leader", "clerk", "admin", "national")


@pytest.fixture(scope="module")
async def strangers(
    app: Gate, platform: Platform, quang_ninh: Tenant, thai_nguyen: Tenant
) -> AsyncIterator[dict[str, Stranger]]:
    elsewhere = uuid7()
    secrets = {
        "nobody": None,
        "an officer of another tenant with every role": await _session(
            platform, thai_nguyen, "staff", *ALL_ROLES
        ),
        "a citizen of another tenant": await _session(platform, thai_nguyen, "citizen"),
        "a device of another tenant": await _session(platform, thai_nguyen, "device"),
        "a citizen who owns nothing": await _session(platform, quang_ninh, "citizen"),
        "an officer without any role": await _session(platform, quang_ninh, "staff"),
        "an officer of another unit": await _session(
            platform, quang_ninh, "staff", *ALL_ROLES[:5], unit=elsewhere
        ),
    }
    found = {name: Stranger(app, "quang-ninh", secret) for name, secret in secrets.items()}
    for stranger in found.values():
        await stranger.ready()
    yield found
    for stranger in found.values():
        await stranger.client.aclose()


ALWAYS = (
    "nobody",
    "an officer of another tenant with every role",
    "a citizen of another tenant",
    "a device of another tenant",
)


@pytest.mark.parametrize("who", ALWAYS)
async def test_no_closed_door_opens_for_a_stranger(
    who: str, app: Gate, strangers: dict[str, Stranger]
) -> None:
    wrong = []
    closed = [door for door in doors(app) if not door.open]
    for door in closed:
        status = await strangers[who].knock(door)
        if status not in {401, 403, 404}:
            wrong.append(f"{door.method} {door.path}: {status}")
    assert len(closed) > 20
    assert wrong == []


# Doors of what belongs to everybody's own role: an officer without any role, a citizen who owns nothing.
OWN_ROOMS = {
    "a citizen who owns nothing": (
        "/my",
        "/drafts",
        "/apply",
        "/submitted",
        "/api/dossiers",
        "/api/files",
    ),
    "an officer without any role": (),
    "an officer of another unit": (
        "/desk",
        "/api/staff",
        "/api/tickets",
        "/api/counters",
        "/x/admin",
    ),
}


@pytest.mark.parametrize("who", OWN_ROOMS)
async def test_no_closed_door_opens_for_somebody_without_the_right(
    who: str, app: Gate, strangers: dict[str, Stranger]
) -> None:
    """What somebody may open at all is his own empty list; a door with an id is never his."""
    wrong = []
    for door in doors(app):
        own = door.path.startswith(OWN_ROOMS[who]) and "{" not in door.path
        if door.open or own or _creates(door, who):
            continue
        status = await strangers[who].knock(door)
        if status not in REFUSED:
            wrong.append(f"{door.method} {door.path}: {status}")
    assert wrong == []


def _creates(door: Door, who: str) -> bool:
    """Tell whether a door begins an application: that is nobody else's room."""
    return who.startswith("a citizen") and door.path.startswith("/apply/")


# Everybody may knock here; whoever opens another door has to write it down.
OPEN_DOORS = {
    "/",
    "/api/appointments",
    "/api/docs",
    "/api/node/pair",
    "/api/printer/pair",
    "/api/procedures",
    "/api/q",
    "/api/queue",
    "/api/sites",
    "/api/track",
    "/api/wallet",
    "/appointments",
    "/authorize",
    "/board",
    "/healthz",
    "/jwks",
    "/credential",
    "/deferred",
    "/nonce",
    "/notification",
    "/offers",
    "/par",
    "/procedures",
    "/q",
    "/queue",
    "/s",
    "/shared",
    "/sign-in",
    "/sign-out",
    "/static",
    "/station/pair",
    "/status",
    "/theme.css",
    "/token",
    "/track",
    "/vct",
    "/verify",
    "/V",
    "/ca",
    "/crl",
    "/vp",
    "/wallet",
    "/wallet-app",
    "/.well-known",
    "/x/sandbox-identity",
    "/x/sandbox-authority",
    "/x/sandbox-messages",
    "/x/service-standards",
    "/x/vneid/sandbox",
}


def test_the_open_doors_are_the_ones_that_are_written_down(app: Gate) -> None:
    opened = {door.path for door in doors(app) if door.open}
    surprising = {
        path
        for path in opened
        if not any(path == known or path.startswith(known + "/") for known in OPEN_DOORS)
    }
    assert surprising == set()


async def test_taking_the_wall_down_on_one_table_is_noticed(
    prepared: Any, platform: Platform, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    """The proof that these tests can fail: without its policy a table shows the neighbour's rows."""
    import asyncpg

    async def neighbours_units() -> int:
        async with platform.db.tenant(quang_ninh) as tx:
            sql = "select count(*) from unit where tenant_id = $1"
            return int(await tx.fetchval(sql, thai_nguyen.id))

    admin = await asyncpg.connect(prepared.postgres.url("postgres", "motcua"))
    assert await neighbours_units() == 0
    try:
        await admin.execute("alter table unit disable row level security")
        assert await neighbours_units() > 0
    finally:
        await admin.execute("alter table unit enable row level security")
        await admin.close()
    assert await neighbours_units() == 0
