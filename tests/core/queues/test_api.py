from datetime import timedelta
from typing import Any

import httpx2
import pytest

from motcua import clock
from motcua.ids import uuid7
from motcua.queues import issuing, seats

from ..tenancy.trips import trips
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
        await seats.open_counter(work, hall.counters[0], hall.staff[0])
    assert (await api.post(f"{counter}/recall")).status_code == 409
    called = await api.post(f"{counter}/call")
    assert called.json()["number"] == "A001"
    assert (await api.post(f"{counter}/recall")).json()["calls"] == 2
    ticket = f"/api/tickets/{called.json()['ticket']}"
    started = await api.post(f"{ticket}/start", json={"version": 3})
    assert started.json() == {"state": "serving", "version": 4, "result": "", "issued": None}
    assert (await api.post(f"{ticket}/no-show")).status_code == 409
    assert (await api.post(f"{ticket}/finish")).json()["state"] == "done"
    assert (await api.post(f"{counter}/call")).json()["ticket"] is None
    assert (await api.post(f"{ticket}/dance")).status_code == 404


@pytest.mark.parametrize("kind", ["station", "staff"])
async def test_giving_a_number_costs_one_round_trip(
    hall: Hall, api: httpx2.AsyncClient, kind: str
) -> None:
    _as(api, await hall.token(kind))

    async def issue() -> None:
        made = await api.post("/api/tickets", json={"site": "sanh", "line": "A"})
        assert made.status_code == 201

    await issue()
    assert await trips(hall.platform, issue) == 1


async def test_a_counter_tells_what_stands_at_it(hall: Hall, api: httpx2.AsyncClient) -> None:
    _as(api, await hall.token("staff"))
    path = f"/api/counters/{hall.counters[0]}"
    nobody = {
        "mine": False,
        "on_break": False,
        "number": "",
        "ticket": None,
        "state": "",
        "version": 0,
    }
    assert (await api.get(path)).json() == nobody
    await hall.sit(0)
    made = await hall.issue()
    await hall.call()
    shown = (await api.get(path)).json()
    assert shown == {
        **nobody, "mine": True, "number": "A001", "ticket": str(made.id), "state": "called", "version": 2,
    }  # fmt: skip
    assert (await api.get(f"/api/counters/{uuid7()}")).status_code == 404


async def test_nothing_is_taken_up_where_the_line_stands(
    hall: Hall, api: httpx2.AsyncClient
) -> None:
    _as(api, await hall.token("staff"))
    path = f"/api/counters/{hall.counters[0]}/take-up"
    assert (await api.post(path, json={})).status_code == 422
    made = await hall.issue()
    assert (await api.post(path, json={"ticket": str(made.id)})).status_code == 409


@pytest.mark.parametrize("role", ["receiver", "admin"])
async def test_a_counter_is_released_by_a_receiver_or_an_administrator(
    hall: Hall, api: httpx2.AsyncClient, role: str
) -> None:
    async with hall.work() as work:
        await seats.open_counter(work, hall.counters[0], hall.staff[1])
    path = f"/api/counters/{hall.counters[0]}/release"
    _as(api, await hall.token("staff", role=role))
    assert (await api.post(path)).status_code == 204
    assert (await api.post(path)).status_code == 409
    assert (await api.post(f"/api/counters/{uuid7()}/release")).status_code == 404


async def test_how_full_a_site_is_is_public(hall: Hall, api: httpx2.AsyncClient) -> None:
    async with hall.work() as work:
        await issuing.issue(work, hall.site, hall.lines["A"])
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
            found = await api.post(path, json=body if path == calls[0] else None)
            assert found.status_code == 403, path
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


