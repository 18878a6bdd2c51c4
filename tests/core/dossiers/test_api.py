"""The JSON API of dossiers: what it takes, what it refuses, and what it costs."""

from typing import Any

import anyio
import httpx2
import pytest

from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from tests.conftest import Browser
from tests.core.portal.people import COPY, WARD, Person, picture, sign_in
from tests.core.tenancy.trips import trips

pytestmark = pytest.mark.anyio
ANSWERS: dict[str, Any] = {
    "phone": "0912345678",
    "requests_for": "self",
    "subject_name": "Nguyễn Văn An",
    "subject_birth": "1990-09-05",
    "register_kind": "birth",
    "copies": 1,
    "truth": True,
}


def submission(**changes: Any) -> dict[str, Any]:
    return {"procedure": COPY, "unit": WARD, "answers": ANSWERS, "papers": [], **changes}


@pytest.fixture
async def person(platform: Platform, quang_ninh: Tenant) -> Person:
    return await sign_in(platform, quang_ninh, 5)


@pytest.fixture
async def api(browse: Browser, person: Person) -> httpx2.AsyncClient:
    client = browse("quang-ninh")
    client.headers["authorization"] = f"Bearer {person.token}"
    client.headers["accept"] = "application/json"
    return client


async def test_a_program_submits_and_follows_a_dossier(api: httpx2.AsyncClient) -> None:
    answer = await api.post("/api/dossiers", json=submission())
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert done["fee"] == 0
    one = (await api.get(answer.headers["location"])).json()
    assert one["track_code"] == done["track_code"]
    assert one["answers"]["subject_name"] == "Nguyễn Văn An"
    assert one["state_name"] == {"vi": "Mới đăng ký", "en": "Submitted"}
    assert one["unit"] == "Phường Hồng Gai"
    listed = (await api.get("/api/dossiers")).json()
    assert done["id"] in [row["id"] for row in listed]
    last = listed[0]
    keys = {"before": last["submitted_at"], "before_id": last["id"]}
    after = (await api.get("/api/dossiers", params=keys)).json()
    assert last["id"] not in [row["id"] for row in after]
    tracked = (await api.get(f"/api/track/{done['track_code']}")).json()
    assert tracked["state"] == 1
    assert [e["type"] for e in tracked["events"]] == ["dossier.submitted"]


async def test_submitting_and_tracking_cost_one_round_trip_each(
    api: httpx2.AsyncClient, platform: Platform
) -> None:
    codes = []

    async def submit() -> None:
        answer = await api.post("/api/dossiers", json=submission())
        assert answer.status_code == 201
        codes.append(answer.json()["track_code"])

    async def track() -> None:
        assert (await api.get(f"/api/track/{codes[0]}")).status_code == 200

    assert await trips(platform, submit) == 1
    assert await trips(platform, track) == 1


async def test_a_key_makes_one_dossier_however_often_it_is_sent(
    api: httpx2.AsyncClient, platform: Platform, quang_ninh: Tenant
) -> None:
    headers = {"idempotency-key": "visit-0001"}
    answers: list[httpx2.Response] = []

    async def send() -> None:
        answers.append(await api.post("/api/dossiers", json=submission(), headers=headers))

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(send)
    assert sorted(a.status_code for a in answers) == [200] * 9 + [201]
    receipts = {a.text for a in answers}
    assert len(receipts) == 1
    assert len({a.headers["location"] for a in answers}) == 1
    async with platform.db.tenant(quang_ninh) as tx:
        made = "select count(*) from dossier where idempotency_key = $1"
        assert await tx.fetchval(made, "visit-0001") == 1
        told = "select count(*) from event where subject = $1 and type = 'dossier.submitted'"
        assert await tx.fetchval(told, answers[0].json()["id"]) == 1


async def test_a_key_is_its_persons_own_and_for_one_application(
    api: httpx2.AsyncClient, platform: Platform, quang_ninh: Tenant
) -> None:
    headers = {"idempotency-key": "visit-0002"}
    first = await api.post("/api/dossiers", json=submission(), headers=headers)
    assert first.status_code == 201
    changed = submission(answers={**ANSWERS, "copies": 3})
    other = await api.post("/api/dossiers", json=changed, headers=headers)
    assert other.status_code == 409, "not the receipt of something else"
    stranger = await sign_in(platform, quang_ninh, 8)
    headers["authorization"] = f"Bearer {stranger.token}"
    theirs = await api.post("/api/dossiers", json=submission(), headers=headers)
    assert theirs.status_code == 201
    assert theirs.json()["id"] != first.json()["id"]
    for key in ("", "x" * 81):
        headers = {"idempotency-key": key}
        answer = await api.post("/api/dossiers", json=submission(), headers=headers)
        assert answer.status_code == 400, key


async def test_with_a_key_it_still_costs_one_round_trip(
    api: httpx2.AsyncClient, platform: Platform
) -> None:
    keys = iter(("visit-0003", "visit-0004", "visit-0005"))

    async def submit() -> None:
        headers = {"idempotency-key": next(keys)}
        answer = await api.post("/api/dossiers", json=submission(), headers=headers)
        assert answer.status_code == 201

    assert await trips(platform, submit) == 1


