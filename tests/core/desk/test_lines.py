"""Lines of the hall, paused and opened again from the desk."""

import pytest

from motcua.ids import uuid7

from .conftest import Office, SitDown

pytestmark = pytest.mark.anyio


async def test_who_leads_the_site_pauses_and_reopens_a_line(office: Office, sit: SitDown) -> None:
    lead, path = sit(office.staff["leader"]), f"/desk/line/{office.line}"
    assert f'action="{path}/pause"' in (await lead.get("/desk")).text
    assert (
        (await lead.post(f"{path}/pause", why="Mất mạng"))
        .headers["location"]
        .endswith("done=line-pause")
    )
    assert "Mất mạng" in (await lead.get("/desk")).text
    assert (await lead.post(f"{path}/pause", why="Lần nữa")).status_code == 409
    for post in (office.staff["receiver"], office.other["leader"]):
        assert (await sit(post).post(f"{path}/open")).status_code == 403
    assert (await lead.post(f"{path}/open")).headers["location"].endswith("done=line-open")
    assert (await lead.post(f"/desk/line/{uuid7()}/open")).status_code == 404
    assert (await lead.post(f"{path}/sideways")).status_code == 404
