from uuid import UUID

import pytest

from motcua.events.log import SYSTEM
from motcua.queues import calling, feedback, seats, serving

from .conftest import Office, SitDown

pytestmark = pytest.mark.anyio


async def _disliked(office: Office) -> UUID:
    """Serve somebody who is not satisfied with it."""
    ticket, staff = await office.ticket(), office.staff["receiver"].id
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        await seats.open_counter(work, office.counter, staff)
        await calling.call_next(work, office.counter, staff)
        await serving.start(work, ticket.id, staff)
        await serving.finish(work, ticket.id, staff)
        reason = feedback.reasons()[0].key
        given = await feedback.give(
            work, ticket.id, 1, reason=reason, words="Chờ quá lâu", channel="phone"
        )
        owner = office.staff["leader"].id
        await work.tx.execute("update feedback set owner_id = $2 where id = $1", given, owner)
        return given


async def test_a_dislike_is_closed_by_its_owner_with_a_word(office: Office, sit: SitDown) -> None:
    given = await _disliked(office)
    owner, path = sit(office.staff["leader"]), f"/desk/feedback/{given}"
    listed = (await owner.get("/desk/feedback")).text
    assert "Chờ quá lâu" in listed
    assert f'action="{path}"' in listed
    assert "/desk/feedback" in (await owner.get("/desk")).text
    empty = await owner.post(path, closing=" ")
    assert empty.status_code == 422
    assert "Hãy ghi việc đã làm." in empty.text
    done = await owner.post(path, closing="Đã gọi điện xin lỗi")
    assert done.headers["location"] == "/desk/feedback?done=feedback-closed"
    assert "Chờ quá lâu" not in (await owner.get("/desk/feedback")).text


async def test_a_dislike_whose_owner_has_gone_is_closed_by_another_who_leads(
    office: Office, sit: SitDown
) -> None:
    given = await _disliked(office)
    gone = "update staff set active = false where id = $1"
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        await work.tx.execute(gone, office.staff["leader"].id)
    head, path = sit(office.staff["head"]), f"/desk/feedback/{given}"
    listed = (await head.get("/desk/feedback")).text
    assert "không còn phụ trách nơi này" in listed
    assert f'action="{path}"' in listed
    done = await head.post(path, closing="Đã gọi điện xin lỗi")
    assert done.headers["location"] == "/desk/feedback?done=feedback-closed"


async def test_a_dislike_is_not_for_receivers_nor_for_other_units(
    office: Office, sit: SitDown
) -> None:
    given = await _disliked(office)
    path = f"/desk/feedback/{given}"
    assert (await sit(office.staff["receiver"]).get("/desk/feedback")).status_code == 403
    away = sit(office.other["leader"])
    assert "Chờ quá lâu" not in (await away.get("/desk/feedback")).text
    assert (await away.post(path, closing="Xong")).status_code == 404
    head = sit(office.staff["head"])
    assert f'action="{path}"' not in (await head.get("/desk/feedback")).text
    assert (await head.post(path, closing="Xong")).status_code == 403
