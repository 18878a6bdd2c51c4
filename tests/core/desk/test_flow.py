import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import anyio
import pytest

from motcua.dossiers import reception, worklists
from motcua.dossiers.answering import Handed, answer_supplement
from motcua.dossiers.submission import Paper, Submitted
from motcua.errors import Conflict
from motcua.events.log import SYSTEM, Actor

from .conftest import Office, SitDown

pytestmark = pytest.mark.anyio
TOKEN = re.compile(r'name="token" value="([^"]+)"')
EMPTY: dict[str, Any] = {"draft.content": ""}
DRAFT: dict[str, Any] = {
    "draft.register_number": "KS-12/1960",
    "draft.content": "Nguyễn Văn Mẫu, sinh 01/02/1960",
}


async def _row(office: Office, dossier: UUID) -> Any:
    async with office.platform.db.tenant(office.tenant) as tx:
        return await tx.fetchrow("select * from dossier where id = $1", dossier)


async def _component(office: Office, dossier: UUID) -> str:
    return str(await office.one("select id from component where dossier_id = $1", dossier))


async def _accepted(office: Office, sit: SitDown) -> Submitted:
    done = await office.submit()
    desk = sit(office.staff["receiver"])
    ticks = [await _component(office, done.id)]
    answer = await desk.post(f"/desk/dossier/{done.id}/accept", component=ticks)
    assert answer.status_code == 303, answer.text
    return done


async def _step(
    office: Office, sit: SitDown, dossier: UUID, role: str, status: int = 303, **fields: Any
) -> str:
    desk = sit(office.staff[role])
    shown = await desk.get(f"/desk/dossier/{dossier}")
    assert shown.status_code == 200, shown.text
    found = TOKEN.search(shown.text)
    assert found, shown.text
    answer = await desk.post(f"/desk/dossier/{dossier}/step", token=found[1], **fields)
    assert answer.status_code == status, answer.text
    return answer.text if status != 303 else answer.headers["location"]


async def test_a_dossier_goes_from_ticket_to_signed_result(office: Office, sit: SitDown) -> None:
    done = await office.submit()
    ticket = await office.ticket(done.id)
    desk = sit(office.staff["receiver"])
    counter = f"/desk/counter/{office.counter}"
    assert (await desk.post(f"{counter}/open")).headers["location"] == counter
    waiting = (await desk.get(counter)).text
    assert ticket.number in waiting
    await desk.post(f"{counter}/call")
    called = (await desk.get(counter)).text
    assert "Nguyễn Văn Mẫu" in called, "the dossier opens with the call"
    assert done.track_code in called
    await desk.post(f"{counter}/start", ticket=str(ticket.id))
    component = await _component(office, done.id)
    answer = await desk.post(
        f"/desk/dossier/{done.id}/accept", component=[component], counter=str(office.counter)
    )
    assert answer.headers["location"] == f"{counter}?done=accepted"
    accepted = await _row(office, done.id)
    assert (accepted["state"], accepted["digitisation"]) == (2, 2)
    assert (await desk.get(f"/desk/dossier/{done.id}/receipt.pdf")).content.startswith(b"%PDF")

    again = await desk.post(f"/desk/dossier/{done.id}/accept")
    assert again.status_code == 409
    assert await _row(office, done.id) == accepted, "the second acceptance changed nothing"
    await desk.post(f"{counter}/finish", ticket=str(ticket.id))

    assert await _step(
        office, sit, done.id, "head", assignee=str(office.staff["specialist"].id)
    ) == ("/desk/work?done=step-ok")
    assert (await _row(office, done.id))["state"] == 4
    work = (await sit(office.staff["specialist"]).get("/desk/work")).text
    assert accepted["code"] in work
    assert "giao cho tôi" in work
    await _step(
        office,
        sit,
        done.id,
        "specialist",
        outcome="supplement",
        papers=["relation"],
        reason="Bản quét bị mờ",
    )
    assert (await _row(office, done.id))["state"] == 5
    open_pause = "select count(*) from clock_pause where dossier_id = $1 and ended_at is null"
    assert await office.one(open_pause, done.id) == 1
    assert (await desk.get(f"/desk/dossier/{done.id}/supplement.pdf")).status_code == 200

    citizen = Actor("citizen", office.citizen)
    async with office.platform.works.begin(office.tenant, citizen) as work_:
        paper = Paper("relation", await office.scan(work_))
        await answer_supplement(office.platform, work_, done.id, office.citizen, Handed([paper]))
    assert (await _row(office, done.id))["state"] == 4
    assert await office.one(open_pause, done.id) == 0
    assert "dossier" in await _step(office, sit, done.id, "specialist", 422, outcome="ok", **EMPTY)
    await _step(office, sit, done.id, "specialist", outcome="ok", **DRAFT)
    preview = (await sit(office.staff["leader"]).get(f"/desk/dossier/{done.id}")).text
    assert "KS-12/1960" in preview
    await _step(office, sit, done.id, "leader", outcome="ok")
    await _step(office, sit, done.id, "clerk")
    await office.settle_effects()
    assert (await _row(office, done.id))["state"] == 9
    result = await desk.get(f"/desk/dossier/{done.id}/result.pdf")
    assert result.content.startswith(b"%PDF")
    assert b"/ByteRange" in result.content
    control = await desk.get(f"/desk/dossier/{done.id}/control.pdf")
    assert control.content.startswith(b"%PDF")


