"""A form with rows, an address and files at a station: the same definition, one page at a time."""

import dataclasses
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.catalogue.procedure import Paper
from motcua.events.log import SYSTEM
from motcua.files.qr import qr_png
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.core.catalogue.household import household
from tests.core.station.conftest import NewScreen
from tests.core.station.person import somebody

pytestmark = pytest.mark.anyio
CODE = "2.000815"
LAST = "select * from dossier where procedure_code = $1 order by submitted_at desc limit 1"


@pytest.fixture(autouse=True)
def form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a procedure ask the household's form for a while."""

    def asking(read: Callable[..., Adopted]) -> Callable[..., Adopted]:
        def found(law: TenantLaw, *how: Any) -> Adopted:
            adopted = read(law, *how)
            if adopted.code != CODE:
                return adopted
            birth = Paper(key="birth", name_vi="Giấy khai sinh", name_en="Birth", kind="copy")
            about = replace(adopted.package.procedure, papers=(birth,), fee=_free(adopted))
            package = dataclasses.replace(adopted.package, form=household(), procedure=about)
            return dataclasses.replace(adopted, package=package)

        return found

    for name in ("current", "version", "adopted"):
        monkeypatch.setattr(TenantLaw, name, asking(getattr(TenantLaw, name)))


def _free(adopted: Adopted) -> Any:
    fee = adopted.package.procedure.fee
    return replace(
        fee, amount=0, **{n: "" for n in ("expression", "decision") if hasattr(fee, n)}, lines=()
    )


async def test_rows_are_filled_in_at_a_station_and_their_files_are_scanned_with_the_papers(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    await screen.identify(somebody(61))
    await screen.press("/station/procedure", {"code": CODE})
    assert 'name="home.unit"' in screen.page
    await screen.press("/station/form/1", {"home.unit": "06685", "home.text": "Số 1, tổ 2"})
    assert screen.seen[-1] == "/station/form/2"
    mother = {"members.0": "1", "members.0.name": "Tạ Mẫu", "members.0.born": "1/1/1970"}
    await screen.press("/station/form/2", {**mother, "_add": "members"})
    assert 'name="members.1.name"' in screen.page
    assert 'value="Tạ Mẫu"' in screen.page
    child = {"members.1": "1", "members.1.name": "Tạ Con", "members.1.born": "1/6/2019"}
    await screen.press("/station/form/2", {**mother, **child})
    assert 'id="f-members.1.guardian-error"' in screen.page
    assert 'type="file"' not in screen.page, "papers are scanned on their own page"
    await screen.press("/station/form/2", {**mother, **child, "members.1.guardian": "Tạ Mẫu"})
    await screen.press("/station/form/3", {"truth": "1"})
    scan = {"birth": ("giay.png", qr_png("giấy mẫu"), "image/png")}
    await screen.press("/station/papers", {"go": "next"}, scan)
    assert screen.seen[-1] == "/station/check"
    assert "Số 1, tổ 2, Phường Hồng Gai" in screen.page
    assert "Người giám hộ: Tạ Mẫu" in screen.page
    assert (await screen.hand_in()).status_code == 200
    async with platform.works.begin(quang_ninh, SYSTEM) as work:
        row = await work.tx.fetchrow(LAST, CODE)
        assert row
        stored = msgspec.json.decode(work.vault.open(row["answers_sealed"]))
    assert stored["members"][1]["guardian"] == "Tạ Mẫu"
    assert len(stored["members"][1]["proof"]) == 1
    assert stored["home"]["area"] == "Phường Hồng Gai"


async def test_a_station_does_not_take_a_form_with_cosigners(
    station: NewScreen, platform: Platform, quang_ninh: Tenant
) -> None:
    screen = await station()
    await screen.identify(somebody(62))
    await screen.press("/station/procedure", {"code": CODE})
    await screen.press("/station/form/1", {"home.unit": "06685", "home.text": "Số 1, tổ 2"})
    mother = {"members.0": "1", "members.0.name": "Tạ Mẫu", "members.0.born": "1/1/1970"}
    await screen.press("/station/form/2", mother)
    signer = {"signers.0.full_name": "Lê Thị Bạn", "signers.0.pid": "022092000001"}
    await screen.press("/station/form/3", {"signers.0": "1", **signer, "truth": "1"})
    scan = {"birth": ("giay.png", qr_png("giấy mẫu"), "image/png")}
    await screen.press("/station/papers", {"go": "next"}, scan)
    assert screen.seen[-1] == "/station/check"
    assert "Không nộp được tại trạm: hồ sơ có người cùng ký" in screen.page
    assert "Lê Thị Bạn" in screen.page
    assert 'name="once"' not in screen.page, "there is no button to hand in"
    english = (await screen.open("/station/check?lang=en")).text
    assert "where each of them signs in and confirms" in english
    async with platform.db.tenant(quang_ninh) as tx:
        before = await tx.fetchval("select count(*) from dossier")
    refused = await screen.press("/station/check", {"once": "x"})
    assert refused.status_code == 422
    async with platform.db.tenant(quang_ninh) as tx:
        assert await tx.fetchval("select count(*) from dossier") == before
