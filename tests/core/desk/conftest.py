"""An office for tests: officers of a unit and of another one, a citizen, dossiers, and browsers."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import pytest
from PIL import Image

from motcua.app import effects_of
from motcua.dossiers.submission import Application, Paper, Submitted, submit
from motcua.events.log import SYSTEM, Actor
from motcua.events.outbox import Claim
from motcua.files import intake
from motcua.files.scan import NoScanner
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.people.capabilities import Capability
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.queues import issuing
from motcua.queues.tables.visits import LIVE
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions

ROLES = ("receiver", "head", "specialist", "leader", "clerk")
ANSWERS = {
    "full_name": "Nguyễn Thị Thử",
    "personal_id": "022194900999",
    "requests_for": "relative",
    "subject_name": "Nguyễn Văn Mẫu",
    "subject_birth": "01/02/1960",
    "register_kind": "birth",
    "truth": "on",
}
_STAFF = "insert into staff (id, username, full_name) values ($1, $2, $3)"
_ROLE = "insert into staff_role (id, staff_id, unit_id, role) values ($1, $2, $3, $4)"
_SITE = "select id, key, unit_id from site where key = $1"
_COUNTER = "select id from counter where site_id = $1 order by length(number), number limit 1"
_LINE = "select id from line where site_id = $1 and letter = $2"


@dataclass(frozen=True)
class Post:
    """An officer of the tests: the id, and the token of the session."""

    id: UUID
    token: str
    name: str


@dataclass(frozen=True)
class Office:
    """One unit with its hall; ``staff`` has one officer for each role, ``other`` works elsewhere."""

    platform: Platform
    tenant: Tenant
    unit: UUID
    site: UUID
    site_key: str
    counter: UUID
    line: UUID
    staff: dict[str, Post]
    other: dict[str, Post]
    admin: Post
    citizen: UUID

    async def submit(self, *, channel: int = 2, relative: bool = True) -> Submitted:
        """Submit an application for a copy from the register, with one scanned paper."""
        law = await self.platform.catalogue.of(self.tenant)
        procedure = law.current("2.000908")
        raw = {**ANSWERS, "requests_for": "relative" if relative else "self"}
        actor = Actor("citizen", self.citizen)
        async with self.platform.works.begin(self.tenant, actor) as work:
            papers = [Paper("relation", await self.scan(work))] if relative else []
            return await submit(
                work,
                law,
                Application(
                    procedure=procedure,
                    answers=procedure.package.form.clean(raw),
                    subject_id=self.citizen,
                    submitter_id=self.citizen,
                    subject_name="Nguyễn Thị Thử",
                    received_unit=self.unit,
                    competent_unit=self.unit,
                    channel=channel,
                    papers=papers,
                ),
            )

    async def scan(self, work: Any) -> UUID:
        """Upload a picture as the citizen."""
        picture = io.BytesIO()
        Image.new("RGB", (400, 560), "white").save(picture, "JPEG")
        files = self.platform.files.for_tenant(self.tenant.id, self.tenant.slug)
        prepared = await intake.prepare(files, [picture.getvalue()], NoScanner())
        return (await intake.note(work, prepared, self.citizen)).id

    async def ticket(self, dossier: UUID | None = None) -> issuing.Issued:
        """Issue a ticket in the line of certification."""
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            return await issuing.issue(work, self.site, self.line, dossier=dossier)

    async def one(self, sql: str, *args: object) -> Any:
        """Return the first value of a query."""
        async with self.platform.db.tenant(self.tenant) as tx:
            return await tx.fetchval(sql, *args)

    async def settle_effects(self) -> int:
        """Run every owed effect of every tenant, as the relay would; returns how many there were."""
        effects, count = effects_of(self.platform), 0
        while True:
            async with self.platform.db.platform() as tx:
                rows = await tx.fetch("select * from claim_outbox($1, $2)", 100, 60)
            if not rows:
                return count
            for row in rows:
                await effects.run(Claim(row["tenant_id"], row["id"], row["attempts"]))
            count += len(rows)


async def _employ(platform: Platform, tenant: Tenant, role: str, unit: UUID | None) -> Post:
    async with platform.works.begin(tenant, SYSTEM) as work:
        staff, name = uuid7(), f"Cán bộ {role}"
        await work.tx.execute(_STAFF, staff, f"{role}.{staff.hex}", name)
        await work.tx.execute(_ROLE, uuid7(), staff, unit, role)
        held = (Capability(role, unit),)
        token = await sessions.start(work, "staff", staff, name, capabilities=held)
    return Post(staff, token, name)


@pytest.fixture
async def office(platform: Platform, quang_ninh: Tenant) -> Office:
    """Employ a fresh set of officers in Hồng Gai, and another in the provincial centre."""
    async with platform.db.tenant(quang_ninh) as tx:
        site = await tx.fetchrow(_SITE, "hong-gai")
        elsewhere = await tx.fetchrow(_SITE, "tinh")
        assert site
        assert elsewhere
        await tx.execute("update counter set staff_id = null, opened_at = null, break_since = null")
        await tx.execute("update ticket set state = 'cancelled' where state = any($1)", list(LIVE))
        await tx.execute("update segment set to_at = greatest(from_at, now()) where to_at is null")
        counter = await tx.fetchval(_COUNTER, site["id"])
        line = await tx.fetchval(_LINE, site["id"], "A")
    async with platform.works.begin(quang_ninh, SYSTEM) as work:
        person = Citizen(pid="022194900999", full_name="Nguyễn Thị Thử", phone="0912345678")
        citizen = await citizens.remember(work, person)
    staff = {r: await _employ(platform, quang_ninh, r, site["unit_id"]) for r in ROLES}
    other = {r: await _employ(platform, quang_ninh, r, elsewhere["unit_id"]) for r in ROLES}
    return Office(
        platform,
        quang_ninh,
        site["unit_id"],
        site["id"],
        site["key"],
        counter,
        line,
        staff,
        other,
        await _employ(platform, quang_ninh, "admin", None),
        citizen,
    )


class Desk:
    """A browser with an officer in front of it."""

    def __init__(self, client: httpx2.AsyncClient, post: Post) -> None:
        self._client = client
        client.cookies.set("mc_session", post.token)

    async def get(self, path: str) -> httpx2.Response:
        """Open a page."""
        return await self._client.get(path)

    async def post(self, path: str, **fields: Any) -> httpx2.Response:
        """Send a form, with the proof that it came from a page."""
        if "mc_csrf" not in self._client.cookies:
            await self._client.get("/desk")
        data = {"_csrf_token": self._client.cookies["mc_csrf"], **fields}
        return await self._client.post(path, data=data)

    async def upload(self, path: str, files: Any, **fields: Any) -> httpx2.Response:
        """Send a form with files."""
        if "mc_csrf" not in self._client.cookies:
            await self._client.get("/desk")
        data = {"_csrf_token": self._client.cookies["mc_csrf"], **fields}
        return await self._client.post(path, data=data, files=files)


SitDown = Callable[[Post], Desk]


@pytest.fixture
def sit(browse: Callable[[str], httpx2.AsyncClient]) -> SitDown:
    """Return a maker of signed-in browsers."""
    return lambda post: Desk(browse("quang-ninh"), post)