async def test_a_paper_is_uploaded_first_and_then_handed_in(api: httpx2.AsyncClient) -> None:
    files = [("file", ("a.jpg", picture(), "image/jpeg")), ("file", ("b.jpg", picture(90), ""))]
    stored = (await api.post("/api/files", files=files)).json()
    assert stored["pages"] == 2
    answers = {**ANSWERS, "requests_for": "relative"}
    papers = [{"key": "relation", "file": stored["id"]}]
    missing = await api.post("/api/dossiers", json=submission(answers=answers))
    assert missing.status_code == 422
    assert missing.json()["errors"][0]["field"] == "relation"
    answer = await api.post("/api/dossiers", json=submission(answers=answers, papers=papers))
    assert answer.status_code == 201
    one = (await api.get(answer.headers["location"])).json()
    assert [(p["paper_key"], p["sha256"]) for p in one["papers"]] == [
        ("relation", stored["sha256"])
    ]


async def test_somebody_elses_upload_cannot_be_handed_in(
    api: httpx2.AsyncClient, platform: Platform, quang_ninh: Tenant
) -> None:
    stored = (await api.post("/api/files", files={"file": ("a.jpg", picture(), "")})).json()
    other = await sign_in(platform, quang_ninh, 6)
    papers = [{"key": "relation", "file": stored["id"]}]
    answer = await api.post(
        "/api/dossiers",
        json=submission(answers={**ANSWERS, "requests_for": "relative"}, papers=papers),
        headers={"authorization": f"Bearer {other.token}"},
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"procedure": "9.999999"}, "procedure"),
        ({"unit": "00000"}, "unit"),
        ({"unit": "1'; drop table dossier; --"}, "unit"),
        ({"answers": {**ANSWERS, "subject_birth": "31/2/1990"}}, "answers.subject_birth"),
        ({"answers": {**ANSWERS, "evil": "1"}}, "answers.evil"),
        ({"answers": {**ANSWERS, "truth": False}}, "answers.truth"),
        ({"answers": {**ANSWERS, "personal_id": "001199000001"}}, "answers.personal_id"),
        ({"papers": [{"key": "no", "file": "01977b7e-0000-7000-8000-000000000000"}]}, "no"),
    ],
)
async def test_each_wrong_field_is_named(
    api: httpx2.AsyncClient, changes: dict[str, Any], field: str
) -> None:
    answer = await api.post("/api/dossiers", json=submission(**changes))
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert field in [e["field"] for e in answer.json()["errors"]]


async def test_unknown_members_and_broken_json_are_refused(api: httpx2.AsyncClient) -> None:
    for body in (b"{", b"[]", b'{"procedure": 1}', b"\xff"):
        headers = {"content-type": "application/json"}
        answer = await api.post("/api/dossiers", content=body, headers=headers)
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
    answer = await api.post("/api/dossiers", json=submission(evil=1))
    assert answer.status_code == 400
    assert "evil" in answer.text


async def test_nobody_gets_in_without_a_token(browse: Browser) -> None:
    client = browse("quang-ninh")
    assert (await client.get("/api/dossiers")).status_code == 401
    assert (await client.post("/api/dossiers", json=submission())).status_code == 401
    headers = {"authorization": "Bearer nonsense"}
    assert (await client.get("/api/dossiers", headers=headers)).status_code == 401


async def test_a_cookie_is_no_token(browse: Browser, person: Person) -> None:
    client = browse("quang-ninh")
    client.cookies.set(sessions.COOKIE, person.token)
    assert (await client.get("/api/dossiers")).status_code == 401
    assert (await client.post("/api/dossiers", json=submission())).status_code == 401


async def test_a_token_is_worth_nothing_at_another_tenant(browse: Browser, person: Person) -> None:
    headers = {"authorization": f"Bearer {person.token}"}
    assert (await browse("thai-nguyen").get("/api/dossiers", headers=headers)).status_code == 401


async def test_another_citizens_dossier_does_not_exist(
    api: httpx2.AsyncClient, platform: Platform, quang_ninh: Tenant
) -> None:
    done = await api.post("/api/dossiers", json=submission())
    other = await sign_in(platform, quang_ninh, 7)
    headers = {"authorization": f"Bearer {other.token}"}
    assert (await api.get(done.headers["location"], headers=headers)).status_code == 404


async def test_a_file_too_large_or_of_another_kind_is_refused(api: httpx2.AsyncClient) -> None:
    html = await api.post("/api/files", files={"file": ("a.pdf", b"<html>", "application/pdf")})
    assert html.status_code in {415, 422}
    none = await api.post("/api/files", data={"x": "1"})
    assert none.status_code == 422
    large = b"\0" * 60_000_000
    answer = await api.post("/api/files", files={"file": ("a.pdf", large, "application/pdf")})
    assert answer.status_code == 413


async def test_procedures_are_described_for_machines(api: httpx2.AsyncClient) -> None:
    found = (await api.get("/api/procedures", params={"q": "ban sao so goc"})).json()
    assert found[0]["code"] == COPY
    one = (await api.get(f"/api/procedures/{COPY}")).json()
    assert "requests_for" in one["answers"]["properties"]
    assert one["answers"]["additionalProperties"] is False
    assert len((await api.get("/api/procedures")).json()) >= 3