async def test_every_command_of_a_ticket_has_its_address(
    hall: Hall, api: httpx2.AsyncClient
) -> None:
    _as(api, await hall.token("staff"))
    counter = f"/api/counters/{hall.counters[0]}"
    first = (await api.post("/api/tickets", json={"site": "sanh", "line": "A"})).json()
    assert (await hall.ticket(first["id"]))["origin"] == "counter"
    other = (await api.post("/api/tickets", json={"site": "sanh", "line": "A"})).json()
    assert (await api.post(f"{counter}/open", json={})).status_code == 204
    assert (await api.post(f"{counter}/break")).status_code == 204
    assert (await api.post(f"{counter}/call")).status_code == 409
    assert (await api.post(f"{counter}/back")).status_code == 204
    assert (await api.post(f"{counter}/dance")).status_code == 404

    async def act(verb: str, ticket: Any = first, **body: Any) -> Any:
        answer = await api.post(f"/api/tickets/{ticket['id']}/{verb}", json=body)
        assert answer.status_code == 200, (verb, answer.text)
        return answer.json()

    await act("let-pass")
    called = await api.post(f"{counter}/call", json={"ticket": first["id"], "reason": "Gấp"})
    assert called.json()["number"] == "A001"
    await act("start")
    sent = (await act("send-on", line="B"))["issued"]
    assert sent["number"] == "B001"
    assert (await act("services", line="b", quantity=2))["result"]
    assert (await act("park", why="Chờ"))["state"] == "parked"
    assert (await act("undo"))["result"] == "park"
    assert (await act("come-back", why="Bản chính"))["state"] == "parked"
    assert (await act("returned"))["state"] == "waiting"
    assert (await act("transfer", counter=str(hall.counters[0])))["state"] == "waiting"
    assert (await api.post(f"{counter}/call")).json()["ticket"] == first["id"]
    assert (await act("no-show"))["result"] == "recycled"
    assert (await api.post(f"{counter}/call")).json()["number"] == "B001"
    await act("start", sent)
    await act("park", sent)
    await act("resume", sent, counter=str(hall.counters[0]))
    assert (await act("finish", sent, outcome="done"))["state"] == "done"
    assert (await act("cancel", first, why="Về"))["state"] == "cancelled"
    assert (await act("leave", other))["state"] == "left"
    assert (await api.post(f"{counter}/leave")).status_code == 204
    answer = await api.post(f"/api/tickets/{other['id']}/void", json={"why": "Thử"})
    assert answer.status_code == 403, "for a supervisor"
    _as(api, await hall.token("staff", role="admin"))
    assert (await act("void", other, why="Thử"))["state"] == "voided"


async def test_a_number_is_reserved_and_arrives(hall: Hall, api: httpx2.AsyncClient) -> None:
    _as(api, await hall.token("staff"))
    now = clock.now()
    window = [now.isoformat(), (now + timedelta(minutes=20)).isoformat()]
    body = {"site": "sanh", "line": "A", "window": window, "contact": "0912345678"}
    made = (await api.post("/api/tickets", json=body)).json()
    assert (await api.post("/api/tickets", json=body)).status_code == 409
    place = (await api.get(f"/api/q/{made['public_code']}")).json()
    assert (place["state"], place["place"]) == ("reserved", 1)
    assert len(place["window"]) == 2
    arrived = await api.post(f"/api/tickets/{made['id']}/arrive")
    assert arrived.json()["state"] == "waiting"
    naive = {**body, "window": ["2026-11-23T09:00:00", "2026-11-23T09:20:00"]}
    assert (await api.post("/api/tickets", json=naive)).status_code == 422


async def test_whoever_holds_the_code_sees_where_the_number_stands(
    hall: Hall, api: httpx2.AsyncClient
) -> None:
    first, second = await hall.issue(contact="0912345678"), await hall.issue()
    place = (await api.get(f"/api/q/{second.public_code.lower()}")).json()
    assert (place["number"], place["state"], place["place"]) == ("A002", "waiting", 2)
    assert place["high"] >= place["low"] >= 0
    assert "0912345678" not in (await api.get(f"/api/q/{first.public_code}")).text
    await hall.sit(0)
    await hall.call()
    called = (await api.get(f"/api/q/{first.public_code}")).json()
    assert (called["state"], called["counter"], called["place"]) == ("called", "1", None)
    assert (await api.get("/api/q/NOBODY")).status_code == 404