async def test_a_leader_returns_a_draft_with_what_to_mend(office: Office, sit: SitDown) -> None:
    done = await _accepted(office, sit)
    await _step(office, sit, done.id, "head")
    await _step(office, sit, done.id, "specialist", outcome="ok", **DRAFT)
    place = await _step(office, sit, done.id, "leader", outcome="return", reason="Sai số sổ")
    assert place.endswith("step-return")
    again = (await sit(office.staff["specialist"]).get(f"/desk/dossier/{done.id}")).text
    assert "Sai số sổ" in again
    assert "KS-12/1960" in again, "the draft is kept"


async def test_a_refusal_becomes_a_signed_reply(office: Office, sit: SitDown) -> None:
    done = await _accepted(office, sit)
    await _step(office, sit, done.id, "head")
    await _step(office, sit, done.id, "specialist", 422, outcome="refuse", reason=" ")
    await _step(office, sit, done.id, "specialist", outcome="refuse", reason="Không có trong sổ")
    assert (
        "Không có trong sổ"
        in (await sit(office.staff["leader"]).get(f"/desk/dossier/{done.id}")).text
    )
    await _step(office, sit, done.id, "leader", outcome="ok")
    await _step(office, sit, done.id, "clerk")
    await office.settle_effects()
    assert (await _row(office, done.id))["decision"] == "refused"
    kind = "select kind from issued_result where dossier_id = $1"
    assert await office.one(kind, done.id) == "refused"


async def test_a_refusal_taken_back_is_granted(office: Office, sit: SitDown) -> None:
    done = await _accepted(office, sit)
    await _step(office, sit, done.id, "head")
    await _step(office, sit, done.id, "specialist", outcome="refuse", reason="Không có trong sổ")
    await _step(office, sit, done.id, "leader", outcome="return")
    await _step(office, sit, done.id, "specialist", outcome="ok", **DRAFT)
    assert (await _row(office, done.id))["decision"] == "granted"


async def test_the_head_cannot_refuse_in_the_step_of_assigning(
    office: Office, sit: SitDown
) -> None:
    done = await _accepted(office, sit)
    await _step(office, sit, done.id, "head", 422, outcome="refuse", reason="Không thích")
    assert (await _row(office, done.id))["decision"] is None


async def test_a_step_is_done_once(office: Office, sit: SitDown) -> None:
    done = await _accepted(office, sit)
    desk = sit(office.staff["head"])
    found = TOKEN.search((await desk.get(f"/desk/dossier/{done.id}")).text)
    assert found
    path = f"/desk/dossier/{done.id}/step"
    assert (await desk.post(path, token=found[1])).status_code == 303
    assert (await desk.post(path, token=found[1])).status_code == 409


async def test_acceptance_says_what_is_missing_and_keeps_the_ticks(
    office: Office, sit: SitDown
) -> None:
    done = await office.submit()
    desk = sit(office.staff["receiver"])
    refused = await desk.post(f"/desk/dossier/{done.id}/accept")
    assert refused.status_code == 422
    assert "Chưa đối chiếu" in refused.text
    component = await _component(office, done.id)
    await desk.post(f"/desk/dossier/{done.id}/compare", component=[component])
    assert "đã đối chiếu" in (await desk.get(f"/desk/dossier/{done.id}")).text
    assert (await desk.post(f"/desk/dossier/{done.id}/accept")).status_code == 303


