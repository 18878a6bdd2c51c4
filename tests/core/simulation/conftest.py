"""A small day that was played once for all tests here: three halls of a tenant of its own, one of them cut off."""

import re
import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from motcua.clock import now
from motcua.demo.cluster import Cluster
from motcua.dossiers.codes import local_day
from motcua.ids import uuid7
from motcua.onboarding import load_tenant
from motcua.platform import Platform
from motcua.simulation import check
from motcua.simulation import day as days
from motcua.simulation.check_figures import Shown
from motcua.simulation.day import Order, Played
from motcua.simulation.recount import Day
from motcua.simulation.wire import Inside
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.web.gate import Gate
from motcua.web.simulated import simulated
from motcua.worktime import is_working_day

_OTHERS = """
[[sites]]
key = "z-khac"
unit = "06652"
name = "Chi nhánh thử"
kind = "branch"
layout = "small"

[[sites]]
key = "z-nua"
unit = "06652"
name = "Chi nhánh thử nữa"
kind = "branch"
layout = "small"
"""


async def next_working_day(platform: Platform, tenant: Tenant) -> date:
    """Return the next day on which the tenant works."""
    calendar = (await platform.catalogue.of(tenant)).calendar
    days_ahead = (local_day(now()) + timedelta(days=n) for n in range(1, 20))
    return next(day for day in days_ahead if is_working_day(calendar, day))


@dataclass
class SmallDay:
    """The day, what it left behind, and what was said meanwhile."""

    platform: Platform
    tenant: Tenant
    played: Played
    raw: Day
    shown: Shown
    now: datetime
    said: list[str]


@pytest.fixture(scope="session")
async def province(
    prepared: Cluster, platform: Platform, owner: Database, tmp_path_factory: pytest.TempPathFactory
) -> Tenant:
    """Bring a tenant on board: the three halls that the demo names, and two more."""
    slug = f"sim-{uuid7().hex[-8:]}"
    folder: Path = tmp_path_factory.mktemp("tenants") / slug
    shutil.copytree(prepared.settings.tenants / "quang-ninh", folder)
    for name, was, becomes in (
        ("tenant.toml", '"quang-ninh"', f'"{slug}"'),
        ("sites.toml", "[everywhere]", "[layouts.elsewhere]"),
    ):
        file = folder / name
        file.write_text(file.read_text(encoding="utf-8").replace(was, becomes), encoding="utf-8")
    halls = folder / "sites.toml"
    # In so small a day some wait longer than promised only if little is promised.
    promised = re.sub(r"promise_minutes = \d+", "promise_minutes = 5", halls.read_text("utf-8"))
    halls.write_text(promised + _OTHERS, encoding="utf-8")
    await load_tenant(owner, folder, "localhost")
    await platform.directory.refresh(force=True)
    found = platform.directory.by_slug(slug)
    assert found is not None
    return found


@pytest.fixture(scope="session")
async def small_day(prepared: Cluster, platform: Platform, province: Tenant, app: Gate) -> SmallDay:
    """Play it, as fast as it goes."""
    said: list[str] = []
    stamped = cast(Any, simulated(app, "stamps"))
    order = Order(await next_working_day(platform, province), visitors=60, sites=3, speed=0, seed=3)
    found = await days.made_ready(platform, province, order, said.append)
    base = f"http://{province.host}"
    transport = httpx2.ASGITransport(app=stamped)
    async with httpx2.AsyncClient(transport=transport, base_url=base) as client:
        played = await days.play(
            platform,
            province,
            order,
            found,
            lambda _: Inside(client),
            said.append,
            cut=(prepared, httpx2.ASGITransport(app=stamped), base),
        )
    raw, shown, moment = await check.read(platform, province, played.ids, order.day)
    return SmallDay(platform, province, played, raw, shown, moment, said)
