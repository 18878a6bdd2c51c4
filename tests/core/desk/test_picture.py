from datetime import timedelta
from typing import Any

import pytest
from lxml import html  # type: ignore[import-untyped]

from motcua.dossiers import reception, settlement
from motcua.dossiers.settlement import Officer, StepDone
from motcua.events.log import SYSTEM, Actor
from motcua.people.capabilities import Capability

from .conftest import Office, SitDown

pytestmark = pytest.mark.anyio


async def _in_process(office: Office) -> Any:
    """Accept a dossier, so that its process has begun and waits for its first step."""
    done = await office.submit(relative=False)
    actor = Actor("staff", office.staff["receiver"].id)
    async with office.platform.works.begin(office.tenant, actor) as work:
        await reception.accept(office.platform, work, done.id, fee_paid=True)
    await office.settle_effects()
    return done.id


async def _waiting(office: Office, dossier: Any) -> Any:
    sql = "select * from process_wait where instance_id = $1 and kind = 'user'"
    async with office.platform.db.tenant(office.tenant) as tx:
        return await tx.fetchrow(sql, dossier)


async def _do(office: Office, dossier: Any) -> str:
    """Complete the step that waits; returns its node."""
    wait = await _waiting(office, dossier)
    post = office.staff[wait["role"]]
    officer = Officer(post.id, (Capability(wait["role"], office.unit),))
    done = StepDone(wait["token"], "", office.staff["specialist"].id, {}, [], "", "vi")
    async with office.platform.works.begin(office.tenant, Actor("staff", post.id)) as work:
        await settlement.complete(office.platform, work, dossier, officer, done)
    return str(wait["node"])


async def test_the_picture_shows_where_a_dossier_is_and_the_way_it_took(
    office: Office, sit: SitDown
) -> None:
    dossier = await _in_process(office)
    first = await _do(office, dossier)
    now = await _waiting(office, dossier)
    desk = sit(office.staff["specialist"])
    answer = await desk.get(f"/desk/dossier/{dossier}/picture.svg")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    tree = html.fromstring(answer.content)
    places = {g.get("data-node"): g.get("class") for g in tree.iter("g") if g.get("data-node")}
    assert places[now["node"]] == "now"
    assert places[first] == places["start"] == "done"
    taken = {g.get("data-flow") for g in tree.iter("g") if g.get("class") == "taken"}
    assert taken == {"flow-1", "flow-2"}


async def test_the_steps_stand_beside_the_picture_as_a_list(office: Office, sit: SitDown) -> None:
    dossier = await _in_process(office)
    await _do(office, dossier)
    page = (await sit(office.staff["specialist"]).get(f"/desk/dossier/{dossier}/way")).text
    tree = html.fromstring(page)
    rows = [" ".join(li.text_content().split()) for li in tree.xpath("//main//ol/li")]
    assert rows[0].startswith("Phân công")
    assert rows[0].endswith("Đã xong")
    assert rows[1].endswith("Đang ở đây")
    assert rows[-1].endswith("Chưa đến")
    assert tree.xpath("//main//ol/li[@aria-current='step']")
    assert tree.xpath("//main//*[local-name()='svg']/*[local-name()='desc']")
    assert "<style" not in page, "the page's policy forbids it"


async def test_a_step_that_takes_longer_than_its_working_hours_is_marked(
    office: Office, sit: SitDown
) -> None:
    dossier = await _in_process(office)
    now = await _waiting(office, dossier)
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        await work.tx.execute(
            "update process_wait set since = since - $2::interval where id = $1",
            now["id"],
            timedelta(days=60),
        )
    desk = sit(office.staff["head"])
    picture = (await desk.get(f"/desk/dossier/{dossier}/picture.svg?lang=en")).text
    assert "Now here · overdue" in picture
    page = (await desk.get(f"/desk/dossier/{dossier}/way?lang=vi")).text
    assert "Quá hạn của bước" in page


async def test_before_acceptance_nothing_is_marked(office: Office, sit: SitDown) -> None:
    done = await office.submit(relative=False)
    answer = await sit(office.staff["receiver"]).get(f"/desk/dossier/{done.id}/picture.svg")
    assert answer.status_code == 200
    assert "Đang ở đây" not in answer.text


@pytest.mark.parametrize("path", ["picture.svg", "way"])
async def test_the_picture_is_for_the_officers_of_the_dossier(
    office: Office, sit: SitDown, path: str
) -> None:
    done = await office.submit(relative=False)
    address = f"/desk/dossier/{done.id}/{path}"
    assert (await sit(office.other["specialist"]).get(address)).status_code == 404
    assert (await sit(office.admin).get(address)).status_code == 403
    page = await sit(office.staff["leader"]).get(f"/desk/dossier/{done.id}")
    assert f"{done.id}/picture.svg" in page.text
