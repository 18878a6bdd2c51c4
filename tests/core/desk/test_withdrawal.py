"""A wrong result: proposed by one, signed by another, gone everywhere, made anew, and both kept in one chain."""

import re
from typing import Any
from uuid import UUID

import anyio
import pytest
from anyio import to_thread

from motcua import tracing
from motcua.channels import handover
from motcua.documents.checking import verify_pdf
from motcua.dossiers.submission import Submitted
from motcua.errors import Conflict
from motcua.events.log import SYSTEM, Event
from motcua.holdings import letters, withdrawing
from motcua.keys import root
from motcua.wallet import delivery, offering, operating
from motcua.web import sessions
from tests.conftest import Browser

from .conftest import Office, SitDown
from .test_flow import DRAFT, _accepted, _row, _step

pytestmark = pytest.mark.anyio
STATUS = "select status from issued_result where dossier_id = $1"
RESULT = "select id from issued_result where dossier_id = $1"
PROPOSAL = {
    "kind": "replace",
    "ground": "wrong_content",
    "basis": "Khoản 1 Điều 1 Quy chế mẫu",
    "reason": "Ghi sai số sổ",
}


async def finished(office: Office, sit: SitDown) -> Submitted:
    done = await _accepted(office, sit)
    await settle(office, sit, done.id)
    return done


async def _page_of_citizen(office: Office, browse: Browser, dossier: Any) -> str:
    seen = browse("quang-ninh")
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        token = await sessions.start(work, "citizen", office.citizen, "Nguyễn Thị Thử")
    seen.cookies.set("mc_session", token)
    return (await seen.get(f"/my/{dossier}")).text


async def settle(office: Office, sit: SitDown, dossier: Any, **draft: Any) -> None:
    await _step(office, sit, dossier, "head", assignee=str(office.staff["specialist"].id))
    await _step(office, sit, dossier, "specialist", outcome="ok", **{**DRAFT, **draft})
    await _step(office, sit, dossier, "leader", outcome="ok")
    await _step(office, sit, dossier, "clerk")
    await office.settle_effects()


async def test_one_proposes_another_signs_and_the_result_is_gone_everywhere(
    office: Office, sit: SitDown, browse: Browser
) -> None:
    done = await finished(office, sit)
    page, path = f"/desk/dossier/{done.id}", f"/desk/dossier/{done.id}/withdraw"
    result = await office.one(RESULT, done.id)
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        await offering.mint(office.platform, work, result_id=result, subject_id=office.citizen)
    specialist, leader = sit(office.staff["specialist"]), sit(office.staff["leader"])
    assert f'action="{path}"' in (await specialist.get(page)).text
    assert (await specialist.post(path, **PROPOSAL)).status_code == 303
    assert await office.one(STATUS, done.id) == 0, "a proposal changes nothing"
    waits = f'/desk/dossier/{done.id}#withdrawal"'
    assert waits in (await leader.get("/desk/work")).text
    assert waits not in (await specialist.get("/desk/work")).text, "who proposes does not sign"
    assert "Rút đề nghị thu hồi" in (await specialist.get(page)).text
    assert (await specialist.post(f"{path}/sign")).status_code == 403
    shown = (await leader.get(page)).text
    assert "Đề nghị thu hồi đang chờ lãnh đạo ký" in shown
    assert f'action="{path}/sign"' in shown
    answer = await leader.post(f"{path}/sign")
    assert answer.headers["location"].endswith("done=revoked")
    assert await office.one(STATUS, done.id) == 1
    assert waits not in (await leader.get("/desk/work")).text
    open_ = "select count(*) from credential_offer where result_id = $1 and expires_at > now()"
    assert await office.one(open_, result) == 0
    await office.settle_effects()
    letter = await leader.get(f"{page}/withdrawal.pdf")
    assert letter.content.startswith(b"%PDF")
    assert b"/ByteRange" in letter.content
    told = "select count(*) from notice where subject = $1 and kind = 'result_replaced_soon'"
    assert await office.one(told, done.id) == 1
    code = await office.one("select verify_code from issued_result where id = $1", result)
    assert "thu hồi" in (await browse("quang-ninh").get(f"/verify/{code}")).text


