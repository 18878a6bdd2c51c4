"""The clock at the desk and on the citizen's page: what is shown, what is entered, who may."""

from typing import Any

import pytest

from motcua.events.log import SYSTEM
from motcua.web import sessions
from tests.conftest import Browser
from tests.core.desk.conftest import Office, SitDown
from tests.core.desk.conftest import office as office  # noqa: PLC0414 -- fixtures
from tests.core.desk.conftest import sit as sit  # noqa: PLC0414

pytestmark = pytest.mark.anyio
NOTE = "Chờ Sở Tư pháp xác nhận sổ gốc"
WHY = "Phải tra cứu ở kho lưu trữ"


async def accepted(office: Office, sit: SitDown) -> Any:
    done = await office.submit(relative=False)
    answer = await sit(office.staff["receiver"]).post(f"/desk/dossier/{done.id}/accept")
    assert answer.status_code == 303, answer.text
    return done


async def my_page(office: Office, browse: Browser, dossier: Any, path: str = "") -> Any:
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        token = await sessions.start(work, "citizen", office.citizen, "Nguyễn Thị Thử")
    client = browse("quang-ninh")
    client.cookies.set("mc_session", token)
    return await client.get(f"/my/{dossier}{path}")


async def test_an_online_dossier_says_by_when_it_is_answered(
    office: Office, sit: SitDown, browse: Browser
) -> None:
    done = await office.submit(relative=False)
    mine = (await my_page(office, browse, done.id)).text
    assert "Cơ quan trả lời trước" in mine
    assert "Hồ sơ được nộp lúc" in mine
    desk = (await sit(office.staff["receiver"]).get(f"/desk/dossier/{done.id}")).text
    assert "Cơ quan phải trả lời trước" in desk
    tracked = (await browse("quang-ninh").get(f"/track/{done.track_code}")).text
    assert "Cơ quan trả lời trước" in tracked


async def test_a_pause_is_entered_seen_and_ended(
    office: Office, sit: SitDown, browse: Browser
) -> None:
    done = await accepted(office, sit)
    at = f"/desk/dossier/{done.id}"
    specialist = sit(office.staff["specialist"])
    assert "Tạm dừng đồng hồ, hẹn lại" in (await specialist.get(at)).text
    wrong = await specialist.post(f"{at}/clock/pause", pause_reason="opinion", note=" ")
    assert wrong.status_code == 422
    assert "Hãy ghi rõ đang chờ việc gì" in wrong.text
    told = await specialist.post(f"{at}/clock/pause", pause_reason="opinion", note=NOTE)
    assert told.headers["location"] == f"{at}?done=clock-paused"
    assert NOTE in (await specialist.get(at)).text
    mine = (await my_page(office, browse, done.id)).text
    assert NOTE in mine
    assert "đang tạm dừng" in mine
    tracked = (await browse("quang-ninh").get(f"/track/{done.track_code}")).text
    assert "Tạm dừng tính thời gian: chờ ý kiến của cơ quan khác" in tracked
    assert NOTE not in tracked
    told = await specialist.post(f"{at}/clock/resume", reason="opinion")
    assert told.status_code == 303
    assert "Tính tiếp thời gian; hẹn trả" in (await my_page(office, browse, done.id)).text


async def test_only_a_leader_extends_and_the_citizen_reads_the_letter(
    office: Office, sit: SitDown, browse: Browser
) -> None:
    done = await accepted(office, sit)
    at = f"/desk/dossier/{done.id}"
    specialist, leader = sit(office.staff["specialist"]), sit(office.staff["leader"])
    assert "clock/extend" not in (await specialist.get(at)).text
    assert (await specialist.post(f"{at}/clock/extend", days="1", delay=WHY)).status_code == 403
    for days, delay in (("0", WHY), ("many", WHY), ("2", "")):
        assert (await leader.post(f"{at}/clock/extend", days=days, delay=delay)).status_code == 422
    told = await leader.post(f"{at}/clock/extend", days="2", delay=WHY)
    assert told.headers["location"] == f"{at}?done=clock-extended"
    assert "clock/extend" not in (await leader.get(at)).text
    assert (await leader.get(f"{at}/extension.pdf")).content.startswith(b"%PDF")
    assert (await leader.post(f"{at}/clock/extend", days="2", delay=WHY)).status_code == 409
    assert WHY in (await my_page(office, browse, done.id)).text
    letter = await my_page(office, browse, done.id, "/extension.pdf")
    assert letter.content.startswith(b"%PDF")
    assert b"/ByteRange" in letter.content


async def test_without_an_extension_there_is_no_letter(
    office: Office, sit: SitDown, browse: Browser
) -> None:
    done = await accepted(office, sit)
    leader = sit(office.staff["leader"])
    assert (await leader.get(f"/desk/dossier/{done.id}/extension.pdf")).status_code == 404
    assert (await my_page(office, browse, done.id, "/extension.pdf")).status_code == 404
    stranger = sit(office.other["leader"])
    told = await stranger.post(f"/desk/dossier/{done.id}/clock/pause", pause_reason="x", note="y")
    assert told.status_code == 404
