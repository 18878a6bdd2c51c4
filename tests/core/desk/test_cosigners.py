"""At the desk: who has not confirmed signs before the receiver, or the dossier is not accepted."""

from typing import Any
from uuid import UUID

import pytest

from motcua.catalogue.forms import Answers
from motcua.dossiers.submission import Application, enter
from motcua.events.log import Actor

from .conftest import Office, SitDown

pytestmark = pytest.mark.anyio
MARRIAGE = "1.000894"
PARTNER = {"full_name": "Trần Văn Mẫu", "pid": "022092000001"}
_EVENT = "select actor from event where subject = $1 and type = 'cosignature.witnessed'"


async def marriage(office: Office, **more: str) -> UUID:
    """Put a dossier there; ``more`` stands in the row of the co-signer."""
    law = await office.platform.catalogue.of(office.tenant)
    answers: dict[str, Any] = {"full_name": "Nguyễn Thị Thử", "partner": [PARTNER | more]}
    application = Application(
        procedure=law.current(MARRIAGE),
        answers=Answers(answers, {}),
        subject_id=office.citizen,
        submitter_id=office.citizen,
        subject_name="Nguyễn Thị Thử",
        received_unit=office.unit,
        competent_unit=office.unit,
        channel=1,
    )
    actor = Actor("citizen", office.citizen)
    async with office.platform.works.begin(office.tenant, actor) as work:
        return (await enter(work, law, application)).id


async def test_a_dossier_is_accepted_once_its_cosigner_signed_before_the_receiver(
    office: Office, sit: SitDown
) -> None:
    dossier, receiver = await marriage(office), office.staff["receiver"]
    desk, path = sit(receiver), f"/desk/dossier/{dossier}"
    assert "Đã ký trước mặt tôi: <strong>Trần Văn Mẫu</strong>" in (await desk.get(path)).text
    refused = await desk.post(f"{path}/accept")
    assert refused.status_code == 422
    assert "Người cùng ký chưa xác nhận: Trần Văn Mẫu" in refused.text
    assert await office.one("select state from dossier where id = $1", dossier) == 1
    accepted = await desk.post(f"{path}/accept", signed="1")
    assert accepted.status_code == 303
    assert await office.one("select state from dossier where id = $1", dossier) > 1
    assert await office.one(_EVENT, dossier) == f"staff:{receiver.id}"
    assert "Người cùng ký đã ký trước mặt" in (await desk.get(path)).text


async def test_who_confirmed_on_the_portal_is_not_asked_again(office: Office, sit: SitDown) -> None:
    dossier = await marriage(office, confirmed="2026-11-20T03:00:00+00:00")
    desk, path = sit(office.staff["receiver"]), f"/desk/dossier/{dossier}"
    assert "Đã ký trước mặt tôi" not in (await desk.get(path)).text
    assert (await desk.post(f"{path}/accept")).status_code == 303
    assert await office.one(_EVENT, dossier) is None


async def test_the_lists_name_procedures_in_the_language_of_the_page(
    office: Office, sit: SitDown
) -> None:
    dossier = await marriage(office, confirmed="2026-11-20T03:00:00+00:00")
    await office.one("update dossier set submitted_at = '2001-01-01' where id = $1", dossier)
    desk = sit(office.staff["receiver"])
    tray = (await desk.get("/desk/tray?lang=en")).text
    assert "Marriage registration" in tray
    assert "Đăng ký kết hôn" not in tray
    assert "Đăng ký kết hôn" in (await desk.get("/desk/tray?lang=vi")).text
    await desk.post(f"/desk/dossier/{dossier}/accept")
    await office.one("update process_wait set since = '2001-01-01' where instance_id = $1", dossier)
    wait = "select role from process_wait where instance_id = $1"
    work = await sit(office.staff[await office.one(wait, dossier)]).get("/desk/work?lang=en")
    assert "Marriage registration" in work.text
    assert "Đăng ký kết hôn" not in work.text
    await office.one(
        "update process_wait set incident = 'x', kind = 'service' where instance_id = $1", dossier
    )
    failed = await sit(office.staff["leader"]).get("/desk/incidents?lang=en")
    assert "Marriage registration" in failed.text
    await office.one(
        "update process_wait set incident = null, kind = 'user' where instance_id = $1", dossier
    )
