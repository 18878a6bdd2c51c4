import httpx2
import pytest

from motcua.ids import uuid7
from motcua.queues import service

from .conftest import Hall

pytestmark = pytest.mark.anyio


def _as(api: httpx2.AsyncClient, token: str) -> httpx2.AsyncClient:
    api.headers["authorization"] = f"Bearer {token}"
    return api


async def test_a_station_issues_and_a_counter_serves(hall: Hall, api: httpx2.AsyncClient) -> None:
    _as(api, await hall.token("station"))
    made = await api.post("/api/tickets", json={"site": "sanh", "line": "A"})
    assert made.status_code == 201, made.text
    assert made.json()["number"] == "A001"
    _as(api, await hall.token("staff"))
    counter = f"/api/counters/{hall.counters[0]}"
    assert (await api.post(f"{counter}/call")).status_code == 409, "nobody sits there yet"
    async with hall.work() as work:
        await service.open_counter(work, hall.counters[0], hall.staff[0])
    assert (await api.post(f"{counter}/recall")).status_code == 409
    called = await api.post(f"{counter}/call")
    assert called.json()["number"] == "A001"
    assert (await api.post(f"{counter}/recall")).json()["calls"] == 2
    ticket = f"/api/tickets/{called.json()['ticket']}"
    assert (await api.post(f"{ticket}/start")).status_code == 204
    assert (await api.post(f"{ticket}/no-show")).status_code == 409
    assert (await api.post(f"{ticket}/finish")).status_code == 204
    assert (await api.post(f"{counter}/call")).json()["ticket"] is None
    assert (await api.post(f"{ticket}/dance")).status_code == 404


@pytest.mark.parametrize("role", ["receiver", "admin"])
async def test_a_counter_is_released_by_a_receiver_or_an_administrator(
    hall: Hall, api: httpx2.AsyncClient, role: str
) -> None:
    async with hall.work() as work:
        await service.open_counter(work, hall.counters[0], hall.staff[1])
    path = f"/api/counters/{hall.counters[0]}/release"
    _as(api, await hall.token("staff", role=role))
    assert (await api.post(path)).status_code == 204
    assert (await api.post(path)).status_code == 409
    assert (await api.post(f"/api/counters/{uuid7()}/release")).status_code == 404


async def test_how_full_a_site_is_is_public(hall: Hall, api: httpx2.AsyncClient) -> None:
    async with hall.work() as work:
        await service.issue(work, hall.site, hall.lines["A"])
    found = (await api.get("/api/sites/sanh")).json()
    assert [(r["letter"], r["waiting"]) for r in found["lines"]] == [("A", 1), ("B", 0)]
    assert (await api.get("/api/sites/nowhere")).status_code == 404


async def test_the_api_is_guarded(hall: Hall, api: httpx2.AsyncClient) -> None:
    body = {"site": "sanh", "line": "A"}
    calls = [
        "/api/tickets",
        f"/api/counters/{hall.counters[0]}/call",
        f"/api/counters/{hall.counters[0]}/recall",
        f"/api/counters/{hall.counters[0]}/release",
        f"/api/tickets/{uuid7()}/start",
    ]
    for path in calls:
        assert (await api.post(path, json=body)).status_code == 401, path
    for token in (
        await hall.token("staff", role="clerk"),
        await hall.token("staff", unit=uuid7()),
    ):
        _as(api, token)
        for path in calls[:4]:
            assert (await api.post(path, json=body)).status_code == 403, path
    _as(api, await hall.token("board"))
    assert (await api.post("/api/tickets", json=body)).status_code == 404
    _as(api, await hall.token("station"))
    assert (await api.post(calls[1])).status_code == 403


async def test_a_cookie_opens_no_api(hall: Hall, api: httpx2.AsyncClient) -> None:
    api.cookies.set("mc_session", await hall.token("staff"))
    answer = await api.post(f"/api/counters/{hall.counters[0]}/call")
    assert answer.status_code == 401


async def test_bad_requests_name_the_field(hall: Hall, api: httpx2.AsyncClient) -> None:
    _as(api, await hall.token("station"))
    wrong = await api.post("/api/tickets", json={"site": "sanh"})
    assert wrong.status_code == 400
    assert (await api.post("/api/tickets", json={"site": "sanh", "line": "Z"})).status_code == 404
    strange = {"site": "sanh", "line": "A", "dossier": str(uuid7())}
    assert (await api.post("/api/tickets", json=strange)).status_code == 404
