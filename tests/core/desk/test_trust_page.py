"""The administrator's page for trust: added with clear errors, ended with a reason, never forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization

from motcua.wallet import certificates, jose, trust_store
from tests.core.desk.conftest import Desk, Office, SitDown

pytestmark = pytest.mark.anyio
URL = "https://cap.example.vn"
GOOD = {
    "name": "Cơ quan cấp thử (dữ liệu mẫu)",
    "url": URL,
    "kind.1": "identity-paper",
    "vct.1": "https://cap.example.vn/vct/id",
    "valid_until": "31/12/2030",
}


def pem(lifetime: timedelta = timedelta(days=3650)) -> str:
    root = certificates.make_root("Gốc ngoài (mẫu)", now=datetime.now(UTC), lifetime=lifetime)
    return certificates.to_pem(root.certificate).decode()


@pytest.fixture
async def desk(office: Office, sit: SitDown) -> Desk:
    await office.one("delete from trusted_issuer returning 1")
    return sit(office.admin)


async def test_an_issuer_is_added_believed_ended_and_stays_in_the_history(
    desk: Desk, office: Office
) -> None:
    assert "Chưa thêm nơi cấp" in (await desk.get("/desk/trust")).text
    added = await desk.post("/desk/trust", **GOOD, certificates=pem())
    assert added.status_code == 303, added.text[:3000]
    page = (await desk.get("/desk/trust?done=added")).text
    assert "đang tin cậy" in page
    assert office.admin.name in page
    async with office.platform.db.tenant(office.tenant) as tx:
        trust = await trust_store.trust_of(office.platform, tx)
    now = datetime.now(UTC)
    assert "https://cap.example.vn/vct/id" in trust.vcts("identity-paper", now)
    assert trust.issuer(URL, now).valid_until.date().isoformat() == "2030-12-31"
    twice = await desk.post("/desk/trust", **GOOD, certificates=pem())
    assert twice.status_code == 409
    assert "đã có trong danh sách" in twice.text
    entry = await office.one("select id from trusted_issuer where url = $1", URL)
    assert (await desk.post(f"/desk/trust/{entry}/end", reason=" ")).status_code == 422
    ended = await desk.post(f"/desk/trust/{entry}/end", reason="Hết hợp tác (mẫu)")
    assert ended.status_code == 303
    page = (await desk.get("/desk/trust")).text
    assert "Hết hợp tác (mẫu)" in page
    assert "đã chấm dứt" in page
    async with office.platform.db.tenant(office.tenant) as tx:
        trust = await trust_store.trust_of(office.platform, tx)
    assert URL not in trust.issuers
    assert (await desk.post(f"/desk/trust/{entry}/end", reason="lại")).status_code == 404
    events = (
        "select count(*) from event where subject = $1 and type in ('trust.added', 'trust.revoked')"
    )
    assert await office.one(events, entry) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "http://cap.example.vn"}, "https://"),
        ({"url": "https://cap.example.vn/"}, "không kết thúc bằng dấu /"),
        ({"url": "http://thai-nguyen.localhost:8000"}, "đã được tin cậy sẵn"),
        ({"name": " "}, "Hãy ghi tên nơi cấp"),
        ({"certificates": "không phải chứng thư"}, "Chứng thư không đọc được"),
        ({"kind.1": ""}, "Hãy chọn loại giấy tờ"),
        ({"vct.1": ""}, "Hãy chọn loại giấy tờ"),
        ({"valid_until": "31/02/2030"}, "Nhập ngày theo dạng"),
        ({"valid_until": ""}, "Hãy ghi ngày cuối cùng còn tin"),
        ({"valid_from": "1/1/2031"}, "Thời hạn không hợp lệ"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_changes_nothing(
    desk: Desk, office: Office, change: dict[str, str], said: str
) -> None:
    answer = await desk.post("/desk/trust", **{**GOOD, "certificates": pem(), **change})
    assert answer.status_code == 422
    assert said in answer.text
    assert GOOD["valid_until"] in answer.text or "valid_until" in change
    assert await office.one("select count(*) from trusted_issuer") == 0


async def test_all_that_is_wrong_is_told_at_once(desk: Desk) -> None:
    answer = await desk.post("/desk/trust", valid_from="hôm nay")
    for said in (
        "Địa chỉ phải bắt đầu bằng https://",
        "Hãy ghi tên nơi cấp",
        "Chứng thư không đọc được",
        "Hãy chọn loại giấy tờ",
        "Nhập ngày theo dạng",
        "Hãy ghi ngày cuối cùng còn tin",
    ):
        assert said in answer.text, said


async def test_a_private_key_and_an_old_certificate_are_refused_by_name(
    desk: Desk, office: Office
) -> None:
    secret = jose.key_to_pem(jose.generate_key()).decode()
    answer = await desk.post("/desk/trust", **GOOD, certificates=secret)
    assert "khóa bí mật" in answer.text
    assert secret.splitlines()[1] not in answer.text
    later = {"valid_from": "1/1/2030", "certificates": pem(timedelta(days=30))}
    answer = await desk.post("/desk/trust", **{**GOOD, **later})
    assert "hết hạn trước khi" in answer.text
    assert await office.one("select count(*) from trusted_issuer") == 0


async def test_a_certificate_can_be_uploaded_as_the_file_it_came_as(
    desk: Desk, office: Office
) -> None:
    root = certificates.from_pem(pem().encode())[0]
    for number, data in enumerate(
        (root.public_bytes(serialization.Encoding.DER), certificates.to_pem(root))
    ):
        about = {**GOOD, "url": f"https://cap{number}.example.vn"}
        answer = await desk.upload("/desk/trust", {"file": ("goc.crt", data)}, **about)
        assert answer.status_code == 303, answer.text[:2000]
    assert await office.one("select count(*) from trusted_issuer") == 2


async def test_nobody_but_an_administrator_sees_or_changes_it(office: Office, sit: SitDown) -> None:
    for role in ("receiver", "leader"):
        other = sit(office.staff[role])
        assert (await other.get("/desk/trust")).status_code == 403
        answer = await other.post("/desk/trust", **GOOD, certificates=pem())
        assert answer.status_code == 403
