"""The gate: what reaches the house, what is said when the database is away, what stands in the log."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx2
import pytest
import structlog

from motcua.demo.cluster import Cluster
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people.capabilities import Capability
from motcua.platform import Platform
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from motcua.web.paths import hidden
from tests.conftest import Browser

pytestmark = pytest.mark.anyio


async def test_no_tenants_page_is_served_on_the_wallets_origin(browse: Browser) -> None:
    wallet = browse("vi")
    assert (await wallet.get("/")).status_code == 200
    for path in ("/t/quang-ninh/", "/t/quang-ninh/sign-in", "/procedures", "/sign-in", "/desk"):
        answer = await wallet.get(path)
        assert answer.status_code in {401, 404}, path


async def test_a_host_that_nobody_knows_is_told_so(browse: Browser) -> None:
    answer = await browse("khong-co").get("/")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_nul_in_an_address_is_no_address(browse: Browser) -> None:
    somebody = browse("quang-ninh")
    for address in ("/board/x%00", "/queue/hong-gai%00", "/static/%00", "/procedures?q=%00"):
        assert (await somebody.get(address)).status_code == 404, address


async def test_the_body_of_a_stranger_is_not_even_read(browse: Browser) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(400):
            read += 1
            yield b"x" * 100_000

    answer = await browse("quang-ninh").post(f"/my/{uuid7()}/supplement", content=body())
    assert answer.status_code == 401
    assert read <= 400


async def test_after_a_restart_of_the_database_nobody_sees_a_crash(
    app: object, browse: Browser, prepared: Cluster
) -> None:
    client = browse("quang-ninh")
    admin = await asyncpg.connect(prepared.postgres.url("postgres", "motcua"))
    statuses: set[int] = set()
    try:
        for _ in range(5):
            await admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'mc_app'"
            )
            answers = await asyncio.gather(*(client.get("/track/KHONGCOMANAY") for _ in range(8)))
            statuses |= {a.status_code for a in answers}
    finally:
        await admin.close()
    assert statuses <= {404, 503}
    assert (await client.get("/track/KHONGCOMANAY")).status_code == 404


async def test_a_busy_pool_answers_that_it_is_busy(prepared: Cluster, quang_ninh: Tenant) -> None:
    from motcua.errors import Unavailable

    database = await Database.open(prepared.settings.database_url, size=1)
    try:
        async with database.tenant(quang_ninh) as tx:
            await tx.fetchval("select 1")
            with pytest.raises(Unavailable, match="busy"):
                async with database.tenant(quang_ninh) as other:
                    await other.fetchval("select 1")
    finally:
        await database.close()


async def test_the_law_is_read_on_the_works_own_connection(
    prepared: Cluster, platform: Platform, quang_ninh: Tenant
) -> None:
    from motcua.catalogue.adopted import Catalogue

    database = await Database.open(prepared.settings.database_url, size=1)
    try:
        catalogue = Catalogue(database)
        async with database.tenant(quang_ninh) as tx:
            law = await catalogue.of(quang_ninh, tx)
        assert law.offered()
    finally:
        await database.close()


async def test_a_dismissed_officer_has_no_session_and_a_changed_role_counts_at_once(
    platform: Platform, quang_ninh: Tenant
) -> None:
    async with platform.works.begin(quang_ninh, SYSTEM) as work:
        staff = await work.tx.fetchval(
            "insert into staff (id, username, full_name) values ($1, $2, 'Cán bộ Thử') returning id",
            uuid7(),
            f"thu-{uuid7().hex}",
        )
        old = (Capability("leader", None),)
        secret = await sessions.start(work, "staff", staff, "Cán bộ Thử", capabilities=old)
        await work.tx.execute(
            "insert into staff_role (id, staff_id, role) values ($1, $2, 'clerk')", uuid7(), staff
        )
    found = await sessions.SessionStore(platform.db).read(quang_ninh, secret)
    assert found is not None
    assert found.roles() == {"clerk"}
    async with platform.works.begin(quang_ninh, SYSTEM) as work:
        await work.tx.execute("update staff set active = false where id = $1", staff)
    assert await sessions.SessionStore(platform.db).read(quang_ninh, secret) is None


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/track/AAAABBBBCCCC", "/track/…"),
        ("/verify/AAAABBBBCCC2", "/verify/…"),
        ("/my/01a201af-4e91-791d-aa21-b76acaee4547/offer", "/my/…/offer"),
        ("/procedures/2.000908", "/procedures/2.000908"),
        ("/desk/work", "/desk/work"),
    ],
)
def test_a_path_stands_in_the_log_without_what_it_opens(path: str, logged: str) -> None:
    assert hidden(path) == logged


async def test_the_log_of_a_request_names_no_query_and_no_cookie(browse: Browser) -> None:
    client = browse("quang-ninh")
    client.cookies.set("mc_session", "khong-phai-cua-ai")
    with structlog.testing.capture_logs() as entries:
        answer: httpx2.Response = await client.get("/procedures?q=022095012345")
    assert answer.status_code == 200
    (entry,) = [e for e in entries if e["event"] == "request"]
    assert set(entry) == {"event", "log_level", "method", "path", "status", "tenant", "ms"}
    assert "022095012345" not in str(entry)
