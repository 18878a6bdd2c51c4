"""A drawn process at the desk: its own outcomes, what it waits for, and system steps that failed."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from motcua.dossiers.service_tasks import TaskRefused
from motcua.events.log import SYSTEM
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.people.capabilities import Capability
from motcua.platform import Platform
from motcua.process import load
from motcua.process.outcomes import outcome_names
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from tests.conftest import Browser, NewTenant
from tests.core.dossiers.drawn import Place, bpmn, task

pytestmark = pytest.mark.anyio

CHOOSING = bpmn(
    '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="look"/>'
    + task("look", "which", more='mc:outcomes="ok,verify"')
    + '<exclusiveGateway id="which" default="f1"/>'
    '<sequenceFlow id="f1" sourceRef="which" targetRef="sign"/>'
    '<sequenceFlow id="f2" name="Cần xác minh" mc:nameEn="Verification is needed" sourceRef="which"'
    ' targetRef="ask"><conditionExpression>outcome = "verify"</conditionExpression></sequenceFlow>'
    + task("ask", "sign", tag="receiveTask", more='mc:message="opinion_received"')
    + task("sign", "weigh")
    + task("weigh", "e", tag="serviceTask", more='mc:handler="weigh"')
    + '<endEvent id="e"/>'
)


@pytest.fixture
async def place(
    platform: Platform, owner: Database, quang_ninh: Tenant, new_tenant: NewTenant
) -> Place:
    made = Place(platform, owner, await new_tenant())
    async with platform.db.tenant(quang_ninh) as tx:
        calendar = await tx.fetchval("select content from tenant_calendar limit 1")
    await made.build(calendar)
    await made.adopt(CHOOSING)
    return made


async def cookies(place: Place, role: str) -> dict[str, str]:
    """Return the cookies of an officer with this role in the unit."""
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        held = (Capability(role, place.unit),)
        secret = await sessions.start(work, "staff", uuid7(), "Lê Thị Thử", capabilities=held)
    return {sessions.COOKIE: secret}


async def posted(client: Any, page: str, path: str, **fields: str) -> Any:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert token
    return await client.post(path, data={"_csrf_token": token[1], **fields})


def test_an_outcome_is_called_like_the_arrow_that_asks_for_it() -> None:
    assert outcome_names(load(CHOOSING.encode()), "look") == {
        "ok": ("ok", "ok"),
        "verify": ("Cần xác minh", "Verification is needed"),
    }


async def test_an_officer_chooses_an_outcome_that_only_this_process_has(
    place: Place, browse: Browser
) -> None:
    dossier = await place.dossier()
    client = browse(place.tenant.host.removesuffix(".localhost"))
    client.cookies.update(await cookies(place, "specialist"))
    home = f"/desk/dossier/{dossier}"
    page = (await client.get(home)).text
    assert "Cần xác minh" in page
    assert "Verification is needed" in (await client.get(f"{home}?lang=en")).text
    token = (await place.waits(dossier))["look"]["token"]
    done = await posted(client, page, f"{home}/step", token=token, outcome="verify")
    assert done.status_code == 303
    assert list(await place.waits(dossier)) == ["ask"]
    page = (await client.get(home)).text
    done = await posted(client, page, f"{home}/arrived", message="opinion_received")
    assert done.status_code == 303
    assert list(await place.waits(dossier)) == ["sign"]


async def test_only_who_leads_the_unit_decides_on_a_system_step_that_failed(
    place: Place, browse: Browser
) -> None:
    async def never(_: Platform, __: Work, ___: UUID) -> Mapping[str, Any]:
        raise TaskRefused("no-scale", "there is none")

    place.handler = never
    dossier = await place.dossier()
    home = f"/desk/dossier/{dossier}"
    client = browse(place.tenant.host.removesuffix(".localhost"))
    client.cookies.update(await cookies(place, "specialist"))
    for node in ("look", "sign"):
        page = (await client.get(home)).text
        token = (await place.waits(dossier))[node]["token"]
        outcome = "ok" if node == "look" else ""
        await posted(client, page, f"{home}/step", token=token, outcome=outcome)
    await place.work_off()
    page = (await client.get(home)).text
    assert "no-scale: there is none" in page
    token = (await place.waits(dossier))["weigh"]["token"]
    refused = await posted(client, page, f"{home}/skip", token=token, reason="Cân tay")
    assert refused.status_code == 403
    head = browse(place.tenant.host.removesuffix(".localhost"))
    head.cookies.update(await cookies(place, "head"))
    assert "no-scale" in (await head.get("/desk/incidents")).text
    page = (await head.get(home)).text
    empty = await posted(head, page, f"{home}/skip", token=token, reason=" ")
    assert empty.status_code == 422
    assert "vì sao bỏ qua" in empty.text
    assert (await posted(head, page, f"{home}/retry", token=token)).status_code == 303
    await place.work_off()
    page = (await head.get(home)).text
    skipped = await posted(head, page, f"{home}/skip", token=token, reason="Cân tay")
    assert skipped.status_code == 303
    assert await place.waits(dossier) == {}
