"""One tap: what the store offers to a new application, with what provenance, and what is never offered."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from motcua import clock
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import delivery
from tests.conftest import Browser
from tests.core.holdings.conftest import Owner
from tests.core.portal.people import COPY, photo, picture, sign_in, submit, window
from tests.core.portal.test_apply import allowance

pytestmark = pytest.mark.anyio
_GIVE = """
update issued_result set type = 'register-copy', claims_sealed = $2, expires_at = $3 where id = $1
"""
_COMPONENTS = """
select c.paper_key, c.provenance, c.evidence, c.compared_at, c.sha256 from component c
join dossier d on d.tenant_id = c.tenant_id and d.id = c.dossier_id
where d.track_code = $1 order by c.paper_key
"""
OFFERED = "Giấy tờ bạn đã có ở đây"


async def holds(own: Owner, name: str = "Nguyễn Văn An", expires: Any = None) -> UUID:
    """Make the owner's result a confirmation of disability of a person."""
    claims = {"register_kind": "disability", "full_name": name}
    async with own.platform.works.begin(own.tenant, SYSTEM) as work:
        sealed = work.vault.seal(msgspec.json.encode(claims).decode())
        await work.tx.execute("delete from draft where person_id = $1", own.filed.person.id)
        await work.tx.execute(_GIVE, own.result, sealed, expires)
    return own.result


async def again(own: Owner) -> str:
    """Begin a second application like the first; returns its path."""
    answer = await own.seen.post(f"/apply/{COPY}/again")
    return str(answer.headers["location"])


async def components(own: Owner, track_code: str) -> list[Any]:
    async with own.platform.db.tenant(own.tenant) as tx:
        return await tx.fetch(_COMPONENTS, track_code)


async def test_an_own_result_stands_for_a_paper_with_one_tap(owner_: Owner) -> None:
    result = await holds(owner_)
    home = await allowance(owner_.seen)
    page = await owner_.seen.get(f"{home}/papers")
    assert OFFERED in page
    assert "Kết quả của bạn, cơ quan cấp ký số" in page
    await owner_.seen.post(f"{home}/papers/use", {"use": f"evidence=result:{result}"})
    page = await owner_.seen.get(f"{home}/papers")
    assert "Kết quả của bạn" in page
    assert OFFERED not in page
    track_code = await submit(owner_.seen, home)
    rows = await components(owner_, track_code)
    assert [(r["paper_key"], r["provenance"]) for r in rows] == [("evidence", "issuer-signed")]
    assert rows[0]["evidence"]["result"] == str(result)
    assert "Nguyễn" not in str(rows[0]["evidence"])
    given = "select scopes from consent where purpose = 'reuse:1.001776' and person_id = $1"
    assert await owner_.one(given, owner_.filed.person.id) == [f"evidence=result:{result}"]
    used = "select count(*) from event where subject = $1 and type = 'result.used'"
    assert await owner_.one(used, result) == 1
    assert track_code in await owner_.seen.get("/my/papers?kind=result"), "where it was used"


async def test_what_an_officer_compared_stays_compared(owner_: Owner) -> None:
    home = await again(owner_)
    page = await owner_.seen.get(f"{home}/papers")
    assert "Cán bộ đã đối chiếu bản chính" in page
    assert "đối chiếu ngày" in page
    await owner_.seen.post(f"{home}/papers/use", {"all": "1"})
    track_code = await submit(owner_.seen, home)
    row = (await components(owner_, track_code))[0]
    assert row["provenance"] == "officer-compared"
    assert row["evidence"]["compared_by"]
    before = "select compared_at from component where id = $1"
    assert row["compared_at"] == await owner_.one(before, owner_.paper), "the comparison is as old"


async def test_an_old_comparison_counts_no_longer(owner_: Owner) -> None:
    with clock.at(clock.now() + timedelta(days=366)):
        async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
            from motcua.holdings import reuse

            paper = await work.tx.fetchval(
                "select f.id from stored_file f join component c on c.sha256 = f.sha256"
                " where c.id = $1 limit 1",
                owner_.paper,
            )
            assert await reuse.compared(work, owner_.filed.person.id, [paper]) == {}


async def test_what_nobody_compared_is_offered_as_scanned_with_its_age(
    owner_: Owner,
) -> None:
    update = "update component set provenance = 'self-scanned', compared_at = null where id = $1"
    async with owner_.platform.db.tenant(owner_.tenant) as tx:
        await tx.execute(update, owner_.paper)
    home = await again(owner_)
    page = await owner_.seen.get(f"{home}/papers")
    assert "Người nộp tự quét" in page
    assert "nộp lần đầu ngày" in page
    await owner_.seen.post(f"{home}/papers/use", {"all": "1"})
    row = (await components(owner_, await submit(owner_.seen, home)))[0]
    assert (row["provenance"], row["evidence"]) == ("self-scanned", None)


@pytest.mark.parametrize(
    "how", ["revoked", "suspended", "expired", "somebody else's", "other kind"]
)
async def test_what_is_not_in_force_or_not_fitting_is_never_offered(
    owner_: Owner, how: str
) -> None:
    expires = clock.now() - timedelta(hours=1) if how == "expired" else None
    result = await holds(
        owner_, "Người Khác" if how == "somebody else's" else "Nguyễn Văn An", expires
    )
    async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
        if how in ("revoked", "suspended"):
            act = delivery.revoke if how == "revoked" else delivery.suspend
            await act(work, result, "thử")
        if how == "other kind":
            await work.tx.execute("update issued_result set type = 'other' where id = $1", result)
    home = await allowance(owner_.seen)
    assert OFFERED not in await owner_.seen.get(f"{home}/papers")
    asked = {"use": f"evidence=result:{result}"}
    await owner_.seen.post(f"{home}/papers/use", asked, status=409)


async def test_what_is_withdrawn_between_the_tap_and_the_submission_is_refused(
    owner_: Owner,
) -> None:
    result = await holds(owner_)
    home = await allowance(owner_.seen)
    await owner_.seen.post(f"{home}/papers/use", {"all": "1"})
    await owner_.seen.post(f"{home}/papers", {"action": "continue"})
    await owner_.seen.post(f"{home}/unit", {"unit": "06685"})
    async with owner_.platform.works.begin(owner_.tenant, SYSTEM) as work:
        await delivery.revoke(work, result, "Cấp sai")
    answer = await owner_.seen.post(f"{home}/check", {"truth": "1"}, status=422)
    assert "không còn hiệu lực" in answer.text
    await owner_.seen.post(f"{home}/papers", {"drop": "evidence"})
    await owner_.seen.post(f"{home}/papers", {"action": "upload"}, photo("evidence", picture(9)))
    await submit(owner_.seen, home)


async def test_nobody_uses_what_somebody_else_holds(
    owner_: Owner, platform: Platform, quang_ninh: Tenant, browse: Browser
) -> None:
    result = await holds(owner_)
    thief = window(browse("quang-ninh"), await sign_in(platform, quang_ninh, 4, "Lê Thị Mới"))
    async with platform.db.tenant(quang_ninh) as tx:
        await tx.execute("delete from draft")
    home = await allowance(thief)
    assert OFFERED not in await thief.get(f"{home}/papers")
    for use in (f"evidence=result:{result}", f"evidence=file:{owner_.paper}", "x", ""):
        await thief.post(f"{home}/papers/use", {"use": use}, status=409)
    mine = await allowance(owner_.seen)
    await thief.post(f"{mine}/papers/use", {"all": "1"}, status=404)
