"""``kill -9`` at random moments while people are served: nothing acknowledged is lost, nothing done twice.

``MOTCUA_KILLS`` says how often (40 by default; ``make chaos`` kills 200 times).
"""

import asyncio
import os
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from motcua.app import open_platform
from motcua.demo import cluster as clusters
from motcua.dossiers.states import rebuild
from motcua.events.log import SYSTEM
from motcua.people import citizens
from motcua.people.capabilities import Capability
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.reporting.jobs import METRICS
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions
from tests.chaos.house import House
from tests.chaos.people import ANSWERS, Ledger, Program, one_visit

pytestmark = pytest.mark.anyio
KILLS = int(os.environ.get("MOTCUA_KILLS", "40"))
VISITORS = 5
UNIT = "06685"


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="mcchaos-") as folder:
        made = House(Path(folder))
        made.start_servers()
        yield made
        made.stop()


@dataclass
class Cast:
    citizen: Program
    officer: Program


async def _cast(house: House, platform: Platform, tenant: Tenant) -> Cast:
    async with platform.works.begin(tenant, SYSTEM) as work:
        person = Citizen(pid=ANSWERS["personal_id"], full_name=ANSWERS["full_name"])  # type: ignore[arg-type]
        person_id = await citizens.remember(work, person)
        mine = await sessions.start(work, "citizen", person_id, person.full_name)
        staff_id = await work.tx.fetchval(
            "insert into staff (id, username, full_name) "
            "values (gen_random_uuid(), 'chaos', 'Cán bộ Thử') returning id"
        )
        roles = ("receiver", "head", "specialist", "leader", "clerk")
        for role in roles:
            await work.tx.execute(
                "insert into staff_role (id, staff_id, role) values (gen_random_uuid(), $1, $2)",
                staff_id,
                role,
            )
        held = tuple(Capability(role, None) for role in roles)
        his = await sessions.start(work, "staff", staff_id, "Cán bộ Thử", capabilities=held)
    base = f"http://127.0.0.1:{house.port}"
    return Cast(Program(base, tenant.host, mine), Program(base, tenant.host, his))


async def test_nothing_is_lost_and_nothing_is_done_twice(house: House, plugins: Plugins) -> None:
    await clusters.prepare(house.cluster, plugins, lambda _: None)
    draw = random.Random(20261122)
    ledger = Ledger()
    async with open_platform(house.cluster.settings, plugins) as platform:
        await platform.directory.refresh(force=True)
        tenant = platform.directory.by_slug("quang-ninh")
        assert tenant is not None
        cast = await _cast(house, platform, tenant)
        house.start_program()
        status, _ = await cast.officer.insist("GET", "/api/staff/work")
        assert status == 200
        await _serve_while_killing(house, cast, ledger, draw)
    async with open_platform(house.cluster.settings, plugins) as platform:
        await platform.directory.refresh(force=True)
        await _drained(house, platform, tenant)
        await _check(platform, tenant, ledger)
    print(
        f"\nkilled {house.kills}; {len(ledger.submitted)} dossiers, {len(ledger.finished)} finished"
    )


async def _serve_while_killing(
    house: House, cast: Cast, ledger: Ledger, draw: random.Random
) -> None:
    done = asyncio.Event()

    async def visitor(seed: int) -> None:
        own = random.Random(seed)
        while not done.is_set():
            await one_visit(cast.citizen, cast.officer, UNIT, ledger, own)

    visitors = [asyncio.create_task(visitor(n)) for n in range(VISITORS)]
    for _ in range(KILLS):
        # The moment is random, but somebody is being served: the house has come up again.
        await _up(house, cast)
        await asyncio.sleep(draw.random() * 0.6)
        await asyncio.to_thread(house.kill_any, draw)
        for task in visitors:
            if task.done():
                task.result()
    await _up(house, cast)
    done.set()
    await asyncio.gather(*visitors)


async def _up(house: House, cast: Cast) -> None:
    """Wait until the house answers; what gave up is started again."""
    try:
        async with asyncio.timeout(60):
            while True:
                status, _ = await cast.officer.ask("GET", "/healthz")
                await asyncio.to_thread(house.revive)
                if status:
                    return
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"the house did not come up again\n{house.last_words()}")


# What is due later, such as the next channel of a result that nobody took, is owed to another day.
_OWED = """
select count(*) from outbox where dead_at is null and next_at < now() + interval '1 hour'
"""


async def _drained(house: House, platform: Platform, tenant: Tenant) -> None:
    """Wait until nothing is owed any more; a lost job comes back after its lease."""
    async with asyncio.timeout(240):
        while True:
            async with platform.db.tenant(tenant) as tx:
                owed = await tx.fetchval(_OWED)
            if not owed:
                return
            await asyncio.to_thread(house.revive)
            await asyncio.sleep(0.2)


async def _check(platform: Platform, tenant: Tenant, ledger: Ledger) -> None:
    async with platform.db.tenant(tenant) as tx:
        dossiers: dict[str, Any] = {
            str(r["id"]): r for r in await tx.fetch("select * from dossier")
        }
        events = await tx.fetch("select * from event order by id")
        results = await tx.fetch("select dossier_id from issued_result")
        deliveries = await tx.fetch("select dossier_id, channel, state, how from delivery")
        waits = await tx.fetch("select instance_id from process_wait")
        dead = await tx.fetch("select error from outbox where dead_at is not null")
        rollup = {
            r["metric"]: r["n"]
            for r in await tx.fetch(
                "select metric, sum(n)::bigint as n from rollup_day group by metric"
            )
        }
    assert [r["error"] for r in dead] == []
    for dossier_id, track_code in ledger.submitted.items():
        assert dossiers[dossier_id]["track_code"] == track_code
    for dossier_id, code in ledger.codes.items():
        assert dossiers[dossier_id]["code"] == code
    story = defaultdict(list)
    for event in events:
        story[str(event["subject"])].append((event["type"], event["payload"]))
    for dossier_id, row in dossiers.items():
        told = rebuild(story[dossier_id])
        assert (told.state, told.code, told.decision if row["finished_at"] else None) == (
            row["state"],
            row["code"],
            row["decision"] if row["finished_at"] else None,
        )
    finished = [str(r["dossier_id"]) for r in results]
    assert len(finished) == len(set(finished))
    assert set(finished) == {i for i, r in dossiers.items() if r["state"] in {9, 10}}
    assert not {str(w["instance_id"]) for w in waits} & set(finished)
    ways = sorted((str(d["dossier_id"]), d["channel"]) for d in deliveries)
    assert ways == sorted((dossier, way) for dossier in finished for way in ("link", "wallet"))
    assert not [d for d in deliveries if d["state"] in {"owed", "failed"}]
    numbers = defaultdict(list)
    for code in (r["code"] for r in dossiers.values() if r["code"]):
        of_day, number = code.rsplit("-", 1)
        numbers[of_day].append(int(number))
    for of_day, given in numbers.items():
        assert sorted(given) == list(range(1, len(given) + 1)), of_day
    expected: dict[str, int] = defaultdict(int)
    for event in events:
        for metric, n in METRICS.get(event["type"], ()):
            expected[metric] += n
    assert {m: rollup.get(m, 0) for m in expected} == dict(expected)
    assert len(ledger.finished) > 0
