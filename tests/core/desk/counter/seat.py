"""An officer at a counter of the office: what he presses, and what he sees."""

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.queues.issuing import Issued
from motcua.web import sessions

from ..conftest import Desk, Office, Post, SitDown

VERSION = re.compile(
    r'name="ticket" value="([^"]+)"><input type="hidden" name="version" value="(\d+)"'
)
BIG = re.compile(r'<button class="button huge" type="submit" data-key="F2" autofocus>')


class Seat:
    """An officer at a counter of the office: what he presses, and what he sees."""

    def __init__(self, office: Office, desk: Desk, counter: UUID | None = None) -> None:
        self.office = office
        self.desk = desk
        self.path = f"/desk/counter/{counter or office.counter}"

    async def sees(self, query: str = "") -> str:
        answer = await self.desk.get(self.path + query)
        assert answer.status_code == 200, answer.headers
        return str(answer.text)

    async def press(self, verb: str, status: int = 303, **fields: Any) -> str:
        """Send the form of a key; returns where it leads, or the page that refuses."""
        answer = await self.desk.post(f"{self.path}/{verb}", **fields)
        assert answer.status_code == status, re.findall(r"<p>[^<]+</p>", answer.text)
        return str(answer.headers["location"] if status == 303 else answer.text)

    async def on(self, verb: str, status: int = 303, **fields: Any) -> str:
        """Press a key on the ticket that the page shows, with the version it shows."""
        found = VERSION.search(await self.sees())
        assert found
        return await self.press(verb, status, ticket=found[1], version=found[2], **fields)

    async def serves(self) -> Issued:
        """Let somebody come, be called and be served."""
        ticket = await self.office.ticket()
        await self.press("call")
        await self.on("start")
        return ticket

    async def state(self, ticket: UUID) -> str:
        return str(await self.office.one("select state from ticket where id = $1", ticket))


async def another(office: Office, sit: SitDown) -> Seat:
    """Let another receiver sit down at the second counter of the site."""
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        staff = uuid7()
        await work.tx.execute(
            "insert into staff (id, username, full_name) values ($1, $2, 'Cán bộ bên cạnh')",
            staff,
            staff.hex,
        )
        await work.tx.execute(
            "insert into staff_role (id, staff_id, unit_id, role) values ($1, $2, $3, 'receiver')",
            uuid7(),
            staff,
            office.unit,
        )
        token = await sessions.start(work, "staff", staff, "Cán bộ bên cạnh")
    counter = await office.one(
        "select id from counter where site_id = $1 and id <> $2 and lines ? 'A' limit 1",
        office.site,
        office.counter,
    )
    seat = Seat(office, sit(Post(staff, token, "Cán bộ bên cạnh")), counter)
    await seat.press("open")
    return seat


async def elsewhere(office: Office, sit: SitDown) -> Seat:
    """Open another machine for the same officer."""
    officer = office.staff["receiver"]
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        token = await sessions.start(work, "staff", officer.id, officer.name)
    return Seat(office, sit(replace(officer, token=token)))
