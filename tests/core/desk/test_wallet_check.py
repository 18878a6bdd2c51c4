"""The officer's check at the counter: what was asked, shown once, noted in the check-list, and nothing else."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest

from motcua.dossiers.submission import Application, enter
from motcua.events.log import Actor
from motcua.tenancy.tenant import Tenant
from motcua.wallet import asking, signing
from motcua.wallet.signing import Evidence
from tests.core.desk.conftest import ANSWERS, Office, SitDown
from tests.core.wallet.archive import Archive
from tests.core.wallet.conftest import archive as archive  # noqa: PLC0414 -- a fixture
from tests.core.wallet.conftest import refused as refused  # noqa: PLC0414 -- a fixture
from tests.core.wallet.papers import identity, paper
from tests.core.wallet.test_signing import collect, start

pytestmark = pytest.mark.anyio
Refused = Callable[[str], Any]
ALLOWANCE = "1.001776"
NAME, PID = "Nguyễn Thị Thử", "022194900999"
_LAST = "select * from presentation where purpose = 'counter' order by created_at desc limit 1"
_PAPERS = "select * from component where dossier_id = $1 and provenance = 'issuer-signed'"
_EVENTS = "select type from event where subject = $1 order by id"


async def allowance(office: Office) -> UUID:
    """Submit an application whose disability paper a credential may replace."""
    law = await office.platform.catalogue.of(office.tenant)
    procedure = law.current(ALLOWANCE)
    raw = {
        "full_name": NAME,
        "personal_id": PID,
        "request": "start",
        "beneficiary_name": NAME,
        "beneficiary_birth": "1/1/1994",
        "address": "Tổ 1, phường Hồng Gai",
        "category": "disability",
        "reason": "Đề nghị hưởng trợ cấp",
        "paid_by": "cash",
        "phone": "0912345678",
        "truth": "on",
    }
    async with office.platform.works.begin(office.tenant, Actor("citizen", office.citizen)) as work:
        application = Application(
            procedure=procedure,
            answers=procedure.package.form.clean(raw),
            subject_id=office.citizen,
            submitter_id=office.citizen,
            subject_name=NAME,
            received_unit=office.unit,
            competent_unit=office.unit,
            channel=2,
        )
        return (await enter(work, law, application)).id


async def link(office: Office) -> str:
    async with office.platform.db.tenant(office.tenant) as tx:
        row = await tx.fetchrow(_LAST)
    assert row is not None
    return asking.link(office.platform, office.tenant, row["id"], row["client_id"])


async def test_an_officer_asks_for_a_paper_and_the_check_list_has_it(
    office: Office, sit: SitDown, archive: Archive, thai_nguyen: Tenant
) -> None:
    dossier = await allowance(office)
    desk = sit(office.staff["receiver"])
    assert f"/desk/wallet/dossier/{dossier}" in (await desk.get(f"/desk/dossier/{dossier}")).text
    place = f"/desk/wallet/dossier/{dossier}"
    offered = (await desk.get(place)).text
    choice = re.search(r'value="([a-z_]+:register-copy)"', offered)
    assert choice, offered[:3000]
    asked = await desk.post(place, paper=choice[1])
    path = asked.headers["location"]
    assert "<svg" in (await desk.get(path)).text
    assert "<svg" in (await desk.get(f"{path}?big=1")).text
    claims = {"full_name": NAME, "register_kind": "disability", "content": "bí mật"}
    _, wallet = await paper(archive, thai_nguyen, "register-copy", claims)
    seen = await wallet.ask(await link(office))
    ((_, (_, reveal)),) = seen.choices.items()
    assert "content" not in reveal
    assert await wallet.answer(seen) is None
    assert (await desk.get(f"{path}/state")).json() == {"status": "verified"}
    shown = await desk.post(path)
    assert shown.headers["cache-control"] == "no-store"
    assert NAME in shown.text
    assert "Tỉnh Thái Nguyên" in shown.text
    assert "Đã ghi vào thành phần hồ sơ" in shown.text
    async with office.platform.db.tenant(office.tenant) as tx:
        (component,) = await tx.fetch(_PAPERS, dossier)
        events = [r["type"] for r in await tx.fetch(_EVENTS, dossier)]
        row = await tx.fetchrow(_LAST)
    assert component["evidence"]["issuer_name"] == "Tỉnh Thái Nguyên"
    assert NAME not in str(dict(component["evidence"]))
    assert component["compared_by"] == office.staff["receiver"].id
    assert {"component.presented", "dossier.paper_shown"} <= set(events)
    assert row is not None
    assert (row["status"], row["claims_sealed"]) == ("used", None)
    again = await desk.post(path)
    assert again.status_code == 409
    assert NAME not in again.text
    assert "dữ liệu có chữ ký" in (await desk.get(f"/desk/dossier/{dossier}")).text


async def test_a_paper_about_somebody_else_stands_for_nothing(
    office: Office, sit: SitDown, archive: Archive
) -> None:
    dossier = await allowance(office)
    desk, place = sit(office.staff["receiver"]), f"/desk/wallet/dossier/{dossier}"
    choice = re.search(r'value="([a-z_]+:register-copy)"', (await desk.get(place)).text)
    assert choice
    path = (await desk.post(place, paper=choice[1])).headers["location"]
    claims = {"full_name": "Người Khác", "register_kind": "disability"}
    _, wallet = await paper(archive, office.tenant, "register-copy", claims)
    await wallet.present(await link(office))
    shown = await desk.post(path)
    assert "không thay cho giấy tờ nào" in shown.text
    async with office.platform.db.tenant(office.tenant) as tx:
        assert await tx.fetch(_PAPERS, dossier) == []


async def test_an_identity_paper_tells_whether_it_is_the_applicant(
    office: Office, sit: SitDown, archive: Archive
) -> None:
    dossier = await allowance(office)
    desk, place = sit(office.staff["specialist"]), f"/desk/wallet/dossier/{dossier}"
    for number, said in ((PID, "đúng là chủ hồ sơ"), ("022164980099", "không phải chủ hồ sơ")):
        path = (await desk.post(place, paper=":identity-paper")).headers["location"]
        _, wallet = await identity(archive, office.tenant, number, NAME)
        seen = await wallet.ask(await link(office))
        ((_, (_, reveal)),) = seen.choices.items()
        assert reveal == {"full_name", "personal_id", "birth_date"}
        await wallet.answer(seen)
        assert said in (await desk.post(path)).text


async def test_only_the_officer_who_asked_reads_and_no_other_unit_may_ask(
    office: Office, sit: SitDown, archive: Archive
) -> None:
    dossier = await allowance(office)
    desk, colleague = sit(office.staff["receiver"]), sit(office.staff["specialist"])
    place = f"/desk/wallet/dossier/{dossier}"
    path = (await desk.post(place, paper=":identity-paper")).headers["location"]
    _, wallet = await identity(archive, office.tenant, PID, NAME)
    await wallet.present(await link(office))
    assert (await colleague.get(path)).status_code == 404
    assert (await colleague.post(path)).status_code == 404
    assert (await colleague.get(f"{path}/state")).status_code == 404
    other = sit(office.other["receiver"])
    assert (await other.get(place)).status_code == 404
    assert (await other.post(place, paper=":identity-paper")).status_code == 404
    second = await allowance(office)
    moved = path.replace(str(dossier), str(second))
    assert (await desk.post(moved)).status_code == 404
    assert (await desk.post(path)).status_code == 200


async def test_a_paper_the_procedure_does_not_take_cannot_be_asked_for(
    office: Office, sit: SitDown
) -> None:
    dossier = await allowance(office)
    desk, place = sit(office.staff["receiver"]), f"/desk/wallet/dossier/{dossier}"
    for wrong in ("", "evidence:marital-status", ":birth-certificate"):
        answer = await desk.post(place, paper=wrong)
        assert answer.status_code == 422
        assert "Hãy chọn giấy tờ" in answer.text


async def test_a_revoked_paper_and_a_refusal_bring_nothing(
    office: Office, sit: SitDown, archive: Archive, refused: Refused
) -> None:
    dossier = await allowance(office)
    desk, place = sit(office.staff["receiver"]), f"/desk/wallet/dossier/{dossier}"
    path = (await desk.post(place, paper=":identity-paper")).headers["location"]
    ready, wallet = await identity(archive, office.tenant, PID, NAME)
    await archive.revoke(ready)
    with refused("revoked"):
        await wallet.present(await link(office))
    assert "đã bị thu hồi" in (await desk.get(path)).text
    assert (await desk.post(path)).status_code == 409
    path = (await desk.post(place, paper=":identity-paper")).headers["location"]
    asked = await wallet.ask(await link(office))
    await wallet.refuse(asked.request)
    assert "chọn không chia sẻ" in (await desk.get(path)).text


async def test_a_number_without_a_dossier_can_be_asked_who_it_is(
    office: Office, sit: SitDown, archive: Archive
) -> None:
    issued = await office.ticket()
    desk = sit(office.staff["receiver"])
    ticket = await office.one("select id from ticket where id = $1", issued.id)
    place = f"/desk/wallet/ticket/{ticket}"
    assert (await desk.get(place)).status_code == 404
    await desk.post(f"/desk/counter/{office.counter}/open")
    await desk.post(f"/desk/counter/{office.counter}/call")
    assert await office.one("select state from ticket where id = $1", issued.id) == "called"
    page = (await desk.get(f"/desk/counter/{office.counter}")).text
    assert place in page
    path = (await desk.post(place, paper=":identity-paper")).headers["location"]
    _, wallet = await identity(archive, office.tenant, PID, NAME)
    await wallet.present(await link(office))
    shown = (await desk.post(path)).text
    assert NAME in shown
    assert f'href="/desk/counter/{office.counter}"' in shown, "back to whoever stands there"
    assert "thành phần hồ sơ" not in shown


async def test_the_desk_checks_a_signature_again_and_sees_what_was_signed(
    office: Office, sit: SitDown, archive: Archive
) -> None:
    done = await office.submit(relative=False)
    desk = sit(office.staff["receiver"])
    path = f"/desk/dossier/{done.id}"
    assert "Chưa ký bằng ví" in (await desk.get(path)).text
    assert (await desk.get(f"{path}/signature")).status_code == 404
    evidence = await _signed(office, archive, done.id)
    assert "Đã ký bằng ví" in (await desk.get(path)).text
    seen = (await desk.get(f"{path}/signature")).text
    assert "Chữ ký vẫn đúng" in seen
    assert "đúng như nội dung đã ký" in seen
    assert evidence.form_sha256 in seen
    assert PID not in seen.split("Nội dung đã ký")[0]
    changed = msgspec.structs.replace(evidence, form=evidence.form.replace("Mẫu", "Khác"))
    await _put(office, done.id, changed)
    seen = (await desk.get(f"{path}/signature")).text
    assert "Chữ ký không còn đúng" in seen
    assert "đã được sửa sau khi ký" in seen
    assert (await sit(office.other["receiver"]).get(f"{path}/signature")).status_code == 404


async def _signed(office: Office, archive: Archive, dossier: UUID) -> Evidence:
    """Sign the answers of a dossier as its citizen, and put the evidence beside it."""
    law = await office.platform.catalogue.of(office.tenant)
    form = law.current("2.000908").package.form
    answers = form.clean({**ANSWERS, "requests_for": "self"}).values
    plain = msgspec.json.decode(msgspec.json.encode(answers))
    signed = signing.Form("2.000908", "2026.2", "06685", 0, plain, {})
    _, wallet = await identity(archive, office.tenant, PID, NAME)
    draft = dossier
    asked = await start(archive, office.tenant, office.citizen, draft, signed)
    target = await wallet.present(asked)
    found = await collect(archive, office.tenant, target, office.citizen, draft, signed)
    async with office.platform.works.begin(office.tenant, Actor("citizen", office.citizen)) as work:
        await signing.keep(work, dossier, found)
    return found


async def _put(office: Office, dossier: UUID, evidence: Evidence) -> None:
    sealed = office.platform.vaults.of(office.tenant.id).seal(
        msgspec.json.encode(evidence).decode()
    )
    await office.one(
        "update dossier_signature set evidence_sealed = $2 where dossier_id = $1 returning 1",
        dossier,
        sealed,
    )
