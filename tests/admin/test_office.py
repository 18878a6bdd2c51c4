"""The national office: one page, the same figures as CSV and JSON, and nobody's name in any of them."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import httpx2
import pytest

from motcua.dossiers.codes import local_day
from motcua.errors import Invalid
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people.capabilities import Capability
from motcua.platform import Platform
from motcua.reporting import national
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from motcua_admin import span
from tests.conftest import Browser, NewTenant, tenant_named

pytestmark = pytest.mark.anyio

_ROLLUP = "insert into rollup_day (day, metric, n, last_at) values ($1, $2, $3, now())"
_DUE = "insert into due_day (day, n) values ($1, $2)"
_NAME = "update tenant set name = $2 where id = $1"
_PERSON = """
insert into person (id, pid_index, pid_sealed, full_name, folded)
values ($1, $2, $2, 'Ngô Thị Không Được Thấy', 'ngo thi khong duoc thay')
"""
PAGES = ("/", "/x/admin/national", "/x/admin/national.json", "/x/admin/national.csv")


@pytest.fixture
async def office(platform: Platform, browse: Browser) -> AsyncIterator[httpx2.AsyncClient]:
    """Sign a member of the national office in at its host."""
    tenant = tenant_named(platform, "quoc-gia")
    async with platform.works.begin(tenant, SYSTEM) as work:
        held = (Capability("national", None),)
        secret = await sessions.start(work, "staff", uuid7(), "Cán bộ thử", capabilities=held)
    client = browse("quoc-gia")
    client.cookies.update({sessions.COOKIE: secret})
    yield client
    await national.close(platform)


async def _province(
    platform: Platform, owner: Database, new_tenant: NewTenant, name: str, **metrics: int
) -> Tenant:
    tenant = await new_tenant()
    async with owner.platform() as tx:
        await tx.execute(_NAME, tenant.id, name)
    today = local_day(datetime.now(UTC))
    async with platform.db.tenant(tenant) as tx:
        for metric, n in metrics.items():
            await tx.execute(_ROLLUP, today, metric, n)
        await tx.execute(_DUE, today - timedelta(1), 6)
        await tx.execute(_PERSON, uuid7(), b"1")
    return tenant


async def test_the_start_page_of_the_national_host_shows_every_province_and_no_person(
    office: httpx2.AsyncClient, platform: Platform, owner: Database, new_tenant: NewTenant
) -> None:
    await _province(
        platform,
        owner,
        new_tenant,
        "Tỉnh Mẫu Một",
        received=1234,
        open=77,
        finished=90,
        on_time=80,
        late=10,
    )
    await _province(
        platform,
        owner,
        new_tenant,
        "Tỉnh Mẫu Hai",
        received=31,
        open=9,
        finished=22,
        on_time=20,
        late=2,
    )
    # A second small row: one alone would take the smallest other with it.
    await _province(platform, owner, new_tenant, "Tỉnh Mẫu Ba", finished=6, on_time=5, late=1)
    answer = await office.get("/")
    assert answer.status_code == 200
    for said in ("Tỉnh Mẫu Một", "1.234", "88 %", "Tỉnh Mẫu Hai", "&lt;5", "ẩn", "<svg"):
        assert said in answer.text, said
    assert "Không Được Thấy" not in answer.text
    english = await office.get("/?lang=en")
    assert "1,234" in english.text


async def test_the_data_for_programs_hides_what_is_small(
    office: httpx2.AsyncClient, platform: Platform, owner: Database, new_tenant: NewTenant
) -> None:
    big = await _province(
        platform,
        owner,
        new_tenant,
        "Tỉnh Lớn",
        received=50,
        open=5,
        finished=45,
        on_time=40,
        late=5,
    )
    small = await _province(
        platform, owner, new_tenant, "Tỉnh Nhỏ", received=9, open=1, finished=8, on_time=7, late=1
    )
    found = (await office.get("/x/admin/national.json?days=1")).json()
    shown = {p["slug"]: p for p in found["provinces"]}
    day = shown[big.slug]["days"][-1]
    assert (day["on_time"], day["late"], day["on_time_percent"]) == (40, 5, 88)
    assert (shown[big.slug]["waiting"], shown[big.slug]["overdue"]) == (5, 6)
    hidden = shown[small.slug]["days"][-1]
    assert (hidden["on_time"], hidden["late"], hidden["on_time_percent"]) == (None, None, None)
    assert hidden["finished"] == 8


async def test_the_download_has_a_line_for_each_province_and_day(
    office: httpx2.AsyncClient, platform: Platform, owner: Database, new_tenant: NewTenant
) -> None:
    tenant = await _province(
        platform, owner, new_tenant, "Tỉnh Tải", received=9, open=1, finished=8, on_time=7, late=1
    )
    answer = await office.get("/x/admin/national.csv?days=7")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    mine = [r for r in rows if r["slug"] == tenant.slug]
    assert len(mine) == 7
    assert (mine[-1]["received"], mine[-1]["overdue_now"], mine[-1]["late"]) == ("9", "6", "<5")
    assert mine[0]["overdue_now"] == ""


async def test_the_days_of_one_province_can_be_asked_for(
    office: httpx2.AsyncClient, platform: Platform, owner: Database, new_tenant: NewTenant
) -> None:
    tenant = await _province(platform, owner, new_tenant, "Tỉnh Chọn", received=4321)
    answer = await office.get(f"/x/admin/national?days=1&province={tenant.slug}")
    assert "Theo ngày: Tỉnh Chọn" in answer.text
    missing = await office.get("/x/admin/national?province=atlantis")
    assert missing.status_code == 404


@pytest.mark.parametrize("query", ["from=32/1/2026", "from=2026-02-02&to=2026-01-01", "to=mai"])
async def test_a_span_that_cannot_be_read_is_said_beside_its_field(
    office: httpx2.AsyncClient, query: str
) -> None:
    answer = await office.get(f"/x/admin/national?{query}")
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert (await office.get(f"/x/admin/national.json?{query}")).status_code == 422


@pytest.mark.parametrize("path", PAGES)
async def test_nobody_and_no_province_sees_the_national_office(
    platform: Platform, quang_ninh: Tenant, browse: Browser, path: str
) -> None:
    assert (await browse("quoc-gia").get(path)).status_code == 401
    if path != "/":
        client = browse("quang-ninh")
        async with platform.works.begin(quang_ninh, SYSTEM) as work:
            held = (Capability("national", None), Capability("admin", None))
            secret = await sessions.start(work, "staff", uuid7(), "X", capabilities=held)
        client.cookies.update({sessions.COOKIE: secret})
        assert (await client.get(path)).status_code == 404


async def test_staff_of_the_office_without_the_role_are_refused(
    platform: Platform, browse: Browser
) -> None:
    client = browse("quoc-gia")
    async with platform.works.begin(tenant_named(platform, "quoc-gia"), SYSTEM) as work:
        secret = await sessions.start(work, "staff", uuid7(), "X")
    client.cookies.update({sessions.COOKIE: secret})
    assert (await client.get("/x/admin/national")).status_code == 403


def test_a_span_is_read_as_people_and_programs_write_it() -> None:
    today = local_day(datetime.now(UTC))
    assert span.read({}) == span.Span(today - timedelta(6), today, 7)
    assert span.read({"days": "1"}) == span.Span(today, today, 1)
    assert span.read({"days": "999"}).days == 7
    asked = span.read({"from": "01/02/2026", "to": "2026-02-03"})
    assert asked == span.Span(date(2026, 2, 1), date(2026, 2, 3))
    assert asked.query == "from=2026-02-01&to=2026-02-03"
    assert span.read({"to": "2026-02-03"}).first == date(2026, 2, 3)
    with pytest.raises(Invalid):
        span.read({"from": "1/2"})
