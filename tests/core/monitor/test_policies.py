"""Policies and the settings of halls: drafts, publishing, a day played again, and what is refused."""

from datetime import date, timedelta
from typing import Any

import pytest

from motcua import clock
from motcua.dossiers.codes import local_day
from motcua.ids import uuid7
from motcua.monitor import policies_form
from motcua.queues import policies
from motcua.queues.policy import Policy
from motcua.queues.replaying import replay
from motcua.text import vn_date

from ..queues.conftest import Hall
from ..queues.past_days import a_plan, write_day
from .conftest import SignIn

pytestmark = pytest.mark.anyio
DAY = date(2026, 11, 17)
DEFAULT = policies_form.typed(Policy())


async def in_force(hall: Hall) -> Policy:
    policies.forget(hall.tenant.id)
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return await policies.policy_in_force(tx, hall.site, clock.now())


async def history(hall: Hall) -> list[policies.Version]:
    async with hall.platform.db.tenant(hall.tenant) as tx:
        return await policies.history(tx, hall.site)


async def test_a_draft_changes_nothing_until_it_is_published(worked: Hall, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    form = {**DEFAULT, "site": "sanh", "priority_in_row": "4"}
    answer = await admin.post("/monitor/policies", data={**form, "action": "draft"})
    assert answer.status_code == 303
    assert (await in_force(worked)).priority_in_row == 2
    page = (await admin.get("/monitor/policies", params={"site": "sanh"})).text
    assert "bản thảo" in page
    assert 'value="4"' in page
    answer = await admin.post("/monitor/policies", data={**form, "action": "publish"})
    assert answer.status_code == 303
    assert (await in_force(worked)).priority_in_row == 4
    [version] = await history(worked)
    assert version.version == 1


async def test_a_policy_may_begin_later(worked: Hall, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    tomorrow = local_day(clock.now()) + timedelta(days=1)
    form = {**DEFAULT, "site": "sanh", "recalls": "5", "action": "publish"}
    later = {"from_day": vn_date(tomorrow), "from_time": "07:30"}
    assert (await admin.post("/monitor/policies", data={**form, **later})).status_code == 303
    assert (await in_force(worked)).recalls == 3
    [version] = await history(worked)
    assert version.valid_from is not None
    assert version.valid_from.astimezone(clock.now().tzinfo) > clock.now()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"priority_in_row": "0"}, "priority_in_row"),
        ({"recalls": "ba"}, "recalls"),
        ({"recalls": ""}, "recalls"),
        (
            {"priority": "head_start", "priority_head_start_minutes": "x"},
            "priority_head_start_minutes",
        ),
        ({"action": "publish", "from_day": "01/01/2026"}, "from_day"),
        ({"action": "publish", "from_day": "01/01/2030", "from_time": "25:99"}, "from_time"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(
    wrong: dict[str, str], field: str, worked: Hall, sign_in: SignIn
) -> None:
    admin = await sign_in("admin")
    form = {**DEFAULT, "site": "sanh", "action": "draft", **wrong}
    answer = await admin.post("/monitor/policies", data=form)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert await history(worked) == []


async def test_only_who_administers_everywhere_writes_the_common_policy(
    worked: Hall, sign_in: SignIn
) -> None:
    form = {**DEFAULT, "site": "", "action": "draft"}
    site_admin, head = await sign_in("admin"), await sign_in("head")
    province = await sign_in("admin", unit=None)
    assert (await site_admin.post("/monitor/policies", data=form)).status_code == 403
    assert (await head.post("/monitor/policies", data={**form, "site": "sanh"})).status_code == 403
    assert (await province.post("/monitor/policies", data=form)).status_code == 303
    assert "Lưu bản thảo" not in (await site_admin.get("/monitor/policies")).text
    assert "Lưu bản thảo" in (await province.get("/monitor/policies")).text
    assert "Lưu bản thảo" not in (await head.get("/monitor/policies?site=sanh")).text


async def test_a_day_is_played_again_under_the_draft(worked: Hall, sign_in: SignIn) -> None:
    await write_day(worked, DAY, a_plan(9, 60))
    admin = await sign_in("admin")
    form = {**DEFAULT, "site": "sanh", "priority": "head_start", "priority_head_start_minutes": "0"}
    await admin.post("/monitor/policies", data={**form, "action": "draft"})
    asked = {"site": "sanh", "day": "17/11/2026"}
    page = (await admin.get("/monitor/policies", params=asked)).text
    assert "17/11/2026: 60 người" in page
    assert "Người ưu tiên, P90" in page
    empty = await admin.get("/monitor/policies", params={**asked, "day": "16/11/2026"})
    assert "không có ai được gọi" in empty.text
    wrong = await admin.get("/monitor/policies", params={**asked, "day": "x"})
    assert wrong.status_code == 422


async def test_the_common_draft_is_played_at_a_site_that_follows_it(
    worked: Hall, sign_in: SignIn
) -> None:
    await write_day(worked, DAY, a_plan(9, 60))
    admin = await sign_in("admin", unit=None)
    form = {**DEFAULT, "site": "", "priority": "head_start", "priority_head_start_minutes": "0"}
    await admin.post("/monitor/policies", data={**form, "action": "draft"})
    first = (await admin.get("/monitor/policies")).text
    assert 'name="at"' in first
    assert 'value="sanh"' in first
    asked = {"at": "sanh", "day": "17/11/2026"}
    page = (await admin.get("/monitor/policies", params=asked)).text
    [name] = [r["name"] for r in await worked.fetch("select name from site")]
    assert f"{name}, 17/11/2026: 60 người" in page
    async with worked.platform.db.tenant(worked.tenant) as tx:
        [draft] = await policies.history(tx, None)
        played = await replay(tx, worked.site, DAY, draft.policy, clock.now())
    assert played is not None
    shown = page[page.index("Người ưu tiên, P90") :]
    for outcome in (played.before, played.after):
        assert f"{outcome.kinds['priority'].p90:.1f}".replace(".", ",") in shown
    assert played.before.kinds["priority"].p90 != played.after.kinds["priority"].p90
    wrong = await admin.get("/monitor/policies", params={**asked, "day": "x"})
    assert wrong.status_code == 422
    assert 'value="sanh" selected' in wrong.text
    assert (await admin.get("/monitor/policies", params={**asked, "at": "khac"})).status_code == 404


async def test_the_common_draft_is_not_tried_where_a_policy_of_its_own_holds(
    worked: Hall, sign_in: SignIn
) -> None:
    admin = await sign_in("admin", unit=None)
    form = {**DEFAULT, "site": "sanh", "action": "publish"}
    await admin.post("/monitor/policies", data=form)
    page = (await admin.get("/monitor/policies")).text
    assert "Mọi điểm đều có quy tắc riêng" in page
    assert 'name="at"' not in page
    asked = {"at": "sanh", "day": "17/11/2026"}
    assert (await admin.get("/monitor/policies", params=asked)).status_code == 404


async def test_a_version_that_never_comes_into_force_is_marked_in_the_history(
    worked: Hall, sign_in: SignIn
) -> None:
    admin = await sign_in("admin")
    today = local_day(clock.now())
    form = {**DEFAULT, "site": "sanh", "action": "publish"}
    for recalls, days in (("4", 6), ("5", 1)):
        later = {"from_day": vn_date(today + timedelta(days=days)), "recalls": recalls}
        if days == 1:
            announced = (await admin.get("/monitor/policies", params={"site": "sanh"})).text
            assert "Phiên bản 1 đã ban hành, áp dụng từ" in announced
            assert "sắp áp dụng" in announced
            assert "bị thay thế" not in announced
        assert (await admin.post("/monitor/policies", data={**form, **later})).status_code == 303
    page = (await admin.get("/monitor/policies", params={"site": "sanh"})).text
    newer, older = page[page.index('id="history"') :].split("<strong>Phiên bản 1</strong>")
    assert "sắp áp dụng" in newer
    assert "bị thay thế" not in newer
    assert "bị thay thế" in older
    assert f"đã định áp dụng từ 00:00 {vn_date(today + timedelta(days=6))}; phiên bản sau" in older
    assert "Phiên bản 1 đã ban hành" not in page


async def row(hall: Hall, sql: str, *args: object) -> dict[str, Any]:
    [found] = await hall.fetch(sql, *args)
    return dict(found)


async def test_a_lines_promise_and_quotas_are_set(worked: Hall, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    line = worked.lines["A"]
    form = {"id": str(line), "promise_minutes": "25", "standard_minutes": "", "quota_remote": "40"}
    answer = await admin.post("/monitor/halls/sanh/line", data=form)
    assert answer.status_code == 303
    kept = await row(worked, "select * from line where id = $1", line)
    assert (kept["promise_minutes"], kept["quota_remote"]) == (25, 40)
    assert (kept["standard_minutes"], kept["quota_walk_in"]) == (None, None)
    wrong = await admin.post("/monitor/halls/sanh/line", data={**form, "promise_minutes": "0"})
    assert wrong.status_code == 422
    assert f'id="f-line-{line}-promise_minutes-error"' in wrong.text
    strange = await admin.post("/monitor/halls/sanh/line", data={**form, "id": str(uuid7())})
    assert strange.status_code == 404


async def test_a_line_is_paused_and_opened_again(worked: Hall, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    line = {"id": str(worked.lines["B"]), "why": "mất điện"}
    assert (await admin.post("/monitor/halls/sanh/pause", data=line)).status_code == 303
    assert "mất điện" in (await admin.get("/monitor/halls/sanh")).text
    assert (await admin.post("/monitor/halls/sanh/pause", data=line)).status_code == 409
    assert (await admin.post("/monitor/halls/sanh/open", data=line)).status_code == 303
    kept = await row(worked, "select paused_at from line where id = $1", worked.lines["B"])
    assert kept["paused_at"] is None


async def test_a_profile_is_written_and_given_to_a_counter(worked: Hall, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    form = {"name": "Chứng thực trước", "groups": "a, b", "spill": ""}
    assert (await admin.post("/monitor/halls/sanh/profile", data=form)).status_code == 303
    kept = await row(worked, "select * from work_profile")
    assert (kept["groups"], kept["spill"]) == ([["A"], ["B"]], [])
    changed = {**form, "id": str(kept["id"]), "groups": "B", "spill": "A"}
    assert (await admin.post("/monitor/halls/sanh/profile", data=changed)).status_code == 303
    kept = await row(worked, "select * from work_profile")
    assert (kept["groups"], kept["spill"]) == ([["B"]], ["A"])
    seat = {"id": str(worked.counters[0]), "profile_id": str(kept["id"])}
    assert (await admin.post("/monitor/halls/sanh/counter", data=seat)).status_code == 303
    found = await row(worked, "select profile_id from counter where id = $1", worked.counters[0])
    assert found["profile_id"] == kept["id"]
    assert "Chứng thực trước" in (await admin.get("/monitor/halls/sanh")).text


@pytest.mark.parametrize(
    "wrong",
    [{"groups": ""}, {"groups": "Z"}, {"groups": "A A"}, {"spill": "A"}, {"name": " "}],
)
async def test_a_profile_that_cannot_be_is_refused(
    wrong: dict[str, str], worked: Hall, sign_in: SignIn
) -> None:
    admin = await sign_in("admin")
    form = {"name": "Nhóm", "groups": "A", "spill": "", **wrong}
    answer = await admin.post("/monitor/halls/sanh/profile", data=form)
    assert answer.status_code == 422
    assert await worked.fetch("select 1 from work_profile") == []


async def test_an_officers_skills_are_set(worked: Hall, sign_in: SignIn) -> None:
    await worked.token("staff")  # the first officer becomes a receiver of the unit
    land, other = uuid7(), uuid7()
    async with worked.work() as work:
        for skill, key in ((land, "land"), (other, "other")):
            sql = "insert into skill (id, key, name_vi, name_en) values ($1, $2, $2, $2)"
            await work.tx.execute(sql, skill, key)
    admin = await sign_in("admin")
    who = str(worked.staff[0])
    for chosen in ([land, other], [other]):
        form = {"id": who, "skill": [str(skill) for skill in chosen]}
        assert (await admin.post("/monitor/halls/sanh/skills", data=form)).status_code == 303
        kept = await worked.fetch("select skill_id from staff_skill")
        assert {r["skill_id"] for r in kept} == set(chosen)
    elsewhere = uuid7()
    await worked.fetch(
        "insert into staff (id, username, full_name) values ($1, $2, 'Cán bộ nơi khác')",
        elsewhere,
        elsewhere.hex,
    )
    strange = {"id": str(elsewhere), "skill": [str(land)]}
    assert (await admin.post("/monitor/halls/sanh/skills", data=strange)).status_code == 404


async def test_a_head_looks_and_changes_nothing(worked: Hall, sign_in: SignIn) -> None:
    head = await sign_in("head")
    page = await head.get("/monitor/halls/sanh")
    assert page.status_code == 200
    assert "Lưu" not in page.text
    form = {"id": str(worked.lines["A"]), "promise_minutes": "5"}
    assert (await head.post("/monitor/halls/sanh/line", data=form)).status_code == 403
    admin = await sign_in("admin")
    assert (await admin.post("/monitor/halls/sanh/nothing", data=form)).status_code == 404
    assert (await admin.get("/monitor/halls/khac")).status_code == 404