async def test_a_receiver_asks_for_papers_or_refuses_with_a_reason(
    office: Office, sit: SitDown
) -> None:
    asked, refused = await office.submit(), await office.submit()
    desk = sit(office.staff["receiver"])
    path = f"/desk/dossier/{asked.id}/ask"
    assert "Chọn ít nhất một mục" in (await desk.post(path, reason="Thiếu")).text
    assert (await desk.post(path, papers=["nothing"], reason="Thiếu")).status_code == 422
    assert (await desk.post(path, papers=["relation"], reason="Mờ")).status_code == 303
    assert (await _row(office, asked.id))["state"] == 5
    path = f"/desk/dossier/{refused.id}/reject"
    assert (await desk.post(path, reason="  ")).status_code == 422
    assert (await desk.post(path, reason="Không thuộc thẩm quyền")).status_code == 303
    assert (await _row(office, refused.id))["state"] == 3
    assert (await desk.post(path, reason="Không thuộc thẩm quyền")).status_code == 409


async def test_codes_have_no_gap_under_parallel_acceptances(office: Office) -> None:
    dossiers = [await office.submit(relative=False) for _ in range(20)]
    codes: list[str] = []

    async def accept(dossier: UUID, fail: bool) -> None:
        actor = Actor("staff", office.staff["receiver"].id)
        try:
            async with office.platform.works.begin(office.tenant, actor) as work:
                code = await reception.accept(office.platform, work, dossier, fee_paid=False)
                if fail:
                    raise Conflict("Mất điện.", "Power cut.")
        except Conflict:
            return
        codes.append(code)

    async with anyio.create_task_group() as group:
        for n, done in enumerate(dossiers):
            group.start_soon(accept, done.id, n % 5 == 0)
    numbers = sorted(int(code.rsplit("-", 1)[1]) for code in codes)
    assert len(numbers) == 16
    assert numbers == list(range(numbers[0], numbers[0] + 16)), "rolled-back numbers came back"
    today = f"{datetime.now(UTC):%y}"
    assert all(code.split("-")[1].startswith(today) for code in codes)


async def test_wrong_roles_are_refused_and_other_units_see_nothing(
    office: Office, sit: SitDown
) -> None:
    done = await _accepted(office, sit)
    waiting = await office.submit()
    component = await _component(office, waiting.id)
    for role in ("head", "specialist", "leader", "clerk"):
        desk = sit(office.staff[role])
        for verb in ("accept", "compare", "ask", "reject"):
            answer = await desk.post(f"/desk/dossier/{waiting.id}/{verb}", reason="x")
            assert answer.status_code == 403, (role, verb)
        assert (await desk.post(f"/desk/counter/{office.counter}/open")).status_code == 403
    token = await office.one("select token from process_wait where instance_id = $1", done.id)
    step = f"/desk/dossier/{done.id}/step"
    assert (await sit(office.staff["clerk"]).post(step, token=token)).status_code == 403
    for post in (*office.other.values(),):
        desk = sit(post)
        page = f"/desk/dossier/{waiting.id}"
        assert (await desk.get(page)).status_code == 404
        assert (await desk.get(f"{page}/papers/{component}")).status_code == 404
        assert (await desk.get(f"/desk/dossier/{done.id}/receipt.pdf")).status_code == 404
        assert (await desk.post(f"{page}/accept")).status_code == 404
        assert (await desk.post(step, token=token)).status_code == 404
        assert (await desk.get(f"/desk/find?q={waiting.track_code}")).status_code == 404
    admin = sit(office.admin)
    assert (await admin.get(f"/desk/dossier/{waiting.id}")).status_code == 403


async def test_an_officer_opens_a_paper_and_a_dossier_by_its_code(
    office: Office, sit: SitDown
) -> None:
    done = await office.submit()
    desk = sit(office.staff["receiver"])
    component = await _component(office, done.id)
    paper = await desk.get(f"/desk/dossier/{done.id}/papers/{component}")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.headers["content-disposition"].startswith("inline")
    assert paper.content.startswith(b"%PDF")
    stranger = await office.submit()
    crossed = await desk.get(f"/desk/dossier/{stranger.id}/papers/{component}")
    assert crossed.status_code == 404
    link = f"https://example.vn/track/{done.track_code.lower()}"
    found = await desk.get(f"/desk/find?q={link}")
    assert found.headers["location"] == f"/desk/dossier/{done.id}"
    assert (await desk.get("/desk/find?q=%00")).status_code == 404
    reads = "select count(*) from event where type = 'person.read' and subject = $1"
    before = await office.one(reads, office.citizen)
    await desk.get(f"/desk/dossier/{done.id}")
    assert await office.one(reads, office.citizen) == before + 1


