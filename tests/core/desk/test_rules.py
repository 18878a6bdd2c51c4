"""What holds at the desk and for programs alike: drafts, requests, lists, traces, revoking."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from motcua.documents import render
from motcua.dossiers import results, slips, worklists
from motcua.dossiers.answering import Handed, answer_supplement
from motcua.dossiers.submission import Submitted
from motcua.events.log import Actor
from tests.conftest import Browser

from .conftest import Office, Post, SitDown
from .test_flow import DRAFT, _accepted, _row, _step

pytestmark = pytest.mark.anyio
_EVENTS = "select type, payload, trace_id, actor from event where subject = $1 order by id"


class Api:
    """A program of an officer."""

    def __init__(self, client: httpx2.AsyncClient, post: Post) -> None:
        self._client = client
        client.headers |= {
            "accept": "application/json",
            "authorization": f"Bearer {post.token}",
        }

    async def get(self, path: str) -> Any:
        answer = await self._client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any) -> httpx2.Response:
        return await self._client.post(path, json=body)

    async def step(self, dossier: UUID, **done: Any) -> httpx2.Response:
        """Do the step that waits."""
        seen = await self.get(f"/api/staff/dossiers/{dossier}")
        body = {"token": seen["waits"][0]["token"], **done}
        return await self.post(f"/api/staff/dossiers/{dossier}/step", body)


@pytest.fixture
def program(browse: Browser) -> Any:
    """Return a maker of programs."""
    return lambda post: Api(browse("quang-ninh"), post)


def fields(answer: httpx2.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {e["field"] for e in answer.json()["errors"]}


async def _events(office: Office, subject: UUID) -> list[Any]:
    async with office.platform.db.tenant(office.tenant) as tx:
        return await tx.fetch(_EVENTS, subject)


async def _finished(office: Office, sit: SitDown) -> Submitted:
    done = await _accepted(office, sit)
    await _step(office, sit, done.id, "head")
    await _step(office, sit, done.id, "specialist", outcome="ok", **DRAFT)
    await _step(office, sit, done.id, "leader", outcome="ok")
    await _step(office, sit, done.id, "clerk")
    await office.settle_effects()
    return done


async def test_a_draft_is_checked_by_the_command_for_desk_and_program_alike(
    office: Office, sit: SitDown, program: Any
) -> None:
    done = await _accepted(office, sit)
    await _step(office, sit, done.id, "head")
    officer = program(office.staff["specialist"])
    wanted = {"draft.register_number", "draft.content"}
    assert fields(await officer.step(done.id, outcome="ok")) == wanted
    part = {"content": "x", "evil": "1"}
    wrong = fields(await officer.step(done.id, outcome="ok", draft=part))
    assert wrong == {"draft.register_number", "draft.evil"}
    page = await _step(office, sit, done.id, "specialist", 422, outcome="ok")
    assert page.count("Mục này bắt buộc") >= 2
    assert (await _row(office, done.id))["decision"] is None
    assert (await _row(office, done.id))["draft_sealed"] is None
    right = {"register_number": "12/1960", "content": "Theo sổ"}
    assert (await officer.step(done.id, outcome="ok", draft=right)).status_code == 200
    assert (await _row(office, done.id))["decision"] == "granted"


async def test_nothing_is_drafted_but_where_the_request_is_granted(
    office: Office, sit: SitDown, program: Any
) -> None:
    done = await _accepted(office, sit)
    draft = {"register_number": "12/1960", "content": "Theo sổ"}
    head, specialist, leader = (
        program(office.staff[role]) for role in ("head", "specialist", "leader")
    )
    assert fields(await head.step(done.id, draft=draft)) == {"draft"}
    await _step(office, sit, done.id, "head", 422, **DRAFT)
    assert (await head.step(done.id)).status_code == 200
    refusal: dict[str, Any] = {"outcome": "refuse", "reason": "Không có trong sổ"}
    assert fields(await specialist.step(done.id, draft=draft, **refusal)) == {"draft"}
    assert (await specialist.step(done.id, **refusal)).status_code == 200
    assert fields(await leader.step(done.id, outcome="ok", draft=draft)) == {"draft"}
    assert (await _row(office, done.id))["decision"] == "refused", "a leader cannot grant by draft"
    assert (await leader.step(done.id, outcome="ok")).status_code == 200
    assert (await _row(office, done.id))["decision"] == "refused"


def _papers(*keys: str) -> list[dict[str, str]]:
    return [{"kind": "paper", "key": key} for key in keys]


async def test_only_what_can_be_handed_in_is_asked_for(
    office: Office, sit: SitDown, program: Any
) -> None:
    done = await office.submit()
    shown = (await sit(office.staff["receiver"]).get(f"/desk/dossier/{done.id}")).text
    assert 'name="papers" value="relation"' in shown
    assert 'name="papers" value="identity"' not in shown, "it is shown at the counter"
    assert 'name="fields" value="subject_birth"' in shown
    assert 'name="fields" value="full_name"' not in shown, "the identity says it"
    officer, ask = program(office.staff["receiver"]), f"/api/staff/dossiers/{done.id}/ask"
    for papers in ([], ["nothing"], ["identity"], ["relation", "nothing"]):
        body = {"items": _papers(*papers), "reason": "Mờ"}
        assert fields(await officer.post(ask, body)) == {"items"}
    locked = {"items": [{"kind": "field", "key": "full_name"}], "reason": "Sai"}
    assert fields(await officer.post(ask, locked)) == {"items"}
    assert fields(await officer.post(ask, {"items": _papers("relation")})) == {"reason"}
    assert (await _row(office, done.id))["state"] == 1
    running = await _accepted(office, sit)
    await _step(office, sit, running.id, "head")
    specialist = program(office.staff["specialist"])
    wrong = await specialist.step(
        running.id, outcome="supplement", items=_papers("identity"), reason="Mờ"
    )
    assert fields(wrong) == {"items"}
    assert (await _row(office, running.id))["supplements"] == 0
    twice = {"items": _papers("relation", "relation"), "reason": "Mờ"}
    assert (await officer.post(ask, twice)).status_code == 200
    assert await office.one("select items from supplement where dossier_id = $1", done.id) == [
        {"kind": "paper", "key": "relation", "note": "Mờ"}
    ]


async def test_the_officer_writes_a_note_at_each_item_and_sees_old_and_new(
    office: Office, sit: SitDown
) -> None:
    done = await office.submit()
    desk = sit(office.staff["receiver"])
    path = f"/desk/dossier/{done.id}"
    await desk.get(path)
    mute = await desk.post(
        f"{path}/ask",
        papers=["relation"],
        fields=["subject_birth"],
        **{"note.field.subject_birth": "Sổ ghi năm 1961"},
    )
    assert mute.status_code == 422
    assert 'id="ask-note.paper.relation-error"' in mute.text
    assert "Sổ ghi năm 1961</textarea>" in mute.text, "what was written stays"
    asked = await desk.post(
        f"{path}/ask", fields=["subject_birth"], **{"note.field.subject_birth": "Sổ ghi năm 1961"}
    )
    assert asked.status_code == 303
    citizen = Actor("citizen", office.citizen)
    async with office.platform.works.begin(office.tenant, citizen) as work:
        handed = Handed(answers={"subject_birth": "1/2/1961"})
        await answer_supplement(office.platform, work, done.id, office.citizen, handed)
    seen = (await desk.get(path)).text
    assert "Sổ ghi năm 1961" in seen
    assert "01/02/1960" in seen
    assert "01/02/1961" in seen
    assert "Nội dung người dân đã sửa" in seen
    slip = await desk.get(f"{path}/supplement.pdf")
    assert slip.content.startswith(b"%PDF")


async def test_a_counter_whose_officer_is_gone_is_released(office: Office, sit: SitDown) -> None:
    counter = f"/desk/counter/{office.counter}"
    gone, other = sit(office.staff["receiver"]), sit(office.other["receiver"])
    await gone.post(f"{counter}/open")
    assert f"{counter}/release" not in (await gone.get("/desk")).text, "he can leave it himself"
    assert (await other.post(f"{counter}/release")).status_code == 403
    admin = sit(office.admin)
    start = (await admin.get("/desk")).text
    assert f"{counter}/release" in start
    assert "/open" not in start, "an administrator does not receive"
    assert (await admin.post(f"{counter}/release")).headers["location"] == "/desk?done=released"
    assert "Đã giải phóng quầy" in (await admin.get("/desk?done=released")).text
    assert (await admin.post(f"{counter}/release")).status_code == 409
    assert (await admin.post(f"{counter}/open")).status_code == 403


async def test_no_transaction_waits_while_a_slip_is_set(
    office: Office, sit: SitDown, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await _accepted(office, sit)
    held: list[int] = []

    async def watched(*given: Any, **named: Any) -> Any:
        pool = office.platform.db._pool
        held.append(pool.get_size() - pool.get_idle_size())
        return await render.render_document(*given, **named)

    monkeypatch.setattr(slips, "render_document", watched)
    desk = sit(office.staff["receiver"])
    for name in ("receipt.pdf", "control.pdf"):
        shown = await desk.get(f"/desk/dossier/{done.id}/{name}")
        assert shown.content.startswith(b"%PDF")
    assert held == [0, 0]


async def test_a_revoked_result_is_handed_to_nobody(
    office: Office, sit: SitDown, program: Any
) -> None:
    done = await _finished(office, sit)
    path = f"/desk/dossier/{done.id}"
    desk = sit(office.staff["receiver"])
    assert f"{path}/hand-over" in (await desk.get(path)).text
    wrong = {"kind": "revoke", "ground": "wrong_person", "basis": "Điều 1", "reason": "Nhầm người"}
    await sit(office.staff["head"]).post(f"{path}/withdraw", **wrong)
    signed = await sit(office.staff["leader"]).post(f"{path}/withdraw/sign")
    assert signed.status_code == 303
    assert f"{path}/hand-over" not in (await desk.get(path)).text
    answer = await program(office.staff["receiver"]).post(
        f"/api/staff/dossiers/{done.id}/hand-over", {}
    )
    assert answer.status_code == 409
    assert (await _row(office, done.id))["state"] == 9


async def test_the_public_learns_nothing_before_the_decision(
    office: Office, sit: SitDown, program: Any, browse: Browser
) -> None:
    done = await _accepted(office, sit)
    await _step(office, sit, done.id, "head")
    await program(office.staff["specialist"]).get(f"/api/staff/dossiers/{done.id}")
    await _step(office, sit, done.id, "specialist", outcome="refuse", reason="Không có trong sổ")
    await _step(office, sit, done.id, "leader", outcome="return", reason="Xem lại")
    path = f"/api/track/{done.track_code}"

    async def told() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await browse("quang-ninh").get(path)).json()["events"]
        return found

    events = await told()
    assert [e["type"] for e in events] == [
        "dossier.submitted", "dossier.accepted", "dossier.processing", "dossier.step_done",
        "dossier.step_done",
    ]  # fmt: skip
    assert [e.get("node") for e in events][3:] == ["assign", "appraise"]
    assert all(set(e) <= {"type", "at", "node", "name", "state", "due"} for e in events)
    page = (await browse("quang-ninh").get(f"/track/{done.track_code}")).text
    assert "Không có trong sổ" not in page
    await _step(office, sit, done.id, "specialist", outcome="refuse", reason="Không có trong sổ")
    nodes = [e["node"] for e in await told() if "node" in e]
    assert nodes == ["assign", "appraise"], "that it came back is not told"
    await _step(office, sit, done.id, "leader", outcome="ok")
    await _step(office, sit, done.id, "clerk")
    await office.settle_effects()
    async with office.platform.works.begin(office.tenant, Actor("citizen", office.citizen)) as work:
        work.emit("dossier.rated", done.id, {"score": 1})
    events = await told()
    assert "dossier.rated" not in {e["type"] for e in events}
    assert events[-1]["type"] == "dossier.finished"
    assert events[-1]["decision"] == "refused"


async def test_programs_leaf_through_the_lists_of_the_desk(
    office: Office, sit: SitDown, program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklists, "PAGE", 2)
    for _ in range(3):
        await _accepted(office, sit)
        await office.submit()
    for path, role, key in (
        ("/api/staff/tray", "receiver", "id"),
        ("/api/staff/work", "head", "instance_id"),
    ):
        officer = program(office.staff[role])
        seen: list[str] = []
        page = await officer.get(path)
        while True:
            seen += [row[key] for row in page["items"]]
            if page["after"] is None:
                break
            page = await officer.get(f"{path}?after={page['after'].replace('+', '%2B')}")
        assert len(seen) == len(set(seen)) == page["total"] >= 3
    answer = await officer._client.get("/api/staff/work?after=nonsense")
    assert answer.status_code == 404


async def test_a_role_in_one_unit_shows_no_work_of_another(
    office: Office, sit: SitDown, program: Any
) -> None:
    done = await _accepted(office, sit)
    mine = await _all_work(program(office.staff["head"]))
    theirs = await _all_work(program(office.other["head"]))
    assert str(done.id) in mine
    assert str(done.id) not in theirs


async def _all_work(officer: Any) -> set[str]:
    """Return the dossiers on every page of an officer's work."""
    found: set[str] = set()
    page = await officer.get("/api/staff/work")
    while True:
        found |= {row["instance_id"] for row in page["items"]}
        if page["after"] is None:
            return found
        page = await officer.get(f"/api/staff/work?after={page['after'].replace('+', '%2B')}")