async def test_the_right_result_is_made_in_a_dossier_of_its_own_and_replaces_the_wrong_one(
    office: Office, sit: SitDown, browse: Browser
) -> None:
    done = await finished(office, sit)
    old = await _row(office, done.id)
    path = f"/desk/dossier/{done.id}/withdraw"
    await sit(office.staff["specialist"]).post(path, **PROPOSAL)
    await sit(office.staff["leader"]).post(f"{path}/sign")
    after = "select successor_id from result_withdrawal where dossier_id = $1"
    new = await office.one(after, done.id)
    row = await _row(office, new)
    assert (row["state"], row["fee"], row["trace_id"]) == (2, 0, old["trace_id"])
    assert row["code"] != old["code"]
    assert await _row(office, done.id) == old, "the old dossier stays as it ended"
    mine = await _page_of_citizen(office, browse, done.id)
    assert "Ghi sai số sổ" in mine
    assert "Cơ quan đang cấp lại kết quả đúng" in mine
    assert f'class="button" href="/my/{new}"' in mine, "what follows comes first"
    assert 'class="button secondary" href="' + f"/my/{done.id}/result.pdf" in mine
    same = "select count(*) from component where dossier_id = $1"
    assert await office.one(same, new) == await office.one(same, done.id) == 1
    text = (await sit(office.staff["head"]).get(f"/desk/dossier/{new}")).text
    assert "Hồ sơ cấp lại kết quả đúng" in text
    assert "Ghi sai số sổ" in text
    await settle(office, sit, new, **{"draft.register_number": "KS-13/1960"})
    result = await office.one(RESULT, done.id)
    replaces = "select replaces from issued_result where dossier_id = $1"
    assert await office.one(replaces, new) == result
    async with office.platform.db.tenant(office.tenant) as tx:
        chain = await withdrawing.chain(tx, result)
        assert [link.dossier_id for link in chain] == [done.id, new]
        assert [link.status for link in chain] == [1, 0]
        assert chain == await withdrawing.chain(tx, chain[1].id), "seen from either end"
    mine = await _page_of_citizen(office, browse, done.id)
    assert f'class="button" href="/my/{new}"' in mine
    assert "Xem kết quả mới, số" in mine
    assert "Cơ quan đang cấp lại" not in mine
    told = "select count(*) from notice where subject = $1 and kind = 'result_replaced'"
    assert await office.one(told, new) == 1
    anybody = browse("quang-ninh")
    wrong = (await anybody.get(f"/verify/{chain[0].verify_code}")).text
    assert chain[1].number in wrong
    assert f"/verify/{chain[1].verify_code}" in wrong
    right = (await anybody.get(f"/verify/{chain[1].verify_code}")).text
    assert chain[0].number in right
    assert "đang có hiệu lực" in right
    for text in (wrong, right):
        assert "Nguyễn Thị Thử" not in text
        assert "Ghi sai số sổ" not in text
    shown = (await sit(office.staff["leader"]).get(f"/desk/dossier/{done.id}")).text
    assert "Chuỗi kết quả" in shown
    assert chain[1].number in shown


async def test_who_wanted_the_wrong_result_by_post_gets_the_right_one_by_post(
    office: Office, sit: SitDown, browse: Browser
) -> None:
    done = await _accepted(office, sit)
    wish = handover.Wish("post", "Nguyễn Thị Thử", "Số 5, tổ 1, Cao Xanh")
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        await handover.choose(work, done.id, wish)
    await settle(office, sit, done.id)
    path = f"/desk/dossier/{done.id}/withdraw"
    await sit(office.staff["specialist"]).post(path, **PROPOSAL)
    await sit(office.staff["leader"]).post(f"{path}/sign")
    after = "select successor_id from result_withdrawal where dossier_id = $1"
    new = await office.one(after, done.id)
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        assert await handover.of(work, new) == wish
    assert "Số 5, tổ 1, Cao Xanh" in await _page_of_citizen(office, browse, new)


async def test_what_is_unfounded_is_revoked_and_nothing_follows(
    office: Office, sit: SitDown
) -> None:
    done = await finished(office, sit)
    path = f"/desk/dossier/{done.id}/withdraw"
    proposal = {**PROPOSAL, "kind": "revoke", "ground": "untrue_papers"}
    await sit(office.staff["head"]).post(path, **proposal)
    await sit(office.staff["leader"]).post(f"{path}/sign")
    row = "select kind, fault, successor_id, number from result_withdrawal where dossier_id = $1"
    async with office.platform.db.tenant(office.tenant) as tx:
        found = await tx.fetchrow(row, done.id)
    assert found is not None
    assert (found["kind"], found["fault"], found["successor_id"]) == ("revoke", "applicant", None)
    assert re.search(r"^\d{4}/\d{4}/QĐTH-", found["number"])