async def test_the_counts_are_those_of_the_rows(office: Office, sit: SitDown) -> None:
    for _ in range(3):
        await office.submit()
    now = datetime.now(UTC)
    async with office.platform.db.tenant(office.tenant) as tx:
        whole = await worklists.tray(tx, [office.unit], now)
        seen, after = list(whole.rows), whole.next
        while after:
            key = after.removeprefix("after=").replace("%3A", ":").replace("%2B", "+")
            part = await worklists.tray(tx, [office.unit], now, after=key.replace("%7E", "~"))
            seen, after = seen + part.rows, part.next
        late = await worklists.tray(tx, [office.unit], datetime.max.replace(tzinfo=UTC), late=True)
    assert len(seen) == whole.total == len({r["id"] for r in seen})
    assert late.late == late.total
    tray = (await sit(office.staff["receiver"]).get("/desk/tray")).text
    assert f"({whole.total})" in tray


async def test_work_is_paired_by_role_and_unit(office: Office, sit: SitDown) -> None:
    done = await _accepted(office, sit)
    now = datetime.now(UTC)
    elsewhere = await office.one("select unit_id from site where key = 'tinh'")
    async with office.platform.db.tenant(office.tenant) as tx:
        crossed = await worklists.work(
            tx, (["head", "clerk"], [elsewhere, office.unit]), office.admin.id, now
        )
        mine = await worklists.work(tx, (["head"], [office.unit]), office.admin.id, now)
    assert done.id not in {r["instance_id"] for r in crossed.rows}
    assert mine.total >= 1


async def test_dead_letters_are_listed_and_sent_again(office: Office, sit: SitDown) -> None:
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        event = work.emit("test.happened", office.unit)
        await work.flush()
        row = await work.tx.fetchval(
            "insert into outbox (id, event_id, subscriber, attempts, error, dead_at)"
            " values (gen_random_uuid(), $1, 'plugin:nobody', 8, 'LookupError', now()) returning id",
            event,
        )
    admin = sit(office.admin)
    assert "plugin:nobody" in (await admin.get("/desk/outbox")).text
    assert (await sit(office.staff["head"]).get("/desk/outbox")).status_code == 403
    path = f"/desk/outbox/{row}/again"
    assert (await admin.post(path)).status_code == 303
    assert (await admin.post(path)).status_code == 409
    assert await office.one("select attempts from outbox where id = $1", row) == 0
    async with office.platform.works.begin(office.tenant, SYSTEM) as work:
        await work.tx.execute("delete from outbox where id = $1", row)


async def test_a_device_is_paired_with_a_short_code(office: Office, sit: SitDown) -> None:
    desk = sit(office.staff["receiver"])
    fields = {"site": str(office.site), "kind": "station", "name": "Trạm 1"}
    made = await desk.post("/desk/devices", **fields)
    assert made.status_code == 200, made.text
    assert re.search(r'pair-code code">[2-9A-Z]{6}<', made.text)
    assert "Trạm 1" in (await desk.get("/desk/devices")).text
    assert (await desk.post("/desk/devices", kind="station", name="x")).status_code == 422
    other = sit(office.other["receiver"])
    assert (await other.post("/desk/devices", **fields)).status_code == 404
    assert (await sit(office.staff["clerk"]).get("/desk/devices")).status_code == 403


async def test_every_desk_page_wants_an_officer(office: Office, browse: Any) -> None:
    client = browse("quang-ninh")
    for path in ("/desk", "/desk/work", "/desk/tray", "/desk/devices", "/desk/outbox"):
        assert (await client.get(path)).status_code == 401, path


async def test_a_counter_is_one_persons_and_a_person_sits_at_one(
    office: Office, sit: SitDown
) -> None:
    desk = sit(office.staff["receiver"])
    path = f"/desk/counter/{office.counter}"
    assert (await desk.get(path)).headers["location"] == "/desk"
    await desk.post(f"{path}/open")
    assert (await desk.post(f"{path}/nonsense")).status_code == 404
    second = await office.one(
        "select id from counter where site_id = $1 and id <> $2 limit 1",
        office.site,
        office.counter,
    )
    assert (await desk.post(f"/desk/counter/{second}/open")).status_code == 409
    nobody = await desk.post(f"{path}/call")
    assert nobody.headers["location"].endswith("done=nobody")
    start = (await desk.get("/desk")).text
    assert f'href="{path}"' in start
    left = await desk.post(f"{path}/leave")
    assert left.headers["location"] == "/desk?done=left"
