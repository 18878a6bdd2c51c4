"""``motcua deliveries``, and a ``channels.toml`` that is not right: it is told with its field, and nothing changes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from motcua.errors import Invalid
from motcua.onboarding import load_tenant
from motcua.platform import Platform
from motcua.tenancy.db import Database
from tests.conftest import Command

from .conftest import Courier, Post

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]
Run = Callable[..., Any]


@pytest.fixture
def run(command: Command) -> Run:
    async def call(*words: str) -> Any:
        said = await command("deliveries", *words[:1], "--tenant", "quang-ninh", *words[1:])
        assert said.exit_code == 0, said.output
        return json.loads(said.stdout)

    return call


async def test_the_operator_sees_what_is_stuck_tries_again_and_chooses_another_way(
    run: Run, post: Post, couriers: list[Courier]
) -> None:
    couriers[0].raises = RuntimeError("away")
    post.platform.plugins.breakers.after = 1000
    failing = post.ordered(ways=[{"order": ["courier"]}])
    ready = await failing.issue()
    await failing.run(ready)
    (mine,) = [d for d in (await run("list"))["stuck"] if d["result"] == str(ready.id)]
    assert (mine["channel"], mine["reason"], mine["attempts"]) == ("courier", "tried", 8)
    code = str((await failing.dossier(ready))["track_code"])
    assert (await run("again", mine["delivery"]))["done"] == "again"
    assert (await failing.states(ready))["courier"] == "owed"
    chosen = await run("choose", mine["delivery"], "--channel", "post")
    rows = await failing.book(ready)
    assert chosen["delivery"] == str(rows["post"]["id"])
    assert rows["courier"]["reason"] == "by_staff"
    assert code not in chosen


async def test_a_file_that_is_not_right_is_refused_with_its_field_and_changes_nothing(
    platform: Platform, owner: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "quang-ninh"
    shutil.copytree(ROOT / "tenants/quang-ninh", folder)
    (folder / "channels.toml").write_text('[[ways]]\norder = ["pigeon"]\n', encoding="utf-8")
    text = (folder / "tenant.toml").read_text(encoding="utf-8")
    (folder / "tenant.toml").write_text(text.replace("Tỉnh Quảng Ninh", "Tỉnh Khác"), "utf-8")
    with pytest.raises(Invalid, match="pigeon") as refused:
        await load_tenant(owner, folder, "localhost")
    assert list(refused.value.fields) == ["ways[1].order"]
    await platform.directory.refresh(force=True)
    tenant = platform.directory.by_slug("quang-ninh")
    assert tenant is not None
    assert tenant.name == "Tỉnh Quảng Ninh"
