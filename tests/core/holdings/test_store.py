"""My papers: everything of one person at one tenant, found, exported, and nobody else's."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from motcua.events.log import SYSTEM
from motcua.holdings.looks import Look, folded
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import delivery
from tests.conftest import Browser
from tests.core.desk.conftest import Office, SitDown
from tests.core.holdings.conftest import Owner
from tests.core.portal.people import sign_in, window

pytestmark = pytest.mark.anyio
_LASTING = """
insert into sealed_document (id, sha256, lasting_sha256, level, stamped_at, stamper, roots, at)
values ($1, $2, $3, 'B-LT', now(), 'mẫu', '', now())
on conflict (tenant_id, sha256) do update set lasting_sha256 = excluded.lasting_sha256
"""


async def test_results_and_papers_stand_in_one_list_with_what_they_are_worth(
    owner_: Owner,
) -> None:
    page = await owner_.seen.get("/my/papers")
    number = await owner_.one("select number from issued_result where id = $1", owner_.result)
    assert str(number) in page
    assert "Đang có hiệu lực" in page
    assert "Cán bộ đã đối chiếu bản chính" in page
    assert f"/my/{owner_.filed.id}/result.pdf" in page
    assert f"/my/{owner_.filed.id}/papers/{owner_.paper}.pdf" in page
    assert f"/my/{owner_.filed.id}/offer" in page, "into the wallet"
    assert "Phường Hồng Gai" in page


async def test_search_and_filters_find_without_diacritics(owner_: Owner) -> None:
    number = str(await owner_.one("select number from issued_result where id = $1", owner_.result))
    seen = owner_.seen
    assert number in await seen.get("/my/papers?q=hong+gai")
    assert number in await seen.get(f"/my/papers?q={number}")
    assert number not in await seen.get("/my/papers?kind=paper")
    assert number not in await seen.get("/my/papers?standing=past")
    assert "Không có giấy tờ nào khớp" in await seen.get("/my/papers?q=khongco")
    async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
        await delivery.revoke(work, owner_.result, "thử")
    past = await seen.get("/my/papers?standing=past")
    assert "Đã thu hồi" in past
    assert f"item=result:{owner_.result}" not in past, "no key to share it"
    await seen.get("/my/papers?start=-5&kind=%27&standing=x&q=%25_")


async def test_somebody_without_papers_is_told_where_to_begin(
    platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    fresh = window(browse("quang-ninh"), await sign_in(platform, quang_ninh, 77, "Hà Mới Đến"))
    assert "Chưa có giấy tờ nào ở đây" in await fresh.get("/my/papers")


async def test_nobody_sees_another_persons_store_and_no_tenant_another_ones(
    owner_: Owner, platform: Platform, thai_nguyen: Tenant, browse: Browser
) -> None:
    number = str(await owner_.one("select number from issued_result where id = $1", owner_.result))
    assert number not in await owner_.other.get("/my/papers")
    person = owner_.filed.person
    same = await sign_in(platform, thai_nguyen, 5, person.name)
    abroad = window(browse("thai-nguyen"), same)
    assert number not in await abroad.get("/my/papers")
    archive = await owner_.other.client.get("/my/papers.zip")
    with zipfile.ZipFile(io.BytesIO(archive.content)) as packed:
        assert number not in packed.read("index.json").decode()


async def test_everything_comes_as_one_archive_with_an_index(owner_: Owner) -> None:
    answer = await owner_.seen.client.get("/my/papers.zip")
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        index = json.loads(packed.read("index.json"))
        rows = list(csv.DictReader(io.StringIO(packed.read("index.csv").decode("utf-8-sig"))))
        assert index["format"] == "motcua-holdings/1"
        assert len(rows) == len(index["items"]) == len(packed.namelist()) - 2
        for item in index["items"]:
            assert sha256(packed.read(item["file"])).hexdigest() == item["sha256"]
    kinds = {item["kind"] for item in index["items"]}
    assert kinds == {"result", "paper"}
    told = "select count(*) from event where subject = $1 and type = 'holdings.exported'"
    assert await owner_.one(told, owner_.filed.person.id) == 1


async def test_the_archive_holds_the_file_that_lasts_and_says_the_hash_of_the_first(
    owner_: Owner,
) -> None:
    files = owner_.platform.files.for_tenant(owner_.tenant.id, owner_.tenant.slug)
    issued = str(
        await owner_.one("select pdf_sha256 from issued_result where id = $1", owner_.result)
    )
    longer = files.get(issued) + b"% with a time stamp"
    async with owner_.platform.db.tenant(owner_.tenant) as tx:
        await tx.execute(_LASTING, uuid7(), issued, files.put(longer).sha256)
    answer = await owner_.seen.client.get("/my/papers.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        items = json.loads(packed.read("index.json"))["items"]
        (item,) = [i for i in items if i["kind"] == "result"]
        assert packed.read(item["file"]) == longer
    assert item["sha256"] == sha256(longer).hexdigest()
    assert item["issued_sha256"] == issued
    assert {i["issued_sha256"] for i in items if i["kind"] == "paper"} == {None}


async def test_the_owner_sees_which_office_looked_and_why(
    owner_: Owner, office: Office, sit: SitDown
) -> None:
    desk = sit(office.staff["receiver"])
    await desk.get(f"/desk/dossier/{owner_.filed.id}")
    await desk.get(f"/desk/dossier/{owner_.filed.id}/papers/{owner_.paper}")
    code = await owner_.one("select code from dossier where id = $1", owner_.filed.id)
    page = await owner_.seen.get("/my/looks")
    await desk.get(f"/desk/dossier/{owner_.filed.id}/result.pdf")
    page = await owner_.seen.get("/my/looks")
    assert "Cán bộ của cơ quan, Phường Hồng Gai" in page
    assert "xem hồ sơ" in page, "a document that an officer opens counts"
    assert "mở giấy tờ" in page
    assert f"để giải quyết hồ sơ {code}" in page
    assert office.staff["receiver"].name not in page
    assert str(code) not in await owner_.other.get("/my/looks")
    assert "Chưa có ai ngoài bạn" in await owner_.seen.get("/my/looks?before=2020-01-01T00:00:00Z")


async def test_looks_name_the_procedure_in_the_language_of_the_page(
    owner_: Owner, office: Office, sit: SitDown
) -> None:
    await sit(office.staff["receiver"]).get(f"/desk/dossier/{owner_.filed.id}")
    vi = str(await owner_.one("select procedure_name from dossier where id = $1", owner_.filed.id))
    page = await owner_.seen.get("/my/looks?lang=en")
    assert vi not in page
    assert "to settle dossier" in page
    assert vi in await owner_.seen.get("/my/looks?lang=vi")


def test_the_same_look_within_an_hour_is_one_line() -> None:
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    said = (("ai", "who"), ("xem", "looked"), ("vì", "why"))
    moments = [at - timedelta(minutes=m) for m in (0, 20, 59, 61)]
    found = [Look(moment, *said) for moment in moments]
    other = Look(at - timedelta(hours=2), said[0], ("mở", "opened"), said[2])
    assert folded([*found, other]) == [(found[0], 3), (found[3], 1), (other, 1)]


async def test_pages_are_whole_in_english(owner_: Owner) -> None:
    for path, said in (
        ("/my/papers", "My papers"),
        ("/my/shares", "Papers I share"),
        ("/my/shares/new", "For whom"),
        ("/my/looks", "Who looked"),
    ):
        assert said in await owner_.seen.get(f"{path}?lang=en")
        await owner_.seen.get(f"{path}?lang=vi")
