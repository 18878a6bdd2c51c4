"""Who is at the station, by the wallet of a telephone; and that a telephone elsewhere changes nothing here."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from motcua import clock
from motcua.demo import people
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import asking
from motcua.wallet.holder import HolderWallet
from tests.core.station.conftest import NewScreen
from tests.core.station.person import Screen, somebody
from tests.core.station.test_privacy import assert_nothing_is_left
from tests.core.wallet.archive import Archive, Ready
from tests.core.wallet.conftest import archive as archive  # noqa: PLC0414 -- a fixture
from tests.core.wallet.conftest import refused as refused  # noqa: PLC0414 -- a fixture
from tests.core.wallet.papers import identity

pytestmark = pytest.mark.anyio
Refused = Callable[[str], Any]
_LEFT = "select count(*) from presentation where purpose = 'station' and claims_sealed is not null"
_LAST = "select * from presentation where purpose = 'station' order by created_at desc limit 1"
_EVENTS = "select type from event where trace_id = $1 order by id"


@pytest.fixture
def linked(archive: Archive, platform: Platform, quang_ninh: Tenant) -> Callable[[], Any]:
    """Read from the last request what the code on the screen says."""

    async def link() -> str:
        async with platform.db.tenant(quang_ninh) as tx:
            row = await tx.fetchrow(_LAST)
        assert row is not None
        return asking.link(platform, quang_ninh, row["id"], row["client_id"])

    return link


async def begin(screen: Screen, way: str = "apply", **form: str) -> None:
    await screen.start(way)
    answer = await screen.press("/station/by-wallet", form)
    assert answer.status_code == 200, answer.text[:2000]
    assert "<svg" in screen.page


async def holder(archive: Archive, tenant: Tenant, number: int) -> tuple[Ready, HolderWallet]:
    person = somebody(number)
    sex = {"Nam": "male"}.get(person.claims["gender"], "female")
    about = {"birth_date": person.claims["birthdate"], "sex": sex}
    return await identity(archive, tenant, person.personal_id, person.full_name, **about)


async def test_a_telephone_identifies_who_stands_here(
    station: NewScreen,
    archive: Archive,
    linked: Any,
    platform: Platform,
    quang_ninh: Tenant,
) -> None:
    screen, person = await station(), somebody(211)
    _, wallet = await holder(archive, quang_ninh, 211)
    await begin(screen)
    state = await screen.client.get("/station/by-wallet/state")
    assert state.json() == {"status": "waiting"}
    asked = await wallet.ask(await linked())
    assert "Hồng Gai" in asked.request.client_metadata["client_name"]
    ((_, (_, reveal)),) = asked.choices.items()
    assert reveal == {"full_name", "personal_id", "birth_date", "sex", "address"}
    assert await wallet.answer(asked) is None
    assert (await screen.client.get("/station/by-wallet/state")).json() == {"status": "verified"}
    await screen.open("/station/by-wallet")
    await screen.press("/station/by-wallet/done")
    assert screen.seen[-1] == "/station/identify"
    assert person.full_name in html.unescape(screen.page)
    assert person.personal_id not in screen.page
    assert "Tỉnh Quảng Ninh" in screen.page
    await screen.press("/station/confirm")
    await screen.press("/station/consent", {"agree": "yes"})
    assert screen.seen[-1] == "/station/procedure"
    await screen.fill_copy()
    await screen.hand_in()
    async with platform.db.tenant(quang_ninh) as tx:
        row = await tx.fetchrow(
            "select d.*, p.full_name from dossier d join person p on p.id = d.subject_id"
            " order by d.submitted_at desc limit 1"
        )
        assert row is not None
        assert await tx.fetchval(_LEFT) == 0
        events = [r["type"] for r in await tx.fetch(_EVENTS, row["trace_id"])]
    assert row["full_name"] == person.full_name
    assert events.index("presentation.started") < events.index("presentation.verified")
    assert "station.identified" in events
    await screen.press("/station/wipe", follow=False)
    await assert_nothing_is_left(screen, person)


async def test_nothing_is_left_of_an_answer_that_nobody_took(
    station: NewScreen, archive: Archive, linked: Any, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    _, wallet = await holder(archive, quang_ninh, 212)
    await begin(screen)
    await wallet.present(await linked())
    async with platform.db.tenant(quang_ninh) as tx:
        assert await tx.fetchval(_LEFT) == 1
    await screen.press("/station/wipe", follow=False)
    async with platform.db.tenant(quang_ninh) as tx:
        assert await tx.fetchval(_LEFT) == 0
    await assert_nothing_is_left(screen, somebody(212))


async def test_an_answer_after_the_person_left_is_refused(
    station: NewScreen, archive: Archive, linked: Any, quang_ninh: Tenant, refused: Refused
) -> None:
    screen = await station()
    _, wallet = await holder(archive, quang_ninh, 213)
    await begin(screen)
    asked = await wallet.ask(await linked())
    await screen.press("/station/wipe", follow=False)
    with refused("invalid_request"):
        await wallet.answer(asked)


async def test_the_next_person_gets_nothing_of_the_one_before(
    station: NewScreen, archive: Archive, linked: Any, quang_ninh: Tenant
) -> None:
    """A visit that ended and one at another station: neither takes what was shown here."""
    screen, other = await station(), await station()
    _, wallet = await holder(archive, quang_ninh, 214)
    await begin(screen)
    link = await linked()
    await begin(other)
    await wallet.present(link)
    answer = await other.press("/station/by-wallet/done")
    assert answer.status_code == 409
    assert somebody(214).full_name not in html.unescape(answer.text)
    await screen.open("/station")
    await begin(screen)
    answer = await screen.press("/station/by-wallet/done")
    assert answer.status_code == 409
    assert somebody(214).full_name not in html.unescape(answer.text)


async def test_a_code_is_answered_once_and_the_last_one_counts(
    station: NewScreen, archive: Archive, linked: Any, quang_ninh: Tenant, refused: Refused
) -> None:
    screen = await station()
    _, wallet = await holder(archive, quang_ninh, 215)
    await begin(screen)
    first = await wallet.ask(await linked())
    await screen.press("/station/by-wallet")
    with refused("invalid_request"):
        await wallet.answer(first)
    await wallet.present(await linked())
    await screen.press("/station/by-wallet/done")
    assert screen.seen[-1] == "/station/identify"
    await screen.press("/station/by-wallet/done", follow=False)
    assert (await screen.client.get("/station/by-wallet/state")).json() == {"status": "none"}


async def test_a_station_of_another_province_asks_with_a_key_of_its_own(
    station: NewScreen, archive: Archive, linked: Any, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    """A paper of another province identifies here; the request itself cannot be read there."""
    screen = await station()
    _, wallet = await holder(archive, thai_nguyen, 216)
    await begin(screen)
    link = await linked()
    uri = re.search(r"request_uri=([^&]+)", link)
    assert uri
    strange = link.replace("quang-ninh.localhost", "thai-nguyen.localhost")
    with pytest.raises(Exception, match=r"no such request|refused"):
        await wallet.ask(strange)
    await wallet.present(link)
    await screen.press("/station/by-wallet/done")
    assert "Tỉnh Thái Nguyên" in screen.page


async def test_who_refuses_and_who_is_late_is_told_on_the_screen(
    station: NewScreen, archive: Archive, linked: Any, quang_ninh: Tenant
) -> None:
    screen = await station()
    _, wallet = await holder(archive, quang_ninh, 217)
    await begin(screen)
    asked = await wallet.ask(await linked())
    await wallet.refuse(asked.request)
    await screen.open("/station/by-wallet")
    assert "đã chọn không chia sẻ" in screen.page
    await begin(screen)
    with clock.at(clock.now() + timedelta(minutes=6)):
        await screen.open("/station/by-wallet")
    assert "Mã đã hết hạn" in screen.page


async def test_a_revoked_paper_identifies_nobody(
    station: NewScreen, archive: Archive, linked: Any, quang_ninh: Tenant, refused: Refused
) -> None:
    screen = await station()
    paper, wallet = await holder(archive, quang_ninh, 218)
    await begin(screen)
    link = await linked()
    await archive.revoke(paper)
    with refused("revoked"):
        await wallet.present(link)
    await screen.open("/station/by-wallet")
    assert "đã bị thu hồi" in screen.page
    assert (await screen.press("/station/by-wallet/done")).status_code == 409


async def test_whoever_has_an_appointment_finds_it_with_the_wallet(
    station: NewScreen, archive: Archive, linked: Any, quang_ninh: Tenant
) -> None:
    screen = await station()
    _, wallet = await holder(archive, quang_ninh, 219)
    await screen.start("number")
    await screen.open("/station/appointment")
    assert "Tìm lịch hẹn bằng ví" in screen.page
    await screen.press("/station/by-wallet", {"then": "appointment"})
    await wallet.present(await linked())
    await screen.press("/station/by-wallet/done")
    await screen.press("/station/confirm")
    await screen.press("/station/consent", {"agree": "yes"})
    assert screen.seen[-1] == "/station/appointment"
    assert somebody(219).full_name in html.unescape(screen.page)
    answer = await screen.press("/station/appointment", {"mine": "1", "once": screen.once})
    assert answer.status_code == 404
    assert "không có lịch hẹn" in answer.text


async def test_the_wallet_leaves_the_telephone_that_was_told_before(
    station: NewScreen, archive: Archive, linked: Any, quang_ninh: Tenant
) -> None:
    screen = await station()
    _, wallet = await holder(archive, quang_ninh, 221)
    await screen.start()
    await screen.press("/station/phone", {"phone": "0912345678"})
    await screen.press("/station/by-wallet")
    await screen.open("/station/number")
    assert "678" in screen.page
    await wallet.present(await linked())
    await screen.press("/station/by-wallet/done")
    await screen.press("/station/confirm")
    await screen.press("/station/consent", {"agree": "yes"})
    assert screen.seen[-1] == "/station/number"
    assert somebody(221).full_name in html.unescape(screen.page)
    assert "678" in screen.page


async def test_the_card_after_an_appointment_was_looked_for_leads_back_to_it(
    station: NewScreen, archive: Archive
) -> None:
    screen = await station()
    await begin(screen, "number", then="appointment")
    await by_card(screen, 222)
    assert screen.seen[-1] == "/station/appointment"


async def test_who_went_from_the_appointment_back_to_the_lines_stays_there(
    station: NewScreen, archive: Archive
) -> None:
    screen = await station()
    await begin(screen, "number", then="appointment")
    await screen.open("/station/number")
    await by_card(screen, 223)
    assert screen.seen[-1] == "/station/number"


async def test_who_has_no_card_is_given_a_number_wherever_he_came_from(
    station: NewScreen, archive: Archive
) -> None:
    screen = await station()
    await begin(screen, "number", then="appointment")
    await screen.press("/station/identify", {"no_card": "1"})
    assert screen.seen[-1] == "/station/number"


async def by_card(screen: Screen, number: int) -> None:
    """Say by the card who stands here."""
    await screen.press("/station/identify", {"card_text": people.card_text(somebody(number))})
    await screen.press("/station/confirm")
    await screen.press("/station/consent", {"agree": "yes"})