async def test_a_proposal_names_everything_that_is_missing(office: Office, sit: SitDown) -> None:
    done = await finished(office, sit)
    path = f"/desk/dossier/{done.id}/withdraw"
    desk = sit(office.staff["head"])
    empty = await desk.post(path, kind="other", ground="wrong_content", basis=" ", reason="")
    assert empty.status_code == 422
    for said in ("Chọn thay thế hay thu hồi hẳn", "Ghi căn cứ pháp lý", "Ghi rõ sai ở đâu"):
        assert said in empty.text
    unfit = await desk.post(path, **{**PROPOSAL, "kind": "revoke"})
    assert "Chọn lý do phù hợp" in unfit.text, "a wrong content is replaced, not revoked"
    assert (
        await office.one("select 1 from result_withdrawal where dossier_id = $1", done.id) is None
    )


async def test_nobody_without_the_role_or_of_another_unit_touches_a_result(
    office: Office, sit: SitDown
) -> None:
    done = await finished(office, sit)
    page, path = f"/desk/dossier/{done.id}", f"/desk/dossier/{done.id}/withdraw"
    for role in ("receiver", "clerk"):
        desk = sit(office.staff[role])
        assert (await desk.post(path, **PROPOSAL)).status_code == 403, role
        assert f'action="{path}"' not in (await desk.get(page)).text
    for end in ("", "/sign", "/decline"):
        foreign = sit(office.other["leader"])
        assert (await foreign.post(path + end, **PROPOSAL)).status_code == 404, end
    await sit(office.staff["head"]).post(path, **PROPOSAL)
    assert (
        await sit(office.staff["specialist"]).post(f"{path}/decline", note="x")
    ).status_code == 403
    assert await office.one(STATUS, done.id) == 0


async def test_who_proposes_does_not_sign_unless_the_tenant_says_so(
    office: Office, sit: SitDown
) -> None:
    done = await finished(office, sit)
    path = f"/desk/dossier/{done.id}/withdraw"
    leader = sit(office.staff["leader"])
    await leader.post(path, **PROPOSAL)
    assert f'action="{path}/sign"' not in (await leader.get(f"/desk/dossier/{done.id}")).text
    assert (await leader.post(f"{path}/sign")).status_code == 409
    assert await office.one(STATUS, done.id) == 0
    settings = dict(office.tenant.settings)
    office.tenant.settings["withdrawal_alone"] = True  # type: ignore[index]
    try:
        staff = office.staff["leader"].id
        async with office.platform.works.begin(office.tenant, SYSTEM) as work:
            await withdrawing.sign(office.platform, work, done.id, staff)
    finally:
        del office.tenant.settings["withdrawal_alone"]  # type: ignore[attr-defined]
    assert dict(office.tenant.settings) == settings
    assert await office.one(STATUS, done.id) == 1


async def test_a_declined_proposal_leaves_the_result_and_may_be_made_again(
    office: Office, sit: SitDown
) -> None:
    done = await finished(office, sit)
    page, path = f"/desk/dossier/{done.id}", f"/desk/dossier/{done.id}/withdraw"
    specialist, leader = sit(office.staff["specialist"]), sit(office.staff["leader"])
    await specialist.post(path, **PROPOSAL)
    assert (await specialist.post(path, **PROPOSAL)).status_code == 409, "one at a time"
    assert (await leader.post(f"{path}/decline", note=" ")).status_code == 422
    assert (await leader.post(f"{path}/decline", note="Kết quả đúng sổ gốc")).status_code == 303
    assert "Kết quả đúng sổ gốc" in (await leader.get(page)).text
    assert (await leader.post(f"{path}/sign")).status_code == 409
    assert await office.one(STATUS, done.id) == 0
    assert (await specialist.post(path, **PROPOSAL)).status_code == 303


async def test_a_withdrawal_cannot_be_undone(office: Office, sit: SitDown) -> None:
    done = await finished(office, sit)
    path = f"/desk/dossier/{done.id}/withdraw"
    await sit(office.staff["head"]).post(path, **PROPOSAL)
    leader = sit(office.staff["leader"])
    await leader.post(f"{path}/sign")
    for end in ("", "/sign", "/decline"):
        assert (await leader.post(path + end, **PROPOSAL, note="x")).status_code == 409, end
    result = await office.one(RESULT, done.id)
    for act in (delivery.restore, delivery.suspend, delivery.revoke):
        with pytest.raises(Conflict):
            async with office.platform.works.begin(office.tenant, SYSTEM) as work:
                await act(work, result, "thử")


