"""The statutory clock as it is stored: pauses, the one extension, and what a new calendar does to it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from motcua import onboarding
from motcua.catalogue.calendars import keep_calendar
from motcua.dossiers import clock, clock_changes, clock_orders, extension
from motcua.dossiers.changes import lock
from motcua.dossiers.extension import Order
from motcua.dossiers.law import law_of
from motcua.errors import Conflict, Invalid
from motcua.events.log import SYSTEM, Actor
from motcua.events.work import Work
from motcua.files.store import TenantFiles
from motcua.ids import uuid7
from motcua.keys import rotation
from motcua.people.capabilities import Capability
from motcua.platform import Platform
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from motcua.worktime import Calendar, Limit, due, is_working_day
from tests.conftest import NewTenant
from tests.core.dossiers.drawn import Place, bpmn, task

pytestmark = pytest.mark.anyio
PLAIN = bpmn(
    '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="check"/>'
    + task("check", "e")
    + '<endEvent id="e"/>'
)
_STAFF = "insert into staff (id, username, full_name) values ($1, $2, $3)"
_ROLE = "insert into staff_role (id, staff_id, unit_id, role) values ($1, $2, $3, $4)"
_BACK = """
update dossier set accepted_at = accepted_at - $2::interval, submitted_at = submitted_at - $2::interval
where id = $1
"""
LIMIT = Limit("working_days", 3)
Browse = Callable[[str], httpx2.AsyncClient]


class Clocks(Place):
    """A place whose dossiers have three working days, and officers."""

    calendar: dict[str, Any]

    async def officer(self, role: str) -> tuple[Actor, str]:
        """Employ somebody; returns who acts and the token of a session."""
        staff, name = uuid7(), f"Cán bộ {role}"
        held = (Capability(role, self.unit),)
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            await work.tx.execute(_STAFF, staff, f"{role}.{staff.hex}", name)
            await work.tx.execute(_ROLE, uuid7(), staff, self.unit, role)
            token = await sessions.start(work, "staff", staff, name, capabilities=held)
        return Actor("staff", staff, name), token

    async def do(self, dossier: UUID, what: Callable[[Work, Any, Any], Any]) -> None:
        """Do something with a locked dossier and its package, in one work."""
        async with self.platform.works.begin(self.tenant, SYSTEM) as work:
            row = await lock(work, dossier)
            _, procedure = await law_of(self.platform, work, row)
            await what(work, row, procedure.package)

    async def pause(self, dossier: UUID, reason: str) -> None:
        await self.do(dossier, lambda work, row, _: clock.pause(work, row["id"], reason))

    async def resume(self, dossier: UUID, reason: str) -> None:
        await self.do(dossier, lambda work, row, p: clock.resume(work, row, p, reason))

    async def back(self, dossier: UUID, days: int) -> None:
        """Let a dossier have begun so many days earlier."""
        async with self.platform.db.tenant(self.tenant) as tx:
            await tx.execute(_BACK, dossier, timedelta(days=days))
            await tx.execute(
                "update clock_pause set started_at = started_at - $2::interval where dossier_id = $1",
                dossier,
                timedelta(days=days),
            )

    async def payloads(self, dossier: UUID, kind: str) -> list[dict[str, Any]]:
        sql = "select payload from event where subject = $1 and type = $2 order by id"
        async with self.platform.db.tenant(self.tenant) as tx:
            found = [dict(row["payload"]) for row in await tx.fetch(sql, dossier, kind)]
        moments = {"old", "due"}
        return [
            {k: datetime.fromisoformat(v) if k in moments else v for k, v in payload.items()}
            for payload in found
        ]

    async def load(self, version: str, *off: date) -> bool:
        """Load a further version of the calendar, with days off more."""
        rows = [
            {"date": day.isoformat(), "name_vi": "Nghỉ mẫu", "name_en": "Sample"} for day in off
        ]
        data = self.calendar | {"version": version, "off": [*self.calendar["off"], *rows]}
        async with self.owner.tenant(self.tenant) as tx:
            return await keep_calendar(tx, data)


@pytest.fixture
async def place(
    platform: Platform, owner: Database, quang_ninh: Tenant, new_tenant: NewTenant
) -> Clocks:
    made = Clocks(platform, owner, await new_tenant())
    async with platform.db.tenant(quang_ninh) as tx:
        made.calendar = await tx.fetchval("select content from tenant_calendar limit 1")
    await made.build(made.calendar)
    await made.adopt(PLAIN)
    return made


def working_days_from(calendar: Calendar, day: date, count: int) -> list[date]:
    days = [day + timedelta(days=n) for n in range(1, 40)]
    return [d for d in days if is_working_day(calendar, d)][:count]


def lines_of(row: Any) -> list[str]:
    return [line["vi"] for line in row["derivation"]]


async def test_a_pause_moves_the_due_date_when_it_ends(place: Clocks) -> None:
    dossier = await place.dossier()
    promised = await place.row(dossier)
    await place.pause(dossier, "opinion")
    assert (await place.row(dossier))["paused_since"] is not None
    assert (await place.row(dossier))["due_at"] == promised["due_at"]
    await place.back(dossier, 7)
    await place.resume(dossier, "opinion")
    row = await place.row(dossier)
    assert row["paused_since"] is None
    assert row["original_due_at"] == promised["due_at"]
    # Begun a week earlier, stood still since then: three working days are left from today on.
    assert row["due_at"] == promised["due_at"]
    assert any("chờ ý kiến của cơ quan khác" in line for line in lines_of(row))
    assert (await place.payloads(dossier, "clock.resumed"))[0]["due"] == row["due_at"]


async def test_the_clock_goes_on_when_the_last_reason_has_ended(place: Clocks) -> None:
    dossier = await place.dossier()
    await place.pause(dossier, "supplement")
    await place.pause(dossier, "opinion")
    with pytest.raises(Conflict):
        await place.pause(dossier, "opinion")
    await place.resume(dossier, "supplement")
    assert (await place.row(dossier))["paused_since"] is not None
    await place.resume(dossier, "opinion")
    assert (await place.row(dossier))["paused_since"] is None
    told = [kind for kind in await place.told(dossier) if kind.startswith("clock.")]
    assert told == ["clock.paused", "clock.paused", "clock.pause_ended", "clock.resumed"]
    with pytest.raises(Conflict):
        await place.resume(dossier, "opinion")


async def test_a_clock_that_stops_ends_what_paused_it(place: Clocks) -> None:
    dossier = await place.dossier()
    await place.pause(dossier, "force_majeure")
    await place.do(dossier, lambda work, row, package: clock.stop(work, row, package))
    row = await place.row(dossier)
    assert row["paused_since"] is None
    assert row["clock_stopped_at"] is not None
    async with place.platform.db.tenant(place.tenant) as tx:
        assert [r["ended_at"] is not None for r in await clock.pauses(tx, dossier)] == [True]


async def test_an_officer_says_why_the_clock_stands_still(place: Clocks) -> None:
    dossier = await place.dossier()
    for reason, note in (("supplement", "x"), ("", "x"), ("opinion", "  ")):
        with pytest.raises(Invalid) as caught:
            async with place.platform.works.begin(place.tenant, SYSTEM) as work:
                await clock_orders.hold(work, dossier, reason, note)
        assert caught.value.fields
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await clock_orders.hold(work, dossier, "opinion", "Chờ Sở Tư pháp trả lời")
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        await clock_orders.release(place.platform, work, dossier, "opinion")
    assert (await place.row(dossier))["paused_since"] is None
    with pytest.raises(Conflict):
        async with place.platform.works.begin(place.tenant, SYSTEM) as work:
            await clock_orders.release(place.platform, work, dossier, "supplement")


async def _leader(place: Clocks) -> Actor:
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        settings = place.platform.settings
        await rotation.make_missing(work.tx, work.vault, settings, work.now)
    actor, _ = await place.officer("leader")
    return actor


async def _anybody(_: Work) -> None:
    return None


async def test_an_extension_is_granted_once_with_a_signed_letter(place: Clocks) -> None:
    leader, dossier = await _leader(place), await place.dossier()
    before = await place.row(dossier)
    platform, order = place.platform, Order(2, "Nhiều hồ sơ trong đợt cao điểm")
    new = await extension.extend(platform, place.tenant, leader, dossier, order, _anybody)
    row = await place.row(dossier)
    assert row["due_at"] == new > before["due_at"]
    assert row["original_due_at"] == before["due_at"]
    calendar = Calendar.from_data(place.calendar)
    assert new == due(calendar, Limit("working_days", 5), row["accepted_at"]).at
    assert any(line.startswith("Xin lỗi và hẹn lại") for line in lines_of(row))
    assert not any("cao điểm" in line for line in lines_of(row)), "not for whoever holds the code"
    files: TenantFiles = platform.files.for_tenant(place.tenant.id, place.tenant.slug)
    async with platform.works.begin(place.tenant, SYSTEM) as work:
        pdf = files.get(await extension.letter(work, row))
    assert pdf.startswith(b"%PDF")
    assert b"/ByteRange" in pdf
    (told,) = await place.payloads(dossier, "clock.extended")
    assert (told["old"], told["due"]) == (before["due_at"], new)
    with pytest.raises(Conflict, match="no second time"):
        await extension.extend(platform, place.tenant, leader, dossier, order, _anybody)


async def test_an_extension_after_expiry_or_out_of_bounds_is_refused(place: Clocks) -> None:
    leader, dossier = await _leader(place), await place.dossier()

    async def extend(days: int, reason: str = "Chậm") -> None:
        order = Order(days, reason)
        await extension.extend(place.platform, place.tenant, leader, dossier, order, _anybody)

    for days, reason, field in ((0, "x", "days"), (366, "x", "days"), (1, " ", "reason")):
        with pytest.raises(Invalid) as caught:
            await extend(days, reason)
        assert field in caught.value.fields
    await place.back(dossier, 30)
    with pytest.raises(Conflict, match="has passed"):
        await extend(1)
    assert "clock.extended" not in await place.told(dossier)


async def test_a_new_calendar_moves_every_open_dossier_and_tells_each_once(
    place: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_changes, "BATCH", 2)
    dossiers = [await place.dossier() for _ in range(5)]
    closed = await place.dossier()
    async with place.platform.db.tenant(place.tenant) as tx:
        await tx.execute("update dossier set state = 9, finished_at = now() where id = $1", closed)
    before = {d: (await place.row(d))["due_at"] for d in [*dossiers, closed]}
    calendar = Calendar.from_data(place.calendar)
    first = working_days_from(calendar, datetime.now(calendar.zone).date(), 1)[0]
    assert await place.load("test-2", first)
    assert not await place.load("test-2", first), "loaded again, it is the same"
    while await place.work_off(everything=True):
        pass
    loaded = Calendar.from_data(
        place.calendar | {"off": [*place.calendar["off"], {"date": first.isoformat()}]}
    )
    for dossier in dossiers:
        row = await place.row(dossier)
        assert row["due_at"] == due(loaded, LIMIT, row["accepted_at"]).at > before[dossier]
        (told,) = await place.payloads(dossier, "clock.recomputed")
        assert (told["old"], told["due"]) == (before[dossier], row["due_at"])
        assert told["version"] == "test-2"
        assert "Không tính" in "\n".join(lines_of(row))
        assert any("test-2" in line for line in lines_of(row))
    assert (await place.row(closed))["due_at"] == before[closed]
    assert await place.payloads(closed, "clock.recomputed") == []


async def test_a_recomputation_that_is_killed_goes_on_and_tells_nobody_twice(
    place: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_changes, "BATCH", 2)
    dossiers = [await place.dossier() for _ in range(5)]
    calendar = Calendar.from_data(place.calendar)
    await place.load("test-2", *working_days_from(calendar, datetime.now(calendar.zone).date(), 2))
    again, calls = clock_changes._again, 0

    async def dies(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls in (2, 5):
            raise RuntimeError("killed")
        await again(*arguments)

    monkeypatch.setattr(clock_changes, "_again", dies)
    while await place.work_off(everything=True):
        pass
    told = [await place.payloads(d, "clock.recomputed") for d in dossiers]
    assert [len(events) for events in told] == [1] * 5


async def test_a_calendar_that_changed_under_its_version_is_refused(
    place: Clocks, platform: Platform, owner: Database, tmp_path: Path
) -> None:
    await place.load("test-2")
    with pytest.raises(ValueError, match=r"stored with other days.*raise its version"):
        await place.load("test-2", date(2026, 12, 25))
    with pytest.raises(ValueError, match="version is missing"):
        await place.load("")
    source = Path(onboarding.__file__).parents[2] / "tenants" / "quang-ninh"
    for file in source.iterdir():
        text = file.read_text(encoding="utf-8")
        if file.name == "calendar.toml":
            text = text.replace("2026-11-24", "2026-11-25")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"version 2025-2027.1 is stored with other days"):
        await onboarding.load_tenant(owner, tmp_path, "localhost")


async def test_the_first_calendar_of_a_tenant_is_no_change(
    platform: Platform, owner: Database, new_tenant: NewTenant, place: Clocks
) -> None:
    tenant = await new_tenant()
    async with owner.tenant(tenant) as tx:
        assert await keep_calendar(tx, place.calendar)
        sql = "select count(*) from event where type = 'calendar.changed'"
        assert await tx.fetchval(sql) == 0


async def test_the_first_answer_moves_with_the_calendar_too(place: Clocks) -> None:
    dossier = await place.dossier()
    async with place.platform.db.tenant(place.tenant) as tx:
        await tx.execute(
            "update dossier set state = 1, accepted_at = null, due_at = null where id = $1", dossier
        )
    before = (await place.row(dossier))["react_by"]
    calendar = Calendar.from_data(place.calendar)
    today = datetime.now(calendar.zone).date()
    await place.load("test-2", *working_days_from(calendar, today - timedelta(days=1), 3))
    while await place.work_off(everything=True):
        pass
    after = (await place.row(dossier))["react_by"]
    assert after > before
    (told,) = await place.payloads(dossier, "clock.reaction_moved")
    assert told["due"] == after


async def test_next_years_calendar_is_used_for_dates_of_next_year(place: Clocks) -> None:
    years = {"valid_from": "2028-01-01", "valid_until": "2028-12-31", "off": [], "working": []}
    async with place.owner.tenant(place.tenant) as tx:
        assert await keep_calendar(tx, place.calendar | years | {"version": "2028"})
    place.platform.catalogue.forget(place.tenant)
    calendar = (await place.platform.catalogue.of(place.tenant)).calendar
    assert calendar.version == place.calendar["version"]
    assert calendar.covers(date(2028, 6, 1))
    assert not calendar.covers(date(2029, 6, 1))


async def test_programs_ask_for_the_clock_and_its_reasons(place: Clocks, browse: Browse) -> None:
    await _leader(place)
    dossier = await place.dossier()
    row = await place.row(dossier)
    async with place.platform.works.begin(place.tenant, SYSTEM) as work:
        citizen = await sessions.start(work, "citizen", row["subject_id"], "Nguyễn Thị Thử")
        stranger = await sessions.start(work, "citizen", uuid7(), "Người Khác")
    client = browse(place.tenant.slug)
    tokens = {role: (await place.officer(role))[1] for role in ("receiver", "specialist", "leader")}

    async def ask(token: str, path: str, **data: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {token}"}
        if data:
            return await client.post(path, json=data, headers=headers)
        return await client.get(path, headers=headers)

    mine, staff = f"/api/dossiers/{dossier}/clock", f"/api/staff/dossiers/{dossier}/clock"
    shown = (await ask(citizen, mine)).json()
    assert shown["state"] == "running"
    assert shown["calendar"] == place.calendar["version"]
    assert shown["derivation"][0]["vi"].startswith("Hồ sơ được tiếp nhận lúc")
    assert shown["derivation"][-1]["en"].startswith("Due: ")
    assert (await ask(stranger, mine)).status_code == 404
    held = {"reason": "opinion", "note": "Chờ Sở Tư pháp trả lời"}
    assert (await ask(tokens["receiver"], f"{staff}/pause", **held)).status_code == 403
    paused = (await ask(tokens["specialist"], f"{staff}/pause", **held)).json()
    assert paused["state"] == "paused"
    assert paused["pauses"][0]["reason_en"] == "waiting for the opinion of another agency"
    assert (await ask(citizen, mine)).json()["pauses"][0]["note"] == held["note"]
    assert (await ask(tokens["specialist"], f"{staff}/pause", **held)).status_code == 409
    told = await ask(tokens["specialist"], f"{staff}/resume", reason="opinion")
    assert told.json()["state"] == "running"
    more = {"days": 2, "reason": "Nhiều hồ sơ"}
    assert (await ask(tokens["specialist"], f"{staff}/extend", **more)).status_code == 403
    extended = await ask(tokens["leader"], f"{staff}/extend", **more)
    assert extended.json()["extension"]["days"] == 2
    assert (await ask(tokens["leader"], f"{staff}/extend", **more)).status_code == 409
    public = await client.get(f"/api/track/{row['track_code']}")
    assert "Sở Tư pháp" not in public.text
    assert "Nhiều hồ sơ" not in public.text
    kinds = [event["type"] for event in public.json()["events"]]
    assert kinds[-3:] == ["clock.paused", "clock.resumed", "clock.extended"]