async def test_all_sites_and_the_numbers_that_are_left_are_public(
    hall: Hall, api: httpx2.AsyncClient
) -> None:
    await hall.fetch("update line set quota_walk_in = 5 where letter = 'A'")
    await hall.issue()
    [site] = (await api.get("/api/sites")).json()
    assert site["key"] == "sanh"
    assert [(r["letter"], r["waiting"]) for r in site["lines"]] == [("A", 1), ("B", 0)]
    day = (await hall.day()).isoformat()
    left = (await api.get(f"/api/sites/sanh/capacity/{day}")).json()
    assert [r["left_walk_in"] for r in left["lines"]] == [4, None]
    assert len(left["open"]) == 1
    assert (await api.get(f"/api/sites/nowhere/capacity/{day}")).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/tickets", {"site": "sanh", "line": "A", "who": "me"}),
        ("/api/counters/{counter}/call", {"lines": "A"}),
        ("/api/tickets/{ticket}/park", {"because": "x"}),
        ("/api/tickets/{ticket}/park", {"version": "one"}),
    ],
)
async def test_an_unknown_or_wrong_field_is_refused(
    hall: Hall, api: httpx2.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    _as(api, await hall.token("staff"))
    where = path.format(counter=hall.counters[0], ticket=uuid7())
    answer = await api.post(where, json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_a_letter_that_is_not_there_is_named(hall: Hall, api: httpx2.AsyncClient) -> None:
    _as(api, await hall.token("staff"))
    made = await hall.issue()
    wrong: dict[str, dict[str, Any]] = {"transfer": {"line": "Z"}, "resume": {}}
    for verb, body in wrong.items():
        answer = await api.post(f"/api/tickets/{made.id}/{verb}", json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"]


@pytest.mark.parametrize(
    "more",
    [
        {"line": "\0"},
        {"contact": "\0"},
        {"contact": "09"},
        {"language": "xx"},
        {"priority": {"key": "a\0"}},
        {"window": ["9999-12-31T23:00:00Z", "9999-12-31T23:59:59Z"]},
        {"window": ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"]},
    ],
)
async def test_what_no_number_can_be_made_of_is_refused(
    hall: Hall, api: httpx2.AsyncClient, more: dict[str, Any]
) -> None:
    _as(api, await hall.token("staff"))
    answer = await api.post("/api/tickets", json={"site": "sanh", "line": "A", **more})
    assert answer.status_code in {400, 422}, answer.text
    assert not await hall.fetch("select 1 from ticket")


async def test_no_text_of_an_address_breaks_the_api(hall: Hall, api: httpx2.AsyncClient) -> None:
    for path in ("/api/sites/a%00", "/api/sites/a%00/capacity/2026-11-23", "/api/q/%00"):
        assert (await api.get(path)).status_code == 404, path


async def test_one_telephone_is_one_however_it_is_written(
    hall: Hall, api: httpx2.AsyncClient
) -> None:
    _as(api, await hall.token("staff"))
    now = clock.now()
    window = [now.isoformat(), (now + timedelta(minutes=20)).isoformat()]
    codes = [
        (
            await api.post(
                "/api/tickets",
                json={"site": "sanh", "line": "A", "window": window, "contact": contact},
            )
        ).status_code
        for contact in ("0912345678", "+84 912 345 678")
    ]
    assert codes == [201, 409]


async def test_a_service_names_no_dossier_of_nowhere(hall: Hall, api: httpx2.AsyncClient) -> None:
    _as(api, await hall.token("staff"))
    made = await hall.issue()
    await hall.sit(0)
    await hall.bring()
    path = f"/api/tickets/{made.id}/services"
    answer = await api.post(path, json={"line": "A", "dossier": str(uuid7())})
    assert answer.status_code == 404
    long = await api.post(path, json={"line": "A", "procedure": "x" * 3000})
    assert long.status_code == 400
    assert not await hall.fetch("select 1 from ticket_service")
