"""Who has an appointment at a site that is cut off shows its code and keeps it, once."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from motcua import clock
from motcua.errors import NotFound, Unavailable
from motcua.queues import appointments, calling, days, remote
from motcua.web.gate import Gate

from ..queues.conftest import Hall
from ..queues.test_appointments import NOW, PHONE, book, slot
from .conftest import Machine

pytestmark = pytest.mark.anyio
CUT = NOW + timedelta(minutes=1)
CAME = NOW + timedelta(minutes=20)
_APPOINTMENT = "select state, ticket_id from appointment"


async def cut(machine: Machine) -> None:
    with clock.at(NOW):
        await machine.ticks(3)
        machine.line.cut = True
    with clock.at(CUT):
        await machine.ticks(8)
    assert machine.keeper.state == "alone"


async def heal(machine: Machine) -> None:
    with clock.at(NOW + timedelta(hours=1)):
        machine.line.cut = False
        await machine.ticks(1)
    assert machine.keeper.state == "linked"


async def arrive(machine: Machine, code: str) -> Any:
    with clock.at(CAME):
        async with machine.work() as work:
            return await appointments.arrive(work, code)


async def test_the_node_knows_code_and_slot_and_no_person(hall: Hall, machine: Machine) -> None:
    made = await book(hall, await slot(hall, 0.5))
    await cut(machine)
    [row] = await machine.fetch("select * from appointment")
    assert (row["public_code"], row["state"]) == (made.public_code, "booked")
    hidden = ("person_id", "contact_sealed", "contact_index", "dossier_id", "procedure_key")
    assert [row[name] for name in hidden] == [None] * 5
    [kept] = await machine.fetch("select from_at from slot")
    assert kept["from_at"] == made.from_at


async def test_who_has_an_appointment_checks_in_with_its_head_start(
    hall: Hall, machine: Machine, node_app: Gate
) -> None:
    made = await book(hall, await slot(hall, 0.5))
    await cut(machine)
    transport = httpx2.ASGITransport(app=node_app)
    base = f"http://{machine.tenant.host}"
    async with httpx2.AsyncClient(transport=transport, base_url=base) as client:
        with clock.at(CAME):
            said = await client.post("/api/sites/sanh/arrivals", json={"code": made.public_code})
    assert said.status_code == 200, said.text
    [number] = said.json()
    assert number["number"] == "A801"
    [kept] = await machine.fetch("select sort_key, origin from ticket")
    assert kept["origin"] == "appointment"
    assert kept["sort_key"] == made.from_at - timedelta(minutes=10)


async def test_what_was_kept_there_is_kept_at_the_centre_with_whose_it_is(
    hall: Hall, machine: Machine
) -> None:
    made = await book(hall, await slot(hall, 0.5))
    await cut(machine)
    issued = await arrive(machine, made.public_code)
    await heal(machine)
    assert await hall.fetch(_APPOINTMENT) == [{"state": "arrived", "ticket_id": issued.id}]
    async with hall.work() as work:
        sealed = await work.tx.fetchval("select contact_sealed from visit")
        assert work.vault.open(sealed) == PHONE
    with clock.at(NOW + timedelta(hours=1)), pytest.raises(NotFound):
        async with hall.work() as work:
            await remote.here(work, hall.site, "KHONGCO", "")
    assert [r["n"] for r in await hall.fetch("select count(*) as n from ticket")] == [1]
    async with hall.platform.db.tenant(hall.tenant) as tx:
        room = (await days.capacity(tx, hall.site, NOW.date()))[0]
    assert (room.given_remote, room.given_walk_in) == (0, 0)


async def test_one_appointment_that_was_used_on_both_sides_is_one_number(
    hall: Hall, machine: Machine
) -> None:
    made = await book(hall, await slot(hall, 0.5))
    with clock.at(NOW):
        await hall.sit(0)
        await machine.ticks(3)
        machine.line.cut = True
    with clock.at(NOW + timedelta(seconds=5)):
        unseen = await hall.do(appointments.arrive, made.public_code)
    with clock.at(CUT):
        await machine.ticks(8)
    issued = await arrive(machine, made.public_code)
    await heal(machine)
    states = {r["number"]: r["state"] for r in await hall.fetch("select number, state from ticket")}
    assert states == {unseen.number: "cancelled", issued.number: "waiting"}
    assert await hall.fetch(_APPOINTMENT) == [{"state": "arrived", "ticket_id": issued.id}]
    await hall.tiles(unseen.id)
    with clock.at(NOW + timedelta(hours=1)):
        called = await hall.do(calling.call_next, hall.counters[0], hall.staff[0])
    assert called is not None
    assert called.number == issued.number


async def test_a_batch_that_comes_again_changes_nothing(hall: Hall, machine: Machine) -> None:
    made = await book(hall, await slot(hall, 0.5))
    await cut(machine)
    issued = await arrive(machine, made.public_code)
    machine.line.cut = False
    machine.line.failing = ["", "deaf"]
    with clock.at(NOW + timedelta(hours=1)):
        await machine.ticks(2)
    assert machine.keeper.state == "linked"
    assert await hall.fetch(_APPOINTMENT) == [{"state": "arrived", "ticket_id": issued.id}]


async def test_todays_appointments_of_a_site_that_is_cut_off_are_left_alone(
    hall: Hall, machine: Machine
) -> None:
    today, tomorrow = await slot(hall, 0.5), await slot(hall, 24)
    made = await book(hall, today, "0912000001")
    other = await book(hall, tomorrow, "0912000002")
    await cut(machine)
    with clock.at(CAME):
        with pytest.raises(Unavailable):
            await hall.do(appointments.cancel, made.public_code)
        with pytest.raises(Unavailable):
            await hall.do(appointments.book, await slot(hall, 1), contact="0912000003")
        await hall.do(appointments.cancel, other.public_code)


async def test_a_telephone_at_a_site_that_is_cut_off_is_told_to_use_the_code(
    hall: Hall, machine: Machine
) -> None:
    made = await book(hall, await slot(hall, 0.5))
    await cut(machine)
    with clock.at(CAME):
        async with machine.work() as work:
            with pytest.raises(Unavailable) as refused:
                await remote.here(work, hall.site, "", PHONE)
            assert "mã" in refused.value.vi
            assert await remote.here(work, hall.site, made.public_code, "")