async def test_two_leaders_sign_at_once_and_one_withdrawal_comes_of_it(
    office: Office, sit: SitDown
) -> None:
    done = await finished(office, sit)
    await sit(office.staff["head"]).post(f"/desk/dossier/{done.id}/withdraw", **PROPOSAL)
    refused = []

    async def sign(officer: UUID) -> None:
        try:
            async with office.platform.works.begin(office.tenant, SYSTEM) as work:
                await withdrawing.sign(office.platform, work, done.id, officer)
        except Conflict as conflict:
            refused.append(conflict)

    async with anyio.create_task_group() as group:
        for officer in (office.staff["leader"], office.other["leader"]) * 3:
            group.start_soon(sign, officer.id)
    assert len(refused) == 5
    same = "select count(*) from dossier where trace_id = $1"
    assert await office.one(same, (await _row(office, done.id))["trace_id"]) == 2
    noted = "select reason from status_change s join issued_result r on r.id = s.result_id"
    reason = await office.one(f"{noted} where r.dossier_id = $1", done.id)
    assert "Ghi sai số sổ" not in reason, "free text stands in no log"
    assert "wrong_content" in reason


async def test_the_letter_is_written_once_though_it_is_owed_twice(
    office: Office, sit: SitDown
) -> None:
    done = await finished(office, sit)
    path = f"/desk/dossier/{done.id}/withdraw"
    await sit(office.staff["head"]).post(path, **PROPOSAL)
    await sit(office.staff["leader"]).post(f"{path}/sign")
    await office.settle_effects()
    kept = "select pdf_sha256 from result_withdrawal where dossier_id = $1"
    first = await office.one(kept, done.id)
    result = await office.one(RESULT, done.id)
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        again = Event(
            result, work.trace_id, work.now, "result.withdrawn", result, None, "system", {}
        )
        await letters.follow(office.platform, work, again)
    assert first is not None
    assert await office.one(kept, done.id) == first


async def test_what_is_not_issued_cannot_be_withdrawn(office: Office, sit: SitDown) -> None:
    done = await _accepted(office, sit)
    leader = sit(office.staff["leader"])
    answer = await leader.post(f"/desk/dossier/{done.id}/withdraw", **PROPOSAL)
    assert answer.status_code == 409


async def test_the_trace_of_either_dossier_tells_the_whole_story(
    office: Office, sit: SitDown
) -> None:
    done = await finished(office, sit)
    path = f"/desk/dossier/{done.id}/withdraw"
    await sit(office.staff["head"]).post(path, **PROPOSAL)
    await sit(office.staff["leader"]).post(f"{path}/sign")
    new = await office.one(
        "select successor_id from result_withdrawal where dossier_id = $1", done.id
    )
    await settle(office, sit, new)
    code = "select code from dossier where id = $1"
    for dossier in (done.id, new):
        found = await tracing.chain(office.platform, await office.one(code, dossier))
        told = "\n".join(found.tree())
        for event in ("result.revoked", "result.withdrawn", "result.replaced", "result.issued"):
            assert event in told, event
    result = await office.one(RESULT, done.id)
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        status = await operating.status(work, result)
    assert status["status"] == "revoked"
    number = "select number from issued_result where dossier_id = $1"
    assert status["replaced_by"] == await office.one(number, new)


async def test_the_letter_gets_its_time_stamp_as_a_result_does_and_is_handed_out_so(
    office: Office, sit: SitDown
) -> None:
    done = await finished(office, sit)
    page = f"/desk/dossier/{done.id}"
    await sit(office.staff["head"]).post(f"{page}/withdraw", **PROPOSAL)
    leader = sit(office.staff["leader"])
    await leader.post(f"{page}/withdraw/sign")
    await office.settle_effects()
    kept = "select pdf_sha256 from result_withdrawal where dossier_id = $1"
    first = await office.one(kept, done.id)
    later = "select lasting_sha256 from sealed_document where sha256 = $1"
    files = office.platform.files.for_tenant(office.tenant.id, office.tenant.slug)
    issued, lasting = files.get(str(first)), files.get(str(await office.one(later, first)))
    assert (await leader.get(f"{page}/withdrawal.pdf")).content == lasting
    assert lasting.startswith(issued), "both hashes verify"
    roots = [
        root.certificate_file(office.platform.settings).read_bytes(),
        str(
            await office.one("select roots from sealed_document where sha256 = $1", first)
        ).encode(),
    ]
    report = await to_thread.run_sync(verify_pdf, lasting, roots)
    assert report.valid
    assert report.stamped_at is not None
    owed = "select count(*) from outbox where subscriber = 'preserving'"
    assert await office.one(owed) == 0