async def test_who_opens_a_dossier_stands_in_its_trace(
    office: Office, sit: SitDown, program: Any
) -> None:
    done = await office.submit()
    trace = (await _row(office, done.id))["trace_id"]
    post = office.staff["receiver"]
    await program(post).get(f"/api/staff/dossiers/{done.id}")
    ticket = await office.ticket(done.id)
    desk = sit(post)
    counter = f"/desk/counter/{office.counter}"
    await desk.post(f"{counter}/open")
    await desk.post(f"{counter}/call")
    assert ticket.number in (await desk.get(counter)).text
    await desk.get(f"/desk/dossier/{done.id}")
    async with office.platform.db.tenant(office.tenant) as tx:
        rows = await tx.fetch(
            "select type, trace_id from event where actor = $1"
            " and type in ('dossier.read', 'person.read')",
            f"staff:{post.id}",
        )
    assert len(rows) >= 3
    assert {r["trace_id"] for r in rows} == {trace}


async def test_the_last_leader_who_completed_a_step_signs(office: Office, sit: SitDown) -> None:
    done = await _finished(office, sit)
    told = [
        e["payload"] for e in await _events(office, done.id) if e["type"] == "dossier.step_done"
    ]
    assert [p["role"] for p in told] == ["head", "specialist", "leader", "clerk"]
    other = office.other["leader"]
    async with office.platform.db.tenant(office.tenant) as tx:
        await tx.execute("update staff set full_name = 'Lãnh đạo khác' where id = $1", other.id)
    async with office.platform.works.begin(office.tenant, Actor("staff", other.id)) as work:
        payload = {"node": "sign_the_decision", "role": "leader", "outcome": "ok"}
        work.emit("dossier.step_done", done.id, payload)
        await work.flush()
        assert await work.tx.fetchval(results._SIGNER, done.id) == "Lãnh đạo khác"
