"""What the system gave up is counted on the monitor; results that got stuck are in ``channels/test_staff``."""

import pytest

from motcua.dossiers import preserving
from motcua.ids import uuid7

from ..queues.conftest import Hall
from .conftest import SignIn

pytestmark = pytest.mark.anyio
_DEAD = """
insert into outbox (id, event_id, subscriber, next_at, failures, error, dead_at)
select $1, e.id, $2, now(), 8, 'TimeoutError', now() from event e limit 1
"""


async def test_what_the_system_gave_up_is_counted_before_an_administrator_alone(
    worked: Hall, sign_in: SignIn
) -> None:
    await worked.issue("A")
    async with worked.work() as work:
        await work.tx.execute(_DEAD, uuid7(), preserving.SUBSCRIBER)
        await work.tx.execute(_DEAD, uuid7(), "notices")
    admin = (await (await sign_in("admin")).get("/monitor")).text
    assert "2 việc hệ thống đã thử nhiều lần rồi dừng" in admin
    assert "trong đó 1 kết quả chưa có dấu thời gian" in admin
    assert "/desk/outbox" not in (await (await sign_in("head")).get("/monitor")).text
